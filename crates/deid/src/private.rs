//! Which private attributes may stay (PS3.15 section E.3.10); all others go, whatever they are.

use crate::policy::SafePrivate;
use medward_dicom_scan::Vr;

const TEXT: &str = include_str!("../data/safe_private.txt");

/// The standard's list and the site's additions.
#[derive(Debug, Clone, Default)]
pub(crate) struct SafeList(Vec<SafePrivate>);

/// VRs of listed elements that go all the same: UIDs, which lead back to the originals, free text, and what the second look
/// sees nothing in.
const NOT_LOOKED_AT: [Vr; 6] = [Vr::UI, Vr::LT, Vr::ST, Vr::SQ, Vr::OB, Vr::OW];

/// One row of the list; `None` where it goes all the same.
fn line(line: &str) -> Option<SafePrivate> {
    let mut cells = line.split(" | ");
    let (group, element) = cells.next()?.split_once(',')?;
    let vr = Vr::from_letters(*cells.next()?.as_bytes().first_chunk()?)?;
    if NOT_LOOKED_AT.contains(&vr) {
        return None;
    }
    Some(SafePrivate {
        creator: cells.next()?.to_owned(),
        group: u16::from_str_radix(group, 16).ok()?,
        element: u8::from_str_radix(element, 16).ok()?,
        vr,
    })
}

impl SafeList {
    /// Nothing, or the standard's list with the site's additions.
    pub fn new(retain: bool, additions: &[SafePrivate]) -> Self {
        if !retain {
            return Self::default();
        }
        let own = TEXT.lines().filter(|line| !line.starts_with('#')).filter_map(line);
        Self(own.chain(additions.iter().cloned()).collect())
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an element is safe in a block of this creator, with the VR that it is encoded with; UN where it was
    /// implicit.
    pub fn has(&self, creator: &[u8], group: u16, element: u8, vr: Vr) -> bool {
        let creator = creator.trim_ascii_end();
        self.0.iter().any(|safe| {
            safe.group == group
                && safe.element == element
                && safe.creator.as_bytes().eq_ignore_ascii_case(creator)
                && (safe.vr == vr || vr == Vr::UN)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_standards_but_for_what_cannot_be_looked_at() {
        let rows: Vec<&str> = TEXT.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(rows.len(), 479, "rows of Table E.3.10-1 in edition 2026a");
        let vr = |row: &&str| row.split(" | ").nth(1).unwrap().to_owned();
        let left = ["SQ", "OB", "OW", "OW/OB", "UI", "LT", "ST", "-"];
        let kept = rows.iter().map(vr).filter(|vr| !left.contains(&vr.as_str())).count();
        assert_eq!((SafeList::new(true, &[]).0.len(), kept), (387, 387));
        let distinct: std::collections::BTreeSet<_> = rows.iter().map(|row| row.to_lowercase()).collect();
        assert_eq!(distinct.len(), rows.len());
    }

    #[test]
    fn the_creator_decides() {
        let list = SafeList::new(true, &[]);
        assert!(list.has(b"SIEMENS MR HEADER ", 0x0019, 0x0C, Vr::IS));
        assert!(!list.has(b"SIEMENS MR HEADER ", 0x0019, 0x0C, Vr::LO));
        assert!(!list.has(b"GEMS_ACQU_01", 0x0019, 0x0C, Vr::IS));
        assert!(!SafeList::new(false, &[]).has(b"SIEMENS MR HEADER", 0x0019, 0x0C, Vr::IS));
    }
}
