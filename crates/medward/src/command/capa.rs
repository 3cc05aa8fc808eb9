//! `medward capa`: corrective and preventive actions from cause to effect.

use super::event::say;
use crate::acting::{Acting, Device, Looking, When, Writer};
use crate::output::{Error, Format, print, visible};
use medward_clocks::moment;
use medward_ledger::{Act, RecordId, Source, Subject};
use medward_response::door::Report;
use medward_response::{CapaStanding, Case, EFFECT, OWN, capa, plain};
use std::fmt::Write as _;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Open an action
    Open {
        /// Id of the action, such as CAPA-2026-01
        id: String,
        #[command(flatten)]
        acting: Acting,
        /// What is wrong, without names
        #[arg(long)]
        title: String,
        /// Risk, control, complaint or event it comes from, as `kind.id`; may be given several times
        #[arg(long, value_name = "KIND.ID")]
        link: Vec<String>,
        /// Day by which it is to be done
        #[arg(long, value_name = "WHEN")]
        due: When,
    },
    /// Note the root cause and what is done about it
    Act {
        /// Id of the action
        id: String,
        #[command(flatten)]
        acting: Acting,
        /// The root cause
        #[arg(long)]
        root_cause: Option<String>,
        /// What removes the nonconformity itself
        #[arg(long)]
        correction: Option<String>,
        /// What keeps it from happening again
        #[arg(long)]
        corrective: Option<String>,
        /// What keeps the like from happening elsewhere
        #[arg(long)]
        preventive: Option<String>,
        /// Another day by which it is to be done
        #[arg(long, value_name = "WHEN")]
        due: Option<When>,
    },
    /// Say that the action is done, by what its effect is checked, and by when
    Verify {
        /// Id of the action
        id: String,
        #[command(flatten)]
        acting: Acting,
        /// Control whose evidence shows the effect; may be given several times
        #[arg(long, value_name = "ID", required = true)]
        control: Vec<String>,
        /// Day by which the effect is checked
        #[arg(long, value_name = "WHEN")]
        by: When,
    },
    /// Close an action that works, or say that it does not
    Close {
        /// Id of the action
        id: String,
        #[command(flatten)]
        acting: Acting,
        /// What shows it
        #[arg(long)]
        because: String,
        /// It does not work: it begins again
        #[arg(long)]
        ineffective: bool,
    },
    /// List actions
    List(Looking),
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Open { id, acting, title, link, due } => open(id, acting, title, link, *due),
        Arguments::Act { id, acting, root_cause, correction, corrective, preventive, due } => {
            let fields = [
                ("root-cause", root_cause),
                ("correction", correction),
                ("corrective-action", corrective),
                ("preventive-action", preventive),
            ];
            act(id, acting, &fields, *due)
        }
        Arguments::Verify { id, acting, control, by } => verify(id, acting, control, *by),
        Arguments::Close { id, acting, because, ineffective } => close(id, acting, because, *ineffective),
        Arguments::List(looking) => list(&looking.device()?, looking.format),
    }
}

fn open(id: &str, acting: &Acting, title: &str, links: &[String], due: When) -> Result<ExitCode, Error> {
    let device = Device::read(&acting.directory, None)?;
    device.check_links(links)?;
    if device.cases.get(id).is_some() {
        return Err(Error::Usage(format!("`{}` is there already", id.escape_debug())));
    }
    if due.0 <= device.at {
        return Err(Error::Usage("the day by which it is to be done has passed already".into()));
    }
    let writer = Writer::open(&device, acting, true)?;
    let report = Report {
        subject: Subject::Capa,
        source: Source::Audit,
        id: Some(id.to_owned()),
        reference: None,
        title: title.to_owned(),
        from: writer.now(),
        until: None,
        known: writer.now(),
        links: links.to_vec(),
        details: None,
        exercise: false,
    };
    let (case, entry) = report.entry(writer.role(), writer.now())?;
    writer.write(entry)?;
    let act = Act::Due { task: RecordId::try_from("action")?, at: due.0.as_second() };
    let index = writer.write(medward_response::door::entry(
        case.clone(),
        act,
        false,
        writer.role(),
        writer.now(),
    )?)?;
    say(&format!(
        "{case}: open until {}, entry {index}\nnext: medward capa act {case} {} --root-cause ...",
        due.0,
        acting.directory.display()
    ))
}

/// Takes the action a step further.
fn step(writer: &Writer<'_>, case: &Case, step: &str, because: Option<&str>) -> Result<u64, Error> {
    Ok(writer.step(case, ("capa", OWN), step, writer.now(), because)?.2)
}

