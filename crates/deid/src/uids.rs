//! UIDs of an original: what each becomes, remembered within a bound, and all of them as a set; never makes up a UID.

use crate::key::{Derivation, is_well_known_uid};
use std::collections::HashMap;

/// UIDs whose replacements are remembered: a series has a few dozen, of which one changes from image to image.
const REMEMBERED_MAX: usize = 1024;
/// Longest that is remembered (PS3.5 section 9.1).
const UID_BYTES_MAX: usize = 64;

/// One UID, as it stands in the result.
pub(crate) fn map_uid(keys: &Derivation, uid: &[u8]) -> Vec<u8> {
    let uid = trimmed(uid);
    if stays(uid) { uid.to_vec() } else { keys.uid(uid).into_bytes() }
}

fn trimmed(uid: &[u8]) -> &[u8] {
    let end = uid.iter().rposition(|&byte| byte != 0 && byte != b' ').map_or(0, |last| last + 1);
    uid.get(..end).unwrap_or_default().trim_ascii_start()
}

fn stays(uid: &[u8]) -> bool {
    uid.is_empty() || is_well_known_uid(uid)
}

/// Remembers what UIDs become: deriving costs ten times as much as looking up. For one key.
#[derive(Debug, Default)]
pub(crate) struct UidMap {
    known: HashMap<Vec<u8>, String>,
}

impl UidMap {
    /// Appends what [`map_uid`] gives.
    pub fn append(&mut self, keys: &Derivation, uid: &[u8], out: &mut Vec<u8>) {
        let uid = trimmed(uid);
        if stays(uid) {
            out.extend_from_slice(uid);
        } else if let Some(known) = self.known.get(uid) {
            out.extend_from_slice(known.as_bytes());
        } else {
            let made = keys.uid(uid);
            out.extend_from_slice(made.as_bytes());
            if uid.len() <= UID_BYTES_MAX {
                if self.known.len() >= REMEMBERED_MAX {
                    self.known.clear();
                }
                self.known.insert(uid.to_vec(), made);
            }
        }
    }
}

/// A set of UIDs, one after the other in one buffer.
#[derive(Debug, Default)]
pub(crate) struct UidSet {
    bytes: Vec<u8>,
    /// Where each begins and ends; sorted by what stands there, once closed.
    spans: Vec<(usize, usize)>,
}

impl UidSet {
    /// Empties it, keeping the buffers.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
    }

    /// Adds one, before [`Self::close`].
    pub fn push(&mut self, uid: &[u8]) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(uid);
        self.spans.push((from, self.bytes.len()));
    }

    /// Makes it ready to be asked.
    pub fn close(&mut self) {
        let Self { bytes, spans } = self;
        spans.sort_unstable_by_key(|&span| of(bytes, span));
        spans.dedup_by_key(|span| of(bytes, *span));
    }

    /// Each once, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.spans.iter().map(|&span| of(&self.bytes, span))
    }

    /// Whether it has this one.
    pub fn has(&self, uid: &[u8]) -> bool {
        self.spans.binary_search_by_key(&uid, |&span| of(&self.bytes, span)).is_ok()
    }

    /// It has none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
}

fn of(bytes: &[u8], (from, to): (usize, usize)) -> &[u8] {
    bytes.get(from..to).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::ProjectKey;

    #[test]
    fn what_is_remembered_is_what_is_derived_however_many_there_were() {
        let keys = Derivation::new(&ProjectKey::new([3; 32]));
        let mut map = UidMap::default();
        let long = "9.".repeat(100);
        let uids = (0..3000).map(|number| format!("1.2.3.{}", number % 1500));
        let odd = [" 1.2.3.4.5\0", "1.2.840.10008.1.2", "", "  ", &long].map(str::to_owned);
        for uid in uids.chain(odd.clone()).chain(odd) {
            let mut made = Vec::new();
            map.append(&keys, uid.as_bytes(), &mut made);
            assert_eq!(made, map_uid(&keys, uid.as_bytes()), "{uid}");
            assert!(map.known.len() <= REMEMBERED_MAX && !map.known.contains_key(long.as_bytes()));
        }
    }

    #[test]
    fn a_set_has_what_was_put_in_and_each_once() {
        let mut set = UidSet::default();
        for uid in ["1.2.3", "1.10", "1.2.3", "1.2"] {
            set.push(uid.as_bytes());
        }
        set.close();
        assert_eq!(set.iter().collect::<Vec<_>>(), [b"1.10".as_slice(), b"1.2", b"1.2.3"]);
        assert!(set.has(b"1.2") && !set.has(b"1.2."));
    }
}
