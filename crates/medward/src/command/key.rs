//! `medward key`: the keys people sign with.

use super::passphrase;
use crate::output::{Error, print};
use medward_ledger::key;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Make a key to sign approvals and attestations with, sealed under a passphrase
    Create {
        /// File to write; keep it out of the repository and to yourself
        file: PathBuf,
        /// Name of the key, such as p-1.maker.example; it stands in the repository, so it should name nobody
        #[arg(long)]
        name: String,
        /// File whose first line is the passphrase; asked for on the terminal when absent
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let Arguments::Create { file, name, passphrase_file } = arguments;
    let signer = key::create(file, name, &passphrase(passphrase_file.as_deref(), "the new key")?)?;
    print(&format!(
        "{}\nEnter this line in the `keys` of your `[person.*]` in the security file.\n",
        signer.verifier()
    ))?;
    Ok(ExitCode::SUCCESS)
}
