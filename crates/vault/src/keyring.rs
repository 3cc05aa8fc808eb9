//! The keyring: one file with a slot of 512 bytes for the wrapped key of each study.
//!
//! A slot is one sector, so that a new key is one durable write, and erasing a study overwrites its key where it lies. Rotation wraps all keys
//! anew into a new file that takes the place of the old one at once; the objects stay as they are. A wrapped key is bound
//! to the vault and its slot.

use crate::error::{VaultError, io_error};
use crate::key::{SecretKey, fill_random};
use crate::provider::KeyProvider;
use crate::storage::{Storage, StoredFile, read_exact, write_zeros};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// File name of the keyring.
pub(crate) const KEYRING: &str = "keyring";
const NEW: &str = "keyring.new";
const MAGIC: &[u8; 18] = b"medward keyring 1\n";
/// Bytes of a slot, and of the header before the first one.
const SLOT_BYTES: usize = 512;
/// Longest id of a key-encryption key, in bytes.
const KEY_ID_BYTES_MAX: usize = 255;
/// Slots written ahead at a time.
const SLOTS_AHEAD: u64 = 128;
/// The slot of the vault's own key, for journal and index.
pub(crate) const OWN_SLOT: u32 = 0;

type Sector = [u8; SLOT_BYTES];

/// The keyring of a vault, open.
#[derive(Debug)]
pub(crate) struct Keyring {
    directory: PathBuf,
    storage: Arc<dyn Storage>,
    file: Arc<dyn StoredFile>,
    provider: Arc<dyn KeyProvider>,
    vault: [u8; 16],
    /// Length of the file that is written.
    length: u64,
    /// Another file may have taken the place of the open one: what is written to this one may be lost.
    may_be_replaced: bool,
}

fn offset(slot: u32) -> u64 {
    u64::from(slot).saturating_add(1).saturating_mul(SLOT_BYTES as u64)
}

/// Header: magic, id of the vault, id of the key-encryption key with its length before it.
fn header(vault: [u8; 16], key_id: &str) -> Option<Sector> {
    let length = u8::try_from(key_id.len()).ok()?;
    let parts = [MAGIC.as_slice(), &vault, &[length], key_id.as_bytes()].concat();
    let mut sector = [0; SLOT_BYTES];
    sector.get_mut(..parts.len())?.copy_from_slice(&parts);
    Some(sector)
}

/// Reads a header: id of the vault and of the key-encryption key.
pub(crate) fn parse_header(sector: &Sector) -> Option<([u8; 16], String)> {
    let rest = sector.strip_prefix(MAGIC)?;
    let (vault, rest) = rest.split_first_chunk::<16>()?;
    let (length, rest) = rest.split_first()?;
    let (key_id, zeros) = rest.split_at_checked(usize::from(*length))?;
    let is_clean = zeros.iter().all(|byte| *byte == 0);
    is_clean.then(|| Some((*vault, std::str::from_utf8(key_id).ok()?.to_owned())))?
}

/// What the wrapped key in a slot is bound to.
fn bound(vault: [u8; 16], slot: u32) -> Vec<u8> {
    [b"medward vault slot 1".as_slice(), &vault, &slot.to_be_bytes()].concat()
}

impl Keyring {
    /// Makes the keyring of a new vault, with the vault's own key in it.
    pub fn create(
        storage: &Arc<dyn Storage>,
        directory: &Path,
        provider: Arc<dyn KeyProvider>,
    ) -> Result<Self, VaultError> {
        let mut vault = [0; 16];
        fill_random(&mut vault)?;
        let own = (OWN_SLOT, SecretKey::generate()?);
        let keyring = Self::written(Arc::clone(storage), directory, provider, vault, &[own])?;
        keyring.take_its_place()?;
        Ok(keyring)
    }

