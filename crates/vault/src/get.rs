//! Reading: chunk by chunk, each verified before its bytes are handed out.

use crate::error::VaultError;
use crate::id::StudyId;
use crate::index::ObjectRow;
use crate::key::{SecretKey, TAG_BYTES};
use crate::put::object_bound;
use crate::record::{Extent, Stored};
use crate::stream::{CHUNK_BYTES, Opener, SEALED_BYTES};
use crate::study_key::StudyKey;
use crate::vault::Inner;
use medward_sabotage::{Broken, is};
use std::fmt;
use std::io;
use std::sync::Arc;
use zeroize::Zeroizing;

/// An object being read. Once its study is erased it ends with that as the reason, unless it has read to its end before.
pub struct ObjectReader {
    vault: Arc<Inner>,
    opener: Opener,
    stored: Stored,
    /// Of which study; none for what is held in the quarantine.
    study: Option<StudyId>,
    /// What it is called in errors.
    what: String,
    /// Number of the extent, and bytes of it that are read.
    place: (usize, u64),
    chunk: u64,
    left: u64,
    is_at_end: bool,
    buffer: Zeroizing<Vec<u8>>,
    /// Part of the buffer that [`io::Read`] has not handed out.
    unread: std::ops::Range<usize>,
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ObjectReader").field("chunk", &self.chunk).finish_non_exhaustive()
    }
}

impl ObjectReader {
    pub(crate) fn object(vault: Arc<Inner>, key: &StudyKey, row: &ObjectRow) -> Result<Self, VaultError> {
        let bound = object_bound(&row.study, &row.object);
        let what = format!("object {}", row.object);
        let reader = Self::new(vault, &key.secret, row.stored.clone(), bound, what)?;
        Ok(Self { study: Some(row.study.clone()), ..reader })
    }

    pub(crate) fn new(
        vault: Arc<Inner>,
        key: &SecretKey,
        stored: Stored,
        bound: [u8; 32],
        what: String,
    ) -> Result<Self, VaultError> {
        let opener = Opener::new(key, &stored.salt, bound)?;
        let left = stored.bytes;
        let buffer = Zeroizing::new(vec![0; SEALED_BYTES]);
        let (place, unread) = ((0, 0), 0..0);
        let study = None;
        Ok(Self {
            vault,
            opener,
            stored,
            study,
            what,
            place,
            chunk: 0,
            left,
            is_at_end: false,
            buffer,
            unread,
        })
    }

    /// Length of the object, in bytes.
    pub fn bytes(&self) -> u64 {
        self.stored.bytes
    }

    /// SHA-256 of the object, as it was stored.
    pub fn digest(&self) -> [u8; 32] {
        self.stored.digest
    }

    fn damaged(&self, reason: &'static str) -> VaultError {
        // What lies there now is nobody's once the study is erased.
        let erased = self.study.as_ref().and_then(|study| self.vault.study_key(study).err());
        if let Some(erased @ VaultError::Erased(_)) = erased {
            return erased;
        }
        VaultError::Damaged { what: self.what.clone(), chunk: self.chunk, reason }
    }

    /// The next bytes, up to 64 KiB; `None` behind the last. Nothing of a chunk that was changed is handed out.
    pub fn next_chunk(&mut self) -> Result<Option<&[u8]>, VaultError> {
        if self.is_at_end {
            return Ok(None);
        }
        let plain = usize::try_from(self.left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
        let sealed = plain.saturating_add(TAG_BYTES);
        let is_last = plain as u64 == self.left;
        self.read_sealed(sealed)?;
        let buffer = self.buffer.get_mut(..sealed).unwrap_or_default();
        if self.opener.open(buffer, is_last).is_none() && !is(Broken::TagIgnored) {
            return Err(self.damaged("its bytes are not those that were stored"));
        }
        self.chunk = self.chunk.saturating_add(1);
        self.left = self.left.saturating_sub(plain as u64);
        self.is_at_end = is_last;
        Ok(self.buffer.get(..plain))
    }

    /// Fills the beginning of the buffer from the extents.
    fn read_sealed(&mut self, bytes: usize) -> Result<(), VaultError> {
        let mut filled = 0;
        while filled < bytes {
            let (number, read) = self.place;
            let Some(Extent { segment, offset, bytes: length }) = self.stored.extents.get(number).copied()
            else {
                return Err(self.damaged("its extents end before it does"));
            };
            let rest = usize::try_from(length.saturating_sub(read)).unwrap_or(usize::MAX);
            let now = rest.min(bytes.saturating_sub(filled));
            if now == 0 {
                self.place = (number.saturating_add(1), 0);
                continue;
            }
            let end = filled.saturating_add(now);
            let part = self.buffer.get_mut(filled..end).unwrap_or_default();
            let is_whole = self.vault.segments.read(segment, part, offset.saturating_add(read));
            match is_whole {
                Ok(true) => {}
                Ok(false) => return Err(self.damaged("its segment is too short")),
                Err(VaultError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    return Err(self.damaged("its segment is missing"));
                }
                Err(error) => return Err(error),
            }
            self.place = (number, read.saturating_add(now as u64));
            filled = end;
        }
        Ok(())
    }
}

impl io::Read for ObjectReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.unread.is_empty() {
            let length = self.next_chunk().map_err(io::Error::other)?.map_or(0, <[u8]>::len);
            self.unread = 0..length;
        }
        let bytes = self.buffer.get(self.unread.clone()).unwrap_or_default();
        let now = bytes.len().min(out.len());
        let (bytes, out) = (bytes.get(..now).unwrap_or_default(), out.get_mut(..now).unwrap_or_default());
        out.copy_from_slice(bytes);
        self.unread.start = self.unread.start.saturating_add(now);
        Ok(now)
    }
}
