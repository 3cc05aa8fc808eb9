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
use crate::acting::{Acting, Device, When, Writer};
use crate::output::{Error, Format, print, visible};
use medward_ledger::{Act, RecordId, Subject};
use medward_response::{Scope, plain, questions, regimes};
use std::collections::BTreeSet;
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
            let which = Which { procedure, party: party.as_deref() };
            take(id, step, acting, &which, *done, because.as_deref())
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
    let case = device.case(id, &[Subject::Event])?;
    let scope = Scope::of(&device.file)?;
    let pairs = scope.awareness();
    let found = pairs.iter().find(|(known, entity)| known.eq_ignore_ascii_case(regime) && *entity == party);
    let Some((regime, party)) = found else {
        let all = regimes()?.duties.iter().map(|duty| duty.regime.as_str()).collect::<BTreeSet<_>>();
        if !all.iter().any(|known| known.eq_ignore_ascii_case(regime)) {
            let all: Vec<_> = all.into_iter().collect();
            return Err(Error::Usage(format!(
                "there is no regime `{}`; there are {}",
                regime.escape_debug(),
                all.join(", ")
            )));
        }
        let known: Vec<_> = pairs.iter().map(|(regime, party)| format!("{regime} of {party}")).collect();
        return Err(Error::Usage(format!(
            "`{}` does not bind `{}` by this file; it has {}. A party is bound by its `role`, `other_roles` and `under`",
            regime.escape_debug(),
            party.escape_debug(),
            known.join(", ")
        )));
    };
    if since.0 > device.at {
        return Err(Error::Usage(format!("{} lies in the future; nobody is aware of anything yet", since.0)));
    }
    if since.0 < case.from {
        return Err(Error::Usage(format!(
            "nobody can have been aware ({}) before it happened ({}); correct one of them (`medward event correct`)",
            since.0, case.from
        )));
    }
    let act = Act::Aware {
        regime: RecordId::try_from(*regime)?,
        entity: RecordId::try_from(*party)?,
        at: since.0.as_second(),
        because: plain("reason", because)?,
    };
    let index = Writer::open(&device, acting, true)?.act(case, act)?;
    say(&format!("{}: {party} aware under {regime} since {}, entry {index}", case.id, since.0))
}

/// Which procedure of which party.
struct Which<'a> {
    procedure: &'a str,
    party: Option<&'a str>,
}

fn take(
    id: &str,
    step: &str,
    acting: &Acting,
    which: &Which<'_>,
    done: Option<When>,
    because: Option<&str>,
) -> Result<ExitCode, Error> {
    let device = Device::read(&acting.directory, None)?;
    let case = device.case(id, &[Subject::Event])?;
    if let Some(into) = &case.joined {
        return Err(Error::Usage(format!("`{}` goes on as `{into}`; take the step there", case.id)));
    }
    let scope = Scope::of(&device.file)?;
    let pairs = scope.procedures();
    let of_it: Vec<_> = pairs.iter().filter(|(known, _)| known.id == which.procedure).collect();
    let party = match (which.party, &of_it[..]) {
        (_, []) => {
            let known: Vec<_> = pairs.iter().map(|(one, party)| format!("{} of {party}", one.id)).collect();
            let shown = which.procedure.escape_debug();
            return Err(Error::Usage(format!(
                "no party has the procedure `{shown}`; there are {}",
                known.join(", ")
            )));
        }
        (Some(party), of_it) if of_it.iter().any(|(_, known)| *known == party) => party,
        (None, [(_, only)]) => only,
        (_, of_it) => {
            let parties: Vec<_> = of_it.iter().map(|(_, party)| *party).collect();
            return Err(Error::Usage(format!("name the party with --party: {}", parties.join(", "))));
        }
    };
    let at = done.map_or(device.at, |done| done.0);
    if at > device.at || at < case.from {
        return Err(Error::Usage(format!("it cannot have been done on {at}: between {} and now", case.from)));
    }
    let writer = Writer::open(&device, acting, true)?;
    let (transition, state, index) = writer.step(case, (which.procedure, party), step, at, because)?;
    print(&visible(&format!(
        "{}: {} of {party}: {}, entry {index}\nnow: {}
next: {}
",
        case.id, which.procedure, transition.title, state.title, state.task
    )))?;
    Ok(ExitCode::SUCCESS)
}
