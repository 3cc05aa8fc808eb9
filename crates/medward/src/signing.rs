//! Signing entries as a person: called by the commands by which people vouch for something.

use crate::command::passphrase;
use crate::output::Error;
pub(crate) use medward_acting::{Signing, vouched};
use medward_file::SecurityFile;
use medward_ledger::key;
use std::path::PathBuf;

/// Which key a person signs with. The passphrase never stands on the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct SigningArguments {
    /// File of your own sealed key, as `medward key create` made it; needed once the file names people
    #[arg(long, value_name = "FILE", env = "MEDWARD_SIGNING_KEY")]
    pub(crate) sign: Option<PathBuf>,
    /// File whose first line is the passphrase of your own key; asked for on the terminal when absent
    #[arg(long, value_name = "FILE", env = "MEDWARD_SIGNING_PASSPHRASE_FILE")]
    pub(crate) sign_passphrase_file: Option<PathBuf>,
}

/// Opens the key that was named, if one was, and finds the person whose key it is.
pub(crate) fn signing(arguments: &SigningArguments, file: &SecurityFile) -> Result<Option<Signing>, Error> {
    let Some(path) = &arguments.sign else { return Ok(None) };
    let key = key::open(path, &passphrase(arguments.sign_passphrase_file.as_deref(), "your own key")?)?;
    Ok(Some(Signing::by(key, file)?))
}
