//! `medward incident escalate`: warns the owners of limits that come near or have passed, by each way once a level. To be run by a timer.

use super::ways::{Sender, Way, ways};
use crate::acting::{Device, warn};
use crate::command::KeyArguments;
use crate::live::Moment;
use crate::output::{Error, Format, print, visible};
use jiff::SignedDuration;
use medward_clocks::distance;
use medward_ledger::{Act, RecordId, Subject};
use medward_response::{Case, Clock, Scope, door};
use serde_json::json;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Hours before a limit at which warnings are sent where the policy does not say.
const HOURS_BEFORE: [i64; 3] = [48, 12, 2];

/// Arguments of `incident escalate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example, every quarter of an hour:\n  medward incident escalate lung-ct --key ledger.key --passphrase-file pass --secrets secrets.toml\n\n\
    `[policy.escalation]` says by which ways; `mail` of the roles that answer for safety, privacy or security says to whom. What was sent \
    stands in the ledger, so that each warning goes out once by each way; a way that failed is tried again. Messages to a webhook carry \
    `Medward-Signature: t=SECONDS,v1=HEX`, HMAC-SHA-256 over SECONDS.BODY under `webhook_secret`. Exit code 1: something comes near or has passed; 2: a warning was not sent."
)]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Look, send nothing and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Show a notification on this desktop too, by `notify-send`
    #[arg(long)]
    desktop: bool,
    /// TOML file with `smtp_user` and `smtp_password`, where the mail server asks for them, and `webhook_secret`
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// As it stands at a moment; only with --dry-run
    #[arg(long, value_name = "MOMENT", requires = "dry_run")]
    at: Option<Moment>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// File of the sealed signing key; keep it out of the repository
    #[arg(long, value_name = "FILE", env = "MEDWARD_LEDGER_KEY")]
    key: Option<PathBuf>,
    /// File whose first line is the passphrase; asked for on the terminal when absent
    #[arg(long, value_name = "FILE", env = "MEDWARD_LEDGER_PASSPHRASE_FILE")]
    passphrase_file: Option<PathBuf>,
}

/// One warning that is due, and the ways by which it has not gone out yet.
pub(super) struct Warning<'c> {
    pub(super) case: &'c Case,
    pub(super) limit: String,
    pub(super) text: String,
    owner: String,
    is_overdue: bool,
    ways: Vec<Way<'c>>,
}

impl Warning<'_> {
    /// For programs: no title of the case, since a warning travels further than the ledger.
    pub(super) fn row(&self) -> serde_json::Value {
        json!({
            "case": self.case.id, "limit": self.limit, "owner": self.owner, "overdue": self.is_overdue,
            "exercise": self.case.exercise, "text": self.text,
        })
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let device = Device::read(&arguments.directory, arguments.at.map(Moment::timestamp))?;
    let warnings = warnings(&device, arguments.desktop)?;
    let key = arguments.key.clone().filter(|_| !arguments.dry_run);
    if !arguments.dry_run && key.is_none() {
        return Err(Error::Usage("name the ledger's key with --key, or only look with --dry-run".into()));
    }
    print(&match arguments.format {
        Format::Human => visible(&human(&warnings)),
        Format::Json => {
            let rows: Vec<_> = warnings.iter().map(Warning::row).collect();
            serde_json::to_string_pretty(&rows)? + "\n"
        }
    })?;
    if warnings.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if std::io::stderr().is_terminal() {
        // The bell of the terminal.
        eprint!("\u{7}");
    }
    let Some(path) = key else { return Ok(ExitCode::FAILURE) };
    let key = KeyArguments { path, passphrase_file: arguments.passphrase_file.clone() };
    Ok(if tell(&device, &warnings, &key, arguments)? { ExitCode::FAILURE } else { ExitCode::from(2) })
}

/// Sends what is due and notes what went out, each at once: what is cut off in between is not sent twice. Whether everything went out.
fn tell(
    device: &Device,
    warnings: &[Warning<'_>],
    key: &KeyArguments,
    arguments: &Arguments,
) -> Result<bool, Error> {
    let sender = Sender::of(device, arguments.secrets.as_deref())?;
    let key = key.opened()?;
    // A key that does not open is found out before anything is sent.
    drop(key.open(&device.directory)?);
    let mut all = true;
    for warning in warnings {
        for way in &warning.ways {
            if let Err(error) = sender.tell(way, warning) {
                warn(&error.to_string());
                all = false;
                continue;
            }
            let act = Act::Warned {
                limit: RecordId::try_from(warning.limit.as_str())?,
                way: RecordId::try_from(way.name())?,
            };
            let case = RecordId::try_from(warning.case.id.as_str())?;
            let entry = door::entry(case, act, warning.case.exercise, None, device.at)?;
            // Not held open while a server is waited for: others write too.
            key.open(&device.directory)?.append(&entry.canonical()?)?;
        }
    }
    Ok(all)
}

fn human(warnings: &[Warning<'_>]) -> String {
    if warnings.is_empty() {
        return "no limit comes near that nobody was warned of\n".to_owned();
    }
    warnings.iter().fold(String::new(), |mut text, one| {
        let _ = writeln!(text, "{}", one.text);
        text
    })
}

fn warnings(device: &Device, desktop: bool) -> Result<Vec<Warning<'_>>, Error> {
    let scope = Scope::of(&device.file)?;
    let policy = device.file.policy.as_ref().and_then(|(_, policy)| policy.escalation.as_ref());
    let mut levels: Vec<i64> =
        policy.map_or_else(Vec::new, |one| one.hours_before.iter().map(|it| it.value).collect());
    if levels.is_empty() {
        levels = HOURS_BEFORE.to_vec();
    }
    levels.sort_unstable();
    let mut warnings = Vec::new();
    for case in device.cases.of(Subject::Event) {
        for clock in scope.clocks(case, device.at)?.iter().filter(|clock| clock.standing.is_open()) {
            warnings.extend(warning(case, clock, &levels, device, desktop));
        }
    }
    Ok(warnings)
}

/// The warning of the nearest level reached, unless it was given before by every way.
fn warning<'c>(
    case: &'c Case,
    clock: &Clock<'_>,
    levels: &[i64],
    device: &'c Device,
    desktop: bool,
) -> Option<Warning<'c>> {
    let limit = clock.limit.as_ref()?;
    let left = limit.at.duration_since(device.at);
    let is_overdue = device.at > limit.at;
    let level = if is_overdue {
        "overdue".to_owned()
    } else {
        let hours = levels.iter().find(|hours| left <= SignedDuration::from_hours(**hours))?;
        format!("{hours}h")
    };
    let key = format!("{}/{}/{level}", clock.duty.clock, clock.party);
    let state = case.state(clock.procedure, clock.party);
    let owner = state.map_or_else(String::new, |state| state.owner.clone());
    let mut left = ways(device, &owner, desktop);
    left.retain(|way| !case.warned.contains(&(key.clone(), way.name())));
    if left.is_empty() {
        return None;
    }
    let mark = if case.exercise { "EXERCISE " } else { "" };
    let when = if is_overdue {
        format!("OVERDUE by {}", distance(limit.at, device.at))
    } else {
        format!("{} left", distance(device.at, limit.at))
    };
    let task = state.map_or("", |state| state.task.as_str());
    let text = format!(
        "{mark}{}: {when}: {} {} of party.{}, {}. Next: {task}",
        case.id,
        clock.law.regime,
        clock.law.article,
        clock.party,
        limit.shown()
    );
    Some(Warning { case, limit: key, text, owner, is_overdue, ways: left })
}
