//! Bulk sealing: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM in chunks of 64 KiB.
//!
//! The key is of one object alone, by HKDF from the key of its study and a random salt. The nonce is 7 bytes of a prefix, the number of
//! the chunk in 4 bytes and 1 for the last chunk: chunks cannot be left out, put elsewhere, doubled or cut off. Each chunk is
//! bound to study and object, so that no object can stand for another. No bytes leave [`Opener`] before their tag was checked.

use crate::error::VaultError;
use crate::key::{KEY_BYTES, SecretKey, TAG_BYTES};
use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use aws_lc_rs::digest::{SHA256, digest};
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// Bytes of a chunk before it is sealed; only the last is shorter.
pub const CHUNK_BYTES: usize = 1 << 16;
/// Bytes of a sealed chunk.
pub(crate) const SEALED_BYTES: usize = CHUNK_BYTES + TAG_BYTES;
/// Chunks that are sealed and written at once.
const CHUNKS_AT_ONCE: usize = 16;
/// Length of the salt of an object, in bytes.
pub(crate) const SALT_BYTES: usize = 32;
/// What the key of an object is derived with.
const PURPOSE: &str = "medward vault object 1";

/// What an object is bound to: the names it goes by, each with its length before it, in one digest.
pub(crate) fn bound_to(names: &[&str]) -> [u8; 32] {
    let mut text = Vec::new();
    for name in names {
        text.extend((name.len() as u64).to_be_bytes());
        text.extend(name.as_bytes());
    }
    let mut bound = [0; 32];
    bound.copy_from_slice(digest(&SHA256, &text).as_ref());
    bound
}

/// Cipher of one object.
struct Cipher {
    key: LessSafeKey,
    prefix: [u8; 7],
    bound: [u8; 32],
    next: u32,
}

impl Cipher {
    fn new(study: &SecretKey, salt: &[u8; SALT_BYTES], bound: [u8; 32]) -> Result<Self, VaultError> {
        let mut derived = Zeroizing::new([0; KEY_BYTES + 7]);
        study.derive(salt, &[PURPOSE.as_bytes(), &bound].concat(), derived.as_mut_slice())?;
        let (key, prefix) = derived.split_at(KEY_BYTES);
        let key = SecretKey::from_slice(key).ok_or(VaultError::System)?.cipher()?;
        Ok(Self { key, prefix: prefix.try_into().map_err(|_| VaultError::System)?, bound, next: 0 })
    }

    /// Nonce of the next chunk; `None` when all numbers are used, which no object is long enough for.
    fn nonce(&mut self, is_last: bool) -> Option<Nonce> {
        let mut nonce = [0; NONCE_LEN];
        let parts = self.prefix.into_iter().chain(self.next.to_be_bytes()).chain([u8::from(is_last)]);
        nonce.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        self.next = self.next.checked_add(1)?;
        Some(Nonce::assume_unique_for_key(nonce))
    }
}

/// Memory for chunks that are sealed, used again: new memory for each object costs as much as sealing it.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Vec<Vec<u8>>>);

/// Most buffers that wait to be used again.
const BUFFERS_MAX: usize = 4;

impl Buffers {
    fn take(&self) -> Vec<u8> {
        let buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // Never grown: that would leave copies of what is not sealed yet behind.
        buffer.unwrap_or_else(|| Vec::with_capacity(CHUNKS_AT_ONCE * SEALED_BYTES))
    }

    /// Takes back one that holds nothing but what is sealed.
    fn give_back(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut buffers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < BUFFERS_MAX {
            buffers.push(buffer);
        }
    }
}

/// Seals an object whose bytes arrive in pieces.
pub(crate) struct Sealer {
    cipher: Cipher,
    /// Chunks, each with room for its tag behind it: sealed where they lie, written at once. Plain until then.
    buffer: Zeroizing<Vec<u8>>,
    /// Bytes that the last chunk in the buffer still takes.
    room: usize,
    chunks: usize,
}

