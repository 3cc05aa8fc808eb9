//! `medward ward certs`.

use crate::output::{Error, print};
use medward_ward::{Authority, AuthorityError, Issued, Usage};
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Begin an authority in a new directory
    Init {
        /// Directory; keep it off the machine that the ward runs on
        directory: PathBuf,
        /// Name of the authority
        #[arg(long, default_value = "Medward private authority")]
        name: String,
    },
    /// Issue a certificate and a key: NAME.pem and NAME.key in the directory
    Issue {
        /// Directory of the authority
        directory: PathBuf,
        /// Name of the node, such as ct-1.hospital.example
        name: String,
        /// What it is for
        #[arg(long, value_enum, default_value_t = For::Client)]
        usage: For,
        /// Host names or addresses it answers at; the name itself where absent
        #[arg(long = "at", value_name = "NAME")]
        at: Vec<String>,
    },
    /// Revoke the certificates of a name, and publish the list
    Revoke {
        /// Directory of the authority
        directory: PathBuf,
        /// Name of the node
        name: String,
    },
    /// Publish the revocation list anew: one past its next update lets nobody in
    Publish {
        /// Directory of the authority
        directory: PathBuf,
    },
}

/// What a certificate is for.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum For {
    /// A ward
    Ward,
    /// A sender
    Client,
    /// A destination
    Server,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let text = match arguments {
        Arguments::Init { directory, name } => {
            Authority::create(directory, name).map_err(usage)?;
            let at = directory.display();
            format!("`{at}/ca.pem` is the authority, `{at}/crl.pem` its revocation list, for 30 days\n")
        }
        Arguments::Issue { directory, name, usage: kind, at } => {
            let mut authority = Authority::open(directory).map_err(usage)?;
            let own = [name.clone()];
            let names = if at.is_empty() { &own[..] } else { at.as_slice() };
            let kind = match kind {
                For::Ward => Usage::Ward,
                For::Client => Usage::Client,
                For::Server => Usage::Server,
            };
            let issued = authority.issue(name, kind, names).map_err(usage)?;
            format!(
                "valid until {}; for `certificates` of its `[sender.*]`:\n{}\n",
                issued.until, issued.fingerprint
            )
        }
        Arguments::Revoke { directory, name } => {
            let revoked = Authority::open(directory).and_then(|mut one| one.revoke(name)).map_err(usage)?;
            let lines: Vec<_> =
                revoked.iter().map(|Issued { serial, .. }| format!("revoked {serial}\n")).collect();
            lines.concat() + "put the new crl.pem where the ward reads it; it looks every 20 seconds\n"
        }
        Arguments::Publish { directory } => {
            Authority::open(directory).and_then(|one| one.publish()).map_err(usage)?;
            "published, for 30 days\n".to_owned()
        }
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn usage(error: AuthorityError) -> Error {
    Error::Usage(error.to_string())
}
