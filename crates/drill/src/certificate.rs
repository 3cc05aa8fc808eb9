//! Certificates that no honest authority issues: ended, of another authority, of nobody.

use crate::DrillError;
use medward_ward::fingerprint;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
    date_time_ymd,
};
use std::path::Path;

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

/// A certificate of the site's authority that ended long ago; gives its fingerprint.
pub(crate) fn expired(pki: &Path, name: &str) -> Result<String, DrillError> {
    let read = |file: &str| {
        let path = pki.join(file);
        std::fs::read_to_string(&path).map_err(|source| DrillError::Io { path, source })
    };
    let issuer = Issuer::from_ca_cert_pem(&read("ca.pem")?, KeyPair::from_pem(&read("ca.key")?)?)?;
    let mut params = params(name)?;
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;
    write(pki, name, &certificate.pem(), &key)?;
    Ok(fingerprint(certificate.der()))
}

/// A certificate signed by itself, in the name of a sender.
pub(crate) fn self_signed(name: &str) -> Result<(String, String), DrillError> {
    let key = KeyPair::generate()?;
    let certificate = params(name)?.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}