fn act(
    id: &str,
    acting: &Acting,
    fields: &[(&str, &Option<String>); 4],
    due: Option<When>,
) -> Result<ExitCode, Error> {
    let device = Device::read(&acting.directory, None)?;
    let case = device.case(id, &[Subject::Capa])?;
    let mut notes = Vec::new();
    for (field, text) in fields {
        if let Some(text) = text {
            notes.push((*field, plain("text", text)?));
        }
    }
    let has_cause =
        case.note("root-cause").is_some() || notes.iter().any(|(field, _)| *field == "root-cause");
    if !has_cause {
        return Err(Error::Usage("say the root cause first: --root-cause".into()));
    }
    let writer = Writer::open(&device, acting, true)?;
    for (field, text) in notes {
        writer.act(case, Act::Noted { field: RecordId::try_from(field)?, text })?;
    }
    if let Some(due) = due {
        writer.act(case, Act::Due { task: RecordId::try_from("action")?, at: due.0.as_second() })?;
    }
    let index = step(&writer, case, "act", None)?;
    say(&format!(
        "{}: action begun, entry {index}\nnext: medward capa verify {} {} --control ID --by DAY",
        case.id,
        case.id,
        acting.directory.display()
    ))
}

fn verify(id: &str, acting: &Acting, controls: &[String], by: When) -> Result<ExitCode, Error> {
    let device = Device::read(&acting.directory, None)?;
    let case = device.case(id, &[Subject::Capa])?;
    let links: Vec<_> = controls.iter().map(|control| format!("control.{control}")).collect();
    device.check_links(&links)?;
    if case.note("corrective-action").or_else(|| case.note("preventive-action")).is_none() {
        let message = "no corrective or preventive action is noted yet: medward capa act --corrective ...";
        return Err(Error::Usage(message.into()));
    }
    if by.0 <= device.at {
        return Err(Error::Usage("the day by which the effect is checked has passed already".into()));
    }
    let writer = Writer::open(&device, acting, true)?;
    for link in &links {
        writer.act(case, Act::Linked { to: RecordId::try_from(link.as_str())? })?;
    }
    writer.act(case, Act::Due { task: RecordId::try_from(EFFECT)?, at: by.0.as_second() })?;
    let index = step(&writer, case, "verify", None)?;
    say(&format!("{}: effect to be checked by {}, entry {index}", case.id, by.0))
}

fn close(id: &str, acting: &Acting, because: &str, ineffective: bool) -> Result<ExitCode, Error> {
    let device = Device::read(&acting.directory, None)?;
    let case = device.case(id, &[Subject::Capa])?;
    let writer = Writer::open(&device, acting, true)?;
    if !ineffective {
        refuse_without_proof(case, &device)?;
    }
    let index = step(&writer, case, if ineffective { "ineffective" } else { "close" }, Some(because))?;
    let word = if ineffective { "does not work, it begins again" } else { "closed" };
    say(&format!("{}: {word}, entry {index}", case.id))
}

/// An action is closed on proof of today: the controls that show its effect are in force.
fn refuse_without_proof(case: &Case, device: &Device) -> Result<(), Error> {
    let required = medward_evidence::required(&device.file);
    let states = medward_evidence::States::at(&required, &device.history.evidence, device.at);
    let controls = case.links.iter().filter_map(|link| link.strip_prefix("control."));
    let unproven: Vec<_> = controls
        .filter(|control| !states.of(control).is_in_force())
        .map(|control| format!("control.{control} is {}", states.of(control).word()))
        .collect();
    if unproven.is_empty() {
        return Ok(());
    }
    Err(Error::Usage(format!("nothing shows that it works: {}", unproven.join(", "))))
}

fn list(device: &Device, format: Format) -> Result<ExitCode, Error> {
    let (mut text, mut rows) = (String::new(), Vec::new());
    let utc = jiff::tz::TimeZone::UTC;
    for case in device.cases.of(Subject::Capa) {
        let standing = capa(case, &device.history.evidence, device.at)?;
        let (word, detail) = match &standing {
            CapaStanding::Open { state, task, due } => {
                let due = due.map_or_else(String::new, |due| format!(", by {}", moment(due, &utc)));
                ("open", format!("{state}: {task}{due}"))
            }
            CapaStanding::Overdue { task, due } => {
                ("overdue", format!("{task}, was due {}", moment(*due, &utc)))
            }
            CapaStanding::Closed => ("closed", String::new()),
            CapaStanding::Reopened { control, at } => {
                ("reopened", format!("control.{control} failed {} after it was closed", moment(*at, &utc)))
            }
        };
        let _ = writeln!(text, "{:<16} {word:<9} {}\n{:26} {detail}", case.id, case.title, "");
        let notes: serde_json::Map<_, _> =
            case.notes.iter().map(|(field, note)| (field.clone(), note.text.clone().into())).collect();
        rows.push(serde_json::json!({
            "id": case.id, "state": word, "detail": detail, "title": case.title, "links": case.links, "notes": notes,
        }));
    }
    print(&match format {
        Format::Human => visible(&text),
        Format::Json => serde_json::to_string_pretty(&rows)? + "\n",
    })?;
    Ok(ExitCode::SUCCESS)
}
