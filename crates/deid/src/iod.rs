//! Types of attributes by SOP class, for the combined actions; never a nested attribute, whose type depends on its macro.

use crate::action::AttributeType;
use medward_dicom_scan::Tag;
use std::sync::LazyLock;

const TEXT: &str = include_str!("../data/iod_types.txt");

struct Classes {
    uids: Vec<&'static [u8]>,
    types: Vec<(Tag, AttributeType)>,
}

static CLASSES: LazyLock<Vec<Classes>> = LazyLock::new(|| TEXT.lines().filter_map(classes).collect());

fn classes(line: &'static str) -> Option<Classes> {
    let (uids, types) = line.split_once(" | ").filter(|_| !line.starts_with('#'))?;
    let types = types.split(' ').filter_map(|one| {
        let (tag, of_type) = one.split_once('=')?;
        let of_type = match of_type {
            "1" => AttributeType::One,
            "2" => AttributeType::Two,
            "3" => AttributeType::Three,
            _ => return None,
        };
        Some((Tag(u32::from_str_radix(tag, 16).ok()?), of_type))
    });
    let mut types: Vec<_> = types.collect();
    types.sort_unstable_by_key(|(tag, _)| *tag);
    Some(Classes { uids: uids.split(' ').map(str::as_bytes).collect(), types })
}

/// Types of the attributes at the top of objects of one SOP class.
#[derive(Debug, Clone, Copy, Default)]
pub struct Types(&'static [(Tag, AttributeType)]);

impl Types {
    /// Of a SOP class; one without data has no known types.
    pub fn of(sop_class: &[u8]) -> Self {
        let found = CLASSES.iter().find(|classes| classes.uids.contains(&sop_class));
        Self(found.map_or(&[], |classes| &classes.types))
    }

    /// Type of an attribute, where it is known.
    pub fn get(self, tag: Tag) -> Option<AttributeType> {
        let at = self.0.binary_search_by_key(&tag, |(tag, _)| *tag).ok()?;
        self.0.get(at).map(|(_, of_type)| *of_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_attribute_has_another_type_in_another_class() {
        let date = Tag::new(0x0008, 0x0021);
        assert_eq!(Types::of(b"1.2.840.10008.5.1.4.1.1.2").get(date), Some(AttributeType::Three));
        assert_eq!(Types::of(b"1.2.840.10008.5.1.4.1.1.128").get(date), Some(AttributeType::One));
        assert_eq!(Types::of(b"1.2.3").get(date), None);
        let unread =
            TEXT.lines().filter(|line| !line.starts_with('#')).filter(|line| classes(line).is_none());
        assert_eq!(unread.count(), 0);
    }
}
