//! The project key and what is derived from it, the same for every study and without a table; never shows a key.
//!
//! Everything is HMAC-SHA-256 (RFC 2104) under keys that are themselves derived for one purpose each, so that no output
//! says anything about another.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of a project key.
pub const KEY_BYTES: usize = 32;
/// First word of a key file.
const KEY_FILE: &str = "medward-deid-key-1";
/// Letters of pseudonyms: hardly a vowel, so that no word or name comes out.
const LETTERS: &[u8; 31] = b"0123456789BCDFGHJKLMNPQRSTVWXYZ";

/// The secret of a project: the same key gives the same pseudonyms, UIDs and date shifts. Wiped when dropped.
#[derive(Clone)]
pub struct ProjectKey {
    secret: Zeroizing<[u8; KEY_BYTES]>,
    is_throwaway: bool,
}

impl fmt::Debug for ProjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ProjectKey(..)")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    System(getrandom::Error),
    /// Not a key file.
    #[error("this is no de-identification key: one line `{KEY_FILE}` and 64 hexadecimal digits is expected")]
    Form,
}

impl ProjectKey {
    /// For what the key is derived from a key file that is sealed under a passphrase.
    pub const PURPOSE: &str = "de-identification project key";

    /// Of 32 random bytes.
    pub fn new(secret: [u8; KEY_BYTES]) -> Self {
        Self { secret: Zeroizing::new(secret), is_throwaway: false }
    }

    /// A new one from the system's random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        let mut secret = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *secret).map_err(KeyError::System)?;
        Ok(Self { secret, is_throwaway: false })
    }

    /// A key for one run of anonymisation: nothing can write it out, so that there is no way back and no link to what
    /// another run makes of the same patient.
    pub fn throwaway() -> Result<Self, KeyError> {
        Ok(Self { is_throwaway: true, ..Self::generate()? })
    }

    /// Whether it was made to be thrown away.
    pub const fn is_throwaway(&self) -> bool {
        self.is_throwaway
    }

    /// Whether a text is a plain key file: the secret itself, for programs that start unattended.
    pub fn is_plain_file(text: &str) -> bool {
        text.starts_with(KEY_FILE)
    }

    /// From the text of a plain key file.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let digits = text.trim().strip_prefix(KEY_FILE).map(str::trim).ok_or(KeyError::Form)?;
        if digits.len() != KEY_BYTES * 2 || !digits.is_ascii() {
            return Err(KeyError::Form);
        }
        let mut secret = Zeroizing::new([0; KEY_BYTES]);
        for (byte, pair) in secret.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| KeyError::Form)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| KeyError::Form)?;
        }
        Ok(Self { secret, is_throwaway: false })
    }

    /// The text of a plain key file; `None` for one to be thrown away.
    pub fn to_text(&self) -> Option<Zeroizing<String>> {
        use std::fmt::Write as _;
        if self.is_throwaway {
            return None;
        }
        let mut text = Zeroizing::new(String::with_capacity(KEY_FILE.len() + 2 + KEY_BYTES * 2));
        text.push_str(KEY_FILE);
        text.push(' ');
        for byte in self.secret.iter() {
            let _ = write!(*text, "{byte:02x}");
        }
        text.push('\n');
        Some(text)
    }
}

/// One purpose of derivation.
#[derive(Clone)]
struct Purpose(Option<Hmac<Sha256>>);

impl Purpose {
    fn new(key: &ProjectKey, name: &str) -> Self {
        // HMAC takes keys of every length: the error of the interface cannot happen, and would give no output at all.
        let of_key = Hmac::<Sha256>::new_from_slice(&*key.secret).ok();
        let derived = of_key.map(|mac| mac.chain_update(b"medward deid 1 ").chain_update(name).finalize());
        Self(derived.and_then(|derived| {
            let derived = Zeroizing::new(<[u8; 32]>::from(derived.into_bytes()));
            Hmac::new_from_slice(&*derived).ok()
        }))
    }

    fn of(&self, parts: &[&[u8]]) -> [u8; 32] {
        let Some(mac) = &self.0 else { return [0; 32] };
        let mut mac = mac.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// What is derived from a project key.
#[derive(Clone)]
pub struct Derivation {
    pseudonym: Purpose,
    label: Purpose,
    uid: Purpose,
    shift: Purpose,
}

impl fmt::Debug for Derivation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Derivation(..)")
    }
}

/// A Patient ID as two systems that mean the same write it: ends and doubled spaces off, ASCII letters large.
pub fn normalise_patient_id(id: &[u8]) -> Vec<u8> {
    let mut normal = Vec::with_capacity(id.len());
    for word in id.split(|byte| matches!(byte, b' ' | b'\0' | b'\t')).filter(|word| !word.is_empty()) {
        if !normal.is_empty() {
            normal.push(b' ');
        }
        normal.extend(word.iter().map(u8::to_ascii_uppercase));
    }
    normal
}

impl Derivation {
    /// From a project key.
    pub fn new(key: &ProjectKey) -> Self {
        Self {
            pseudonym: Purpose::new(key, "patient pseudonym"),
            label: Purpose::new(key, "label"),
            uid: Purpose::new(key, "uid"),
            shift: Purpose::new(key, "date shift"),
        }
    }

