//! `medward ward`: the gateway through which every scan passes, and what people ask of it.

mod ask;
mod certs;
mod drill;
mod keys;
mod run;
mod tokens;
mod vouch;

use crate::output::{Error, print};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use medward_containment::Program;
use medward_file::{Limits, SecurityFile, load};
use medward_ward::Configuration;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Run a ward as the security file says, until told to end (SIGTERM, Ctrl-C)
    Run(run::Arguments),
    /// A small private certification authority, for trying out and for sites without one
    #[command(subcommand)]
    Certs(certs::Arguments),
    /// Print the firewall ruleset of a ward, for `nft -f -`
    Firewall(Which),
    /// Keys that the vault of a ward is sealed under
    #[command(subcommand)]
    Keys(keys::Arguments),
    /// Bearer tokens with which senders come by DICOMweb
    #[command(subcommand)]
    Tokens(tokens::Tokens),
    /// What is held back: look, have it judged again, destroy it
    #[command(subcommand)]
    Quarantine(ask::Quarantine),
    /// List the studies a ward keeps, and what waits to be sent
    Studies(ask::Studies),
    /// Erase a study: destroys its keys, and proves that in the ledger
    Erase(ask::Erase),
    /// Attack a made-up ward with every layer on, and with each single one off, and print what stopped each attack
    Drill(drill::Arguments),
    /// Write a mark into the ledger and the audit trail, to see that what happens arrives
    Mark(ask::Mark),
    /// Release again, once somebody looked at why the ledger lacks entries
    Resume(ask::Resume),
    /// Add your signature to what another person asked for and signed, and have it done
    Vouch(ask::Vouch),
    /// Tell which study of the hospital is behind a pseudonymous one; takes two people of different roles
    Reidentify(ask::Reidentify),
    /// Originals in an emergency: narrow, written down, and to be reviewed
    #[command(subcommand)]
    Emergency(ask::Emergency),
}

/// The command that this program is started anew with to read what comes from outside.
pub(super) const READER: &str = "contained-reader";

/// This program as the reader of a ward.
fn reader() -> Program {
    Program::itself([READER.into()])
}

/// Which ward.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Id of the ward, where the file has several
    #[arg(long, value_name = "ID")]
    ward: Option<String>,
}

/// Which ward, and the passphrase of its keys.
#[derive(Debug, clap::Args)]
pub(crate) struct Opened {
    #[command(flatten)]
    which: Which,
    /// File whose first line is the passphrase of the vault's key; asked for on the terminal when absent
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Which {
    fn configuration(&self) -> Result<Configuration, Error> {
        Ok(self.read()?.1)
    }

    fn read(&self) -> Result<(SecurityFile, Configuration), Error> {
        configuration(&self.directory, self.ward.as_deref())
    }
}

/// The ward of a file that can be read whole: a ward never runs on half of what was written.
fn configuration(directory: &Path, ward: Option<&str>) -> Result<(SecurityFile, Configuration), Error> {
    let (file, problems) = load(directory, Limits::default());
    if !problems.is_empty() {
        return Err(Error::Usage(
            "the file has problems of reading; run `medward check` and mend them first".into(),
        ));
    }
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let configuration = Configuration::of(&file, ward, today);
    let configuration = configuration.map_err(|error| Error::Usage(error.to_string()))?;
    Ok((file, configuration))
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Run(arguments) => run::run(arguments),
        Arguments::Certs(arguments) => certs::run(arguments),
        Arguments::Firewall(which) => {
            print(&medward_ward::ruleset(&which.configuration()?))?;
            Ok(ExitCode::SUCCESS)
        }
        Arguments::Keys(arguments) => keys::run(arguments),
        Arguments::Tokens(arguments) => tokens::run(arguments),
        Arguments::Quarantine(arguments) => ask::quarantine(arguments),
        Arguments::Studies(arguments) => ask::studies(arguments),
        Arguments::Erase(arguments) => ask::erase(arguments),
        Arguments::Drill(arguments) => drill::run(arguments),
        Arguments::Mark(arguments) => ask::mark(arguments),
        Arguments::Resume(arguments) => ask::resume(arguments),
        Arguments::Vouch(arguments) => ask::vouch(arguments),
        Arguments::Reidentify(arguments) => ask::reidentify(arguments),
        Arguments::Emergency(arguments) => ask::emergency(arguments),
    }
}