impl Sealer {
    /// Seals under the key of a study.
    pub fn new(
        study: &SecretKey,
        salt: &[u8; SALT_BYTES],
        bound: [u8; 32],
        buffers: &Buffers,
    ) -> Result<Self, VaultError> {
        let cipher = Cipher::new(study, salt, bound)?;
        Ok(Self { cipher, buffer: Zeroizing::new(buffers.take()), room: CHUNK_BYTES, chunks: 1 })
    }

    /// Takes bytes. What is sealed goes to `write`, whole chunks at a time.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        mut write: impl FnMut(&[u8]) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        while !bytes.is_empty() {
            if self.room == 0 {
                // More bytes follow, so that none of the chunks in the buffer is the last.
                if self.chunks == CHUNKS_AT_ONCE {
                    self.seal(false)?;
                    write(&self.buffer)?;
                    self.buffer.clear();
                    self.chunks = 0;
                } else {
                    self.buffer.extend([0; TAG_BYTES]);
                }
                self.chunks = self.chunks.saturating_add(1);
                self.room = CHUNK_BYTES;
            }
            let (now, later) = bytes.split_at(self.room.min(bytes.len()));
            self.buffer.extend_from_slice(now);
            self.room = self.room.saturating_sub(now.len());
            bytes = later;
        }
        Ok(())
    }

    /// Seals what is left, the last chunk among it.
    pub fn finish(
        mut self,
        buffers: &Buffers,
        mut write: impl FnMut(&[u8]) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        self.seal(true)?;
        write(&self.buffer)?;
        buffers.give_back(std::mem::take(&mut *self.buffer));
        Ok(())
    }

    fn seal(&mut self, ends: bool) -> Result<(), VaultError> {
        self.buffer.extend([0; TAG_BYTES]);
        let mut chunks = self.buffer.chunks_mut(SEALED_BYTES).peekable();
        while let Some(chunk) = chunks.next() {
            let nonce = self.cipher.nonce(ends && chunks.peek().is_none()).ok_or(VaultError::System)?;
            let (plain, tag) = chunk.split_last_chunk_mut::<TAG_BYTES>().ok_or(VaultError::System)?;
            let aad = Aad::from(self.cipher.bound);
            let made = self.cipher.key.seal_in_place_separate_tag(nonce, aad, plain);
            tag.copy_from_slice(made.map_err(|_| VaultError::System)?.as_ref());
        }
        Ok(())
    }
}

/// Opens an object chunk by chunk.
pub(crate) struct Opener(Cipher);

impl Opener {
    /// Opens under the key of a study.
    pub fn new(study: &SecretKey, salt: &[u8; SALT_BYTES], bound: [u8; 32]) -> Result<Self, VaultError> {
        Cipher::new(study, salt, bound).map(Self)
    }

