//! Every attribute of Table E.1-1, filled, at the top and inside a sequence, under each option: what the table asks
//! against what came out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod made;

use made::{PRIVATE_CLASS, element, file, head, scan, sequence};
use medward_deid::dates::{shift_date, shift_date_time};
use medward_deid::{Deidentifier, Detail, Options, Policy, ProfileOption, ProjectKey};
use medward_dicom_scan::{DataSet, Kind, NewElement, Tag, Vr, standard_vr};
use std::collections::BTreeMap;
use std::io::Cursor;

/// A sequence that the table does not have (CTDI Phantom Type Code Sequence).
const AROUND: u32 = 0x0018_9346;
/// An attribute that the table does not have (Code Meaning), to be found again where a sequence stays.
const INSIDE: u32 = 0x0008_0104;

struct Expected {
    tag: u32,
    vr: Vr,
    basic: String,
    options: BTreeMap<String, String>,
}

/// The table read again, by other code than the crate's.
fn table() -> Vec<Expected> {
    let text = include_str!("../data/ps315_table_e1_1.txt");
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split(" | ").collect();
        let tag = match cells[0] {
            "50XXXXXX" => 0x5002_3000,
            "ODDGROUP" => 0x0009_1001,
            "00020003" => continue,
            tag => u32::from_str_radix(&tag.replace("60XX", "6002"), 16).unwrap(),
        };
        let listed = cells[1].as_bytes().first_chunk().and_then(|&vr| Vr::from_letters(vr));
        let vr = listed.unwrap_or_else(|| match standard_vr(Tag(tag)) {
            Vr::UN => Vr::LO,
            vr => vr,
        });
        let options = cells[3].split(' ').filter_map(|one| one.split_once('='));
        let options = options.map(|(name, code)| (name.to_owned(), code.to_owned())).collect();
        rows.push(Expected { tag, vr, basic: cells[2].to_owned(), options });
    }
    rows
}

fn date(tag: u32, nested: bool) -> String {
    let day = tag.wrapping_mul(2_654_435_761) >> 8;
    format!("{}{:02}{:02}", if nested { 2001 } else { 2010 } + day % 8, day / 8 % 12 + 1, day / 96 % 28 + 1)
}

/// A value that stands nowhere else.
fn filled(row: &Expected, nested: bool) -> NewElement {
    let (tag, place) = (row.tag, if nested { "N" } else { "T" });
    let letters: String = format!("{tag:08x}")
        .chars()
        .map(|digit| char::from_u32('a' as u32 + digit.to_digit(16).unwrap()).unwrap())
        .collect();
    let text = match row.vr {
        Vr::SQ => return sequence(tag, &[vec![element(INSIDE, Vr::LO, format!("in {place}{letters}"))]]),
        Vr::PN => format!("{letters}{place}^Given"),
        Vr::UI => format!("1.2.826.0.1.3680043.{}.{tag}", if nested { 8 } else { 9 }),
        Vr::DA => date(tag, nested),
        Vr::DT => format!("{}101112.5", date(tag, nested)),
        Vr::TM => "101112".to_owned(),
        Vr::AS => "045Y".to_owned(),
        Vr::DS | Vr::IS => "47".to_owned(),
        Vr::SH | Vr::AE | Vr::CS => format!("{place}{}", letters.to_uppercase()),
        Vr::US => return element(tag, row.vr, [5, 0]),
        Vr::OB | Vr::OW | Vr::UN => return element(tag, row.vr, [5, 6, 7, 8]),
        _ => format!("about {place}{letters}"),
    };
    element(tag, row.vr, text)
}

fn study(rows: &[Expected]) -> Vec<u8> {
    let mut top = head(PRIVATE_CLASS);
    let mut all: Vec<NewElement> = rows.iter().map(|row| filled(row, false)).collect();
    // What the object is recognised by stays as made.
    all.retain(|one| top.iter().all(|other| other.tag != one.tag));
    top.append(&mut all);
    top.push(element(0x0009_0010, Vr::LO, "ACME"));
    let mut inside: Vec<NewElement> = rows.iter().map(|row| filled(row, true)).collect();
    inside.push(element(0x0009_0010, Vr::LO, "ACME"));
    inside.retain(|one| one.tag.group() != 0 && one.tag.0 != 0xFFFA_FFFA);
    top.push(sequence(AROUND, &[inside]));
    file(&top)
}

