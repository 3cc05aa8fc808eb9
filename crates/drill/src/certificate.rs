//! Certificates that no honest sender shows: of another year, of another authority, of nobody, with the key of another.

use crate::DrillError;
use medward_ward::fingerprint;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use std::path::Path;

/// What the authority of the site is called.
pub(crate) const AUTHORITY: &str = "Authority of a drill";

fn params(name: &str) -> Result<CertificateParams, DrillError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(SerialNumber::from(7_u64));
    Ok(params)
}

fn write(directory: &Path, name: &str, certificate: &str, key: &KeyPair) -> Result<(), DrillError> {
    for (end, text) in [("pem", certificate), ("key", &key.serialize_pem())] {
        let path = directory.join(format!("{name}.{end}"));
        std::fs::write(&path, text).map_err(|source| DrillError::Io { path, source })?;
    }
    Ok(())
}

/// A certificate of the site's authority for some years other than this one; gives its fingerprint.
pub(crate) fn of_years(pki: &Path, name: &str, first: i32, last: i32) -> Result<String, DrillError> {
    let read = |file: &str| {
        let path = pki.join(file);
        std::fs::read_to_string(&path).map_err(|source| DrillError::Io { path, source })
    };
    let issuer = Issuer::from_ca_cert_pem(&read("ca.pem")?, KeyPair::from_pem(&read("ca.key")?)?)?;
    let mut params = params(name)?;
    params.not_before = date_time_ymd(first, 1, 1);
    params.not_after = date_time_ymd(last, 1, 1);
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;
    write(pki, name, &certificate.pem(), &key)?;
    Ok(fingerprint(certificate.der()))
}

/// A certificate, and its key in PEM.
type Shown = (CertificateDer<'static>, Vec<u8>);

/// A certificate signed by itself, in the name of a sender.
pub(crate) fn self_signed(name: &str) -> Result<Shown, DrillError> {
    let key = KeyPair::generate()?;
    let certificate = params(name)?.self_signed(&key)?;
    Ok((certificate.der().clone(), key.serialize_pem().into_bytes()))
}

/// A certificate in the name of a sender by another authority, whose own name is that of the site's.
pub(crate) fn foreign(name: &str) -> Result<Shown, DrillError> {
    let mut authority = params(AUTHORITY)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let issuer = Issuer::new(authority, KeyPair::generate()?);
    let key = KeyPair::generate()?;
    let certificate = params(name)?.signed_by(&key, &issuer)?;
    Ok((certificate.der().clone(), key.serialize_pem().into_bytes()))
}

/// A key that is in no certificate.
pub(crate) fn new_key() -> Result<Vec<u8>, DrillError> {
    Ok(KeyPair::generate()?.serialize_pem().into_bytes())
}

/// A certificate with one bit of its signature, which stands at its end, changed.
pub(crate) fn corrupted(certificate: &CertificateDer<'_>) -> CertificateDer<'static> {
    let mut bytes = certificate.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes.into()
}
