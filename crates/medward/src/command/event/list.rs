//! `medward event list`: events with what is to be done next, those with the nearest limit first.

use crate::acting::{Device, Looking};
use crate::output::{Error, Format, print, visible};
use jiff::Timestamp;
use medward_ledger::Subject;
use medward_response::{Case, Clock, Scope};
use std::fmt::Write as _;
use std::process::ExitCode;

/// Lines shown unless all are asked for.
const LINES_MAX: usize = 50;

/// Arguments of `event list`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    looking: Looking,
    /// Also those with nothing left to do, and every line
    #[arg(long)]
    all: bool,
}

/// What is left to do of an event.
struct Left<'c> {
    case: &'c Case,
    next: Option<Timestamp>,
    state: &'static str,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let device = arguments.looking.device()?;
    let scope = Scope::of(&device.file)?;
    let mut lines = Vec::new();
    for case in device.cases.of(Subject::Event) {
        lines.push(left(case, &scope.clocks(case, device.at)?));
    }
    if !arguments.all {
        lines.retain(|left| left.state != "done");
    }
    // An open limit before none; among those the nearest.
    lines.sort_by_key(|left| (left.next.is_none(), left.next, left.case.known, &left.case.id));
    print(&match arguments.looking.format {
        Format::Human => visible(&human(&lines, &device, arguments.all)),
        Format::Json => {
            let rows: Vec<_> = lines.iter().map(row).collect();
            serde_json::to_string_pretty(&rows)? + "\n"
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn left<'c>(case: &'c Case, clocks: &[Clock<'_>]) -> Left<'c> {
    let open = clocks.iter().filter(|clock| clock.standing.is_open());
    let next = open.clone().filter_map(|clock| clock.limit.as_ref().map(|limit| limit.at)).min();
    let is_overdue = clocks.iter().any(|clock| clock.standing == medward_response::Standing::Overdue);
    let state = if is_overdue {
        "overdue"
    } else if case.is_untouched {
        if case.until.is_some() { "done" } else { "new" }
    } else if case.answers.is_empty() {
        "new"
    } else if open.count() > 0 {
        "open"
    } else {
        "done"
    };
    Left { case, next, state }
}

fn human(lines: &[Left<'_>], device: &Device, all: bool) -> String {
    let mut text = String::new();
    let shown = if all { lines.len() } else { LINES_MAX };
    for left in lines.iter().take(shown) {
        let Left { case, next, state } = left;
        let next = next.map_or_else(String::new, |next| {
            let distance = medward_clocks::distance(device.at, next);
            if next < device.at { format!("{distance} ago") } else { format!("in {distance}") }
        });
        let mark = if case.exercise { "EXERCISE " } else { "" };
        let times = if case.reports > 1 { format!(" ({} reports)", case.reports) } else { String::new() };
        let source = case.source.word();
        let _ =
            writeln!(text, "{:<14} {state:<7} {next:<14} {source:<13} {mark}{}{times}", case.id, case.title);
    }
    let count = |state| lines.iter().filter(|left| left.state == state).count();
    if lines.len() > shown {
        let _ = writeln!(text, "... and {} more; --all shows them", lines.len().saturating_sub(shown));
    }
    let _ = writeln!(
        text,
        "{} overdue, {} new, {} open{}",
        count("overdue"),
        count("new"),
        count("open"),
        if all { format!(", {} done", count("done")) } else { String::new() }
    );
    text
}

fn row(left: &Left<'_>) -> serde_json::Value {
    let Left { case, next, state } = left;
    serde_json::json!({
        "id": case.id,
        "state": state,
        "next_limit": next.map(|next| next.to_string()),
        "source": case.source.word(),
        "title": case.title,
        "happened": case.from.to_string(),
        "known": case.known.to_string(),
        "reports": case.reports,
        "exercise": case.exercise,
        "links": case.links,
    })
}
