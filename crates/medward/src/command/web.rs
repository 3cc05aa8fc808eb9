//! `medward web`: the dashboard.

use super::{DIRECTORY, KeyArguments};
use crate::output::Error;
use medward_ledger::key;
use medward_web::{Accounts, Options, serve};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `web`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  medward account add lung-ct clerk --key ledger.key\n  medward web lung-ct --key ledger.key\n\n\
    People sign in with a local account. Without --certificate a certificate is made for this machine alone, which browsers warn of."
)]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Certificate chain, as PEM
    #[arg(long, value_name = "FILE", requires = "certificate_key")]
    certificate: Option<PathBuf>,
    /// Its key, as PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    certificate_key: Option<PathBuf>,
    #[command(flatten)]
    key: KeyArguments,
}

/// The accounts of a device, opened with the key of its ledger.
pub(super) fn accounts(directory: &Path, arguments: &KeyArguments) -> Result<Accounts, Error> {
    let ledger = directory.join(DIRECTORY);
    if !ledger.is_dir() {
        return Err(medward_web::WebError::NoLedger(ledger).into());
    }
    let key = key::derive(&arguments.path, &arguments.passphrase()?, Accounts::PURPOSE)?;
    Ok(Accounts::new(&ledger, key))
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let options = Options {
        directory: arguments.directory.clone(),
        listen: arguments.listen,
        certificate: arguments.certificate.clone().zip(arguments.certificate_key.clone()),
        accounts: accounts(&arguments.directory, &arguments.key)?,
    };
    if options.accounts.people()?.is_empty() {
        eprintln!("medward: nobody can sign in yet; make an account with `medward account add`");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(options, |address| eprintln!("medward: https://{address}/ (end with Ctrl-C)")))?;
    Ok(ExitCode::SUCCESS)
}
