//! `medward ward run`.

use super::Opened;
use crate::acting::warn;
use crate::alarms::{self, Door};
use crate::command::ledger::{KEY, PASSPHRASE_FILE};
use crate::command::{KeyArguments, passphrase};
use crate::output::Error;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use medward_containment::give_up_privileges;
use medward_file::SecurityFile;
use medward_ward::{Configuration, Gateway};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::path::PathBuf;
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
    /// File of the sealed key of the device's ledger: alarms become events in it by themselves
    #[arg(long = "key", value_name = "FILE", env = KEY)]
    ledger_key: Option<PathBuf>,
    /// File whose first line is the passphrase of that key; asked for on the terminal when absent
    #[arg(long, value_name = "FILE", env = PASSPHRASE_FILE)]
    ledger_passphrase_file: Option<PathBuf>,
}

impl Arguments {
    /// Where alarms become events. That must never keep a ward from running.
    fn door(&self, file: SecurityFile) -> Option<Door> {
        let path = self.ledger_key.clone()?;
        let key = KeyArguments { path, passphrase_file: self.ledger_passphrase_file.clone() };
        let opened = Door::open(file, &self.opened.which.directory, &key);
        opened.map_err(|error| warn(&format!("alarms stay in the ledger of the ward: {error}"))).ok()
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let (file, configuration) = arguments.opened.which.read()?;
    let passphrase = passphrase(arguments.opened.passphrase_file.as_deref(), "the vault's key")?;
    let ends = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        flag::register(signal, Arc::clone(&ends)).map_err(Error::Output)?;
    }
    // Before the first thread: each has privileges of its own.
    let listens_low = configuration.listen.port() < 1_024;
    give_up_privileges(listens_low).map_err(|error| Error::Usage(error.to_string()))?;
    let (door, events_end) = (arguments.door(file), Arc::new(AtomicBool::new(false)));
    if arguments.ledger_key.is_none() {
        warn("alarms stay in the ledger of the ward until `medward event collect` brings them to the device");
    }
    let (ward, state) = (configuration.id.clone(), configuration.state.clone());
    let follow = |door| alarms::follow(door, ward, state, Arc::clone(&events_end)).map_err(Error::Output);
    let events = door.map(follow).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Output)?;
    let code = runtime.block_on(async {
        let until = configuration.runs_until();
        announce(&configuration);
        let gateway = Gateway::open(configuration, &passphrase, &super::reader()).await;
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
    });
    events_end.store(true, Ordering::Relaxed);
    if let Some(events) = events {
        // One that panicked has ended as well.
        let _ = events.join();
    }
    code
}

/// Layers that are off are never quiet.
fn announce(configuration: &Configuration) {
    for (layer, until) in &configuration.layers_off {
        eprintln!("medward: WARNING: the layer `{}` is off until {until}", layer.word());
    }
}
