//! `medward complaint`: complaints, whether security or privacy is concerned, and what became of them.

use super::event::{ReportArguments, link, report, say};
use crate::acting::{Acting, Device, Looking, writer};
use crate::output::{Error, Format, print, visible};
use medward_acting::{ActError, Plan, complaint};
use medward_ledger::Subject;
use medward_response::{OWN, procedure};
use std::fmt::Write as _;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Log a complaint
    Log {
        #[command(flatten)]
        report: ReportArguments,
        /// Id of the complaint; made from what it says where absent
        #[arg(long)]
        id: Option<String>,
    },
    /// Say whether security or privacy is concerned
    Assess {
        /// Id of the complaint, or its beginning
        id: String,
        #[command(flatten)]
        acting: Acting,
        /// Neither is: why
        #[arg(long, value_name = "REASON")]
        not_security: Option<String>,
    },
    /// Link a complaint to an event, a risk, an action
    Link {
        /// Id of the complaint, or its beginning
        id: String,
        /// What to, as `event.E-...`, `risk.R-01`, `capa.CAPA-1`
        to: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Close a complaint
    Close {
        /// Id of the complaint, or its beginning
        id: String,
        #[command(flatten)]
        acting: Acting,
        /// What was answered and done
        #[arg(long)]
        because: String,
    },
    /// List complaints
    List(Looking),
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Log { report: arguments, id } => report(arguments, Subject::Complaint, id.as_deref()),
        Arguments::Assess { id, acting, not_security } => {
            step(id, acting, |device| complaint::assess(device, id, not_security.as_deref()))
        }
        Arguments::Link { id, to, acting } => link(acting, id, Subject::Complaint, to),
        Arguments::Close { id, acting, because } => {
            step(id, acting, |device| complaint::close(device, id, because))
        }
        Arguments::List(looking) => list(&looking.device()?, looking.format),
    }
}

fn step(
    id: &str,
    acting: &Acting,
    planned: impl for<'d> Fn(&'d Device) -> Result<Plan<'d>, ActError>,
) -> Result<ExitCode, Error> {
    let device = Device::read(&acting.directory, None)?;
    let plan = planned(&device)?;
    let done = writer(&device, acting, true)?.carry_out(plan)?;
    let title = done.steps.first().map_or("", |(transition, _)| &transition.title);
    let case = device.case(id, &[Subject::Complaint])?;
    say(&format!("{}: {title}, entry {}", case.id, done.last()))
}

fn list(device: &Device, format: Format) -> Result<ExitCode, Error> {
    let Some(procedure) = procedure("complaint")? else { return Ok(ExitCode::SUCCESS) };
    let (mut text, mut rows) = (String::new(), Vec::new());
    for case in device.cases.of(Subject::Complaint) {
        let state = case.state(procedure, OWN).map_or("", |state| &state.title);
        let last = case.last_step("complaint", OWN).map_or("", |step| step.transition.as_str());
        let mark = if case.exercise { "EXERCISE " } else { "" };
        let _ = writeln!(text, "{:<16} {state:<10} {mark}{}", case.id, case.title);
        rows.push(serde_json::json!({
            "id": case.id, "state": state, "last_step": last, "title": case.title, "known": case.known.to_string(),
            "links": case.links, "exercise": case.exercise,
        }));
    }
    print(&match format {
        Format::Human => visible(&text),
        Format::Json => serde_json::to_string_pretty(&rows)? + "\n",
    })?;
    Ok(ExitCode::SUCCESS)
}
