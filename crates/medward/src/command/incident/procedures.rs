//! `medward incident procedures`: the procedures as a list, a table, or a drawing.

use crate::output::{Error, print};
use medward_response::{Procedure, procedures};
use std::fmt::Write as _;
use std::process::ExitCode;

/// How to print a procedure.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Shape {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
    /// For Graphviz: `| dot -Tsvg`
    Dot,
}

/// Arguments of `incident procedures`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One procedure
    procedure: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Shape,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let all = procedures()?;
    let chosen: Vec<&Procedure> = match &arguments.procedure {
        None => all.clone(),
        Some(id) => {
            let found = all.iter().find(|one| one.id == *id);
            let names = || all.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
            let missing =
                || Error::Usage(format!("there is no procedure `{}`: {}", id.escape_debug(), names()));
            vec![found.ok_or_else(missing)?]
        }
    };
    let is_list = arguments.procedure.is_none();
    let text = match arguments.format {
        Shape::Dot => chosen.iter().map(|one| one.drawing()).collect(),
        Shape::Json => {
            serde_json::to_string_pretty(&chosen.iter().map(|one| json(one)).collect::<Vec<_>>())? + "\n"
        }
        Shape::Human if is_list => chosen.iter().fold(String::new(), |mut text, one| {
            let _ = writeln!(text, "{:<17} {:<32} {}", one.id, one.title, one.source);
            text
        }),
        Shape::Human => chosen.iter().map(|one| table(one)).collect(),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn table(procedure: &Procedure) -> String {
    let mut text = format!("{} ({})\n", procedure.title, procedure.source);
    for state in &procedure.states {
        let mark = if state.id == procedure.begin { " (begins here)" } else { "" };
        let _ = writeln!(text, "\n{}{mark}\n  next: {}", state.title, state.task);
        if let Some(hold) = &state.hold {
            let _ = writeln!(text, "  hold: {hold}");
        }
        for one in procedure.from(&state.id) {
            let to =
                if one.to == "=" { "stays" } else { procedure.state(&one.to).map_or("", |to| &to.title) };
            let eyes = if one.other_person { " [second person]" } else { "" };
            let fulfils =
                if one.fulfils.is_empty() { String::new() } else { format!(" ({})", one.fulfils.join(", ")) };
            let _ = writeln!(text, "  {:<28} -> {to}{eyes}{fulfils}", one.id);
        }
    }
    text
}

fn json(procedure: &Procedure) -> serde_json::Value {
    let states: Vec<_> = procedure
        .states
        .iter()
        .map(|one| {
            serde_json::json!({
                "id": one.id, "title": one.title, "owner": one.owner, "task": one.task, "hold": one.hold,
                "stops": one.stops, "end": one.end,
            })
        })
        .collect();
    let transitions: Vec<_> = procedure
        .transitions
        .iter()
        .map(|one| {
            serde_json::json!({
                "id": one.id, "title": one.title, "from": one.from, "to": one.to, "because": one.because,
                "other_person": one.other_person, "fulfils": one.fulfils,
            })
        })
        .collect();
    serde_json::json!({
        "id": procedure.id, "title": procedure.title, "source": procedure.source, "begin": procedure.begin,
        "states": states, "transitions": transitions,
    })
}
