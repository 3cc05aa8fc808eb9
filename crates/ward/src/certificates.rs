//! A small private certification authority, for trying a ward out and for sites without one. A real PKI comes by its files.
//!
//! A directory holds `ca.pem`, `ca.key`, the revocation list `crl.pem`, a certificate and key for each name, and `issued.json`. All keys
//! are ECDSA on P-256, and none is ever printed.

use crate::tls::fingerprint;
use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams, SerialNumber,
    date_time_ymd,
};
use serde::{Deserialize, Serialize};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// How long the authority lasts, and what it issues, in days; and how long a revocation list may be used.
const AUTHORITY_DAYS: i64 = 3_650;
const CERTIFICATE_DAYS: i64 = 397;
const LIST_DAYS: i64 = 30;
/// Bytes of a serial number (RFC 5280 section 4.1.2.2).
const SERIAL_BYTES: usize = 16;

/// Why the authority could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The system failed.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("the certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The list of what was issued cannot be read.
    #[error("`{0}` cannot be read: restore it from a copy, revoking depends on it")]
    Issued(PathBuf),
    /// Not a name.
    #[error("`{0}` is no name here: use letters, digits, dots and hyphens")]
    Name(String),
    /// The name is taken.
    #[error("`{0}` has a certificate that was not revoked; revoke it first, or use another name")]
    Taken(String),
    /// No such certificate.
    #[error("no certificate was issued to `{0}`, or all of them are revoked")]
    Unknown(String),
    /// A day that no calendar has.
    #[error("the clock of this machine stands at a day that no certificate can name")]
    Clock,
    /// No random numbers.
    #[error("the system gives no random numbers")]
    System,
}

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// A ward: it is called, and it calls.
    Ward,
    /// A sender.
    Client,
    /// A destination.
    Server,
}

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// To whom.
    pub name: String,
    /// Serial number, in hexadecimal digits.
    pub serial: String,
    /// SHA-256 of the certificate, as `certificates` of a `[sender.*]` holds it.
    pub fingerprint: String,
    /// Last day.
    pub until: Date,
    /// Day it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Date>,
}

/// The authority of a directory.
#[derive(Debug)]
pub struct Authority {
    directory: PathBuf,
    issued: Vec<Issued>,
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> AuthorityError {
    let path = path.to_path_buf();
    move |source| AuthorityError::Io { action, path, source }
}

fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}

fn after(days: i64) -> Result<Date, AuthorityError> {
    today().checked_add(days.days()).map_err(|_| AuthorityError::Clock)
}

/// Midnight at the beginning of a day, as the certificate library has it.
macro_rules! midnight {
    ($day:expr) => {{
        let day: Date = $day;
        date_time_ymd(i32::from(day.year()), day.month().unsigned_abs(), day.day().unsigned_abs())
    }};
}

fn is_name(text: &str) -> bool {
    let is_plain = |one: u8| one.is_ascii_alphanumeric() || matches!(one, b'.' | b'-' | b'_');
    !text.is_empty() && text.len() <= 64 && !text.starts_with('.') && text.bytes().all(is_plain)
}

/// Writes a file whole or not at all; a key is its owner's alone.
fn write(path: &Path, text: &str, is_secret: bool) -> Result<(), AuthorityError> {
    let beside = path.with_extension("new");
    let mode = if is_secret { 0o600 } else { 0o644 };
    let options = std::fs::File::options().create(true).truncate(true).write(true).mode(mode).open(&beside);
    let mut file = options.map_err(io_error("write", &beside))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io_error("write", &beside))?;
    std::fs::rename(&beside, path).map_err(io_error("write", path))
}

fn serial() -> Result<Vec<u8>, AuthorityError> {
    let mut bytes = vec![0; SERIAL_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| AuthorityError::System)?;
    // Positive, and never shortened by leading zeros.
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0x7F | 0x40;
    }
    Ok(bytes)
}

