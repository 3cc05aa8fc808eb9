//! Which probes there are: a kind is one line here and one file in `probes/`.

use crate::{ConfigError, Context, Fault, Findings, probes};
use medward_file::TableShape;
use medward_file::kinds::Probe as Terms;
use std::time::Duration;

/// A kind of probe.
pub trait Probe: Sync {
    /// The word in `kind = "..."`.
    fn kind(&self) -> &'static str;
    /// What it proves, in one sentence.
    fn summary(&self) -> &'static str;
    /// Keys without which it cannot run, as `target` or `table.key`; `|` separates those of which one is enough.
    fn needs(&self) -> &'static [&'static str];
    /// Its table of terms.
    fn shape(&self) -> TableShape;
    /// Whether its table of terms is there.
    fn has_terms(&self, terms: &Terms) -> bool;
    /// Reads the terms, or says what is missing.
    fn prepare(&self, terms: &Terms) -> Result<Box<dyn Prepared>, ConfigError>;
}

/// A probe with its terms, ready to run as often as wanted.
pub trait Prepared: Send + Sync {
    /// Runs both halves. What was found until a fault counts.
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault>;
    /// How to see the same by hand: commands and what to look for.
    fn repeat(&self) -> String;
}

/// Every probe, in the order of the documentation.
pub const PROBES: &[&dyn Probe] = &[
    &probes::port::Port,
    &probes::tls::Tls,
    &probes::http::Http,
    &probes::dicom::Dicom,
    &probes::canary::Canary,
    &probes::command::Command,
    &probes::firewall::Firewall,
    &probes::backup::Backup,
    &probes::at_rest::AtRest,
    &probes::password_policy::PasswordPolicy,
    &probes::accounts::Accounts,
    &probes::review::Review,
    &probes::sbom_age::SbomAge,
    &probes::time_sync::TimeSync,
    &probes::audit_flow::AuditFlow,
    &probes::emergency::Emergency,
    &probes::prometheus::Prometheus,
    &probes::sql::Sql,
    &probes::osquery::Osquery,
    &probes::openscap::Openscap,
];

/// Every kind word.
pub fn kinds() -> Vec<&'static str> {
    PROBES.iter().map(|probe| probe.kind()).collect()
}

/// Seconds a probe may take where the file does not say.
const TIMEOUT_SECONDS: i64 = 30;
/// Seconds a probe may take at most.
const TIMEOUT_SECONDS_MAX: i64 = 3600;

/// A probe with its terms and the time it may take.
pub struct Ready {
    /// The kind.
    pub probe: &'static dyn Probe,
    /// The probe with its terms.
    pub prepared: Box<dyn Prepared>,
    /// Time it may take.
    pub timeout: Duration,
}

/// The probe that terms ask for, ready to run, and the time it may take.
pub fn prepare(terms: &Terms) -> Result<Ready, ConfigError> {
    let found = PROBES.iter().copied().find(|probe| probe.kind() == &*terms.kind.value);
    let probe = found.ok_or_else(|| ConfigError::unknown_kind(&terms.kind, &kinds()))?;
    let kind = probe.kind();
    if let Some(other) = PROBES.iter().find(|other| other.kind() != kind && other.has_terms(terms)) {
        return Err(ConfigError::ForeignTerms { kind, other: other.kind() });
    }
    let reader = crate::configuration::Terms(kind);
    let bounds = 1..=TIMEOUT_SECONDS_MAX;
    let seconds =
        reader.number(terms.timeout_seconds.as_ref(), "timeout_seconds", bounds, TIMEOUT_SECONDS)?;
    Ok(Ready { probe, prepared: probe.prepare(terms)?, timeout: Duration::from_secs(seconds.unsigned_abs()) })
}

/// Fills in what every probe says of itself from its table of terms.
macro_rules! probe {
    ($(#[doc = $doc:literal])+ $name:ident, $kind:literal, $table:ident: $terms:ident, needs $needs:expr) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub struct $name;

        impl crate::Probe for $name {
            fn kind(&self) -> &'static str {
                $kind
            }

            fn summary(&self) -> &'static str {
                concat!($($doc),+).trim()
            }

            fn needs(&self) -> &'static [&'static str] {
                $needs
            }

            fn shape(&self) -> medward_file::TableShape {
                medward_file::kinds::$terms::table_shape()
            }

            fn has_terms(&self, terms: &medward_file::kinds::Probe) -> bool {
                terms.$table.is_some()
            }

            fn prepare(
                &self,
                terms: &medward_file::kinds::Probe,
            ) -> Result<Box<dyn crate::Prepared>, crate::ConfigError> {
                let reader = crate::configuration::Terms($kind);
                let own = reader.need(terms.$table.as_ref(), stringify!($table), "its table of terms")?;
                Ok(Box::new(prepare(reader, terms, own)?))
            }
        }
    };
}
pub(crate) use probe;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn terms(kind: &str) -> Terms {
        let text = format!("[control.C]\ntitle = \"t\"\n[[control.C.probes]]\nkind = \"{kind}\"\n");
        let (file, _) = medward_file::load_texts([("c.toml", text.as_str())]);
        file.controls[0].probes[0].clone()
    }

    #[test]
    fn an_unknown_kind_is_refused_with_a_likely_one() {
        let error = prepare(&terms("prot")).err().unwrap();
        assert!(error.to_string().contains("did you mean `port`?"), "{error}");
        let error = prepare(&terms("zzzz")).err().unwrap();
        assert!(error.to_string().contains("command"), "{error}");
    }

    #[test]
    fn every_kind_without_terms_asks_for_its_table() {
        assert_eq!(kinds().iter().collect::<BTreeSet<_>>().len(), PROBES.len());
        for probe in PROBES {
            let error = prepare(&terms(probe.kind())).err().unwrap();
            let table = probe.kind().replace('-', "_");
            assert!(error.to_string().contains(&format!("needs `{table}`")), "{error}");
        }
    }

    #[test]
    fn needs_name_keys_that_exist() {
        for probe in PROBES {
            let table = probe.kind().replace('-', "_");
            let keys: Vec<_> =
                probe.shape().fields.iter().map(|field| format!("{table}.{}", field.name)).collect();
            for need in probe.needs().iter().flat_map(|need| need.split('|')) {
                assert!(need == "target" || keys.iter().any(|key| key == need), "{need}");
            }
        }
    }
}
