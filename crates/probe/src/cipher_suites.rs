//! Cipher suites by their IANA number and name, as rustls lists them; naming them needs no cryptography.

use rustls::CipherSuite;

/// Suites allowed where the file names none: TLS 1.3, and ECDHE with AEAD (RFC 9325 section 4.2, DICOM PS3.15 B.12).
pub const ALLOWED: [u16; 9] = [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9];

/// Signals of RFC 5746 and RFC 7507 that stand among the suites.
const SIGNALS: [u16; 2] = [0x00ff, 0x5600];

/// The name of a suite in the IANA registry, or its number.
pub fn name(number: u16) -> String {
    let name = CipherSuite::from(number).as_str();
    name.map_or_else(|| format!("0x{number:04X}"), |name| name.replacen("TLS13_", "TLS_", 1))
}

/// Every suite of TLS 1.3, or of the versions before it.
pub fn of(is_13: bool) -> Vec<u16> {
    let before = (0x0000..=0x00ff).chain(0xc001..=0xc0ff).chain(0xcca8..=0xccae).chain(0xd001..=0xd005);
    let numbers: Vec<u16> = if is_13 { (0x1301..=0x1307).collect() } else { before.collect() };
    numbers
        .into_iter()
        .filter(|number| !SIGNALS.contains(number) && name(*number).starts_with("TLS_"))
        .collect()
}

/// The suite of an IANA name.
pub fn by_name(wanted: &str) -> Option<u16> {
    of(true).into_iter().chain(of(false)).find(|number| name(*number) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_and_strong_suites_are_known_by_their_registry_names() {
        for (number, name) in [
            (0x0005, "TLS_RSA_WITH_RC4_128_SHA"),
            (0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
            (0x0001, "TLS_RSA_WITH_NULL_MD5"),
            (0x1301, "TLS_AES_128_GCM_SHA256"),
            (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ] {
            assert_eq!(by_name(name), Some(number));
        }
        assert!(of(false).len() > 300, "{}", of(false).len());
        assert!(ALLOWED.iter().all(|number| of(true).contains(number) || of(false).contains(number)));
    }
}
