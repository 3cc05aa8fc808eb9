//! `medward explain`.

use crate::output::{Error, Format, print};
use medward_diagnostic::closest;
use std::fmt::Write as _;
use std::process::ExitCode;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Code or name of a rule, such as R1-001; all rules are listed when absent
    code: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

struct Explained {
    code: &'static str,
    name: &'static str,
    severity: String,
    clauses: &'static [&'static str],
    doc: &'static str,
}

fn every() -> Vec<Explained> {
    let problems = medward_file::problem::ALL.iter().map(|problem| Explained {
        code: problem.code,
        name: problem.name,
        severity: "error".into(),
        clauses: &[],
        doc: problem.doc,
    });
    let rules = medward_rules::all().map(|rule| Explained {
        code: rule.code,
        name: rule.name,
        severity: format!("{:?}", rule.severity).to_lowercase(),
        clauses: rule.clauses,
        doc: rule.doc,
    });
    problems.chain(rules).collect()
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let every = every();
    let chosen: Vec<_> = match &arguments.code {
        None => every.iter().collect(),
        Some(code) => {
            let found = every.iter().find(|one| one.code.eq_ignore_ascii_case(code) || one.name == code);
            vec![found.ok_or_else(|| unknown(code, &every))?]
        }
    };
    let text = match arguments.format {
        Format::Json => json(&chosen)?,
        Format::Human if arguments.code.is_none() => list(&chosen),
        Format::Human => chosen.iter().map(|one| page(one)).collect(),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn unknown(code: &str, every: &[Explained]) -> Error {
    let candidates = every.iter().flat_map(|one| [one.code, one.name]);
    let hint = closest(code, candidates).map_or_else(
        || "`medward explain` lists all".to_owned(),
        |candidate| format!("did you mean `{candidate}`?"),
    );
    Error::Usage(format!("there is no rule `{code}`; {hint}"))
}

fn page(one: &Explained) -> String {
    let mut text = format!("{} {} ({})\n\n", one.code, one.name, one.severity);
    for line in one.doc.lines().filter(|line| !line.trim().starts_with("```")) {
        let _ = writeln!(text, "{}", line.strip_prefix(' ').unwrap_or(line));
    }
    if !one.clauses.is_empty() {
        let _ = writeln!(text, "\nClauses: {}", one.clauses.join("; "));
    }
    text
}

fn list(chosen: &[&Explained]) -> String {
    chosen.iter().fold(String::new(), |mut text, one| {
        let _ = writeln!(text, "{}  {:<8} {}", one.code, one.severity, one.name);
        text
    })
}

fn json(chosen: &[&Explained]) -> Result<String, Error> {
    let rules: Vec<_> = chosen
        .iter()
        .map(|one| {
            serde_json::json!({"code": one.code, "name": one.name, "severity": one.severity,
                "clauses": one.clauses, "doc": one.doc.trim()})
        })
        .collect();
    Ok(serde_json::to_string_pretty(&rules)? + "\n")
}
