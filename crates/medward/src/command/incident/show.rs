//! `medward incident show`: one event, its two procedures side by side, further duties below.

use super::sides::side_by_side;
use crate::acting::{Device, Looking};
use crate::output::{Error, Format, print, visible};
use medward_clocks::{distance, moment};
use medward_ledger::Subject;
use medward_response::{Case, Clock, Finding, Holds, Procedure, Scope, Standing, Start, regimes};
use serde_json::json;
use std::fmt::Write as _;
use std::process::ExitCode;

/// Arguments of `incident show`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Id of the event, or its beginning
    id: String,
    #[command(flatten)]
    looking: Looking,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let device = arguments.looking.device()?;
    let case = device.case(&arguments.id, &[Subject::Event])?;
    match arguments.looking.format {
        Format::Json => print_json(case, &device),
        Format::Human => {
            print(&visible(&human(case, &device)?))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What the facts say of a finding, with the article and the questions that are open.
pub(super) fn proposal(finding: &Finding, held: Holds, open: &[&str]) -> String {
    let (mark, means) = match held {
        Holds::Yes => ("yes", finding.yes.clone()),
        Holds::No => ("no", finding.no.clone()),
        Holds::Unsure => {
            ("unsure", format!("counts as reportable until someone decides; open: {}", open.join(", ")))
        }
    };
    format!("{:<22} {mark:<6} {means} ({})\n", finding.id, finding.article)
}

fn human(case: &Case, device: &Device) -> Result<String, Error> {
    let scope = Scope::of(&device.file)?;
    let clocks = scope.clocks(case, device.at)?;
    let zone = jiff::tz::TimeZone::UTC;
    let mut text = String::new();
    if case.exercise {
        text.push_str("*** EXERCISE: this did not happen; no duty follows from it ***\n");
    }
    let _ = writeln!(text, "{}  {}", case.id, case.title);
    let ended = case.until.map_or_else(String::new, |until| format!(", ended {}", moment(until, &zone)));
    let _ = writeln!(text, "happened {}{ended}", moment(case.from, &zone));
    let times = if case.reports == 1 { "once".to_owned() } else { format!("{} times", case.reports) };
    let _ =
        writeln!(text, "known    {} ({}, reported {times})", moment(case.known, &zone), case.source.word());
    if !case.links.is_empty() {
        let links: Vec<_> = case.links.iter().map(String::as_str).collect();
        let _ = writeln!(text, "links    {}", links.join(", "));
    }
    for digest in &case.details {
        let _ = writeln!(text, "details  sealed: medward ledger store open {digest}");
    }
    if let Some(into) = &case.joined {
        let _ = writeln!(text, "joined   it goes on as {into}");
        return Ok(text);
    }
    if case.is_untouched {
        text.push_str("\nA probe brought it; nobody has looked at it yet. Triage it: it becomes an incident when it was more than a failed probe.\n");
        return Ok(text);
    }
    let holds = scope.findings(case);
    let sections = |column: &str| -> Result<Vec<String>, Error> {
        let mut lines = Vec::new();
        for (procedure, party) in scope.procedures().into_iter().filter(|(one, _)| one.column == column) {
            let of_it: Vec<_> =
                clocks.iter().filter(|one| one.procedure.id == procedure.id && one.party == party).collect();
            // A procedure whose law does not apply yet, and in which nothing was done, is none.
            if !of_it.is_empty() || case.last_step(&procedure.id, party).is_some() {
                lines.extend(section(case, device, procedure, party, &of_it));
            }
        }
        if lines.is_empty() {
            lines.push("no party of the file is bound".to_owned());
        }
        Ok(lines)
    };
    let facts = |axis: &str| -> Result<Vec<String>, Error> {
        let mut lines = Vec::new();
        for finding in regimes()?.findings.iter().filter(|one| one.axis.word() == axis) {
            let open = finding.open(|question| case.answer(question));
            let held = holds(&finding.id);
            let shown = match held {
                Holds::Yes => format!("{}: yes, {} ({})", finding.id, finding.yes, finding.article),
                Holds::No => format!("{}: no ({})", finding.id, finding.article),
                Holds::Unsure => format!("{}: unsure; open: {}", finding.id, open.join(", ")),
            };
            lines.push(shown);
        }
        Ok(lines)
    };
    let column = |title: &str, axis: &str, column: &str| -> Result<Vec<String>, Error> {
        let mut lines = vec![title.to_owned(), String::new()];
        lines.extend(facts(axis)?);
        lines.push(String::new());
        lines.extend(sections(column)?);
        Ok(lines)
    };
    let left = column("VIGILANCE: what it does to people through the device", "safety", "vigilance")?;
    let right = column("BREACH: what it does to people through their data", "privacy", "breach")?;
    let _ = writeln!(text, "\n{}", side_by_side(&left, &right));
    let further = sections("further")?;
    if further.first().is_some_and(|line| !line.starts_with("no party")) {
        let _ = writeln!(text, "FURTHER DUTIES\n");
        for line in further {
            let _ = writeln!(text, "{line}");
        }
    }
    Ok(text)
}

/// One procedure of a party, line by line.
fn section(
    case: &Case,
    device: &Device,
    procedure: &Procedure,
    party: &str,
    clocks: &[&Clock<'_>],
) -> Vec<String> {
    let mut lines = vec![format!("{} of party.{party}", procedure.title)];
    let Some(state) = case.state(procedure, party) else { return lines };
    lines.push(format!("  state: {}", state.title));
    if !state.end {
        lines.push(format!("  owner: {}", owners(device, &state.owner)));
    }
    lines.push(format!("  next: {}", state.task));
    if let Some(hold) = &state.hold {
        lines.push(format!("  hold: {hold}"));
    }
    for clock in clocks {
        lines.extend(clock_lines(clock, device));
    }
    if clocks.is_empty() {
        lines.push("  no clock runs".to_owned());
    }
    let steps: Vec<_> = procedure
        .from(&state.id)
        .map(|one| if one.other_person { format!("{} (second person)", one.id) } else { one.id.clone() })
        .collect();
    if !steps.is_empty() {
        lines.push(format!("  steps: {}", steps.join(", ")));
    }
    let mut forms: Vec<_> = clocks.iter().filter_map(|clock| clock.duty.form.as_deref()).collect();
    forms.dedup();
    if !forms.is_empty() && !state.end {
        lines.push(format!("  forms: {}", forms.join(", ")));
    }
    lines.push(String::new());
    lines
}

fn clock_lines(clock: &Clock<'_>, device: &Device) -> Vec<String> {
    let zone = clock.zone;
    let head = format!("  clock {} {}, {}", clock.law.regime, clock.law.article, clock.law.recipient);
    let when = match (&clock.limit, clock.standing) {
        (_, Standing::Met(at)) => format!("done {}", moment(at, zone)),
        (_, Standing::Late(at)) => format!("done LATE {}: give the reasons for the delay", moment(at, zone)),
        (_, Standing::Stopped) => "stopped: two people decided that nothing is to be reported".to_owned(),
        (Some(limit), Standing::Overdue) => {
            format!("OVERDUE by {}: was {}", distance(limit.at, device.at), limit.shown())
        }
        (Some(limit), _) => format!("{}, in {}", limit.shown(), distance(device.at, limit.at)),
        (None, Standing::Waiting) => {
            format!("not yet: counts from {}", clock.law.clock_start.to_lowercase())
        }
        (None, _) => format!("{}, no limit in the law", clock.law.duty_speed),
    };
    let since = match clock.start {
        Start::Aware(at) => format!("aware since {}", moment(at, zone)),
        Start::Presumed(at) => {
            format!(
                "presumed aware since {}, when the news arrived: nobody has stated otherwise",
                moment(at, zone)
            )
        }
        Start::Step(at) => format!("counted from {}", moment(at, zone)),
        Start::NotYet => String::new(),
    };
    let mut lines = vec![head, format!("    {when}")];
    if !since.is_empty() && clock.standing != Standing::Stopped {
        lines.push(format!("    {since}"));
    }
    match clock.holds {
        Holds::No if clock.standing.is_open() => lines.push(
            "    by the facts nothing is to be reported; two people have to say so, and the clock runs until then".to_owned(),
        ),
        Holds::Unsure if clock.standing.is_open() => {
            lines.push("    not decided: it counts as reportable".to_owned());
        }
        _ => {}
    }
    if !clock.law.source_seen {
        lines.push("    (text of the law not seen: verify)".to_owned());
    }
    lines
}

/// Roles of the file that answer for an axis.
fn owners(device: &Device, owner: &str) -> String {
    let roles: Vec<_> = device.owners(owner).map(|role| format!("role.{}", role.id())).collect();
    if roles.is_empty() { format!("no role of the file answers for {owner}") } else { roles.join(", ") }
}

/// The same for programs.
pub(super) fn print_json(case: &Case, device: &Device) -> Result<ExitCode, Error> {
    let scope = Scope::of(&device.file)?;
    let holds = scope.findings(case);
    let clocks: Vec<_> = scope.clocks(case, device.at)?.iter().map(clock_json).collect();
    let findings: Vec<_> = regimes()?
        .findings
        .iter()
        .map(|one| {
            let held = holds(&one.id);
            let open = one.open(|question| case.answer(question));
            json!({
                "id": one.id, "axis": one.axis.word(), "article": one.article,
                "holds": match held { Holds::Yes => "yes", Holds::No => "no", Holds::Unsure => "unsure" },
                "open_questions": if held == Holds::Unsure { open } else { Vec::new() },
            })
        })
        .collect();
    let procedures: Vec<_> = scope
        .procedures()
        .into_iter()
        .filter_map(|(procedure, party)| {
            let state = case.state(procedure, party)?;
            let steps: Vec<_> = procedure.from(&state.id).map(|one| one.id.as_str()).collect();
            Some(json!({
                "procedure": procedure.id, "column": procedure.column, "party": party, "state": state.id,
                "title": state.title, "next": state.task, "hold": state.hold, "owner": state.owner, "steps": steps,
            }))
        })
        .collect();
    let steps: Vec<_> = case
        .steps
        .iter()
        .map(|step| {
            json!({
                "procedure": step.procedure, "party": step.entity, "step": step.transition, "to": step.to,
                "done": step.at.to_string(), "written": step.written.to_string(), "because": step.because, "role": step.role,
            })
        })
        .collect();
    let answers: serde_json::Map<_, _> =
        case.answers.iter().map(|(id, answer)| (id.clone(), json!(answer.words))).collect();
    let value = json!({
        "id": case.id, "title": case.title, "source": case.source.word(), "exercise": case.exercise,
        "happened": case.from.to_string(), "ended": case.until.map(|until| until.to_string()),
        "known": case.known.to_string(), "reports": case.reports, "links": case.links, "joined": case.joined,
        "details": case.details.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "at": device.at.to_string(), "answers": answers, "findings": findings, "procedures": procedures,
        "clocks": clocks, "steps": steps,
    });
    print(&(serde_json::to_string_pretty(&value)? + "\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn clock_json(clock: &Clock<'_>) -> serde_json::Value {
    let (kind, done) = match clock.standing {
        Standing::Met(at) | Standing::Late(at) => (clock.standing.word(), Some(at.to_string())),
        other => (other.word(), None),
    };
    json!({
        "clock": clock.duty.clock, "regime": clock.law.regime, "article": clock.law.article, "party": clock.party,
        "procedure": clock.procedure.id, "standing": kind, "done": done,
        "holds": match clock.holds { Holds::Yes => "yes", Holds::No => "no", Holds::Unsure => "unsure" },
        "start": clock.start.at().map(|at| at.to_string()),
        "start_is": match clock.start {
            Start::Aware(_) => "aware", Start::Presumed(_) => "presumed", Start::Step(_) => "step", Start::NotYet => "not yet",
        },
        "at_the_latest": clock.limit.as_ref().map(|limit| limit.at.to_string()),
        "unused_reserve": clock.limit.as_ref().and_then(|limit| limit.reserve).map(|at| at.to_string()),
        "duty_speed": clock.law.duty_speed, "recipient": clock.law.recipient, "form": clock.duty.form,
    })
}
