//! `medward ward drill`.

use super::configuration;
use crate::output::{Error, Format, print};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `ward drill`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The ward of the drill is a made-up one on the loopback interface; of the file it takes the policies. No image, \
    certificate or address of a real site is touched.\n\nExit codes: 0 no attack on patient data or image integrity got through, \
    1 one did, 2 could not run."
)]
pub(crate) struct Arguments {
    /// Directory of the security file whose policies are drilled; those of the drill where absent
    directory: Option<PathBuf>,
    /// Id of the ward, where the file has several
    #[arg(long, value_name = "ID", requires = "directory")]
    ward: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let policies = match &arguments.directory {
        None => medward_drill::POLICIES.to_owned(),
        Some(directory) => {
            let path = configuration(directory, arguments.ward.as_deref())?.1.policies;
            std::fs::read_to_string(&path).map_err(Error::io("read", &path))?
        }
    };
    let bar = crate::progress::saying();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Output)?;
    let shown = bar.clone();
    let table = runtime.block_on(medward_drill::run(&policies, move |off, attack| {
        shown.set_message(format!("without {off}: {attack}"));
        shown.tick();
    }));
    bar.finish_and_clear();
    let table = table.map_err(|error| Error::Usage(error.to_string()))?;
    print(&match arguments.format {
        Format::Human => table.to_string(),
        Format::Json => serde_json::to_string_pretty(&table)? + "\n",
    })?;
    Ok(if table.broken().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
