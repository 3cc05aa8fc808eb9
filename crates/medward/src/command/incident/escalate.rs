//! `medward incident escalate`: warns the owners of limits that come near or have passed, each once a level. To be run by a timer.

use super::mail::{Login, Mail, post};
use crate::acting::{Device, warn};
use crate::command::{KeyArguments, open_ledger};
use crate::live::Moment;
use crate::output::{Error, Format, print, visible};
use jiff::SignedDuration;
use medward_clocks::distance;
use medward_ledger::{Act, RecordId, Subject};
use medward_response::{Case, Clock, Scope, door};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// Hours before a limit at which warnings are sent where the policy does not say.
const HOURS_BEFORE: [i64; 3] = [48, 12, 2];

/// Arguments of `incident escalate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example, every quarter of an hour:\n  medward incident escalate lung-ct --key ledger.key --passphrase-file pass --secrets secrets.toml\n\n\
    `[policy.escalation]` says by which ways; `mail` of the roles that answer for safety, privacy or security says to whom. What was sent \
    stands in the ledger, so that each warning goes out once. Exit code 1: something comes near or has passed; 2: a warning was not sent."
)]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Look, send nothing and write nothing
    #[arg(long)]
    dry_run: bool,
    /// TOML file with `smtp_user` and `smtp_password`, where the mail server asks for them
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

/// One warning that is due.
struct Warning<'c> {
    case: &'c Case,
    limit: String,
    owner: String,
    text: String,
    is_overdue: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let device = Device::read(&arguments.directory, arguments.at)?;
    let warnings = warnings(&device)?;
    let key = arguments.key.clone().filter(|_| !arguments.dry_run);
    if !arguments.dry_run && key.is_none() {
        return Err(Error::Usage("name the ledger's key with --key, or only look with --dry-run".into()));
    }
    let mut failed = 0_usize;
    if let Some(path) = key.filter(|_| !warnings.is_empty()) {
        let key = KeyArguments { path, passphrase_file: arguments.passphrase_file.clone() };
        let ways = Ways::of(&device, arguments.secrets.as_deref())?;
        for warning in &warnings {
            let told = ways.tell(&device, warning);
            failed = failed.saturating_add(told.failed);
            for way in told.ways {
                let act = Act::Warned {
                    limit: RecordId::try_from(warning.limit.as_str())?,
                    way: RecordId::try_from(way)?,
                };
                let case = RecordId::try_from(warning.case.id.as_str())?;
                let entry = door::entry(case, act, warning.case.exercise, None, device.at)?;
                open_ledger(&device.directory, &key)?.append(&entry.canonical()?)?;
            }
        }
    }
    print(&match arguments.format {
        Format::Human => visible(&human(&warnings)),
        Format::Json => {
            let rows: Vec<_> = warnings.iter().map(row).collect();
            serde_json::to_string_pretty(&rows)? + "\n"
        }
    })?;
    Ok(match (failed, warnings.is_empty()) {
        (0, true) => ExitCode::SUCCESS,
        (0, false) => ExitCode::FAILURE,
        _ => ExitCode::from(2),
    })
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

fn row(one: &Warning<'_>) -> serde_json::Value {
    json!({
        "case": one.case.id, "limit": one.limit, "owner": one.owner, "overdue": one.is_overdue,
        "exercise": one.case.exercise, "text": one.text,
    })
}

fn warnings(device: &Device) -> Result<Vec<Warning<'_>>, Error> {
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
            warnings.extend(warning(case, clock, &levels, device));
        }
    }
    Ok(warnings)
}

/// The warning of the nearest level reached, unless it was given before.
fn warning<'c>(case: &'c Case, clock: &Clock<'_>, levels: &[i64], device: &Device) -> Option<Warning<'c>> {
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
    if case.warned.contains(&key) {
        return None;
    }
    let mark = if case.exercise { "EXERCISE " } else { "" };
    let when = if is_overdue {
        format!("OVERDUE by {}", distance(limit.at, device.at))
    } else {
        format!("{} left", distance(device.at, limit.at))
    };
    let state = case.state(clock.procedure, clock.party);
    let task = state.map_or("", |state| state.task.as_str());
    // The title of the case is left out: a warning travels further than the ledger.
    let text = format!(
        "{mark}{}: {when}: {} {} of party.{}, {}. Next: {task}",
        case.id,
        clock.law.regime,
        clock.law.article,
        clock.party,
        limit.shown()
    );
    let owner = state.map_or_else(String::new, |state| state.owner.clone());
    Some(Warning { case, limit: key, owner, text, is_overdue })
}

/// Ways by which warnings go out.
struct Ways {
    mail: Option<Mail>,
    webhook: Option<String>,
}

/// What became of a warning.
struct Told {
    ways: Vec<&'static str>,
    failed: usize,
}

impl Ways {
    fn of(device: &Device, secrets: Option<&Path>) -> Result<Self, Error> {
        let policy = device.file.policy.as_ref().and_then(|(_, policy)| policy.escalation.as_ref());
        let Some(policy) = policy else { return Ok(Self { mail: None, webhook: None }) };
        let mail = match (&policy.smtp, &policy.from) {
            (Some(server), Some(from)) => Some(Mail::open(server, from, login(secrets)?)?),
            (Some(_), None) => {
                return Err(Error::Usage(
                    "`[policy.escalation]` has `smtp` and no `from`: say where mail comes from".into(),
                ));
            }
            _ => None,
        };
        Ok(Self { mail, webhook: policy.webhook.as_ref().map(|address| address.to_string()) })
    }

    /// Tells by every way there is. The terminal is one: what is printed was said.
    fn tell(&self, device: &Device, warning: &Warning<'_>) -> Told {
        let mut told = Told { ways: vec!["terminal"], failed: 0 };
        let mut note = |way, result: Result<(), Error>| match result {
            Ok(()) => told.ways.push(way),
            Err(error) => {
                warn(&error.to_string());
                told.failed = told.failed.saturating_add(1);
            }
        };
        if let Some(mail) = &self.mail {
            let subject = format!("Medward: {} {}", warning.case.id, warning.limit);
            let mails = device.owners(&warning.owner).filter_map(|role| role.mail.as_ref());
            let addresses: Vec<_> = mails.map(|mail| mail.to_string()).collect();
            if addresses.is_empty() {
                warn(&format!(
                    "no role that answers for {} has a `mail`: nobody was written to",
                    warning.owner
                ));
            }
            for address in addresses {
                note("mail", mail.send(&address, &subject, &warning.text));
            }
        }
        if let Some(webhook) = &self.webhook {
            note("webhook", post(webhook, &row(warning)));
        }
        if told.failed > 0 {
            // Not noted, so that it is tried again.
            told.ways.clear();
        }
        told
    }
}

fn login(secrets: Option<&Path>) -> Result<Login, Error> {
    let Some(path) = secrets else { return Ok(None) };
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(Error::io("read", path))?);
    // The parser's own message would quote the line, and with it the secret.
    let mut read: BTreeMap<String, String> = toml::from_str(&text).map_err(|_| {
        Error::Usage(format!("`{}` is no TOML file of `name = \"value\"` lines", path.display()))
    })?;
    let mut one = |name: &str| read.remove(name).map(Zeroizing::new);
    Ok(one("smtp_user").zip(one("smtp_password")))
}
