//! `medward capa`: corrective and preventive actions from cause to effect.

use super::event::say;
use crate::acting::{Acting, Device, Looking, When, writer};
use crate::output::{Error, Format, print, visible};
use medward_acting::{ActError, Plan, capa};
use medward_clocks::moment;
use medward_ledger::Subject;
use medward_response::{CapaStanding, capa as standing};
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
    let plan = capa::open(&device, id, title, links, due.0)?;
    let index = writer(&device, acting, true)?.carry_out(plan)?.last();
    say(&format!(
        "{id}: open until {}, entry {index}\nnext: medward capa act {id} {} --root-cause ...",
        due.0,
        acting.directory.display()
    ))
}

/// Carries out what is planned for an action; gives its id in full and the last entry.
fn carried_out(
    id: &str,
    acting: &Acting,
    planned: impl for<'d> Fn(&'d Device) -> Result<Plan<'d>, ActError>,
) -> Result<(String, u64), Error> {
    let device = Device::read(&acting.directory, None)?;
    let plan = planned(&device)?;
    let index = writer(&device, acting, true)?.carry_out(plan)?.last();
    Ok((device.case(id, &[Subject::Capa])?.id.clone(), index))
}

fn act(
    id: &str,
    acting: &Acting,
    fields: &[(&'static str, &Option<String>); 4],
    due: Option<When>,
) -> Result<ExitCode, Error> {
    let texts: Vec<_> = fields.iter().filter_map(|(field, text)| Some((*field, text.as_deref()?))).collect();
    let (case, index) =
        carried_out(id, acting, |device| capa::act(device, id, &texts, due.map(|due| due.0)))?;
    say(&format!(
        "{case}: action begun, entry {index}\nnext: medward capa verify {case} {} --control ID --by DAY",
        acting.directory.display()
    ))
}

fn verify(id: &str, acting: &Acting, controls: &[String], by: When) -> Result<ExitCode, Error> {
    let (case, index) = carried_out(id, acting, |device| capa::verify(device, id, controls, by.0))?;
    say(&format!("{case}: effect to be checked by {}, entry {index}", by.0))
}

fn close(id: &str, acting: &Acting, because: &str, ineffective: bool) -> Result<ExitCode, Error> {
    let (case, index) = carried_out(id, acting, |device| capa::close(device, id, because, ineffective))?;
    let word = if ineffective { "does not work, it begins again" } else { "closed" };
    say(&format!("{case}: {word}, entry {index}"))
}

fn list(device: &Device, format: Format) -> Result<ExitCode, Error> {
    let (mut text, mut rows) = (String::new(), Vec::new());
    let utc = jiff::tz::TimeZone::UTC;
    for case in device.cases.of(Subject::Capa) {
        let standing = standing(case, &device.history.evidence, device.at)?;
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