    /// Pseudonym of a patient: 16 letters and digits (80 bits), from the normalised Patient ID.
    pub fn pseudonym(&self, patient_id: &[u8]) -> String {
        letters(&self.pseudonym.of(&[&normalise_patient_id(patient_id)]))
    }

    /// A stand-in for another identifier whose equality matters (specimens, containers, devices): 16 characters, which
    /// fit every text VR.
    pub fn label(&self, tag: u32, value: &[u8]) -> String {
        letters(&self.label.of(&[&tag.to_be_bytes(), value.trim_ascii()]))
    }

    /// UID in place of another: `2.25.` and a version 8 UUID (RFC 9562, PS3.5 section B.2). The same wherever the
    /// original stood.
    pub fn uid(&self, uid: &[u8]) -> String {
        let digest = self.uid.of(&[uid]);
        let mut bits = u128::from_be_bytes(digest.first_chunk().copied().unwrap_or_default());
        bits = bits & !(0xF << 76) | 0x8 << 76;
        bits = bits & !(0x3 << 62) | 0x2 << 62;
        format!("2.25.{bits}")
    }

    /// Days by which all dates of a patient move: whole, never 0, within the bound both ways.
    pub fn shift_days(&self, patient_id: &[u8], bound: u32) -> i32 {
        let bound = u64::from(bound.clamp(1, 36_500));
        let digest = self.shift.of(&[&normalise_patient_id(patient_id)]);
        let number = u64::from_be_bytes(digest.first_chunk().copied().unwrap_or_default());
        // 2^64 over a few thousand: the bias is below 2^-50.
        let step = i32::try_from(number % bound).unwrap_or_default().saturating_add(1);
        if number / bound % 2 == 0 { step } else { -step }
    }
}

fn letters(digest: &[u8; 32]) -> String {
    let mut bits = u128::from_be_bytes(digest.first_chunk().copied().unwrap_or_default());
    let mut text = String::with_capacity(16);
    for _ in 0..16 {
        // 31 letters: a remainder, whose bias is far below what 80 bits need.
        let index = usize::try_from(bits % 31).unwrap_or_default();
        text.push(char::from(LETTERS.get(index).copied().unwrap_or(b'0')));
        bits /= 31;
    }
    text
}

/// UIDs that the standard defines (SOP classes, transfer syntaxes, coding schemes): they identify no one.
pub fn is_well_known_uid(uid: &[u8]) -> bool {
    uid.starts_with(b"1.2.840.10008.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn derivation(byte: u8) -> Derivation {
        Derivation::new(&ProjectKey::new([byte; 32]))
    }

    proptest! {
        #[test]
        fn a_derived_uid_is_valid_and_the_same_each_time(uid in "[0-9]{1,3}(\\.[1-9][0-9]{0,8}){1,6}") {
            let made = derivation(1).uid(uid.as_bytes());
            prop_assert_eq!(&made, &derivation(1).uid(uid.as_bytes()));
            prop_assert_ne!(&made, &derivation(2).uid(uid.as_bytes()));
            prop_assert!(made.len() <= 64);
            let number = made.strip_prefix("2.25.").unwrap();
            prop_assert!(!number.starts_with('0'));
            let bits: u128 = number.parse().unwrap();
            prop_assert_eq!((bits >> 76 & 0xF, bits >> 62 & 3), (8, 2));
        }

        #[test]
        fn a_patient_is_the_same_however_the_id_is_padded(id in "[A-Za-z0-9]{1,12}", spaces in 0_usize..4) {
            let padded = format!("{0}{id}{0}", " ".repeat(spaces));
            let keys = derivation(7);
            prop_assert_eq!(keys.pseudonym(id.as_bytes()), keys.pseudonym(padded.as_bytes()));
            prop_assert_eq!(keys.pseudonym(id.as_bytes()), keys.pseudonym(id.to_lowercase().as_bytes()));
            prop_assert_eq!(keys.shift_days(id.as_bytes(), 1826), keys.shift_days(padded.as_bytes(), 1826));
        }

        #[test]
        fn a_shift_is_never_zero_and_within_its_bound(id in ".{0,20}", bound in 1_u32..4000) {
            let days = derivation(3).shift_days(id.as_bytes(), bound);
            prop_assert!(days != 0 && days.unsigned_abs() <= bound);
        }
    }

    #[test]
    fn shifts_go_both_ways_and_purposes_share_nothing() {
        let keys = derivation(9);
        let shifts: Vec<i32> = (0..100_u32).map(|id| keys.shift_days(&id.to_be_bytes(), 1826)).collect();
        assert!(shifts.iter().any(|&days| days > 0) && shifts.iter().any(|&days| days < 0));
        assert_ne!(keys.pseudonym(b"1"), keys.label(0, b"1"));
        assert_ne!(keys.label(1, b"1"), keys.label(2, b"1"));
    }

    #[test]
    fn a_key_file_reads_back_and_a_throwaway_has_none() {
        let key = ProjectKey::generate().unwrap();
        let read = ProjectKey::from_text(&key.to_text().unwrap()).unwrap();
        assert_eq!(Derivation::new(&read).uid(b"1.2.3"), Derivation::new(&key).uid(b"1.2.3"));
        assert!(ProjectKey::throwaway().unwrap().to_text().is_none());
        assert!(ProjectKey::from_text("medward-deid-key-1 00").is_err());
        assert!(!format!("{key:?}").contains("secret"));
    }
}
