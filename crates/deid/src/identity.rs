//! Gathers what identifies someone in the original, with its parts; never searches for it.

use crate::dates;
use crate::plan::Identity;
use crate::uids::UidSet;
use medward_dicom_scan::Tag;

/// Something that must not be in the result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pattern {
    /// Bytes, in the character set of the original or in UTF-8.
    pub bytes: Vec<u8>,
    /// Counts only where no letter or digit goes on before or after it.
    pub whole: bool,
    /// The element it came from.
    pub source: Tag,
}

/// Shortest identifier that is searched for, in bytes: shorter ones are found everywhere.
const SHORTEST: usize = 4;
/// Shortest part of a name, in ASCII letters.
const SHORTEST_NAME: usize = 3;
/// From this length on a pattern counts inside of longer words too.
const LONG: usize = 7;
/// More than any object has: one with more is not looked at in part but held back.
const PATTERNS_MAX: usize = 8_000;
/// Longest text that is searched for as a whole; what people paste is shorter.
const LONGEST: usize = 256;

/// Values that stand for "nothing", and parts of names that are words.
const HARMLESS: [&str; 36] = [
    "anon",
    "anonymous",
    "anonymized",
    "anonymised",
    "unknown",
    "none",
    "null",
    "not specified",
    "n/a",
    "test",
    "patient",
    "removed",
    "doctor",
    "prof",
    "phd",
    "van",
    "von",
    "der",
    "den",
    "del",
    "des",
    "dos",
    "las",
    "los",
    "the",
    "and",
    "mrs",
    "miss",
    "jun",
    "sen",
    "dipl",
    "med",
    "other",
    "default",
    "0000",
    "xxxx",
];

/// What was gathered from one object.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    pub patterns: Vec<Pattern>,
    pub uids: UidSet,
    /// Counts how often the patterns were made anew.
    pub generation: u64,
    /// There was more than is searched for.
    pub overflowed: bool,
    harmless: Vec<String>,
    notes: Notes,
    /// What the patterns were made of: in a series, the same for every object.
    made_of: Notes,
}

/// Values that identify, one after the other in one buffer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Notes {
    list: Vec<Note>,
    bytes: Vec<u8>,
}

/// Ends of the value and of its text in the buffer; each begins where the one before ends.
#[derive(Debug, PartialEq, Eq)]
struct Note {
    identity: Identity,
    source: Tag,
    value_end: usize,
    text_end: usize,
}

impl Notes {
    fn clear(&mut self) {
        self.list.clear();
        self.bytes.clear();
    }

    fn push(&mut self, identity: Identity, source: Tag, value: &[u8], text: &str) {
        self.bytes.extend_from_slice(value);
        let value_end = self.bytes.len();
        self.bytes.extend_from_slice(text.as_bytes());
        self.list.push(Note { identity, source, value_end, text_end: self.bytes.len() });
    }
}

impl Identities {
    pub fn new(harmless: &[String]) -> Self {
        let own = harmless.iter().map(|word| word.to_lowercase());
        let harmless = HARMLESS.iter().map(|word| (*word).to_owned()).chain(own).collect();
        Self { harmless, ..Self::default() }
    }

    pub fn clear(&mut self) {
        self.notes.clear();
        self.uids.clear();
    }

    /// Makes patterns of the notes, sorted, so that equal sets are equal whatever the order of elements was.
    pub fn close(&mut self) {
        self.uids.close();
        if self.generation > 0 && self.notes == self.made_of {
            return;
        }
        self.generation = self.generation.wrapping_add(1).max(1);
        self.patterns.clear();
        self.overflowed = false;
        let notes = std::mem::take(&mut self.notes);
        let mut from = 0;
        for note in &notes.list {
            if self.patterns.len() > PATTERNS_MAX {
                // The same values again and again, as in objects of many frames, are few.
                self.sort();
                self.overflowed = self.patterns.len() > PATTERNS_MAX / 2;
            }
            if self.overflowed {
                break;
            }
            let value = notes.bytes.get(from..note.value_end).unwrap_or_default();
            let text = notes.bytes.get(note.value_end..note.text_end).unwrap_or_default();
            let text = std::str::from_utf8(text).ok().filter(|text| !text.is_empty());
            self.expand(note.identity, note.source, value, text);
            from = note.text_end;
        }
        self.sort();
        self.notes = std::mem::replace(&mut self.made_of, notes);
    }

