//! What can be wrong with the terms of a probe before it runs, and reading them.

use crate::tls_client::Identity;
use medward_diagnostic::{Span, closest};
use medward_file::{Flag, Number, Text};

/// Why a probe cannot be run as it is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No probe of that kind.
    #[error("no probe of kind `{kind}`; {mend}")]
    UnknownKind {
        /// The word written.
        kind: String,
        /// A likely word, or all of them.
        mend: String,
        /// Where it stands.
        span: Span,
    },
    /// A key the kind needs is absent.
    #[error("a `{kind}` probe needs `{key}`: {why}")]
    Missing {
        /// The kind.
        kind: &'static str,
        /// The key, with its table.
        key: &'static str,
        /// What it is for.
        why: &'static str,
    },
    /// Terms of another kind.
    #[error("terms of kind `{other}` at a probe of kind `{kind}`; write them under the probe they belong to")]
    ForeignTerms {
        /// The kind.
        kind: &'static str,
        /// The kind the terms belong to.
        other: &'static str,
    },
    /// A value that cannot be used.
    #[error("`{key}` of a `{kind}` probe: `{value}` {why}")]
    Unusable {
        /// The kind.
        kind: &'static str,
        /// The key.
        key: &'static str,
        /// What was written.
        value: String,
        /// What is wrong with it and what to write.
        why: String,
        /// Where it stands.
        span: Span,
    },
}

impl ConfigError {
    /// A kind that does not exist.
    pub(crate) fn unknown_kind(kind: &Text, known: &[&'static str]) -> Self {
        let mend = match closest(kind, known.iter().copied()) {
            Some(candidate) => format!("did you mean `{candidate}`?"),
            None => format!("use one of: {}", known.join(", ")),
        };
        Self::UnknownKind { kind: kind.to_string(), mend, span: kind.span }
    }
}

/// Reads terms for one kind, so that each message names it.
#[derive(Debug, Clone, Copy)]
pub struct Terms(pub &'static str);

impl Terms {
    /// What must be there.
    pub fn need<'a, T>(
        self,
        value: Option<&'a T>,
        key: &'static str,
        why: &'static str,
    ) -> Result<&'a T, ConfigError> {
        value.ok_or(ConfigError::Missing { kind: self.0, key, why })
    }

    /// A text that must be there and not empty.
    pub fn text(
        self,
        value: Option<&Text>,
        key: &'static str,
        why: &'static str,
    ) -> Result<String, ConfigError> {
        let value = self.need(value.filter(|text| !text.is_empty()), key, why)?;
        Ok(value.to_string())
    }

    /// A list that must not be empty.
    pub fn list(
        self,
        values: &[Text],
        key: &'static str,
        why: &'static str,
    ) -> Result<Vec<String>, ConfigError> {
        if values.is_empty() {
            return Err(ConfigError::Missing { kind: self.0, key, why });
        }
        Ok(texts(values))
    }

    /// A value that cannot be used.
    pub fn unusable(
        self,
        key: &'static str,
        value: &impl ToString,
        span: Span,
        why: impl Into<String>,
    ) -> ConfigError {
        ConfigError::Unusable { kind: self.0, key, value: value.to_string(), why: why.into(), span }
    }

    /// A number within bounds, or what stands in for it.
    pub fn number(
        self,
        value: Option<&Number>,
        key: &'static str,
        bounds: std::ops::RangeInclusive<i64>,
        absent: i64,
    ) -> Result<i64, ConfigError> {
        match value {
            None => Ok(absent),
            Some(number) if bounds.contains(&number.value) => Ok(number.value),
            Some(number) => {
                let why = format!("is out of range; write {} to {}", bounds.start(), bounds.end());
                Err(self.unusable(key, &number.value, number.span, why))
            }
        }
    }

    /// A number within bounds, if there is one.
    pub fn optional_number(
        self,
        value: Option<&Number>,
        key: &'static str,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, ConfigError> {
        value.map(|value| self.number(Some(value), key, bounds, 0)).transpose()
    }

    /// The target as `host:port`.
    pub fn address(self, target: Option<&Text>) -> Result<String, ConfigError> {
        let written = self.need(target, "target", "write `host:port`, IPv6 in brackets")?;
        self.checked_address("target", written)
    }

    /// A text that must be `host:port`.
    pub fn checked_address(self, key: &'static str, written: &Text) -> Result<String, ConfigError> {
        let port = written.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none_or(|port| port == 0) {
            let why = "is no `host:port`; write `10.0.0.1:104` or `[fd00::1]:104`";
            return Err(self.unusable(key, &written.value, written.span, why));
        }
        Ok(written.to_string())
    }

    /// Certificate and key of a client: both, or neither where none is needed.
    pub fn identity(
        self,
        certificate: (Option<&Text>, &'static str),
        key: (Option<&Text>, &'static str),
        is_needed: bool,
    ) -> Result<Identity, ConfigError> {
        match (certificate.0, key.0) {
            (Some(certificate), Some(key)) => Ok(Identity::Files(certificate.to_string(), key.to_string())),
            (None, None) if !is_needed => Ok(Identity::None),
            (None, _) => Err(self.missing(certificate.1, "PEM file of the certificate the server accepts")),
            (_, None) => Err(self.missing(key.1, "PEM file of the private key")),
        }
    }

    /// A key that is absent.
    pub fn missing(self, key: &'static str, why: &'static str) -> ConfigError {
        ConfigError::Missing { kind: self.0, key, why }
    }

    /// A number within bounds that must be there.
    pub fn needed_number(
        self,
        value: Option<&Number>,
        key: &'static str,
        bounds: std::ops::RangeInclusive<i64>,
        why: &'static str,
    ) -> Result<i64, ConfigError> {
        self.need(value, key, why)?;
        self.number(value, key, bounds, 0)
    }
}

/// The texts without their places.
pub fn texts(values: &[Text]) -> Vec<String> {
    values.iter().map(|text| text.to_string()).collect()
}

/// A text that may be absent.
pub fn optional(value: Option<&Text>) -> Option<String> {
    value.map(|text| text.to_string())
}

/// Whether a flag is set.
pub fn is_set(flag: Option<&Flag>) -> bool {
    flag.is_some_and(|flag| flag.value)
}
