//! `medward web`: the dashboard.

use super::{DIRECTORY, KeyArguments};
use crate::output::Error;
use medward_ledger::key;
use medward_web::{Accounts, Client, Options, Remote, serve};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use ureq::Body;
use ureq::http::Response;

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
    /// Address of an OpenID Connect provider through which people may sign in besides, as its tokens name it
    #[arg(long, value_name = "URL", requires = "client")]
    provider: Option<String>,
    /// Id under which the provider knows the dashboard; its return address is `https://HOST/sign-in/return`
    #[arg(long, value_name = "ID", requires = "provider")]
    client: Option<String>,
    /// File whose first line is what the client proves itself with, where the provider gave it something
    #[arg(long, value_name = "FILE", requires = "provider")]
    client_secret_file: Option<PathBuf>,
    #[command(flatten)]
    key: KeyArguments,
}

/// The way to a provider.
#[derive(Debug)]
struct Outgoing(ureq::Agent);

/// Longest that a provider may take, and largest document of it, in bytes.
const PATIENCE: Duration = Duration::from_secs(10);
const DOCUMENT_BYTES_MAX: u64 = 1 << 20;

fn whole(answer: Result<Response<Body>, ureq::Error>) -> Result<Vec<u8>, String> {
    let mut answer = answer.map_err(|error| error.to_string())?;
    if !answer.status().is_success() {
        return Err(format!("status {}", answer.status().as_u16()));
    }
    let read = answer.body_mut().with_config().limit(DOCUMENT_BYTES_MAX).read_to_vec();
    read.map_err(|error| error.to_string())
}

impl Remote for Outgoing {
    fn get(&self, address: &str) -> Result<Vec<u8>, String> {
        whole(self.0.get(address).call())
    }

    fn post(&self, address: &str, form: &[(&str, &str)]) -> Result<Vec<u8>, String> {
        whole(self.0.post(address).send_form(form.iter().copied()))
    }
}

fn client(arguments: &Arguments) -> Result<Option<Client>, Error> {
    let Some((issuer, id)) = arguments.provider.clone().zip(arguments.client.clone()) else {
        return Ok(None);
    };
    if !issuer.starts_with("https://") {
        return Err(Error::Usage(format!("`{issuer}` is no address with https://")));
    }
    let secret = arguments.client_secret_file.as_deref();
    let secret =
        secret.map(|path| super::passphrase(Some(path), "the client of the provider")).transpose()?;
    let remote = Box::new(Outgoing(crate::outgoing::agent(&issuer, PATIENCE)));
    Ok(Some(Client { issuer, id, secret, remote }))
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
        provider: client(arguments)?,
    };
    if options.accounts.people()?.is_empty() {
        eprintln!("medward: nobody can sign in yet; make an account with `medward account add`");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(options, |address| eprintln!("medward: https://{address}/ (end with Ctrl-C)")))?;
    Ok(ExitCode::SUCCESS)
}
