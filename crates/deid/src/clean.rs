//! Takes out of a text what identifies, and gives up on texts that cannot be understood; never guesses at names.

use crate::look::Finder;

/// What stands in the place of something taken out.
const GAP: &str = "[removed]";
/// Longest text that is cleaned: in longer prose third persons are named that no element knows of.
const LONGEST: usize = 64;
/// Digits in a word from which on it counts as a number of something.
const DIGITS: usize = 5;

/// Words before a name.
const TITLES: [&str; 25] = [
    "dr",
    "prof",
    "mr",
    "mrs",
    "ms",
    "miss",
    "md",
    "herr",
    "frau",
    "hr",
    "fr",
    "mme",
    "mlle",
    "docteur",
    "doktor",
    "doctor",
    "sr",
    "sra",
    "sig",
    "dott",
    "by",
    "von",
    "nurse",
    "physician",
    "name",
];

/// The text without what identifies; `None` where all of it has to go.
///
/// First everything that the object itself says of a person, then words with digits as in numbers and dates, addresses
/// of mail and web, and what follows a title. Texts of more than 64 bytes, of several lines, or in a character set
/// whose bytes are no letters each go as a whole: a name that no element knows cannot be told from a word.
pub(crate) fn clean(value: &[u8], character_set: &[u8], finder: &Finder) -> Option<Vec<u8>> {
    let is_plain = value.is_ascii() || is_bytewise(character_set);
    let has_control = value.iter().any(|&byte| byte < b' ' && byte != 0);
    if value.len() > LONGEST || !is_plain || has_control {
        return None;
    }
    let mut is_out = vec![false; value.len()];
    let mut found_any = false;
    for (range, _) in finder.all(value) {
        found_any = true;
        // The whole word, so that no ending of a name stays.
        let from = value.get(..range.start)?.iter().rposition(|byte| is_gap(*byte)).map_or(0, |gap| gap + 1);
        let to = value.get(range.end..)?.iter().position(|byte| is_gap(*byte));
        let to = to.map_or(value.len(), |gap| range.end + gap);
        is_out.get_mut(from..to)?.fill(true);
    }
    let mut after_title = 0_u8;
    for (from, word) in words(value) {
        let bare: Vec<u8> =
            word.iter().filter(|byte| byte.is_ascii_alphabetic()).map(u8::to_ascii_lowercase).collect();
        let is_title = TITLES.iter().any(|title| title.as_bytes() == bare);
        let is_name_like = word.first().is_some_and(|first| first.is_ascii_uppercase() || *first >= 0x80);
        if is_title || after_title > 0 && is_name_like || is_number_like(word) {
            is_out.get_mut(from..from + word.len())?.fill(true);
            found_any = true;
        }
        after_title = if is_title { 2 } else { after_title.saturating_sub(1) };
    }
    if !found_any {
        return Some(value.to_vec());
    }
    let mut cleaned = Vec::with_capacity(value.len() + GAP.len());
    let mut was_out = false;
    for (&byte, &out) in value.iter().zip(&is_out) {
        if !out {
            cleaned.push(byte);
        } else if !was_out {
            cleaned.extend_from_slice(GAP.as_bytes());
        }
        was_out = out;
    }
    let rest = cleaned.iter().any(u8::is_ascii_alphanumeric);
    // SH has 16 characters, LO 64: the caller's VR is not known here, so a cleaned text never grows.
    (rest && cleaned.len() <= value.len()).then_some(cleaned).or_else(|| shorter(value, &is_out))
}

/// Without anything in the gaps.
fn shorter(value: &[u8], is_out: &[bool]) -> Option<Vec<u8>> {
    let kept: Vec<u8> = value.iter().zip(is_out).filter(|(_, out)| !**out).map(|(byte, _)| *byte).collect();
    kept.iter().any(u8::is_ascii_alphanumeric).then(|| kept.trim_ascii().to_vec())
}

/// Character sets in which a byte below 0x80 is always the ASCII character: UTF-8 and the single-byte ones.
fn is_bytewise(character_set: &[u8]) -> bool {
    let term = character_set.trim_ascii();
    !term.contains(&b'\\')
        && (term == b"ISO_IR 192" || term.starts_with(b"ISO_IR 1") && term != b"ISO_IR 13" || term.is_empty())
}

const fn is_gap(byte: u8) -> bool {
    matches!(byte, b' ' | b'^' | b',' | b';' | b'\\' | b'(' | b')' | b'=' | b'_')
}

fn words(value: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    value.split(|&byte| is_gap(byte)).map(move |word| {
        let from = at;
        at += word.len() + 1;
        (from, word)
    })
}

/// Many digits, or digits around date and telephone marks, or an address.
fn is_number_like(word: &[u8]) -> bool {
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let marks = word.iter().filter(|byte| matches!(byte, b'/' | b'-' | b'.' | b':')).count();
    let is_date = digits >= 4 && marks >= 2;
    digits >= DIGITS
        || is_date
        || word.contains(&b'@')
        || word.windows(3).any(|part| part == b"://" || part == b"www")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Identities;
    use crate::plan::Identity;
    use medward_dicom_scan::Tag;

    fn cleaned(text: &str) -> Option<String> {
        let mut identities = Identities::new(&[]);
        identities.note(Identity::Name, Tag(0), b"Doe^Jane", None);
        identities.note(Identity::Identifier, Tag(0), b"MRN4711", None);
        identities.close();
        let mut finder = Finder::default();
        finder.prepare(&identities).unwrap();
        clean(text.as_bytes(), b"", &finder).map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn what_describes_stays_and_what_identifies_goes() {
        assert_eq!(cleaned("CT CHEST W/O CONTRAST").as_deref(), Some("CT CHEST W/O CONTRAST"));
        assert_eq!(cleaned("Chest of Jane Doe").as_deref(), Some("Chest of"));
        assert_eq!(cleaned("Chest ordered by Dr. Peter Smith").as_deref(), Some("Chest ordered"));
        assert_eq!(cleaned("CT 12.03.1980 chest").as_deref(), Some("CT [removed] chest"));
        assert_eq!(cleaned("call 0171/5551234 CT").as_deref(), Some("call [removed] CT"));
        assert_eq!(cleaned("CT a.b@clinic.example").as_deref(), Some("CT [removed]"));
        assert_eq!(cleaned("mrn4711"), None);
        assert_eq!(cleaned("first line\r\nsecond"), None);
        assert_eq!(cleaned(&"word ".repeat(20)), None);
    }
}