    /// Opens the keyring of a directory.
    pub fn open(
        storage: &Arc<dyn Storage>,
        directory: &Path,
        provider: Arc<dyn KeyProvider>,
    ) -> Result<Self, VaultError> {
        let path = directory.join(KEYRING);
        let file = storage.open(&path).map_err(io_error("open", &path))?;
        let mut sector = [0; SLOT_BYTES];
        let is_whole = read_exact(&*file, &mut sector, 0).map_err(io_error("read", &path))?;
        let Some((vault, sealed_under)) = parse_header(&sector).filter(|_| is_whole) else {
            let reason = "its header is damaged, or of another version".to_owned();
            return Err(VaultError::Form { path, reason });
        };
        if sealed_under != provider.id() {
            return Err(VaultError::OtherKey { sealed_under, given: provider.id().to_owned() });
        }
        let length = file.length().map_err(io_error("measure", &path))?;
        // A rotation that failed may have renamed the file and not made that durable.
        storage.sync_directory(directory).map_err(io_error("write", directory))?;
        let (storage, directory) = (Arc::clone(storage), directory.to_path_buf());
        Ok(Self { directory, storage, file, provider, vault, length, may_be_replaced: false })
    }

    /// Writes a whole keyring, which is not in place yet.
    fn written(
        storage: Arc<dyn Storage>,
        directory: &Path,
        provider: Arc<dyn KeyProvider>,
        vault: [u8; 16],
        keys: &[(u32, SecretKey)],
    ) -> Result<Self, VaultError> {
        let new = directory.join(NEW);
        let failed = |action| io_error(action, &new);
        let key_id = provider.id().to_owned();
        let sector = header(vault, &key_id).filter(|_| key_id.len() <= KEY_ID_BYTES_MAX);
        let sector = sector.ok_or_else(|| VaultError::Form {
            path: directory.join(KEYRING),
            reason: "the id of the key is too long".to_owned(),
        })?;
        let file = storage.create(&new).map_err(failed("open"))?;
        file.set_length(0).map_err(failed("cut"))?;
        let mut keyring = Self {
            directory: directory.to_path_buf(),
            storage,
            file,
            provider,
            vault,
            length: 0,
            may_be_replaced: false,
        };
        let last = keys.iter().map(|(slot, _)| *slot).max().unwrap_or_default();
        keyring.lengthen(last).map_err(failed("write"))?;
        keyring.file.write_at(&sector, 0).map_err(failed("write"))?;
        for (slot, key) in keys {
            let sector = keyring.wrapped(*slot, key)?;
            keyring.file.write_at(&sector, offset(*slot)).map_err(failed("write"))?;
        }
        keyring.file.sync().map_err(failed("write"))?;
        Ok(keyring)
    }

    /// Puts a written keyring in place. After an error nobody knows which one is there.
    fn take_its_place(&self) -> Result<(), VaultError> {
        let new = self.directory.join(NEW);
        self.storage.rename(&new, &self.path()).map_err(io_error("rename", &new))?;
        self.storage.sync_directory(&self.directory).map_err(io_error("write", &self.directory))
    }

    fn is_in_place(&self) -> Result<(), VaultError> {
        if self.may_be_replaced { Err(VaultError::Stopped) } else { Ok(()) }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(KEYRING)
    }

    fn lengthen(&mut self, slot: u32) -> std::io::Result<()> {
        let needed = offset(slot).saturating_add(SLOT_BYTES as u64);
        if needed > self.length {
            let length = needed.saturating_add(SLOTS_AHEAD.saturating_mul(SLOT_BYTES as u64));
            write_zeros(&*self.file, self.length, length)?;
            self.file.sync()?;
            self.length = length;
        }
        Ok(())
    }

    fn wrapped(&self, slot: u32, key: &SecretKey) -> Result<Sector, VaultError> {
        let wrapped = self.provider.wrap(key, &bound(self.vault, slot))?;
        let too_long = || VaultError::KeyDamaged {
            what: format!("slot {slot}"),
            reason: "the wrapped key has more than 510 bytes",
        };
        let length = u16::try_from(wrapped.len()).map_err(|_| too_long())?.to_be_bytes();
        let parts = [length.as_slice(), &wrapped].concat();
        let mut sector = [0; SLOT_BYTES];
        sector.get_mut(..parts.len()).ok_or_else(too_long)?.copy_from_slice(&parts);
        Ok(sector)
    }

