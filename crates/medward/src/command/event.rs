//! `medward event`: what happened or was found, on its way into the ledger.

mod collect;
mod import;
mod list;

use crate::acting::{Acting, Device, When, Writer};
use crate::output::{Error, print, visible};
use jiff::Timestamp;
use medward_ledger::{Act, RecordId, Source, Subject};
use medward_response::door::{Report, check_dates};
use medward_response::plain;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Report an event; ward alarms and failed probes arrive by themselves
    Report(ReportArguments),
    /// List events, open ones first
    List(list::Arguments),
    /// Correct what was reported; the old entry stays
    Correct {
        /// Id of the event, or its beginning
        id: String,
        #[command(flatten)]
        acting: Acting,
        /// Another title
        #[arg(long)]
        title: Option<String>,
        /// When it happened, or began
        #[arg(long, value_name = "WHEN")]
        happened: Option<When>,
        /// When it ended
        #[arg(long, value_name = "WHEN")]
        ended: Option<When>,
        /// When it became known
        #[arg(long, value_name = "WHEN")]
        known: Option<When>,
    },
    /// Link an event to a record, a study, another case
    Link {
        /// Id of the event, or its beginning
        id: String,
        /// What to, as `risk.R-01`, `control.C-01`, `study.PSEUDONYM`, `complaint.C-...`
        to: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Say that an event is the same as another one, which goes on
    Join {
        /// The event that ends
        id: String,
        /// The event that goes on
        into: String,
        /// Why they are the same
        #[arg(long)]
        because: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Bring alarms of wards into the ledger as events; `ward run` does it by itself where it is given the key of the ledger
    Collect(collect::Arguments),
    /// Import complaints and incidents of other systems (CSV, Jira, GitHub issues) by a mapping file
    Import(import::Arguments),
}

/// Arguments of `event report`, and of what is reported alike.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  medward event report lung-ct --title \"Reading stopped, files encrypted\" --happened 2026-11-20T05:40+01:00 \\\n    \
    --known 2026-11-20T06:10+01:00 --link risk.R-07 --details mail.txt --key ledger.key\n\n\
    The title stays for ever: no names. Details of people go into the file of --details, sealed beside the ledger where they can be \
    erased (`medward ledger store erase`)."
)]
pub(crate) struct ReportArguments {
    #[command(flatten)]
    acting: Acting,
    /// What it is, in a few words that name nobody
    #[arg(long)]
    title: String,
    /// Where the news came from
    #[arg(long, default_value = "user", value_parser = source)]
    source: Source,
    /// When it happened, or began
    #[arg(long, value_name = "WHEN")]
    happened: When,
    /// When it ended
    #[arg(long, value_name = "WHEN")]
    ended: Option<When>,
    /// When the news arrived; now where absent
    #[arg(long, value_name = "WHEN")]
    known: Option<When>,
    /// Record, case or study it has to do with, as `kind.id`; may be given several times
    #[arg(long, value_name = "KIND.ID")]
    link: Vec<String>,
    /// File with identified details (reporter, patient), sealed beside the ledger
    #[arg(long, value_name = "FILE")]
    details: Option<PathBuf>,
    /// Number in another system: news with the same number are one case
    #[arg(long)]
    reference: Option<String>,
    /// A drill: marked as such wherever it is shown, and no duty follows from it
    #[arg(long)]
    exercise: bool,
}

