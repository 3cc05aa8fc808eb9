//! `medward demo`.

use crate::output::Error;
use medward_demo::{DemoError, Options};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Everything happens in one directory and on the loopback interface; the AI is a stand-in and says so. The commands are \
    shown as they are run, and can be run again by hand.\n\nExit codes: 0 played, 2 could not be played."
)]
pub(crate) struct Arguments {
    /// Directory to make; one that a demo made before is made anew
    #[arg(long, value_name = "DIR", default_value = "medward-demo")]
    into: PathBuf,
    /// End after the summary, not at Ctrl-C
    #[arg(long)]
    once: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let ends = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        flag::register(signal, Arc::clone(&ends)).map_err(Error::Output)?;
    }
    let medward = std::env::current_exe().map_err(Error::Output)?;
    let directory = std::path::absolute(&arguments.into).map_err(Error::Output)?;
    match medward_demo::run(&Options { medward, directory, once: arguments.once, ends }) {
        Ok(()) | Err(DemoError::Ended) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(Error::Usage(error.to_string())),
    }
}