    /// Id of the vault.
    pub fn vault(&self) -> [u8; 16] {
        self.vault
    }

    /// Puts a key into a free slot; on stable storage when this returns.
    pub fn put(&mut self, slot: u32, key: &SecretKey) -> Result<(), VaultError> {
        self.is_in_place()?;
        let path = self.path();
        let sector = self.wrapped(slot, key)?;
        self.lengthen(slot).map_err(io_error("write", &path))?;
        let written = self.file.write_at(&sector, offset(slot)).and_then(|()| self.file.sync());
        written.map_err(io_error("write", &path))
    }

    fn sector(&self, slot: u32) -> Result<Sector, VaultError> {
        let mut sector = [0; SLOT_BYTES];
        read_exact(&*self.file, &mut sector, offset(slot)).map_err(io_error("read", &self.path()))?;
        Ok(sector)
    }

    /// The key in a slot; `None` when the slot is empty or holds no key of this vault and slot.
    pub fn get(&self, slot: u32) -> Result<Option<SecretKey>, VaultError> {
        let sector = self.sector(slot)?;
        let Some((length, rest)) = sector.split_first_chunk::<2>() else { return Ok(None) };
        let wrapped = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)));
        match wrapped {
            Some(([], _)) | None => Ok(None),
            Some((_, zeros)) if zeros.iter().any(|byte| *byte != 0) => Ok(None),
            Some((wrapped, _)) => Ok(self.provider.unwrap(wrapped, &bound(self.vault, slot))?),
        }
    }

    /// The vault's own key, for journal and index.
    pub fn own(&self) -> Result<SecretKey, VaultError> {
        self.get(OWN_SLOT)?.ok_or_else(|| VaultError::KeyDamaged {
            what: "the vault itself".to_owned(),
            reason: "it does not unwrap; restore the keyring from a copy",
        })
    }

    /// Looks that header and own key at rest are those in use; says what is wrong.
    pub fn check(&self) -> Result<(), String> {
        let mut sector = [0; SLOT_BYTES];
        read_exact(&*self.file, &mut sector, 0).map_err(|error| error.to_string())?;
        let expected = (self.vault, self.provider.id().to_owned());
        if parse_header(&sector) != Some(expected) {
            return Err("its header is damaged".to_owned());
        }
        self.own().map(drop).map_err(|error| error.to_string())
    }

    /// Overwrites a slot where it lies, and looks that nothing is left of it.
    pub fn destroy(&mut self, slot: u32) -> Result<(), VaultError> {
        self.is_in_place()?;
        let failed = |action| io_error(action, &self.directory);
        let zeros = [0; SLOT_BYTES];
        if offset(slot) < self.length {
            self.file.write_at(&zeros, offset(slot)).map_err(failed("erase a key in"))?;
            self.file.sync().map_err(failed("erase a key in"))?;
        }
        if self.sector(slot)? == zeros {
            return Ok(());
        }
        Err(VaultError::KeyDamaged {
            what: format!("slot {slot}"),
            reason: "it is still there after erasing",
        })
    }

    /// Wraps the keys in the given slots by another key-encryption key. Until the new file is in place the old one holds; keys of
    /// other slots are left behind.
    pub fn rotate(&mut self, provider: Arc<dyn KeyProvider>, slots: &[u32]) -> Result<(), VaultError> {
        let keys = slots.iter().map(|slot| {
            let damaged = || VaultError::KeyDamaged {
                what: format!("slot {slot}"),
                reason: "it does not unwrap; nothing was rotated",
            };
            Ok((*slot, self.get(*slot)?.ok_or_else(damaged)?))
        });
        let keys = keys.collect::<Result<Vec<_>, VaultError>>()?;
        self.is_in_place()?;
        let new = Self::written(Arc::clone(&self.storage), &self.directory, provider, self.vault, &keys)?;
        if let Err(error) = new.take_its_place() {
            self.may_be_replaced = true;
            return Err(error);
        }
        *self = new;
        Ok(())
    }
}
