//! Asking a ward with signatures: alone where one person is enough, else through a request that a second person signs.

use super::ask::{Asking, asked};
use crate::output::{Error, print, visible};
use crate::signing::{Signing, SigningArguments};
use jiff::Timestamp;
use medward_ward::control::Ask;
use medward_ward_ledger::Request;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Largest request read, in bytes.
const REQUEST_BYTES_MAX: u64 = 64 << 10;

/// In which role somebody signs, and with which key.
#[derive(Debug, clap::Args)]
pub(crate) struct Signature {
    /// Role in which you ask; needed once the file names people
    #[arg(long = "as", value_name = "ROLE")]
    role: Option<String>,
    #[command(flatten)]
    signing: SigningArguments,
}

/// Who asks, and whether at once.
#[derive(Debug, clap::Args)]
pub(crate) struct Vouching {
    #[command(flatten)]
    signature: Signature,
    /// Write what is asked into this file for a second person to sign, instead of asking now
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
}

impl Vouching {
    /// Asks, or writes the request for a second person.
    pub(super) fn ask(&self, asking: &Asking, ask: Ask) -> Result<ExitCode, Error> {
        let (file, configuration) = asking.opened.which.read()?;
        let Some((signing, role)) = self.signature.begin(&file)? else {
            if configuration.people.is_empty() {
                return asked(asking, ask);
            }
            return Err(Error::Usage("the file names people: sign it with --as ROLE --sign FILE".to_owned()));
        };
        let (needs_two, action) = (ask.needs_two(), ask.action().unwrap_or("request"));
        let mut request = Request::new(configuration.id, ask, Timestamp::now().as_second());
        signing.request(&mut request, role)?;
        if !needs_two && self.request.is_none() {
            return asked(asking, Ask::Signed { request: Box::new(request) });
        }
        let name = || PathBuf::from(format!("{action}-{}.request", request.at));
        let path = self.request.clone().unwrap_or_else(name);
        let file = std::fs::File::options().create_new(true).write(true).mode(0o600).open(&path);
        let mut file = file.map_err(Error::io("create", &path))?;
        file.write_all(&serde_json::to_vec_pretty(&request)?).map_err(Error::io("write", &path))?;
        let (path, directory) = (path.display(), asking.opened.which.directory.display());
        print(&visible(&format!(
            "signed by `{}` as `{role}`, and not done yet: within a day another person in another role gives\n  \
             medward ward vouch {path} {directory} --as ROLE --sign FILE\n",
            signing.person()
        )))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Signature {
    /// Adds a signature to a request, and asks.
    pub(super) fn second(&self, asking: &Asking, path: &Path) -> Result<ExitCode, Error> {
        let (file, _) = asking.opened.which.read()?;
        let (signing, role) = self
            .begin(&file)?
            .ok_or_else(|| Error::Usage("sign it with --as ROLE --sign FILE".to_owned()))?;
        let size = std::fs::metadata(path).map_err(Error::io("read", path))?.len();
        if size > REQUEST_BYTES_MAX {
            return Err(Error::Usage(format!("`{}` is no request: it is too large", path.display())));
        }
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        let mut request: Request<Ask> = serde_json::from_slice(&bytes)
            .map_err(|error| Error::Usage(format!("`{}` is no request: {error}", path.display())))?;
        signing.request(&mut request, role)?;
        asked(asking, Ask::Signed { request: Box::new(request) })
    }

    fn begin(&self, file: &medward_file::SecurityFile) -> Result<Option<(Signing, &str)>, Error> {
        match (Signing::begin(&self.signing, file)?, self.role.as_deref()) {
            (Some(signing), Some(role)) => Ok(Some((signing, role))),
            (Some(_), None) => Err(Error::Usage("say in which role you sign: --as ROLE".to_owned())),
            (None, _) => Ok(None),
        }
    }
}
