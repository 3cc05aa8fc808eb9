//! Signatures as they stand in an object: the items of (FFFA,FFFA) with their parameters in (4FFE,0001), unchecked.

use crate::algorithm::MacAlgorithm;
use crate::report::NotChecked;
use medward_dicom_scan::{DataSet, Element, Kind, Tag};

pub(crate) const SIGNATURES: Tag = Tag::new(0xFFFA, 0xFFFA);
pub(crate) const PARAMETERS: Tag = Tag::new(0x4FFE, 0x0001);
pub(crate) const MAC_ID: Tag = Tag::new(0x0400, 0x0005);
pub(crate) const SYNTAX: Tag = Tag::new(0x0400, 0x0010);
pub(crate) const ALGORITHM: Tag = Tag::new(0x0400, 0x0015);
pub(crate) const ELEMENTS_SIGNED: Tag = Tag::new(0x0400, 0x0020);
pub(crate) const SIGNATURE_UID: Tag = Tag::new(0x0400, 0x0100);
pub(crate) const DATE_TIME: Tag = Tag::new(0x0400, 0x0105);
pub(crate) const CERTIFICATE_TYPE: Tag = Tag::new(0x0400, 0x0110);
pub(crate) const CERTIFICATE: Tag = Tag::new(0x0400, 0x0115);
pub(crate) const SIGNATURE: Tag = Tag::new(0x0400, 0x0120);
pub(crate) const STAMP_TYPE: Tag = Tag::new(0x0400, 0x0305);
pub(crate) const STAMP: Tag = Tag::new(0x0400, 0x0310);
pub(crate) const PURPOSE: Tag = Tag::new(0x0400, 0x0401);
const ORIGINAL_ATTRIBUTES: Tag = Tag::new(0x0400, 0x0561);
const CODE_VALUE: Tag = Tag::new(0x0008, 0x0100);
const CODE_MEANING: Tag = Tag::new(0x0008, 0x0104);
const SOP_CLASS: Tag = Tag::new(0x0008, 0x0016);
const VERIFICATION_FLAG: Tag = Tag::new(0x0040, 0xA493);
/// Structured reports and key object selections are all below it.
const REPORTS: &str = "1.2.840.10008.5.1.4.1.1.88.";

/// Elements of a signature's item that it does not cover (PS3.15 section C.1.1).
pub(crate) const OUTSIDE: [Tag; 4] = [CERTIFICATE, SIGNATURE, STAMP_TYPE, STAMP];

/// A signature of an object, by its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// The item that it covers elements of; `None` for the top.
    pub(crate) scope: Option<usize>,
    /// Its own item.
    pub(crate) item: usize,
    /// In Original Attributes (0400,0561).
    pub(crate) is_history: bool,
}

/// All signatures, in the order of the document.
pub(crate) fn find_all(data_set: &DataSet) -> Vec<Found> {
    let mut all = Vec::new();
    for (index, element) in data_set.elements().iter().enumerate() {
        if element.tag != SIGNATURES || element.kind != Kind::Sequence {
            continue;
        }
        let scope = element.parent();
        let mut around = scope;
        let mut is_history = false;
        while let Some(outer) = around.and_then(|index| data_set.elements().get(index)) {
            is_history |= outer.tag == ORIGINAL_ATTRIBUTES;
            around = outer.parent();
        }
        all.extend(data_set.children(Some(index)).map(|(item, _)| Found { scope, item, is_history }));
    }
    all
}

/// MAC parameters of a signature (PS3.3 section C.12.1.1.3.1.1).
pub(crate) struct Parameters {
    pub(crate) algorithm: MacAlgorithm,
    pub(crate) syntax: String,
    pub(crate) tags: Vec<Tag>,
}

/// Two bytes of an element in the order of its place.
fn word(data_set: &DataSet, element: &Element) -> Option<u16> {
    let bytes = data_set.value(element)?.first_chunk::<2>()?;
    let is_big = data_set.encoding_in(element.parent()).is_big();
    Some(if is_big { u16::from_be_bytes(*bytes) } else { u16::from_le_bytes(*bytes) })
}

pub(crate) fn mac_id(data_set: &DataSet, item: usize) -> Option<u16> {
    word(data_set, data_set.find(Some(item), MAC_ID)?.1)
}

/// Bytes of an element of an item.
pub(crate) fn bytes(data_set: &DataSet, item: usize, tag: Tag) -> Option<&[u8]> {
    data_set.value(data_set.find(Some(item), tag)?.1)
}

/// Text of an element of an item, without padding.
pub(crate) fn text(data_set: &DataSet, item: usize, tag: Tag) -> Option<String> {
    let text = String::from_utf8_lossy(bytes(data_set, item, tag)?).into_owned();
    Some(text.trim_end_matches(['\0', ' ']).to_owned())
}

