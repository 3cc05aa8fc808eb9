//! The second look: is anything that identified someone in the original still in the result? Never changes anything.

use crate::identity::{Identities, Pattern};
use crate::uids::UidSet;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use medward_dicom_scan::{DataSet, Element, Kind, Tag, Vr};

/// Something of the original that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Where it is: tags of the sequences around it, and its own.
    pub place: String,
    /// The element of the original that it came from; none for UIDs.
    pub source: Option<Tag>,
}

/// One automaton for all patterns, kept as long as they stay the same: in a series they do.
#[derive(Debug, Default)]
pub(crate) struct Finder {
    patterns: Vec<Pattern>,
    automaton: Option<AhoCorasick>,
    /// Of the identities that the patterns came from.
    generation: u64,
}

/// Shortest match that counts in bytes that are numbers: of 128 KB of them, every other one has some "ann".
const SHORTEST_IN_NUMBERS: usize = 5;

/// The patterns cannot be searched for.
#[derive(Debug)]
pub(crate) struct TooMany;

/// Bytes of all patterns up to which the automaton is a table of all its states: several times faster, and 256 bytes for
/// each of these.
const BYTES_IN_TABLE: usize = 48 << 10;

impl Finder {
    /// Makes ready for the patterns of an object.
    pub fn prepare(&mut self, identities: &Identities) -> Result<(), TooMany> {
        if identities.overflowed {
            return Err(TooMany);
        }
        if self.automaton.is_some() && self.generation == identities.generation {
            return Ok(());
        }
        self.generation = identities.generation;
        if self.automaton.is_some() && self.patterns == identities.patterns {
            return Ok(());
        }
        self.patterns.clone_from(&identities.patterns);
        let bytes: usize = self.patterns.iter().map(|pattern| pattern.bytes.len()).sum();
        let kind = if bytes > BYTES_IN_TABLE { AhoCorasickKind::ContiguousNFA } else { AhoCorasickKind::DFA };
        let built = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(kind))
            .build(self.patterns.iter().map(|pattern| &pattern.bytes));
        self.automaton = built.ok();
        self.automaton.is_some().then_some(()).ok_or(TooMany)
    }

    /// All places in a value, as ranges; they may overlap.
    pub fn all<'f>(&'f self, value: &'f [u8]) -> impl Iterator<Item = (std::ops::Range<usize>, Tag)> + 'f {
        let found = self.automaton.iter().flat_map(move |automaton| automaton.find_overlapping_iter(value));
        found.filter_map(move |found| {
            let pattern = self.patterns.get(found.pattern().as_usize())?;
            let range = found.range();
            (!pattern.whole || stands_alone(value, &range)).then_some((range, pattern.source))
        })
    }

    fn first(&self, value: &[u8]) -> Option<Tag> {
        self.all(value).next().map(|(_, source)| source)
    }

    /// Looks through all values of a result: text and bytes, private and nested ones too, but for the pixels themselves
    /// (group 7FE0 and fragments), in which chance would find every short word, and for what the result says of its own
    /// making.
    pub fn look(&self, result: &DataSet, uids: &UidSet) -> Option<Hit> {
        let own = own_span(result);
        // Headers and values in one go; a match counts where it lies inside of one value.
        let kept = result.kept();
        // Mostly there is no match at all, which is found out faster.
        let automaton = self.automaton.iter().filter(|automaton| automaton.is_match(kept));
        let found = automaton.flat_map(|automaton| automaton.find_overlapping_iter(kept));
        for found in found {
            let Some(pattern) = self.patterns.get(found.pattern().as_usize()) else { continue };
            let Some((element, range)) = result.element_of_kept(&found.range()) else { continue };
            let value = result.value(element).unwrap_or_default();
            let is_chance = element.vr.is_bulk() && element.vr != Vr::UN && range.len() < SHORTEST_IN_NUMBERS;
            let counts = !is_chance && (!pattern.whole || stands_alone(value, &range));
            if counts && is_searched(element, value, own) {
                return Some(hit(result, element, Some(pattern.source)));
            }
        }
        for element in result.elements() {
            let Some(value) = result.value(element).filter(|value| value.len() > 1) else { continue };
            // Small letters beyond ASCII.
            if !value.is_ascii()
                && is_searched(element, value, own)
                && let Some(text) = result.text(element)
                && let Some(source) = self.first(text.to_lowercase().as_bytes())
            {
                return Some(hit(result, element, Some(source)));
            }
            if may_hold_uid(element.vr) && has_uid(value, uids) && is_searched(element, value, own) {
                return Some(hit(result, element, None));
            }
        }
        None
    }
}

/// Where De-identification Method Code Sequence stands: it says how the result was made, in words of the standard.
fn own_span(result: &DataSet) -> (u64, u64) {
    let codes = result.find(None, Tag::new(0x0012, 0x0064));
    codes.map_or((0, 0), |(_, element)| (element.start, element.end))
}

fn is_searched(element: &Element, value: &[u8], own: (u64, u64)) -> bool {
    let is_own = (own.0..own.1).contains(&element.start) || element.tag == Tag::new(0x0012, 0x0063);
    let is_pixels = element.tag.group() == 0x7FE0 || element.kind == Kind::Fragment;
    value.len() > 1 && !is_own && !is_pixels && !is_term(element.tag, value)
}