    /// Opens the next chunk where it lies; `None` when it is not the one that was sealed at this place.
    pub fn open<'c>(&mut self, chunk: &'c mut [u8], is_last: bool) -> Option<&'c [u8]> {
        let nonce = self.0.nonce(is_last)?;
        Some(self.0.key.open_in_place(nonce, Aad::from(self.0.bound), chunk).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aead_stream::{DecryptorBE32, EncryptorBE32};
    use aes_gcm::aead::Payload;
    use aes_gcm::{Aes256Gcm, KeyInit as _};
    use proptest::prelude::*;

    const SALT: [u8; SALT_BYTES] = [3; SALT_BYTES];

    fn study() -> SecretKey {
        SecretKey::from_slice(&[7; 32]).unwrap()
    }

    fn sealed(plain: &[u8], piece: usize) -> Vec<u8> {
        let (mut out, bound) = (Vec::new(), bound_to(&["object", "1", "2"]));
        let buffers = Buffers::default();
        // What lay there before must not show.
        buffers.give_back(vec![1; 100_000]);
        let mut sealer = Sealer::new(&study(), &SALT, bound, &buffers).unwrap();
        for piece in plain.chunks(piece) {
            sealer
                .push(piece, |bytes| {
                    out.extend_from_slice(bytes);
                    Ok(())
                })
                .unwrap();
        }
        sealer
            .finish(&buffers, |bytes| {
                out.extend_from_slice(bytes);
                Ok(())
            })
            .unwrap();
        out
    }

    fn opened(sealed: &[u8], bound: [u8; 32]) -> Option<Vec<u8>> {
        let (mut opener, mut out) = (Opener::new(&study(), &SALT, bound).unwrap(), Vec::new());
        let mut chunks = sealed.chunks(SEALED_BYTES).peekable();
        while let Some(chunk) = chunks.next() {
            out.extend_from_slice(opener.open(&mut chunk.to_vec(), chunks.peek().is_none())?);
        }
        Some(out)
    }

    /// The same construction by other hands: `aead-stream` over the `aes-gcm` of `RustCrypto`.
    #[test]
    fn another_implementation_of_stream_opens_and_makes_the_same() {
        let bound = bound_to(&["object", "1", "2"]);
        let mut derived = [0; KEY_BYTES + 7];
        study().derive(&SALT, &[PURPOSE.as_bytes(), &bound].concat(), &mut derived).unwrap();
        let (key, prefix) = derived.split_at(KEY_BYTES);
        for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 20 * CHUNK_BYTES + 5] {
            let plain: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let ours = sealed(&plain, 10_000);
            let cipher = || Aes256Gcm::new_from_slice(key).unwrap();
            let mut theirs = Vec::new();
            let mut encryptor = EncryptorBE32::from_aead(cipher(), prefix.try_into().unwrap());
            let mut decryptor = DecryptorBE32::from_aead(cipher(), prefix.try_into().unwrap());
            let mut back = Vec::new();
            let (full, last) = match plain.len() {
                0 => (&plain[..0], &plain[..]),
                length => plain.split_at((length - 1) / CHUNK_BYTES * CHUNK_BYTES),
            };
            for chunk in full.chunks(CHUNK_BYTES) {
                theirs.extend(encryptor.encrypt_next(Payload { msg: chunk, aad: &bound }).unwrap());
            }
            theirs.extend(encryptor.encrypt_last(Payload { msg: last, aad: &bound }).unwrap());
            assert!(ours == theirs, "{length} bytes");
            let (full, last) = ours.split_at((ours.len() - 1) / SEALED_BYTES * SEALED_BYTES);
            for chunk in full.chunks(SEALED_BYTES) {
                back.extend(decryptor.decrypt_next(Payload { msg: chunk, aad: &bound }).unwrap());
            }
            back.extend(decryptor.decrypt_last(Payload { msg: last, aad: &bound }).unwrap());
            assert!(back == plain, "{length} bytes");
        }
    }

    #[test]
    fn names_are_bound_with_their_borders() {
        assert_ne!(bound_to(&["1.2", "3"]), bound_to(&["1", "2.3"]));
        assert_ne!(bound_to(&["1.23"]), bound_to(&["1.2", "3"]));
        assert!(opened(&sealed(b"pixels", 6), bound_to(&["object", "1", "3"])).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_length_in_any_pieces_comes_back(length in 0..1_300_000_usize, piece in 1..200_000_usize) {
            let plain: Vec<u8> = (0..length).map(|at| u8::try_from(at % 253).unwrap()).collect();
            let sealed = sealed(&plain, piece);
            prop_assert_eq!(sealed.len(), length + TAG_BYTES * length.div_ceil(CHUNK_BYTES).max(1));
            prop_assert!(opened(&sealed, bound_to(&["object", "1", "2"])) == Some(plain));
        }

        #[test]
        fn chunks_left_out_doubled_cut_or_moved_do_not_open(length in 65_537..700_000_usize, at in any::<prop::sample::Index>()) {
            let sealed = sealed(&vec![9; length], length);
            let bound = bound_to(&["object", "1", "2"]);
            let chunks: Vec<&[u8]> = sealed.chunks(SEALED_BYTES).collect();
            let at = at.index(chunks.len());
            let mut left_out = chunks.clone();
            left_out.remove(at);
            let mut doubled = chunks.clone();
            doubled.insert(at, chunks[at]);
            let mut moved = chunks.clone();
            moved.swap(at, (at + 1) % chunks.len());
            for wrong in [left_out, doubled, moved, chunks[..chunks.len() - 1].to_vec()] {
                prop_assert!(opened(&wrong.concat(), bound).is_none());
            }
        }
    }
}
