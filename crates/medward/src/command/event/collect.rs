//! `medward event collect`: alarms of wards become events of the device.

use crate::alarms::Door;
use crate::command::{KeyArguments, whole_file};
use crate::output::{Error, print, visible};
use crate::wards::histories;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `event collect`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Alarms that were brought before are left out, so that it can be run as often as one likes.\n\nExample:\n  \
    medward event collect lung-ct --ward W-EDGE=/mnt/ward-state --key ledger.key"
)]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    #[command(flatten)]
    wards: crate::wards::Wards,
    #[command(flatten)]
    key: KeyArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let file = whole_file(&arguments.directory)?;
    let wards = histories(&file, &arguments.directory, &arguments.wards)?;
    if wards.is_empty() {
        return Err(Error::Usage(
            "no ward of the file keeps its state here; say where it is: --ward ID=DIRECTORY".to_owned(),
        ));
    }
    let mut door = Door::open(&arguments.directory, &arguments.key)?;
    let mut text = String::new();
    for (ward, history) in &wards {
        let brought = door.bring(ward, &history.alarms)?;
        let _ = writeln!(text, "{ward}: {} alarms, {} new events", history.alarms.len(), brought.len());
        for id in brought {
            let _ = writeln!(text, "  {id}  medward incident triage {id}");
        }
    }
    print(&visible(&text))?;
    Ok(ExitCode::SUCCESS)
}
