//! New values for elements that are changed, and the edits that write them; decides nothing.

use crate::clean::clean;
use crate::dates;
use crate::decide::{PATIENT_ID, PATIENT_NAME, Rules, vr_of};
use crate::dummy;
use crate::key::Derivation;
use crate::look::Finder;
use crate::plan::Treatment;
use crate::uids::UidMap;
use medward_dicom_scan::{DataSet, Edits, Element, Kind, NewElement, Tag, Vr};

/// Dummies whose equality has a meaning: the same specimen, container or device in two objects stays the same.
const LABELLED: [u32; 9] = [
    0x0012_0040,
    0x0012_0042,
    0x0018_1000,
    0x0018_700A,
    0x0018_9367,
    0x0018_9371,
    0x0040_0512,
    0x0040_0551,
    0x3010_002D,
];

/// What new values are made of.
pub(crate) struct Maker<'m> {
    pub data_set: &'m DataSet,
    pub rules: &'m Rules<'m>,
    pub keys: &'m Derivation,
    pub uids: &'m mut UidMap,
    pub finder: &'m Finder,
    pub pseudonym: &'m str,
    pub prefix: &'m str,
    pub shift_days: i32,
}

impl Maker<'_> {
    /// Writes one change into the edits; gives what was done in the end.
    pub fn edit(&mut self, index: usize, treatment: Treatment, edits: &mut Edits) -> Treatment {
        let Some(element) = self.data_set.elements().get(index) else { return Treatment::Keep };
        let value = self.data_set.value(element);
        let is_empty = element.value_bytes() == 0;
        match treatment {
            Treatment::Keep => {}
            Treatment::Remove => edits.remove(index),
            Treatment::Empty | Treatment::Dummy if element.tag == PATIENT_ID && !is_empty => {
                Self::put(index, element, self.patient(value), edits);
                return Treatment::Dummy;
            }
            Treatment::Empty if element.tag == PATIENT_NAME && element.depth == 0 && !is_empty => {
                Self::put(index, element, self.pseudonym.as_bytes().to_vec(), edits);
                return Treatment::Dummy;
            }
            Treatment::Empty => Self::empty(index, element, edits),
            // There was nothing: there is nothing to stand in for.
            Treatment::Dummy if is_empty => {}
            Treatment::Dummy => return self.dummy(index, element, value, edits),
            Treatment::Uid => {
                let Some(value) = value else {
                    edits.remove(index);
                    return Treatment::Remove;
                };
                edits.replace_with(index, |out| self.append_uids(value, out));
            }
            Treatment::Shift => return self.shift(index, element, value, edits),
            Treatment::Clean => {
                let Some(value) = value else {
                    edits.remove(index);
                    return Treatment::Remove;
                };
                match clean(value, self.data_set.character_set(element), self.finder) {
                    Some(cleaned) if cleaned == value => {}
                    Some(cleaned) => edits.replace(index, cleaned),
                    // As without the option: nothing where the attribute may be empty, else a dummy.
                    None => {
                        let types = (element.depth == 0).then_some(self.rules.types);
                        let entry = self.rules.plan.entry(element.tag);
                        let basic =
                            entry.map_or(Treatment::Empty, |entry| entry.fallback(element.tag, types));
                        let basic = if basic == Treatment::Dummy { basic } else { Treatment::Empty };
                        return self.edit(index, basic, edits);
                    }
                }
            }
        }
        treatment
    }

    fn patient(&self, id: Option<&[u8]>) -> Vec<u8> {
        format!("{}{}", self.prefix, self.keys.pseudonym(id.unwrap_or_default())).into_bytes()
    }

    /// A value under the tag there is; of something that is encoded as a sequence but is none, with its own VR.
    fn put(index: usize, element: &Element, value: Vec<u8>, edits: &mut Edits) {
        if element.kind == Kind::Sequence {
            edits.replace_element(
                index,
                NewElement::new(element.tag, standard_or(Vr::LO, element.tag), value),
            );
        } else {
            edits.replace(index, value);
        }
    }

    fn empty(index: usize, element: &Element, edits: &mut Edits) {
        let is_misplaced = element.kind == Kind::Encapsulated
            || element.kind == Kind::Sequence && standard_or(Vr::SQ, element.tag) != Vr::SQ;
        if is_misplaced {
            edits.remove(index);
        } else if element.value_bytes() > 0 {
            edits.replace(index, Vec::new());
        }
    }

    fn dummy(&self, index: usize, element: &Element, value: Option<&[u8]>, edits: &mut Edits) -> Treatment {
        let vr = vr_of(element);
        let is_sequence = vr == Vr::SQ;
        if element.kind == Kind::Encapsulated || element.kind == Kind::Sequence && !is_sequence {
            edits.remove(index);
            return Treatment::Remove;
        }
        if is_sequence {
            let encoding = self.data_set.encoding_in(element.parent());
            match dummy::sequence(element.tag, encoding) {
                Some(sequence) => edits.replace_element(index, sequence),
                None => edits.remove(index),
            }
        } else if LABELLED.contains(&element.tag.0) && vr.has_character_set() {
            edits.replace(index, self.keys.label(element.tag.0, value.unwrap_or_default()).into_bytes());
        } else {
            edits.replace_with(index, |out| dummy::append(vr, value, out));
        }
        Treatment::Dummy
    }

    /// Every UID of a value that is not well known, replaced.
    fn append_uids(&mut self, value: &[u8], out: &mut Vec<u8>) {
        for (at, uid) in value.split(|&byte| byte == b'\\').enumerate() {
            if at > 0 {
                out.push(b'\\');
            }
            self.uids.append(self.keys, uid, out);
        }
    }

    fn shift(&self, index: usize, element: &Element, value: Option<&[u8]>, edits: &mut Edits) -> Treatment {
        let vr = vr_of(element);
        if vr == Vr::TM {
            // Whole days: the time of day stays.
            return Treatment::Keep;
        }
        let Some(value) = value else {
            edits.remove(index);
            return Treatment::Remove;
        };
        edits.replace_with(index, |moved| self.append_shifted(vr, value, moved));
        Treatment::Shift
    }

    fn append_shifted(&self, vr: Vr, value: &[u8], moved: &mut Vec<u8>) {
        for (at, date) in value.split(|&byte| byte == b'\\').enumerate() {
            if at > 0 {
                moved.push(b'\\');
            }
            let is_empty = date.iter().all(|byte| matches!(byte, b' ' | 0));
            let shifted = match vr {
                _ if is_empty => Some(String::new()),
                Vr::DA => dates::shift_date(date, self.shift_days),
                _ => dates::shift_date_time(date, self.shift_days),
            };
            match shifted {
                Some(date) => moved.extend_from_slice(date.as_bytes()),
                // What is no date cannot be moved, and may be anything: a dummy is valid where emptiness is not.
                None => dummy::append(vr, None, moved),
            }
        }
    }
}

fn standard_or(absent: Vr, tag: Tag) -> Vr {
    let vr = medward_dicom_scan::standard_vr(tag);
    if vr == Vr::UN { absent } else { vr }
}