fn digits(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes_of(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

fn named(params: &mut CertificateParams, name: &str) {
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
}

impl Authority {
    /// Begins an authority in a directory that has none.
    pub fn create(directory: &Path, name: &str) -> Result<Self, AuthorityError> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(io_error("create", directory))?;
        if directory.join("ca.key").exists() {
            let exists = io::Error::from(io::ErrorKind::AlreadyExists);
            return Err(io_error("replace the authority in", directory)(exists));
        }
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        named(&mut params, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = midnight!(today());
        params.not_after = midnight!(after(AUTHORITY_DAYS)?);
        params.serial_number = Some(SerialNumber::from_slice(&serial()?));
        let certificate = params.self_signed(&key)?;
        write(&directory.join("ca.key"), &Zeroizing::new(key.serialize_pem()), true)?;
        write(&directory.join("ca.pem"), &certificate.pem(), false)?;
        let authority = Self { directory: directory.to_path_buf(), issued: Vec::new() };
        authority.keep()?;
        authority.publish()?;
        Ok(authority)
    }

    /// Opens the authority of a directory.
    pub fn open(directory: &Path) -> Result<Self, AuthorityError> {
        let path = directory.join("issued.json");
        let text = std::fs::read_to_string(&path).map_err(io_error("read", &path))?;
        let issued = serde_json::from_str(&text).map_err(|_| AuthorityError::Issued(path))?;
        Ok(Self { directory: directory.to_path_buf(), issued })
    }

    /// All that was issued.
    pub fn issued(&self) -> &[Issued] {
        &self.issued
    }

    fn issuer(&self) -> Result<Issuer<'static, KeyPair>, AuthorityError> {
        let read = |name: &str| {
            let path = self.directory.join(name);
            std::fs::read_to_string(&path).map_err(io_error("read", &path))
        };
        let key = KeyPair::from_pem(&Zeroizing::new(read("ca.key")?))?;
        Ok(Issuer::from_ca_cert_pem(&read("ca.pem")?, key)?)
    }

    /// Issues a certificate with a new key: NAME.pem and NAME.key. Alternative names are host names or addresses.
    pub fn issue(
        &mut self,
        name: &str,
        usage: Usage,
        alternative_names: &[String],
    ) -> Result<Issued, AuthorityError> {
        if !is_name(name) || name == "ca" || name == "crl" || name == "issued" {
            return Err(AuthorityError::Name(name.to_owned()));
        }
        if self.issued.iter().any(|issued| issued.name == name && issued.revoked.is_none()) {
            return Err(AuthorityError::Taken(name.to_owned()));
        }
        let (serial, until, key) = (serial()?, after(CERTIFICATE_DAYS)?, KeyPair::generate()?);
        let mut params = CertificateParams::new(alternative_names.to_vec())?;
        named(&mut params, name);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = match usage {
            Usage::Ward => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
            Usage::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
            Usage::Server => vec![ExtendedKeyUsagePurpose::ServerAuth],
        };
        params.use_authority_key_identifier_extension = true;
        params.not_before = midnight!(today());
        params.not_after = midnight!(until);
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let certificate = params.signed_by(&key, &self.issuer()?)?;
        let issued = Issued {
            name: name.to_owned(),
            serial: digits(&serial),
            fingerprint: fingerprint(certificate.der()),
            until,
            revoked: None,
        };
        // Known before it exists: what nobody knows of cannot be revoked.
        self.issued.push(issued.clone());
        self.keep()?;
        let at = |end: &str| self.directory.join(format!("{name}.{end}"));
        write(&at("key"), &Zeroizing::new(key.serialize_pem()), true)?;
        write(&at("pem"), &certificate.pem(), false)?;
        self.publish()?;
        Ok(issued)
    }

    /// Revokes every certificate of a name, and publishes the list.
    pub fn revoke(&mut self, name: &str) -> Result<Vec<Issued>, AuthorityError> {
        let mut revoked = Vec::new();
        for one in self.issued.iter_mut().filter(|one| one.name == name && one.revoked.is_none()) {
            one.revoked = Some(today());
            revoked.push(one.clone());
        }
        if revoked.is_empty() {
            return Err(AuthorityError::Unknown(name.to_owned()));
        }
        self.keep()?;
        self.publish()?;
        Ok(revoked)
    }

    /// Publishes the revocation list anew; it may be used for 30 days.
    pub fn publish(&self) -> Result<(), AuthorityError> {
        let revoked = self.issued.iter().filter_map(|issued| Some((issued, issued.revoked?)));
        let now = u64::try_from(Timestamp::now().as_second()).map_err(|_| AuthorityError::Clock)?;
        let list = CertificateRevocationListParams {
            this_update: midnight!(today()),
            next_update: midnight!(after(LIST_DAYS)?),
            crl_number: SerialNumber::from(now),
            issuing_distribution_point: None,
            revoked_certs: revoked
                .map(|(issued, day)| RevokedCertParams {
                    serial_number: SerialNumber::from_slice(&bytes_of(&issued.serial)),
                    revocation_time: midnight!(day),
                    reason_code: Some(RevocationReason::Unspecified),
                    invalidity_date: None,
                })
                .collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        write(&self.directory.join("crl.pem"), &list.signed_by(&self.issuer()?)?.pem()?, false)
    }

    fn keep(&self) -> Result<(), AuthorityError> {
        let path = self.directory.join("issued.json");
        let text =
            serde_json::to_string_pretty(&self.issued).map_err(|_| AuthorityError::Issued(path.clone()))?;
        write(&path, &text, false)
    }
}