/// What one place came to, or what is wrong with it.
fn judge(
    row: &Expected,
    action: (&str, &str),
    before: &DataSet,
    after: &DataSet,
    scope: (Option<usize>, Option<usize>),
    days: i32,
) -> Result<(), String> {
    let tag = Tag(row.tag);
    let find = |data_set: &DataSet, scope| {
        let (index, element) = data_set.find(scope, tag)?;
        let value = data_set.value(element).unwrap_or_default();
        let end = value.iter().rposition(|byte| !matches!(byte, b' ' | 0)).map_or(0, |last| last + 1);
        // The items of a sequence, by what stands in the attribute that is in all of them.
        let inner = data_set
            .children(Some(index))
            .next()
            .and_then(|(item, _)| data_set.find(Some(item), Tag(INSIDE)));
        let inner = inner.and_then(|(_, inner)| data_set.value(inner)).map(<[u8]>::to_vec);
        let is_empty = element.value_bytes() == 0;
        Some((
            is_empty,
            if element.kind == Kind::Sequence { inner.unwrap_or_default() } else { value[..end].to_vec() },
        ))
    };
    let Some((_, was)) = find(before, scope.0) else { return Ok(()) };
    let is = find(after, scope.1);
    let (code, option) = action;
    let ok = match code {
        "X" => is.is_none(),
        "Z" | "X/Z" => is.as_ref().is_some_and(|(_, value)| *value != was),
        "D" | "X/D" | "Z/D" | "X/Z/D" => {
            is.as_ref().is_some_and(|(is_empty, value)| !is_empty && *value != was)
        }
        "U" => is.as_ref().is_some_and(|(_, value)| value.starts_with(b"2.25.") && *value != was),
        "K" | "X/Z/U*" => is.as_ref().is_some_and(|(_, value)| *value == was),
        "C" if option == "retain-modified-dates" => match row.vr {
            Vr::DA => is.as_ref().is_some_and(|(_, value)| {
                Some(value) == shift_date(&was, days).map(String::into_bytes).as_ref()
            }),
            Vr::DT => is.as_ref().is_some_and(|(_, value)| {
                Some(value) == shift_date_time(&was, days).map(String::into_bytes).as_ref()
            }),
            Vr::TM => is.as_ref().is_some_and(|(_, value)| *value == was),
            // No date that could be moved: the basic action.
            _ => is.as_ref().is_none_or(|(_, value)| *value != was),
        },
        // Overlay data and curves cannot be cleaned but by removing them.
        "C" if row.tag >= 0x5000_0000 && row.tag < 0x6003_0000 && row.tag != 0x6002_4000 => is.is_none(),
        "C" if row.tag == 0x0009_1001 => is.is_none(),
        // Bytes that nobody can read: the basic action.
        "C" if row.vr == Vr::OB => is.is_none() && row.basic == "X",
        // Nothing in it identifies: it stays, as text or as sequence.
        "C" => is.as_ref().is_some_and(|(_, value)| *value == was),
        _ => false,
    };
    let show = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    if ok {
        Ok(())
    } else {
        Err(format!(
            "{tag} {} {code} {option}: {:?} became {:?}",
            row.vr,
            show(&was),
            is.map(|(_, value)| show(&value))
        ))
    }
}

#[test]
fn every_attribute_under_every_option_at_the_top_and_inside() {
    let rows = table();
    assert_eq!(rows.len(), 655);
    let source = study(&rows);
    let before = scan(&source);
    let key = ProjectKey::new([5; 32]);
    let days = medward_deid::key::Derivation::new(&key).shift_days(b"MRN-4711", 1826);
    let options = [
        "retain-safe-private",
        "retain-uids",
        "retain-device",
        "retain-institution",
        "retain-patient-characteristics",
        "retain-full-dates",
        "retain-modified-dates",
        "clean-descriptors",
        "clean-structured-content",
        "clean-graphics",
    ];
    let mut judged = 0;
    for option in std::iter::once(None).chain(options.into_iter().map(Some)) {
        let chosen = option.map(|name| name.parse::<ProfileOption>().unwrap());
        let policy = Policy::with_options(Options::new(chosen).unwrap());
        let mut out = Vec::new();
        Deidentifier::new(policy, &key, Detail::Counts)
            .object(&mut Cursor::new(&source), &mut out)
            .unwrap_or_else(|error| panic!("{option:?}: {error}"));
        let after = scan(&out);
        let item = |data_set: &DataSet| {
            let (around, _) = data_set.find(None, Tag(AROUND)).unwrap();
            Some(data_set.children(Some(around)).next().unwrap().0)
        };
        let mut wrong = Vec::new();
        for row in &rows {
            let name = option.unwrap_or("basic");
            let code = row.options.get(name).map_or(row.basic.as_str(), String::as_str);
            // What the result says of itself replaces what was there.
            for scope in [(None, None), (item(&before), item(&after))] {
                judged += 1;
                wrong.extend(judge(row, (code, name), &before, &after, scope, days).err());
            }
        }
        assert!(wrong.is_empty(), "{option:?}: {} wrong\n{}", wrong.len(), wrong.join("\n"));
    }
    assert_eq!(judged, 655 * 2 * 11);
}
