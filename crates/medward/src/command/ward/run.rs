//! `medward ward run`.

use super::Opened;
use crate::command::passphrase;
use crate::output::Error;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use medward_ward::{Configuration, Gateway};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often it is looked whether to end.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Arguments of `ward run`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The ward takes what the security file says and nothing else: addresses, senders, policies, layers that are off \
    by a waiver. It ends on the day the first such waiver ends.\n\nExamples:\n  \
    medward ward run lung-ct --passphrase-file /run/credentials/vault\n\n\
    Exit codes: 0 told to end, 2 could not run."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    opened: Opened,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let configuration = arguments.opened.which.configuration()?;
    let passphrase = passphrase(arguments.opened.passphrase_file.as_deref(), "the vault's key")?;
    let ends = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        flag::register(signal, Arc::clone(&ends)).map_err(Error::Output)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Output)?;
    runtime.block_on(async {
        let until = configuration.runs_until();
        announce(&configuration);
        let gateway = Gateway::open(configuration, &passphrase).await;
        let gateway = gateway.map_err(|error| Error::Usage(error.to_string()))?;
        if let Some(address) = gateway.address() {
            eprintln!("medward: listening on {address}");
        }
        if let Some(address) = gateway.web_address() {
            eprintln!("medward: DICOMweb on https://{address}{}", medward_ward::WEB_ROOT);
        }
        let stop = async {
            while !ends.load(Ordering::Relaxed) {
                let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
                if until.is_some_and(|until| today > until) {
                    eprintln!("medward: the waiver of a layer that is off has ended, and so does the ward");
                    break;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        gateway.run(stop).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Layers that are off are never quiet.
fn announce(configuration: &Configuration) {
    for (layer, until) in &configuration.layers_off {
        eprintln!("medward: WARNING: the layer `{}` is off until {until}", layer.word());
    }
}
