//! `medward ledger store`: payloads with personal data, sealed beside the ledger, and their erasing.

use super::{DIRECTORY, KeyArguments, open};
use crate::command::whole_file;
use crate::files::write_new;
use crate::output::{Error, print, visible};
use crate::signing::{SigningArguments, signing as begin, vouched};
use medward_file::kinds::Role;
use medward_ledger::{Digest, Entry, Reason, RecordId};
use medward_side_store::{PAYLOAD_BYTES_MAX, SideStore, StoreKey};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Keep a file: sealed under a key of its own, named by a digest
    Put {
        /// File to keep
        payload: PathBuf,
        /// Directory of the security file
        #[arg(default_value = ".")]
        directory: PathBuf,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// Open what was kept
    Open {
        /// Its digest
        digest: String,
        /// Directory of the security file
        #[arg(default_value = ".")]
        directory: PathBuf,
        /// File to write, which must not exist; standard output when absent
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// Erase what was kept: an entry says so, and its key is destroyed
    Erase {
        /// Its digest
        digest: String,
        /// Directory of the security file
        #[arg(default_value = ".")]
        directory: PathBuf,
        /// Role that has it erased
        #[arg(long = "as", value_name = "ROLE")]
        role: String,
        /// Why; it stays for ever, so no names
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        signing: SigningArguments,
        #[command(flatten)]
        key: KeyArguments,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Put { payload, directory, key } => {
            let digest = keep(directory, key, payload)?;
            print(&format!("{digest}\n"))?;
        }
        Arguments::Open { digest, directory, output, key } => {
            let digest = Digest::try_from(digest.as_str())?;
            let payload = store(directory).open(&store_key(key)?, &digest)?;
            match output {
                Some(path) => write_new(path, &payload, 0o600)?,
                None => std::io::stdout().lock().write_all(&payload)?,
            }
        }
        Arguments::Erase { digest, directory, role, reason, signing, key } => {
            let digest = Digest::try_from(digest.as_str())?;
            erase(directory, &digest, role, reason, signing, key)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn store(directory: &Path) -> SideStore {
    SideStore::beside(&directory.join(DIRECTORY))
}

fn store_key(key: &KeyArguments) -> Result<StoreKey, Error> {
    Ok(StoreKey::open(&key.path, &key.passphrase()?)?)
}

/// Keeps a file; gives the digest that entries name it by.
pub(super) fn keep(directory: &Path, key: &KeyArguments, payload: &Path) -> Result<Digest, Error> {
    let ledger = directory.join(DIRECTORY);
    if !ledger.is_dir() {
        return Err(Error::Usage(format!("there is no ledger at `{}`; begin one first", ledger.display())));
    }
    let file = std::fs::File::open(payload).map_err(Error::io("read", payload))?;
    let mut bytes = Zeroizing::new(Vec::new());
    // One byte more than may be kept, so that the store refuses what is longer.
    let most = PAYLOAD_BYTES_MAX.saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(Error::io("read", payload))?;
    Ok(key.opened()?.keep(directory, &bytes)?)
}

fn erase(
    directory: &Path,
    digest: &Digest,
    role: &str,
    reason: &str,
    signing: &SigningArguments,
    key: &KeyArguments,
) -> Result<(), Error> {
    let file = whole_file(directory)?;
    if file.by_id::<Role>(role).is_none() {
        return Err(Error::Usage(format!("there is no role `{role}` in the file")));
    }
    let store = store(directory);
    if store.is_erased(digest)? {
        // A crash after the entry leaves the rest to be done.
        store.destroy(digest)?;
        return print(&format!("{digest}: erased already; nothing of it is left here\n"));
    }
    if !store.has(digest) {
        return Err(Error::Usage(format!("there is no payload `{digest}`")));
    }
    let entry = Entry::Erasure {
        payload: digest.clone(),
        role: RecordId::try_from(role)?,
        reason: Reason::try_from(reason)?,
        received: jiff::Timestamp::now().as_second(),
        signed: None,
    };
    let signing = begin(signing, &file)?;
    let entry = vouched(entry, role, signing.as_ref(), &file)?;
    let receipt = open(directory, key)?.append(&entry.canonical()?)?;
    store.destroy(digest)?;
    print(&visible(&format!("{digest}: erased, entry {}\n", receipt.index)))
}
