//! What the commands on events, incidents, corrective actions, complaints and surveillance are given: who acts, what is looked at, when.

use crate::command::KeyArguments;
use crate::live::Moment;
use crate::output::{Error, Format, visible};
use crate::signing::{SigningArguments, signing};
use jiff::Timestamp;
pub(crate) use medward_acting::{Device, Writer};
use std::path::PathBuf;
use std::str::FromStr;

/// Who acts, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Acting {
    /// Directory of the security file
    #[arg(default_value = ".")]
    pub(crate) directory: PathBuf,
    /// Role that acts
    #[arg(long = "as", value_name = "ROLE")]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) signing: SigningArguments,
    #[command(flatten)]
    pub(crate) key: KeyArguments,
}

/// What is looked at, as it stood when, and how it is printed.
#[derive(Debug, clap::Args)]
pub(crate) struct Looking {
    /// Directory of the security file
    #[arg(default_value = ".")]
    pub(crate) directory: PathBuf,
    /// As it stood at a moment
    #[arg(long, value_name = "MOMENT")]
    at: Option<Moment>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

impl Looking {
    /// The device at the moment asked for.
    pub(crate) fn device(&self) -> Result<Device, Error> {
        Ok(Device::read(&self.directory, self.at.map(Moment::timestamp))?)
    }
}

/// A point in time that something happened at; a day means its beginning. In UTC where no zone is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When(pub(crate) Timestamp);

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        medward_acting::when(text).map(Self)
    }
}

/// The ledger of a device open for writing by whoever acts. A decision needs a role; a report may come without one.
pub(crate) fn writer<'d>(device: &'d Device, acting: &Acting, needs_role: bool) -> Result<Writer<'d>, Error> {
    let role = acting.role.as_deref();
    // Before anyone is asked for a passphrase.
    device.check_role(role, needs_role)?;
    let signing = signing(&acting.signing, &device.file)?;
    Ok(Writer::open(device, role, signing, &acting.key.opened()?)?)
}

/// Says on standard error what a user should know before going on.
pub(crate) fn warn(text: &str) {
    eprintln!("medward: {}", visible(text));
}
