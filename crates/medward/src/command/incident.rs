//! `medward incident`: from an event to decisions, and through the procedures that follow from them.

mod desktop;
mod escalate;
mod forms;
mod mail;
mod procedures;
mod register;
mod show;
mod sides;
mod triage;
mod ways;
mod webhook;

use super::event::say;
use crate::acting::{Acting, Device, When, writer};
use crate::output::{Error, Format, print, visible};
use medward_acting::incident::{self, Asked};
use medward_ledger::Subject;
use medward_response::questions;
use std::fmt::Write as _;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// List the questions of triage with their answers
    Questions {
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show the procedures, or draw one
    Procedures(procedures::Arguments),
    /// Answer the questions about an event: asks on a terminal, or takes answers from a file or flags; proposes, a person decides
    Triage(triage::Arguments),
    /// State when a party became aware in the sense of a regime, and why then
    Aware {
        /// Id of the event, or its beginning
        id: String,
        #[command(flatten)]
        acting: Acting,
        /// The regime: MDR, GDPR, NIS2, CRA, AI-Act
        #[arg(long)]
        regime: String,
        /// The party of the file
        #[arg(long)]
        party: String,
        /// When it became aware
        #[arg(long, value_name = "WHEN")]
        since: When,
        /// Why then and not before
        #[arg(long)]
        because: String,
    },
    /// Take a procedure a step further: decide, confirm, note what was sent
    Step {
        /// Id of the event, or its beginning
        id: String,
        /// The step, as `incident show` names it
        step: String,
        #[command(flatten)]
        acting: Acting,
        /// The procedure, such as vigilance or breach
        #[arg(long)]
        procedure: String,
        /// The party of the file; needed where several have the procedure
        #[arg(long)]
        party: Option<String>,
        /// When it was done; now where absent
        #[arg(long, value_name = "WHEN")]
        done: Option<When>,
        /// Why, or the number under which it was sent
        #[arg(long)]
        because: Option<String>,
    },
    /// Show an incident: vigilance and breach side by side, each with clock, next step, owner and forms
    Show(show::Arguments),
    /// Fill a form from what is known; what is missing is asked for by name
    Forms(forms::Arguments),
    /// List every personal data breach, notified or not, with facts, effects and reasons (GDPR Art. 33(5))
    Register(register::Arguments),
    /// Warn the owners of limits that come near or have passed
    Escalate(escalate::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Questions { format } => list(*format),
        Arguments::Procedures(arguments) => procedures::run(arguments),
        Arguments::Triage(arguments) => triage::run(arguments),
        Arguments::Aware { id, acting, regime, party, since, because } => {
            aware(id, acting, regime, party, *since, because)
        }
        Arguments::Step { id, step, acting, procedure, party, done, because } => {
            let asked = Asked {
                step,
                procedure,
                party: party.as_deref(),
                done: done.map(|done| done.0),
                because: because.as_deref(),
            };
            take(id, acting, asked)
        }
        Arguments::Show(arguments) => show::run(arguments),
        Arguments::Forms(arguments) => forms::run(arguments),
        Arguments::Register(arguments) => register::run(arguments),
        Arguments::Escalate(arguments) => escalate::run(arguments),
    }
}

fn list(format: Format) -> Result<ExitCode, Error> {
    let questions = questions()?;
    print(&match format {
        Format::Json => {
            let rows: Vec<_> = questions
                .iter()
                .map(|one| {
                    serde_json::json!({
                        "id": one.id, "axis": one.axis.word(), "ask": one.ask, "article": one.article,
                        "answers": one.answers, "several": one.several, "number": one.number,
                    })
                })
                .collect();
            serde_json::to_string_pretty(&rows)? + "\n"
        }
        Format::Human => {
            let line = |one: &medward_response::Question| {
                let (axis, id) = (one.axis.word(), &one.id);
                format!("{axis:<8} {id:<17} {}\n{:26} {} ({})\n", one.ask, "", one.choice(), one.article)
            };
            questions.iter().map(line).collect()
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn aware(
    id: &str,
    acting: &Acting,
    regime: &str,
    party: &str,
    since: When,
    because: &str,
) -> Result<ExitCode, Error> {
    let device = Device::read(&acting.directory, None)?;
    let plan = incident::aware(&device, id, (regime, party), since.0, because)?;
    let index = writer(&device, acting, true)?.carry_out(plan)?.last();
    let case = device.case(id, &[Subject::Event])?;
    say(&format!("{}: {party} aware under {regime} since {}, entry {index}", case.id, since.0))
}

fn take(id: &str, acting: &Acting, asked: Asked<'_>) -> Result<ExitCode, Error> {
    let device = Device::read(&acting.directory, None)?;
    let (party, plan) = incident::step(&device, id, asked)?;
    let done = writer(&device, acting, true)?.carry_out(plan)?;
    let case = device.case(id, &[Subject::Event])?;
    let mut text = String::new();
    for (transition, state) in &done.steps {
        let _ = writeln!(
            text,
            "{}: {} of {party}: {}, entry {}\nnow: {}\nnext: {}",
            case.id,
            asked.procedure,
            transition.title,
            done.last(),
            state.title,
            state.task
        );
    }
    print(&visible(&text))?;
    Ok(ExitCode::SUCCESS)
}
