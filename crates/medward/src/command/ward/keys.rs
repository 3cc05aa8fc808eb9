//! `medward ward keys`.

use super::Opened;
use crate::command::passphrase;
use crate::output::{Error, print};
use medward_vault::SoftwareKey;
use medward_ward::{Event, State};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Make a key file for the vault of a ward, sealed under a passphrase
    Create {
        /// File to write; keep a copy apart, since without it nothing in the vault can be read
        file: PathBuf,
        /// Name of the key, which is public
        #[arg(long, default_value = "vault")]
        name: String,
        /// File whose first line is the passphrase; asked for on the terminal when absent
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Wrap the keys of all studies by another key file; the ward must be stopped
    Rotate {
        #[command(flatten)]
        opened: Opened,
        /// The new key file, under the same passphrase; enter it as `vault_key` of the ward afterwards
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Create { file, name, passphrase_file } => {
            let passphrase = passphrase(passphrase_file.as_deref(), "the new key")?;
            let made = SoftwareKey::create_file(file, name, &passphrase);
            made.map_err(|error| Error::Usage(error.to_string()))?;
            print(&format!(
                "made `{}`; keep a copy of it, and the passphrase, apart from this machine\n",
                file.display()
            ))?;
        }
        Arguments::Rotate { opened, to } => {
            let configuration = opened.which.configuration()?;
            let passphrase = passphrase(opened.passphrase_file.as_deref(), "the vault's key")?;
            let usage = |error: &dyn std::fmt::Display| Error::Usage(error.to_string());
            let new = Arc::new(SoftwareKey::from_file(to, &passphrase).map_err(|error| usage(&error))?);
            let state = State::open(&configuration, &passphrase).map_err(|error| usage(&error))?;
            let mut keys = 0_usize;
            for vault in [&state.originals, &state.results, &state.identified] {
                let wrapped = vault.rotate(Arc::clone(&new) as _).map_err(|error| usage(&error))?;
                keys = keys.saturating_add(wrapped);
            }
            state.watch.record(&Event::KeysRotated { keys }).map_err(|error| usage(&error))?;
            print(&format!(
                "{keys} keys are wrapped by `{}`; enter it as `vault_key` of the ward, start it, then destroy the old file and its copies\n",
                to.display()
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
