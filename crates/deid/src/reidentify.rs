//! Results made on pseudonymised data (SR, SEG, SC, PR), brought back to their patient; never writes the mapping.

use crate::facts::Facts;
use crate::mapping::{Links, Mapping, Patient, Study};
use crate::{dates, mark};
use medward_dicom_scan::{
    DataSet, Edits, Kind, Limits, NewElement, Refused, Scanner, Tag, Vr, WriteError, write,
};
use std::io::{Read, Seek, Write};

const STUDY_DATE: Tag = Tag::new(0x0008, 0x0020);
const STUDY_TIME: Tag = Tag::new(0x0008, 0x0030);
const ACCESSION: Tag = Tag::new(0x0008, 0x0050);
const NAME: Tag = Tag::new(0x0010, 0x0010);
const ID: Tag = Tag::new(0x0010, 0x0020);
const BIRTH_DATE: Tag = Tag::new(0x0010, 0x0030);
const MAC_PARAMETERS: u32 = 0x4FFE_0001;
const SIGNATURES: u32 = 0xFFFA_FFFA;
const SEX: Tag = Tag::new(0x0010, 0x0040);

/// Why a result cannot be brought back. Nothing was written, except where reading or writing failed midway.
#[derive(Debug, thiserror::Error)]
pub enum NotRestored {
    /// Not readable within the limits.
    #[error("refused: {0}")]
    Refused(#[from] Refused),
    /// The pseudonym is not in the mapping.
    #[error("its Patient ID is no pseudonym of this mapping: was it made in another project?")]
    UnknownPatient,
    /// The study is not in the mapping, although the patient is.
    #[error("its study is not in this mapping: a result must belong to a study that was de-identified")]
    UnknownStudy,
    /// The name needs letters that the object's character set may not have.
    #[error(
        "the patient's name has letters beyond ASCII and the object is not in UTF-8 (ISO_IR 192): convert it first"
    )]
    CharacterSet,
    /// Reading or writing failed.
    #[error("failed: {0}")]
    Write(#[from] WriteError),
}

/// What was put back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Restored {
    /// UIDs, nested ones too.
    pub uids: u32,
    /// Other attributes.
    pub attributes: u32,
}

/// Brings one result back: patient, study, the UIDs that it refers to, and dates that were moved. Its own UIDs, made by
/// whoever made the result, stay; dates of its own making (series, content) stay too. Digital signatures (PS3.15 Annex C) go, since none of them holds any more.
pub fn reidentify<R: Read + Seek, W: Write>(
    mapping: &Mapping,
    source: &mut R,
    out: &mut W,
) -> Result<Restored, NotRestored> {
    let mut scanner = Scanner::new(&Limits::default());
    let data_set = scanner.scan(source)?;
    let facts = Facts::of(data_set);
    let pseudonym = String::from_utf8_lossy(facts.patient_id).into_owned();
    let patient = mapping.patient(&pseudonym).ok_or(NotRestored::UnknownPatient)?;
    let study_uid = String::from_utf8_lossy(facts.study);
    let study = mapping.study(&study_uid).ok_or(NotRestored::UnknownStudy)?;

    let mut edits = Edits::new();
    let mut restored = Restored::default();
    let mut is_ascii = true;
    for (index, element) in data_set.elements().iter().enumerate() {
        // Whatever they covered is another thing now: a signature that cannot hold would tell of a forgery.
        if matches!(element.tag.0, MAC_PARAMETERS | SIGNATURES) {
            edits.remove(index);
        }
        let Some(value) = data_set.value(element).filter(|_| element.kind == Kind::Value) else { continue };
        is_ascii &= !element.vr.has_character_set() || value.is_ascii();
        let new = match element.vr {
            Vr::UI => map_back(mapping, value, &mut restored),
            _ if element.tag == ID && element.depth > 0 => {
                let text = data_set.text(element).unwrap_or_default();
                (text == pseudonym).then(|| patient.id.clone().into_bytes())
            }
            // Only these come from the original; what dates the result was made on is true as it is.
            Vr::DA | Vr::DT
                if matches!(element.tag.0, 0x0008_0022 | 0x0008_002A) && patient.shift_days != 0 =>
            {
                let back = patient.shift_days.saturating_neg();
                let shift = if element.vr == Vr::DA { dates::shift_date } else { dates::shift_date_time };
                shift(value, back).map(String::into_bytes)
            }
            _ => None,
        };
        if let Some(new) = new {
            edits.replace(index, new);
        }
        if matches!(element.tag.0, 0x0012_0062 | 0x0012_0063 | 0x0028_0303) && element.depth == 0 {
            edits.remove(index);
        }
    }
    if let Some((index, _)) = data_set.find(None, Tag::new(0x0012, 0x0064)) {
        edits.remove(index);
    }
    restored.attributes = restore(data_set, patient, study, is_ascii, &mut edits)?;
    let instance = mapping.uid(&String::from_utf8_lossy(facts.instance)).map(str::to_owned);
    let instance = instance.unwrap_or_else(|| String::from_utf8_lossy(facts.instance).into_owned());
    let meta = mark::meta(facts.sop_class, &instance, &mark::transfer_syntax(data_set));
    write(data_set, source, &edits, Some(&meta), out)?;
    Ok(restored)
}