    fn sort(&mut self) {
        // Of the same bytes the stricter rule stays: `false` sorts first.
        self.patterns.sort_unstable();
        self.patterns.dedup_by(|later, first| later.bytes == first.bytes);
    }

    /// Notes a value. `decoded` is its text where the bytes are not plain ASCII.
    pub fn note(&mut self, identity: Identity, source: Tag, value: &[u8], decoded: Option<&str>) {
        match identity {
            Identity::Nothing => {}
            Identity::Uid => {
                for uid in value.split(|&byte| byte == b'\\') {
                    let uid = trim(uid);
                    if uid.len() > 8 && !crate::key::is_well_known_uid(uid) {
                        self.uids.push(uid);
                    }
                }
            }
            Identity::EventDate => {
                // Times differ from image to image of a series, and are not searched for.
                for date in value.split(|&byte| byte == b'\\') {
                    let date = without_points(trim(date));
                    self.notes.push(identity, source, date.get(..8).unwrap_or_default(), "");
                }
            }
            _ => self.notes.push(identity, source, value, decoded.unwrap_or_default()),
        }
    }

    fn expand(&mut self, identity: Identity, source: Tag, value: &[u8], decoded: Option<&str>) {
        match identity {
            Identity::Nothing | Identity::Uid => {}
            Identity::BirthDate => {
                for date in value.split(|&byte| byte == b'\\') {
                    for spelling in dates::spellings(&without_points(trim(date))) {
                        self.push(spelling.into_bytes(), true, source);
                    }
                }
            }
            Identity::EventDate => {
                let is_date = value.len() == 8 && value.iter().all(u8::is_ascii_digit);
                // 19000101 and the like stand for "nothing".
                if !is_date || value.starts_with(b"1900") || value.starts_with(b"0001") {
                    return;
                }
                self.push(value.to_vec(), true, source);
                if let (Some(year), Some(month), Some(day)) =
                    (value.get(..4), value.get(4..6), value.get(6..))
                {
                    self.push([year, month, day].join(&b'-'), true, source);
                }
            }
            Identity::Name => {
                self.name(value, source);
                if let Some(text) = decoded {
                    self.name(text.as_bytes(), source);
                    self.name(text.to_lowercase().as_bytes(), source);
                    self.name(transliterate(text).as_bytes(), source);
                }
            }
            Identity::Identifier | Identity::Place => {
                self.identifier(identity, value, source);
                if let Some(text) = decoded {
                    self.identifier(identity, text.as_bytes(), source);
                    self.identifier(identity, text.to_lowercase().as_bytes(), source);
                }
            }
        }
    }

    /// The components of all groups of all names (PS3.5 section 6.2.1), and the words of each.
    fn name(&mut self, value: &[u8], source: Tag) {
        let is_mark =
            |byte: &u8| matches!(byte, b'^' | b'=' | b'\\' | b' ' | b',' | b'.' | b'/' | 0 | b'(' | b')');
        for part in value.split(is_mark) {
            let is_ascii = part.is_ascii();
            let letters = part.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
            if is_ascii && letters < SHORTEST_NAME || part.len() < 2 || part.contains(&0x1B) {
                continue;
            }
            self.push(part.to_vec(), is_ascii && part.len() < LONG, source);
            // Both halves of a double name, and of names in one word; one with digits is a number that stands for a name.
            let has_digit = part.iter().any(u8::is_ascii_digit);
            let is_mark = |byte: &u8| *byte == b'-' || *byte == b'_' && !has_digit;
            for half in part.split(is_mark).filter(|half| half.len() < part.len() && half.len() > 3) {
                self.push(half.to_vec(), half.is_ascii() && half.len() < LONG, source);
            }
        }
    }

