//! One attribute of a query, and what matches it (PS3.4 section C.2.2.2).

use medward_dicom_scan::{Tag, Vr};

/// One attribute that is asked for or matched by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) tag: Tag,
    pub(super) vr: Vr,
    pub(super) wanted: String,
}

pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\0'])
}

/// Whether a value is one that is asked for: a list of UIDs, a range of dates or times, wild cards, or the same text.
pub(super) fn matches(key: &Key, found: &str) -> bool {
    let (wanted, found) = (key.wanted.as_str(), trimmed(found));
    match key.vr {
        _ if wanted.is_empty() || wanted == "*" => true,
        Vr::UI => wanted.split('\\').any(|one| trimmed(one) == found),
        Vr::DA | Vr::TM | Vr::DT if wanted.contains('-') => {
            let (from, to) = wanted.split_once('-').unwrap_or_default();
            // The end of a range holds all that begins as it does.
            let is_before_end = to.is_empty() || found.get(..to.len()).unwrap_or(found) <= to;
            !found.is_empty() && found >= from && is_before_end
        }
        _ => found.split('\\').any(|found| is_like(wanted.as_bytes(), trimmed(found).as_bytes())),
    }
}

/// Wild cards `*` and `?`; names do not differ by the size of letters. Takes time by the product of both lengths at most.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut in_text) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while in_text < text.len() {
        let (wanted, found) = (pattern.get(at), text.get(in_text));
        if wanted == Some(&b'*') {
            star = Some((at, in_text));
            at += 1;
        } else if wanted
            .zip(found)
            .is_some_and(|(one, other)| *one == b'?' || one.eq_ignore_ascii_case(other))
        {
            (at, in_text) = (at + 1, in_text + 1);
        } else if let Some((star_at, from)) = star {
            star = Some((star_at, from + 1));
            (at, in_text) = (star_at + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|one| *one == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_match_as_the_standard_says() {
        let key = |vr, wanted: &str| Key { tag: Tag::new(0x0008, 0x0052), vr, wanted: wanted.to_owned() };
        for (vr, wanted, found, is_match) in [
            (Vr::PN, "", "anything", true),
            (Vr::PN, "ana*^b?b", "ANALIESE^BOB", true),
            (Vr::PN, "ana*x", "ANALIESE^BOB", false),
            (Vr::LO, "*****a", &"b".repeat(10_000), false),
            (Vr::UI, "1.2\\1.3", "1.3\0", true),
            (Vr::UI, "1.*", "1.3", false),
            (Vr::DA, "20240101-20240131", "20240131", true),
            (Vr::DA, "20240101-", "20231231", false),
            (Vr::DA, "-20240131", "20240201", false),
            (Vr::TM, "10-12", "120059.12", true),
            (Vr::CS, "CT", "MR\\CT", true),
        ] {
            assert_eq!(matches(&key(vr, wanted), found), is_match, "{wanted} {found}");
        }
    }
}