fn map_back(mapping: &Mapping, value: &[u8], restored: &mut Restored) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(value).ok()?;
    let mut is_changed = false;
    let uids = text.split('\\').map(|uid| {
        let uid = uid.trim_matches(['\0', ' ']);
        let original = mapping.uid(uid);
        is_changed |= original.is_some();
        restored.uids = restored.uids.saturating_add(u32::from(original.is_some()));
        original.unwrap_or(uid)
    });
    let joined = uids.collect::<Vec<_>>().join("\\");
    is_changed.then(|| joined.into_bytes())
}

/// Patient and study at the top; counts them.
fn restore(
    data_set: &DataSet,
    patient: &Patient,
    study: &Study,
    is_ascii: bool,
    edits: &mut Edits,
) -> Result<u32, NotRestored> {
    let values = [
        (STUDY_DATE, Vr::DA, &study.date),
        (STUDY_TIME, Vr::TM, &study.time),
        (ACCESSION, Vr::SH, &study.accession),
        (NAME, Vr::PN, &patient.name),
        (ID, Vr::LO, &patient.id),
        (BIRTH_DATE, Vr::DA, &patient.birth_date),
        (SEX, Vr::CS, &patient.sex),
    ];
    if values.iter().any(|(.., value)| !value.is_ascii()) {
        let set = data_set.find(None, Tag::SPECIFIC_CHARACTER_SET).and_then(|(_, set)| data_set.value(set));
        if set.map(<[u8]>::trim_ascii) != Some(b"ISO_IR 192") {
            if !is_ascii {
                return Err(NotRestored::CharacterSet);
            }
            edits.set(None, NewElement::new(Tag::SPECIFIC_CHARACTER_SET, Vr::CS, "ISO_IR 192"));
        }
    }
    let mut count = 0;
    for (tag, vr, value) in values.into_iter().filter(|(.., value)| !value.is_empty()) {
        edits.set(None, NewElement::new(tag, vr, value.as_bytes()));
        count += 1;
    }
    Ok(count)
}

/// What an original gives to the mapping. `uids` are those that identify, without the standard's own.
pub(crate) fn links(
    data_set: &DataSet,
    (pseudonym, study): (&str, &str),
    uids: impl Iterator<Item = (String, String)>,
    shift_days: i32,
) -> Links {
    let text = |tag| {
        let found = data_set.find(None, tag).and_then(|(_, element)| data_set.text(element));
        found.map(|text| text.trim().to_owned()).unwrap_or_default()
    };
    let patient =
        Patient { id: text(ID), name: text(NAME), birth_date: text(BIRTH_DATE), sex: text(SEX), shift_days };
    let of_study = Study { date: text(STUDY_DATE), time: text(STUDY_TIME), accession: text(ACCESSION) };
    Links {
        patients: vec![(pseudonym.to_owned(), patient)],
        studies: vec![(study.to_owned(), of_study)],
        uids: uids.collect(),
    }
}