fn source(word: &str) -> Result<Source, String> {
    let words = || Source::ALL.map(|(_, word)| word).join(", ");
    Source::from_word(word).ok_or_else(|| format!("write one of {}", words()))
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Report(arguments) => report(arguments, Subject::Event, None),
        Arguments::List(arguments) => list::run(arguments),
        Arguments::Collect(arguments) => collect::run(arguments),
        Arguments::Correct { id, acting, title, happened, ended, known } => {
            correct(id, acting, title.as_deref(), [*happened, *ended, *known])
        }
        Arguments::Link { id, to, acting } => {
            let device = Device::read(&acting.directory, None)?;
            let case = device.case(id, &[Subject::Event])?;
            device.check_links(std::slice::from_ref(to))?;
            let writer = Writer::open(&device, acting, false)?;
            let index = writer.act(case, Act::Linked { to: RecordId::try_from(to.as_str())? })?;
            say(&format!("{}: linked to {to}, entry {index}", case.id))
        }
        Arguments::Join { id, into, because, acting } => {
            let device = Device::read(&acting.directory, None)?;
            let (case, into) = (device.case(id, &[Subject::Event])?, device.case(into, &[Subject::Event])?);
            if case.id == into.id || into.joined.is_some() || case.exercise != into.exercise {
                return Err(Error::Usage(
                    "an event is joined into another one that goes on itself, and an exercise into an exercise".into(),
                ));
            }
            let act = Act::Joined {
                into: RecordId::try_from(into.id.as_str())?,
                because: plain("reason", because)?,
            };
            let index = Writer::open(&device, acting, true)?.act(case, act)?;
            say(&format!("{}: the same as {}, entry {index}", case.id, into.id))
        }
        Arguments::Import(arguments) => import::run(arguments),
    }
}

pub(super) fn say(line: &str) -> Result<ExitCode, Error> {
    print(&visible(&format!("{line}\n")))?;
    Ok(ExitCode::SUCCESS)
}

/// Reports an event or a complaint.
pub(super) fn report(
    arguments: &ReportArguments,
    subject: Subject,
    id: Option<&str>,
) -> Result<ExitCode, Error> {
    let acting = &arguments.acting;
    let device = Device::read(&acting.directory, None)?;
    device.check_links(&arguments.link)?;
    let now = Timestamp::now();
    let mut report = Report {
        subject,
        source: if subject == Subject::Complaint { Source::Complaint } else { arguments.source },
        id: id.map(str::to_owned),
        reference: arguments.reference.clone(),
        title: arguments.title.clone(),
        from: arguments.happened.0,
        until: arguments.ended.map(|ended| ended.0),
        known: arguments.known.map_or(now, |known| known.0),
        links: arguments.link.clone(),
        details: None,
        exercise: arguments.exercise,
    };
    // What is wrong with it is said before anything is kept.
    report.entry(acting.role.as_deref(), now)?;
    if let Some(path) = &arguments.details {
        report.details = Some(super::keep(&acting.directory, &acting.key, path)?);
    }
    let writer = Writer::open(&device, acting, false)?;
    let (case, entry) = report.entry(acting.role.as_deref(), now)?;
    let is_known = device.cases.get(case.as_str()).is_some();
    let index = writer.write(entry)?;
    let mark = if arguments.exercise { "EXERCISE " } else { "" };
    let what = if is_known { "reported once more" } else { "reported" };
    let directory = acting.directory.display();
    let next = match subject {
        Subject::Event => format!("next: medward incident triage {case} {directory} --as ROLE"),
        _ => format!("next: medward complaint assess {case} {directory} --as ROLE"),
    };
    say(&format!("{mark}{case}: {what}, entry {index}\n{next}"))
}

fn correct(
    id: &str,
    acting: &Acting,
    title: Option<&str>,
    [happened, ended, known]: [Option<When>; 3],
) -> Result<ExitCode, Error> {
    let device = Device::read(&acting.directory, None)?;
    let case = device.case(id, &[Subject::Event, Subject::Complaint])?;
    let from = happened.map_or(case.from, |when| when.0);
    check_dates(
        from,
        ended.map(|when| when.0).or(case.until),
        known.map_or(case.known, |when| when.0),
        device.at,
    )?;
    let mut notes = Vec::new();
    if let Some(title) = title {
        notes.push(("title", plain("title", title)?));
    }
    for (field, when) in [("from", happened), ("until", ended), ("known", known)] {
        if let Some(when) = when {
            notes.push((field, medward_ledger::Reason::try_from(when.0.to_string())?));
        }
    }
    if notes.is_empty() {
        return Err(Error::Usage("say what to correct: --title, --happened, --ended or --known".into()));
    }
    let writer = Writer::open(&device, acting, true)?;
    for (field, text) in notes {
        writer.act(case, Act::Noted { field: RecordId::try_from(field)?, text })?;
    }
    say(&format!("{}: corrected; what was said before stays in the ledger", case.id))
}
