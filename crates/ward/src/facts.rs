//! The few elements of an object that layers decide on.

use medward_dicom_scan::{DataSet, Tag};
use medward_upper_layer::Uid;
use std::borrow::Cow;

pub(crate) const SOP_CLASS: Tag = Tag::new(0x0008, 0x0016);
pub(crate) const SOP_INSTANCE: Tag = Tag::new(0x0008, 0x0018);
pub(crate) const PATIENT_NAME: Tag = Tag::new(0x0010, 0x0010);
pub(crate) const PATIENT_ID: Tag = Tag::new(0x0010, 0x0020);
pub(crate) const STUDY: Tag = Tag::new(0x0020, 0x000D);
pub(crate) const SERIES: Tag = Tag::new(0x0020, 0x000E);
pub(crate) const FRAME_OF_REFERENCE: Tag = Tag::new(0x0020, 0x0052);
/// Of the same, where another object's is meant.
pub(crate) const REFERENCED_FRAME_OF_REFERENCE: Tag = Tag::new(0x3006, 0x0024);
pub(crate) const REFERENCED_SOP_INSTANCE: Tag = Tag::new(0x0008, 0x1155);
const IDENTITY_REMOVED: Tag = Tag::new(0x0012, 0x0062);

/// What an image measures by: a change of any of them moves, scales or mirrors a finding.
pub(crate) const GEOMETRY: [Tag; 14] = [
    Tag::new(0x0018, 0x0050),
    Tag::new(0x0018, 0x0088),
    Tag::new(0x0020, 0x0032),
    Tag::new(0x0020, 0x0037),
    Tag::new(0x0020, 0x0060),
    Tag::new(0x0028, 0x0008),
    Tag::new(0x0028, 0x0010),
    Tag::new(0x0028, 0x0011),
    Tag::new(0x0028, 0x0030),
    Tag::new(0x0028, 0x0100),
    Tag::new(0x0028, 0x0101),
    Tag::new(0x0028, 0x0103),
    Tag::new(0x0028, 0x1052),
    Tag::new(0x0028, 0x1053),
];

/// Value of an element at the top, padding included.
pub(crate) fn bytes(data_set: &DataSet, tag: Tag) -> Option<&[u8]> {
    data_set.find(None, tag).and_then(|(_, element)| data_set.value(element))
}

/// Text of an element at the top.
pub(crate) fn text(data_set: &DataSet, tag: Tag) -> Option<Cow<'_, str>> {
    data_set.find(None, tag).and_then(|(_, element)| data_set.text(element))
}

/// UID of an element at the top.
pub(crate) fn uid(data_set: &DataSet, tag: Tag) -> Option<Uid> {
    bytes(data_set, tag).and_then(|bytes| Uid::from_bytes(bytes).ok())
}

/// Whether the object says that its patient's identity was removed (PS3.3 section C.7.1.1).
pub(crate) fn is_deidentified(data_set: &DataSet) -> bool {
    text(data_set, IDENTITY_REMOVED).is_some_and(|text| text.trim() == "YES")
}

/// Whether an object is of the patient and the study of another one.
pub(crate) fn is_of(data_set: &DataSet, other: &DataSet) -> bool {
    [PATIENT_ID, STUDY].into_iter().all(|tag| {
        let text = |data_set| text(data_set, tag).map(|text| text.trim_matches([' ', '\0']).to_owned());
        let found = text(data_set).filter(|text| !text.is_empty());
        found.is_some() && found == text(other)
    })
}