fn hit(result: &DataSet, element: &Element, source: Option<Tag>) -> Hit {
    let elements = result.elements();
    let mut place = element.tag.to_string();
    let mut parent = element.parent();
    while let Some(around) = parent.and_then(|parent| elements.get(parent)) {
        if around.kind == Kind::Sequence {
            place = format!("{} > {place}", around.tag);
        }
        parent = around.parent();
    }
    Hit { place, source }
}

/// Enumerated values of the standard that are also names: nobody called Text is meant by the value type TEXT.
const TERMS: [(Tag, &[&[u8]]); 3] = [
    (
        Tag::new(0x0040, 0xA040),
        &[
            b"TEXT",
            b"NUM",
            b"CODE",
            b"DATETIME",
            b"DATE",
            b"TIME",
            b"UIDREF",
            b"PNAME",
            b"COMPOSITE",
            b"IMAGE",
            b"WAVEFORM",
            b"SCOORD",
            b"SCOORD3D",
            b"TCOORD",
            b"CONTAINER",
            b"TABLE",
        ],
    ),
    (Tag::new(0x0040, 0xA050), &[b"SEPARATE", b"CONTINUOUS"]),
    (Tag::new(0x0028, 0x0004), &[b"RGB", b"PALETTE COLOR", b"MONOCHROME1", b"MONOCHROME2"]),
];

fn is_term(tag: Tag, value: &[u8]) -> bool {
    let value = value.trim_ascii_end();
    TERMS.iter().any(|(of, terms)| *of == tag && terms.contains(&value))
}

const fn may_hold_uid(vr: Vr) -> bool {
    !matches!(vr, Vr::DS | Vr::IS | Vr::DA | Vr::DT | Vr::TM | Vr::AS | Vr::US | Vr::SS)
}

/// Whether a run of digits and points is one of these UIDs.
fn has_uid(value: &[u8], uids: &UidSet) -> bool {
    if uids.is_empty() || memchr::memchr(b'.', value).is_none() {
        return false;
    }
    let runs = value.split(|byte| !byte.is_ascii_digit() && *byte != b'.');
    let runs = runs.map(|run| {
        let end = run.iter().rposition(|&byte| byte != b'.').map_or(0, |last| last + 1);
        run.get(..end).unwrap_or_default()
    });
    runs.filter(|run| run.len() > 8).any(|run| uids.has(run))
}

/// No letter goes on where the match begins or ends with one, no digit where with a digit; a point between digits goes
/// on too, as in a decimal number or an UID.
fn stands_alone(value: &[u8], range: &std::ops::Range<usize>) -> bool {
    let at = |index: Option<usize>| index.and_then(|index| value.get(index)).copied();
    let goes_on = |edge: Option<u8>, next: Option<u8>, after: Option<u8>| match (edge, next) {
        (Some(edge), Some(next)) if edge.is_ascii_digit() => {
            next.is_ascii_digit() || next == b'.' && after.is_some_and(|after| after.is_ascii_digit())
        }
        (Some(edge), Some(next)) if edge.is_ascii_alphabetic() || edge >= 0x80 => {
            next.is_ascii_alphabetic() || next >= 0x80
        }
        _ => false,
    };
    let before =
        goes_on(at(Some(range.start)), at(range.start.checked_sub(1)), at(range.start.checked_sub(2)));
    let behind = goes_on(at(range.end.checked_sub(1)), at(Some(range.end)), at(range.end.checked_add(1)));
    !before && !behind
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Identity;

    fn finder(identity: Identity, value: &str) -> Finder {
        let mut identities = Identities::new(&[]);
        identities.note(identity, Tag(0), value.as_bytes(), None);
        identities.close();
        let mut finder = Finder::default();
        finder.prepare(&identities).unwrap();
        finder
    }

    #[test]
    fn short_names_count_as_words_and_long_ones_anywhere() {
        let ann = finder(Identity::Name, "Doe^Ann");
        assert!(ann.first(b"SCAN OF ANN").is_some());
        assert!(ann.first(b"ann_2").is_some());
        assert!(ann.first(b"scanner").is_none());
        assert!(finder(Identity::Name, "Featherstone^X").first(b"xxFEATHERSTONEyy").is_some());
    }

    #[test]
    fn numbers_count_where_no_digit_goes_on() {
        let id = finder(Identity::Identifier, "4711123");
        assert!(id.first(b"MRN4711123X").is_some());
        assert!(id.first(b"id 4711123.").is_some());
        assert!(id.first(b"0.4711123").is_none());
        assert!(id.first(b"14711123").is_none());
        let born = finder(Identity::BirthDate, "19800305");
        assert!(born.first(b"born 5 mar 1980").is_some());
        assert!(born.first(b"05/03/1980").is_some());
    }

    #[test]
    fn a_uid_is_found_inside_text_as_a_whole_only() {
        let mut uids = UidSet::default();
        uids.push(b"1.2.3.4.5.678");
        uids.close();
        assert!(has_uid(b"see 1.2.3.4.5.678.", &uids));
        assert!(!has_uid(b"1.2.3.4.5.6789", &uids));
    }
}