    fn identifier(&mut self, identity: Identity, value: &[u8], source: Tag) {
        for one in value.split(|&byte| byte == b'\\') {
            let one = trim(one);
            let has_digit = one.iter().any(u8::is_ascii_digit);
            // A device called "SOMATOM" is no secret: its maker's catalogue has the word too.
            let is_vague = identity == Identity::Place && !(has_digit && one.len() > 4 || one.len() > 9);
            let is_same = one.first().is_some_and(|first| one.iter().all(|byte| byte == first));
            if one.len() < SHORTEST || is_vague || is_same {
                continue;
            }
            let Some(one) = one.get(..one.len().min(LONGEST)) else { continue };
            self.push(one.to_vec(), one.len() < LONG || one.iter().all(u8::is_ascii_digit), source);
        }
    }

    fn push(&mut self, bytes: Vec<u8>, whole: bool, source: Tag) {
        let is_harmless = std::str::from_utf8(&bytes)
            .is_ok_and(|text| self.harmless.iter().any(|word| word.eq_ignore_ascii_case(text)));
        if !is_harmless {
            self.patterns.push(Pattern { bytes, whole, source });
        }
    }
}

fn trim(value: &[u8]) -> &[u8] {
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0 | b'\t' | b'\r' | b'\n');
    let from = value.iter().position(|byte| !is_padding(byte)).unwrap_or(value.len());
    let to = value.iter().rposition(|byte| !is_padding(byte)).map_or(from, |last| last + 1);
    value.get(from..to).unwrap_or_default()
}

fn without_points(date: &[u8]) -> Vec<u8> {
    date.iter().copied().filter(|byte| *byte != b'.').collect()
}

/// As names are spelled where the letters are missing.
fn transliterate(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' | 'æ' => plain.push_str("ae"),
            'ö' | 'ø' | 'œ' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'å' => plain.push_str("aa"),
            'ß' => plain.push_str("ss"),
            'á' | 'à' | 'â' | 'ã' | 'ą' => plain.push('a'),
            'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' => plain.push('e'),
            'í' | 'ì' | 'î' | 'ï' | 'ı' => plain.push('i'),
            'ó' | 'ò' | 'ô' | 'õ' => plain.push('o'),
            'ú' | 'ù' | 'û' | 'ů' => plain.push('u'),
            'ç' | 'č' | 'ć' => plain.push('c'),
            'ñ' | 'ń' => plain.push('n'),
            'š' | 'ś' | 'ş' => plain.push('s'),
            'ž' | 'ż' | 'ź' => plain.push('z'),
            'ł' => plain.push('l'),
            'ř' => plain.push('r'),
            'ğ' => plain.push('g'),
            'ý' => plain.push('y'),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(identity: Identity, value: &str) -> Vec<String> {
        let mut identities = Identities::new(&[]);
        identities.note(identity, Tag(0), value.as_bytes(), (!value.is_ascii()).then_some(value));
        identities.close();
        identities.patterns.into_iter().map(|one| String::from_utf8_lossy(&one.bytes).into_owned()).collect()
    }

    #[test]
    fn names_fall_into_their_parts_and_words_that_are_no_names_are_left_out() {
        assert_eq!(
            patterns(Identity::Name, "Meier-Schmidt^Anna Li^^Prof"),
            ["Anna", "Meier", "Meier-Schmidt", "Schmidt"]
        );
        assert_eq!(patterns(Identity::Name, "MEIER_HANS"), ["HANS", "MEIER", "MEIER_HANS"]);
        assert_eq!(patterns(Identity::Name, "PANCREAS_0001"), ["PANCREAS_0001"]);
        assert!(patterns(Identity::Name, "Müller^Jörg").contains(&"mueller".to_owned()));
        assert!(patterns(Identity::Name, "Yamada^Tarou=山田^太郎").contains(&"山田".to_owned()));
        assert!(patterns(Identity::Name, "ANONYMOUS").is_empty());
    }

    #[test]
    fn identifiers_count_as_a_whole_and_vague_places_do_not() {
        assert_eq!(patterns(Identity::Identifier, " MRN-4711 \\12"), ["MRN-4711"]);
        assert!(patterns(Identity::Identifier, "0000000").is_empty());
        assert!(patterns(Identity::Place, "SOMATOM").is_empty());
        assert_eq!(patterns(Identity::Place, "CT-04711"), ["CT-04711"]);
        assert_eq!(patterns(Identity::EventDate, "20240305120000"), ["2024-03-05", "20240305"]);
    }
}
