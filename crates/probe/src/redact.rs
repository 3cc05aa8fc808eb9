//! Secrets the caller hands over, and their removal from everything a probe returns.

use std::collections::BTreeMap;
use std::fmt;

/// Secrets by the names the security file uses for them. The file never holds the secrets themselves.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// The same with one secret more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The secret of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Replaces secrets in texts by their names, also where they come back encoded, and private keys by a remark.
#[derive(Clone, Default)]
pub struct Redactor(Vec<(String, String)>);

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Redactor({} forms)", self.0.len())
    }
}

impl Redactor {
    /// A redactor of everything in `secrets`.
    pub fn new(secrets: &Secrets) -> Self {
        let mut forms = Vec::new();
        for (name, value) in &secrets.0 {
            // A header value `Bearer xyz` comes back as `xyz` alone, `Basic dTpw` as what it encodes.
            let parts = value.split_once(' ').map(|(_, credential)| credential.trim());
            let decoded = parts.and_then(from_base64);
            let password = decoded.as_deref().and_then(|pair| pair.split_once(':')).map(|(_, word)| word);
            for part in [Some(value.as_str()), parts, decoded.as_deref(), password].into_iter().flatten() {
                if part.is_empty() {
                    continue;
                }
                for form in encoded_forms(part) {
                    forms.push((form, format!("[secret {name}]")));
                }
            }
        }
        // Longest first, so that a part never leaves the rest of its whole standing.
        forms.sort_by(|left, right| right.0.len().cmp(&left.0.len()).then_with(|| left.0.cmp(&right.0)));
        forms.dedup_by(|left, right| left.0 == right.0);
        Self(forms)
    }

    /// The text without secrets.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (form, name) in &self.0 {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), name);
            }
        }
        without_private_keys(text)
    }
}

fn encoded_forms(part: &str) -> Vec<String> {
    let base64 = to_base64(part.as_bytes());
    let json = serde_json::to_string(part).unwrap_or_default();
    let hexadecimal = crate::process::hexadecimal(part.as_bytes());
    let percent: String = part
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    vec![
        part.to_owned(),
        json.trim_matches('"').to_owned(),
        percent,
        base64.replace('+', "-").replace('/', "_"),
        base64.trim_end_matches('=').to_owned(),
        hexadecimal,
    ]
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let index = (group >> (18 - 6 * place)) & 63;
            text.push(ALPHABET.get(index as usize).map_or('=', |letter| char::from(*letter)));
        }
        text.push_str("=".repeat(3 - chunk.len()).as_str());
    }
    text
}

fn from_base64(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut group, mut bits) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let index = ALPHABET.iter().position(|known| *known == letter)?;
        group = group << 6 | u32::try_from(index).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(group >> bits & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

fn without_private_keys(text: String) -> String {
    const END: &str = "PRIVATE KEY-----";
    let Some(begin) = text.find("-----BEGIN").filter(|_| text.contains(END)) else { return text };
    let (before, rest) = text.split_at(begin);
    let first_line = rest.lines().next().unwrap_or_default();
    if !first_line.contains("PRIVATE KEY") {
        // A certificate before the key: look on behind it.
        let (kept, rest) = rest.split_at("-----BEGIN".len());
        return format!("{before}{kept}{}", without_private_keys(rest.to_owned()));
    }
    let after_first = rest.get(first_line.len()..).unwrap_or_default();
    let after = after_first.find(END).and_then(|at| after_first.get(at + END.len()..)).unwrap_or_default();
    format!("{before}[private key]{}", without_private_keys(after.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        let header = format!("Basic {}", to_base64(b"admin:p/ss w+rd\"1"));
        Redactor::new(&Secrets::default().with("login", header).with("pin", "40312"))
    }

    #[test]
    fn a_secret_is_found_however_it_comes_back() {
        let redactor = redactor();
        for text in [
            "Authorization: Basic YWRtaW46cC9zcyB3K3JkIjE=",
            "token YWRtaW46cC9zcyB3K3JkIjE in the log",
            "user admin:p/ss w+rd\"1",
            "password is p/ss w+rd\"1!",
            "?password=p%2Fss%20w%2Brd%221&x=1",
            r#"{"password":"p/ss w+rd\"1"}"#,
            "pin=40312",
            "pin in hexadecimal 3430333132",
        ] {
            let redacted = redactor.redact(text);
            assert!(redacted.contains("[secret "), "{redacted}");
            for part in ["ss w", "ss%20w", "YWRtaW4", "40312", "3430333132"] {
                assert!(!redacted.contains(part), "{redacted}");
            }
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        assert_eq!(redactor().redact("status 200, pin unknown"), "status 200, pin unknown");
    }

    #[test]
    fn private_keys_go_and_certificates_stay() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";
        let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
        let redacted = redactor().redact(&format!("{certificate}\n{key}\nand {key} end"));
        assert!(!redacted.contains("MIIE"), "{redacted}");
        assert!(redacted.contains("AAAA") && redacted.ends_with("and [private key] end"), "{redacted}");
        let cut = redactor().redact("-----BEGIN RSA PRIVATE KEY-----\nMIIE");
        assert!(!cut.contains("MIIE"), "{cut}");
    }

    #[test]
    fn base64_goes_both_ways() {
        for text in ["", "a", "ab", "abc", "abcd"] {
            assert_eq!(from_base64(&to_base64(text.as_bytes())).as_deref(), Some(text));
        }
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let secrets = Secrets::default().with("pin", "40312");
        assert!(!format!("{secrets:?} {:?}", Redactor::new(&secrets)).contains("40312"));
    }
}
