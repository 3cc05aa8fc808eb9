//! The JSON model (PS3.18 section F.2): attributes by their tag, with VR and values. Bulk that a scan left in its source is left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use medward_dicom_scan::{DataSet, Element, Encoding, Kind, Tag, Vr};
use serde_json::{Map, Number, Value, json};

/// Binary values up to this many bytes stand in the model; longer ones are bulk.
const INLINE_BYTES_MAX: usize = 1 << 10;

/// A tag as the model has it.
pub fn key(tag: Tag) -> String {
    format!("{:08X}", tag.0)
}

#[allow(clippy::needless_pass_by_value, reason = "the model takes them")]
fn with(vr: Vr, values: Vec<Value>) -> Value {
    if values.is_empty() {
        json!({ "vr": vr.letters() })
    } else {
        json!({ "vr": vr.letters(), "Value": values })
    }
}

/// Component groups of a name (PS3.18 section F.2.2).
fn name(text: &str) -> Value {
    let groups = ["Alphabetic", "Ideographic", "Phonetic"].into_iter().zip(text.split('='));
    let groups = groups.filter(|(_, group)| !group.is_empty());
    Value::Object(groups.map(|(group, text)| (group.to_owned(), text.into())).collect())
}

fn one(vr: Vr, text: &str) -> Value {
    let text = if vr.is_single() { text } else { text.trim_matches([' ', '\0']) };
    match vr {
        _ if text.is_empty() => Value::Null,
        Vr::PN => name(text),
        // A number where it is one that JSON can say; some writers have other text here.
        Vr::IS => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        Vr::DS => {
            let number = text.parse::<f64>().ok().and_then(Number::from_f64);
            number.map_or_else(|| text.into(), Value::Number)
        }
        _ => text.into(),
    }
}

/// An attribute of text with its values.
pub(crate) fn strings<S: AsRef<str>>(vr: Vr, values: &[S]) -> Value {
    with(vr, values.iter().map(|value| one(vr, value.as_ref())).collect())
}

/// An attribute that is made and not read: its text, with values separated by backslashes.
pub fn attribute(vr: Vr, text: &str) -> Value {
    if text.is_empty() {
        return with(vr, Vec::new());
    }
    let values: Vec<&str> = if vr.is_single() { vec![text] } else { text.split('\\').collect() };
    strings(vr, &values)
}

/// Binary numbers, each of so many bytes.
fn numbers<const N: usize>(bytes: &[u8], is_big: bool, read: impl Fn([u8; N]) -> Value) -> Vec<Value> {
    let (chunks, _) = bytes.as_chunks::<N>();
    let ordered = chunks.iter().map(|chunk| {
        let mut chunk = *chunk;
        if is_big {
            chunk.reverse();
        }
        read(chunk)
    });
    ordered.collect()
}

fn float(number: f64) -> Value {
    Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
}

fn binary(vr: Vr, bytes: &[u8], encoding: Encoding) -> Option<Value> {
    let big = encoding.is_big();
    Some(match vr {
        Vr::US => with(vr, numbers(bytes, big, |bytes| u16::from_le_bytes(bytes).into())),
        Vr::SS => with(vr, numbers(bytes, big, |bytes| i16::from_le_bytes(bytes).into())),
        Vr::UL => with(vr, numbers(bytes, big, |bytes| u32::from_le_bytes(bytes).into())),
        Vr::SL => with(vr, numbers(bytes, big, |bytes| i32::from_le_bytes(bytes).into())),
        Vr::UV => with(vr, numbers(bytes, big, |bytes| u64::from_le_bytes(bytes).into())),
        Vr::SV => with(vr, numbers(bytes, big, |bytes| i64::from_le_bytes(bytes).into())),
        Vr::FL => with(vr, numbers(bytes, big, |bytes| float(f32::from_le_bytes(bytes).into()))),
        Vr::FD => with(vr, numbers(bytes, big, |bytes| float(f64::from_le_bytes(bytes)))),
        Vr::AT => {
            let half = |bytes: [u8; 2]| u16::from_le_bytes(bytes).into();
            let halves = numbers::<2>(bytes, big, half);
            let number = |value: &Value| value.as_u64().unwrap_or_default();
            let (pairs, _) = halves.as_chunks::<2>();
            let tags =
                pairs.iter().map(|[group, element]| format!("{:04X}{:04X}", number(group), number(element)));
            with(vr, tags.map(Value::from).collect())
        }
        _ if bytes.is_empty() => with(vr, Vec::new()),
        // Words of the other order would have to be turned (section F.2.7).
        _ if bytes.len() > INLINE_BYTES_MAX || (big && !matches!(vr, Vr::OB | Vr::UN)) => return None,
        _ => json!({ "vr": vr.letters(), "InlineBinary": STANDARD.encode(bytes) }),
    })
}

fn element(data_set: &DataSet, index: usize, found: &Element) -> Option<Value> {
    match found.kind {
        Kind::Sequence => {
            let items = data_set.children(Some(index));
            let items = items.map(|(item, _)| Value::Object(scope(data_set, Some(item))));
            Some(with(Vr::SQ, items.collect()))
        }
        // The model is in Unicode, whatever its object is in.
        Kind::Value if found.tag == Tag::SPECIFIC_CHARACTER_SET => Some(strings(Vr::CS, &["ISO_IR 192"])),
        Kind::Value if found.vr.is_text() => data_set.text(found).map(|text| attribute(found.vr, &text)),
        Kind::Value => binary(found.vr, data_set.value(found)?, data_set.encoding_in(found.parent())),
        Kind::Item | Kind::Encapsulated | Kind::Fragment => None,
    }
}

/// Everything directly inside a scope; sequences are followed as deep as the scan let them be.
fn scope(data_set: &DataSet, of: Option<usize>) -> Map<String, Value> {
    let elements = data_set.children(of).filter(|(_, found)| !found.tag.is_group_length());
    let values =
        elements.filter_map(|(index, found)| Some((key(found.tag), element(data_set, index, found)?)));
    values.collect()
}

/// One attribute at the top of a data set.
pub fn attribute_of(data_set: &DataSet, tag: Tag) -> Option<Value> {
    let (index, found) = data_set.find(None, tag)?;
    element(data_set, index, found)
}

/// A data set, without its bulk: values that the scan left in the source, encapsulated pixels, and binary ones past 1 KiB.
pub fn data_set(data_set: &DataSet) -> Map<String, Value> {
    scope(data_set, None)
}
