//! Asking a web server, without following redirects and without weighing on it.

use crate::configuration::{ConfigError, Terms};
use crate::tls_client::{authorities, provider};
use crate::{Context, Fault};
use medward_file::Text;
use std::io::Read as _;
use std::sync::Arc;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Bytes read of an answer.
const BODY_BYTES_MAX: u64 = 4 << 20;
/// Named so that the operator of the target knows it in the log.
const AGENT: &str = concat!("medward-probe/", env!("CARGO_PKG_VERSION"), " (synthetic; no patient data)");

/// A web server's answer.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: i64,
    /// Headers by lower-case name.
    headers: Vec<(String, String)>,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header, by lower-case name; several are joined as RFC 9110 section 5.3 says.
    pub fn header(&self, name: &str) -> Option<String> {
        let values = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let values: Vec<_> = values.collect();
        if values.is_empty() { None } else { Some(values.join(", ")) }
    }

    /// Status, headers and body, for the record.
    pub fn raw(&self) -> Vec<u8> {
        let mut raw = format!("status {}\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            raw.extend([name.as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
        }
        raw.push(b'\n');
        raw.extend_from_slice(&self.body);
        raw
    }
}

/// A server to ask, with its authorities.
#[derive(Debug, Clone)]
pub struct Web {
    /// PEM file of the authorities trusted; those of the system where absent.
    pub trust: Option<String>,
}

impl Web {
    /// Asks for a URL at the pace of its host.
    pub fn get(&self, context: &Context, url: &str, authorization: Option<&str>) -> Result<Answer, Fault> {
        context.keep_pace(host(url))?;
        self.get_at_once(context, url, authorization)
    }

    /// Asks for a URL without keeping the pace.
    pub fn get_at_once(
        &self,
        context: &Context,
        url: &str,
        authorization: Option<&str>,
    ) -> Result<Answer, Fault> {
        let mut request = self.agent(context, url)?.get(url).header("User-Agent", AGENT);
        if let Some(value) = authorization {
            request = request.header("Authorization", value);
        }
        let mut response = request.call().map_err(|error| fault(url, &error))?;
        let headers = response.headers().iter().map(|(name, value)| {
            (name.as_str().to_ascii_lowercase(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let headers = headers.collect();
        let mut body = Vec::new();
        let read = response.body_mut().as_reader().take(BODY_BYTES_MAX).read_to_end(&mut body);
        read.map_err(|error| Fault::unreachable(url, &error))?;
        Ok(Answer { status: i64::from(response.status().as_u16()), headers, body })
    }

    fn agent(&self, context: &Context, url: &str) -> Result<ureq::Agent, Fault> {
        let mut config = ureq::Agent::config_builder()
            .timeout_global(Some(context.deadline.left()?))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None);
        // Plain HTTP must not start any cryptography.
        if url.starts_with("https:") {
            let roots = authorities(context, self.trust.as_deref())?;
            let roots = roots.iter().map(|der| Certificate::from_der(der.as_ref()).to_owned()).collect();
            let tls = TlsConfig::builder()
                .root_certs(RootCerts::Specific(Arc::new(roots)))
                .unversioned_rustls_crypto_provider(provider());
            config = config.tls_config(tls.build());
        }
        Ok(config.build().new_agent())
    }
}

fn fault(url: &str, error: &ureq::Error) -> Fault {
    match error {
        ureq::Error::Timeout(_) => Fault::TimedOut,
        ureq::Error::Io(error) => Fault::unreachable(url, error),
        other => Fault::Unreachable { target: url.to_owned(), why: other.to_string() },
    }
}

/// The host and port of a URL.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The URL that a path or URL means under another one; a path begins at the root of the server.
pub fn under(base: &str, path: &str) -> String {
    if path.contains("://") {
        return path.to_owned();
    }
    let scheme = base.split_once("://").map_or("https", |(scheme, _)| scheme);
    format!("{scheme}://{}/{}", host(base), path.trim_start_matches('/'))
}

impl Terms {
    /// A URL of a web server.
    pub fn url(self, written: &Text, key: &'static str) -> Result<String, ConfigError> {
        let is_web = written.starts_with("https://") || written.starts_with("http://");
        if !is_web || host(written).is_empty() || host(written).contains('@') {
            let why = "is no URL; write `https://host/path`, without user and password";
            return Err(self.unusable(key, &written.value, written.span, why));
        }
        Ok(written.to_string())
    }

    /// The name of the secret to send to a URL, which must then be encrypted unless it stays on this machine.
    pub fn credential(
        self,
        url: &str,
        credential: Option<&Text>,
        key: &'static str,
    ) -> Result<Option<String>, ConfigError> {
        let Some(name) = credential else { return Ok(None) };
        let is_here = ["127.0.0.1", "[::1]", "localhost"].iter().any(|here| {
            host(url).strip_prefix(here).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        });
        if url.starts_with("http://") && !is_here {
            let why = "would be sent unencrypted; use `https:`";
            return Err(self.unusable(key, &name.value, name.span, why));
        }
        Ok(Some(name.to_string()))
    }
}