/// Items of the parameters in a scope.
pub(crate) fn parameter_items(data_set: &DataSet, scope: Option<usize>) -> Vec<usize> {
    let sequences = data_set.children(scope).filter(|(_, child)| child.tag == PARAMETERS);
    sequences.flat_map(|(index, _)| data_set.children(Some(index)).map(|(item, _)| item)).collect()
}

/// The parameters that the MAC ID of a signature names, by the items of its scope.
pub(crate) fn parameters(
    data_set: &DataSet,
    found: Found,
    items: &[usize],
) -> Result<Parameters, NotChecked> {
    let id = mac_id(data_set, found.item).ok_or(NotChecked::Form("MAC ID Number (0400,0005)"))?;
    let mut named = items.iter().filter(|item| mac_id(data_set, **item) == Some(id));
    let (Some(&item), None) = (named.next(), named.next()) else { return Err(NotChecked::Parameters) };
    let algorithm = text(data_set, item, ALGORITHM).ok_or(NotChecked::Parameters)?;
    let (_, list) = data_set.find(Some(item), ELEMENTS_SIGNED).ok_or(NotChecked::Parameters)?;
    let list_bytes = data_set.value(list).ok_or(NotChecked::Parameters)?;
    let is_big = data_set.encoding_in(list.parent()).is_big();
    let mut tags: Vec<Tag> = list_bytes
        .chunks_exact(4)
        .filter_map(|bytes| {
            let &[g0, g1, e0, e1] = bytes.first_chunk::<4>()?;
            let of = |bytes| if is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
            Some(Tag::new(of([g0, g1]), of([e0, e1])))
        })
        .collect();
    tags.sort_unstable();
    tags.dedup();
    if tags.is_empty() {
        return Err(NotChecked::Form("Data Elements Signed (0400,0020)"));
    }
    Ok(Parameters {
        algorithm: MacAlgorithm::from_term(algorithm.as_bytes()).ok_or(NotChecked::Algorithm)?,
        syntax: text(data_set, item, SYNTAX).unwrap_or_default(),
        tags,
    })
}

/// Meaning of the first purpose, as the signer wrote it.
pub(crate) fn purpose(data_set: &DataSet, item: usize) -> Option<String> {
    of_purpose(data_set, item, CODE_MEANING)
}

/// Code of the first purpose (PS3.16 CID 7007).
pub(crate) fn purpose_code(data_set: &DataSet, item: usize) -> Option<String> {
    of_purpose(data_set, item, CODE_VALUE)
}

fn of_purpose(data_set: &DataSet, item: usize, tag: Tag) -> Option<String> {
    let (sequence, _) = data_set.find(Some(item), PURPOSE)?;
    let (first, _) = data_set.children(Some(sequence)).next()?;
    text(data_set, first, tag)
}

fn text_at_top(data_set: &DataSet, tag: Tag) -> Option<String> {
    let bytes = data_set.value(data_set.find(None, tag)?.1)?;
    Some(String::from_utf8_lossy(bytes).trim_end_matches(['\0', ' ']).to_owned())
}

/// A structured report or key object selection.
pub(crate) fn is_report(data_set: &DataSet) -> bool {
    text_at_top(data_set, SOP_CLASS).is_some_and(|class| class.starts_with(REPORTS))
}

/// Its Verification Flag (0040,A493) says that someone stands for it.
pub(crate) fn is_verified_report(data_set: &DataSet) -> bool {
    text_at_top(data_set, VERIFICATION_FLAG).as_deref() == Some("VERIFIED")
}

/// Numbers of all items in their sequences, so that places can be named without counting again.
pub(crate) struct Places<'d> {
    data_set: &'d DataSet,
    numbers: Vec<u32>,
}

impl<'d> Places<'d> {
    pub(crate) fn of(data_set: &'d DataSet) -> Self {
        let elements = data_set.elements();
        let mut counts = vec![0_u32; elements.len()];
        let numbers = elements.iter().map(|element| {
            let count = element.parent().filter(|_| element.kind == Kind::Item);
            let Some(count) = count.and_then(|parent| counts.get_mut(parent)) else { return 0 };
            *count = count.saturating_add(1);
            count.saturating_sub(1)
        });
        let numbers = numbers.collect();
        Self { data_set, numbers }
    }

    /// Sequences, item numbers from 0 and tag: `(0040,A730)[0].(0008,0104)`.
    pub(crate) fn name(&self, index: usize) -> String {
        let mut parts = Vec::new();
        let mut at = Some(index);
        while let Some((index, element)) = at.and_then(|at| Some((at, self.data_set.elements().get(at)?))) {
            parts.push(if element.kind == Kind::Item {
                format!("[{}]", self.numbers.get(index).copied().unwrap_or_default())
            } else {
                element.tag.to_string()
            });
            at = element.parent();
        }
        parts.reverse();
        let mut name = String::new();
        for part in parts {
            if !name.is_empty() && !part.starts_with('[') {
                name.push('.');
            }
            name.push_str(&part);
        }
        name
    }
}
