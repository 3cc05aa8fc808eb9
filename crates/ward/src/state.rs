//! What a ward keeps in its directory, open: originals, results, ledger, queue. One process has it at a time.
//!
//! Originals, pseudonymised objects and results that carry their patient again lie in three vaults: what sends to the outside is given
//! one of the latter only, so that no slip can make it send an original, or the AI a name.

use crate::configuration::Configuration;
use crate::queue::{Queue, QueueError};
use crate::tokens::{TokenError, Tokens};
use crate::watch::{Watch, WatchError};
use medward_ledger::key::{self, KeyError};
use medward_vault::provider::ProviderError;
use medward_vault::{Options, Recovery, SoftwareKey, Vault, VaultError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Purposes that keys are derived for, from a key file of the ward's own: rotating the vault's key leaves them as they are.
const LEDGER_PURPOSE: &str = "medward ward ledger key 1";
const QUEUE_PURPOSE: &str = "medward ward queue labels 1";

/// Why what a ward keeps cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The system failed.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The directory is open to others.
    #[error("`{0}` is open to other users of this machine: chmod 700 it")]
    Open(PathBuf),
    /// The key does not open.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key-encryption key.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The ledger.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The tokens.
    #[error(transparent)]
    Tokens(#[from] TokenError),
}

/// The open state.
#[derive(Debug, Clone)]
pub struct State {
    /// What came, byte for byte, and what is held back.
    pub originals: Vault,
    /// What may leave.
    pub results: Vault,
    /// Results of the AI that carry their patient again, on their way to the hospital.
    pub identified: Vault,
    /// The ledger.
    pub watch: Arc<Watch>,
    /// What is still to be done.
    pub queue: Arc<Queue>,
    /// Tokens of senders.
    pub tokens: Arc<Tokens>,
    /// What the vaults had to mend.
    pub recovered: [Recovery; 3],
}

impl State {
    /// Opens what a ward keeps, or begins it. The passphrase opens the key file of the vault, and that of the ledger.
    pub fn open(configuration: &Configuration, passphrase: &str) -> Result<Self, StateError> {
        let directory = &configuration.state;
        private(directory)?;
        let vault_key = &configuration.vault_key;
        let provider = Arc::new(SoftwareKey::from_file(vault_key, passphrase)?);
        let open = |name| Vault::open(&directory.join(name), Arc::clone(&provider) as _, Options::default());
        let (originals, mended) = open("originals")?;
        let (results, results_mended) = open("results")?;
        let (identified, identified_mended) = open("identified")?;
        let own_key = directory.join("ledger.key");
        if !own_key.exists() {
            key::create(&own_key, &configuration.id, passphrase)?;
        }
        let [secret, labels] = key::derive_all(&own_key, passphrase, [LEDGER_PURPOSE, QUEUE_PURPOSE])?;
        let ledger = directory.join("ledger");
        let watch = Arc::new(Watch::open(&ledger, &configuration.id, secret)?);
        let public = ledger.join("key.pub");
        let text = format!("{}\n", watch.verifier()?);
        std::fs::write(&public, text).map_err(|source| StateError::Io {
            action: "write",
            path: public,
            source,
        })?;
        let queue = Arc::new(Queue::open(&directory.join("queue.sqlite"), labels)?);
        let tokens = Arc::new(Tokens::open(directory)?);
        let recovered = [mended, results_mended, identified_mended];
        Ok(Self { originals, results, identified, watch, queue, tokens, recovered })
    }
}

/// Makes a directory for its owner alone, and refuses one that is not.
fn private(directory: &Path) -> Result<(), StateError> {
    let io = |action| {
        let path = directory.to_path_buf();
        move |source| StateError::Io { action, path, source }
    };
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(io("create"))?;
    let permissions = std::fs::metadata(directory).map_err(io("read"))?.permissions().mode();
    if permissions.trailing_zeros() >= 6 { Ok(()) } else { Err(StateError::Open(directory.to_path_buf())) }
}
