//! A sealed object on its way out: what a C-STORE needs to know of it, and its data set as a stream.

use crate::facts;
use crate::reread::Reread;
use medward_dicom_scan::{DataSet, Limits, Scanner, Tag};
use medward_upper_layer::Uid;
use medward_vault::{ObjectId, Vault, VaultError};
use tokio::io::{AsyncWriteExt as _, DuplexStream};
use tokio::runtime::Handle;

/// Bytes of an object that wait for the peer.
const STREAM_BYTES: usize = 256 << 10;
/// (0002,0010) of a file.
const TRANSFER_SYNTAX: Tag = Tag::new(0x0002, 0x0010);

/// The object.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) id: ObjectId,
    pub(crate) class: Uid,
    pub(crate) instance: Uid,
    pub(crate) syntax: Uid,
    pub(crate) digest: [u8; 32],
    /// Its header.
    pub(crate) data_set: DataSet,
    /// Where its data set begins, and how long that is.
    data_set_at: u64,
    pub(crate) bytes: u64,
}

/// Why an object cannot go.
#[derive(Debug)]
pub(crate) enum NotOutgoing {
    /// It is not there, or cannot be read now.
    Vault,
    /// It is not what it was; its digest as it was stored.
    Damaged([u8; 32]),
}

impl From<VaultError> for NotOutgoing {
    fn from(_: VaultError) -> Self {
        Self::Vault
    }
}

impl Outgoing {
    /// Reads the header of an object; waits for the disk.
    pub(crate) fn open(vault: &Vault, id: &ObjectId) -> Result<Self, NotOutgoing> {
        let mut source = Reread::new(|| vault.get(id))?;
        let (digest, length) = (source.digest(), source.length());
        let damaged = || match vault.find(id) {
            Ok(Some(_)) => NotOutgoing::Damaged(digest),
            // Erased meanwhile.
            _ => NotOutgoing::Vault,
        };
        let mut scanner = Scanner::new(&Limits::default());
        scanner.scan(&mut source).map_err(|_| damaged())?;
        let data_set = scanner.into_data_set();
        let syntax = data_set.meta_text(TRANSFER_SYNTAX).and_then(|syntax| syntax.parse().ok());
        let (class, instance) =
            (facts::uid(&data_set, facts::SOP_CLASS), facts::uid(&data_set, facts::SOP_INSTANCE));
        let is_deflated = data_set.transfer_syntax().is_deflated;
        let data_set_at = (!is_deflated).then(|| data_set.span().0);
        let data_set_at = data_set_at.or_else(|| data_set.meta().last().map(|last| last.end));
        let data_set_at = data_set_at.ok_or_else(damaged)?;
        Ok(Self {
            id: id.clone(),
            class: class.ok_or_else(damaged)?,
            instance: instance.ok_or_else(damaged)?,
            syntax: syntax.ok_or_else(damaged)?,
            digest,
            data_set,
            data_set_at,
            bytes: length.saturating_sub(data_set_at),
        })
    }

    /// Class and transfer syntax: what a presentation context is for.
    pub(crate) fn kind(&self) -> (Uid, Uid) {
        (self.class.clone(), self.syntax.clone())
    }

    /// The data set as a stream: a thread unseals it while the peer takes it.
    pub(crate) fn stream(&self, vault: &Vault) -> DuplexStream {
        self.stream_from(vault, self.data_set_at)
    }

    /// The whole file as a stream.
    pub(crate) fn file(&self, vault: &Vault) -> DuplexStream {
        self.stream_from(vault, 0)
    }

    /// Length of the file.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.data_set_at.saturating_add(self.bytes)
    }

    fn stream_from(&self, vault: &Vault, at: u64) -> DuplexStream {
        let (mut sealed, stream) = tokio::io::duplex(STREAM_BYTES);
        let (vault, id, mut skip) = (vault.clone(), self.id.clone(), at);
        let handle = Handle::current();
        tokio::task::spawn_blocking(move || {
            let Ok(mut reader) = vault.get(&id) else { return };
            // A chunk that does not verify ends the stream early, and with it the association.
            while let Ok(Some(chunk)) = reader.next_chunk() {
                let from = usize::try_from(skip).unwrap_or(usize::MAX).min(chunk.len());
                skip = skip.saturating_sub(from as u64);
                let rest = chunk.get(from..).unwrap_or_default();
                if handle.block_on(sealed.write_all(rest)).is_err() {
                    return;
                }
            }
        });
        stream
    }
}
