//! Looking for the identifiers of a synthetic patient in the bytes of a result, for probe `canary`.
//!
//! It looks at every byte, whatever element, header or padding they belong to, and never parses what it is given: what
//! a parser skips is where an identifier survives.

use crate::dicom_object::SyntheticObject;

/// What is searched for: its name, and every spelling of it in lower case.
pub struct Search(Vec<(&'static str, Vec<Vec<u8>>)>);

impl Search {
    /// A search for all identifiers of an object, with or without its UIDs.
    pub fn new(object: &SyntheticObject, with_uids: bool) -> Self {
        let wanted = object.identifiers.iter().filter(|(name, _)| with_uids || !name.ends_with("UID"));
        Self(wanted.map(|(name, text)| (*name, spellings(name, text))).collect())
    }

    /// Which of them stand in these bytes.
    pub fn found(&self, bytes: &[u8]) -> Vec<String> {
        let lower = bytes.to_ascii_lowercase();
        let stands = |spellings: &[Vec<u8>]| spellings.iter().any(|spelling| contains(&lower, spelling));
        self.0.iter().filter(|(_, spellings)| stands(spellings)).map(|(name, _)| (*name).to_owned()).collect()
    }

    /// How many are searched for.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// Whether bytes stand somewhere in others.
pub fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some(first) = wanted.first() else { return false };
    bytes.windows(wanted.len()).any(|window| window.first() == Some(first) && window == wanted)
}

/// A text in the encodings it may come out in; the identifiers are ASCII, which is the same in UTF-8.
fn spellings(name: &str, text: &str) -> Vec<Vec<u8>> {
    let mut written = vec![text.to_lowercase()];
    if let ("birth date", Some((year, rest))) = (name, text.split_at_checked(4))
        && let Some((month, day)) = rest.split_at_checked(2)
    {
        written.push(format!("{year}-{month}-{day}"));
        written.push(format!("{year}/{month}/{day}"));
        written.push(format!("{day}.{month}.{year}"));
        written.push(format!("{day}/{month}/{year}"));
        written.push(format!("{month}/{day}/{year}"));
    }
    let encoded = |text: &String| {
        let units: Vec<u16> = text.encode_utf16().collect();
        let wide = |bytes: fn(u16) -> [u8; 2]| units.iter().flat_map(|unit| bytes(*unit)).collect();
        [text.clone().into_bytes(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)]
    };
    written.iter().flat_map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::burned_in::left;
    use crate::dicom_object::{CT, SECONDARY_CAPTURE};

    #[test]
    fn every_identifier_is_found_in_every_spelling_and_in_no_other_object() {
        for class in [CT, SECONDARY_CAPTURE] {
            let object = SyntheticObject::new(class, jiff::Timestamp::UNIX_EPOCH);
            let search = Search::new(&object, true);
            assert_eq!(search.found(&object.data_set).len(), 8);
            assert!(contains(&object.data_set, &object.mark));
            assert!(left(&object.burned_in, &object.data_set).len() > 20, "{}", object.burned_in);
            let other = SyntheticObject::new(class, jiff::Timestamp::UNIX_EPOCH);
            let shared = search.found(&other.data_set);
            // Of 33,600 days two may be the same.
            assert!(shared.iter().all(|name| name == "birth date"), "{shared:?}");
            assert!(!contains(&other.data_set, &object.mark));
            for (name, text) in &object.identifiers {
                let upper = text.to_uppercase();
                let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
                    std::iter::once(0xff).chain(upper.encode_utf16().flat_map(bytes)).collect()
                };
                for spelled in
                    [text.to_lowercase().into_bytes(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)]
                {
                    assert!(search.found(&spelled).contains(&(*name).to_owned()), "{name}");
                }
            }
        }
    }

    #[test]
    fn uids_are_passed_over_only_when_asked_and_dates_are_found_with_signs() {
        let object = SyntheticObject::new(CT, jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(Search::new(&object, false).count(), 5);
        let birth = &object.identifiers.iter().find(|(name, _)| *name == "birth date").unwrap().1;
        let (year, month, day) = (&birth[..4], &birth[4..6], &birth[6..]);
        for text in [format!("born {day}.{month}.{year}"), format!("{year}-{month}-{day}T00:00")] {
            assert_eq!(Search::new(&object, false).found(text.as_bytes()), ["birth date"]);
        }
    }
}
