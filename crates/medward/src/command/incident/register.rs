//! `medward incident register`: every personal data breach, notified or not, with facts, effects and reasons (GDPR Art. 33(5)).

use crate::acting::Looking;
use crate::output::{Error, Format, print, visible};
use medward_clocks::moment;
use medward_ledger::Subject;
use medward_response::{Case, Holds, Scope, procedure};
use serde_json::json;
use std::fmt::Write as _;
use std::process::ExitCode;

/// Arguments of `incident register`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    looking: Looking,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let device = arguments.looking.device()?;
    let scope = Scope::of(&device.file)?;
    let (mut text, mut rows) = (String::new(), Vec::new());
    for case in device.cases.of(Subject::Event).filter(|case| !case.exercise) {
        // What is taken through the procedure is in the register, also where it turned out to be none.
        let is_followed = case.steps.iter().any(|step| step.procedure == "breach");
        if scope.findings(case)("breach") == Holds::Yes || is_followed {
            add(case, &scope, &mut text, &mut rows)?;
        }
    }
    if rows.is_empty() {
        text.push_str("no personal data breach is known\n");
    }
    print(&match arguments.looking.format {
        Format::Human => visible(&text),
        Format::Json => serde_json::to_string_pretty(&rows)? + "\n",
    })?;
    Ok(ExitCode::SUCCESS)
}

fn add(
    case: &Case,
    scope: &Scope,
    text: &mut String,
    rows: &mut Vec<serde_json::Value>,
) -> Result<(), Error> {
    let utc = jiff::tz::TimeZone::UTC;
    let answer = |question: &str| {
        case.answer(question).map_or_else(|| "not known".to_owned(), |words| words.join(", "))
    };
    let _ = writeln!(text, "{}  {}", case.id, case.title);
    let _ = writeln!(text, "  happened {}, known {}", moment(case.from, &utc), moment(case.known, &utc));
    let _ = writeln!(
        text,
        "  lost: {}; people: {}; records: {}; risk to people: {}",
        answer("compromise"),
        answer("persons"),
        answer("records"),
        answer("persons-risk")
    );
    let mut decisions = Vec::new();
    if let Some(procedure) = procedure("breach")? {
        for (_, party) in scope.procedures().into_iter().filter(|(one, _)| one.id == "breach") {
            let state = case.state(procedure, party).map_or("", |state| &state.title);
            let _ = writeln!(text, "  party.{party}: {state}");
            let steps: Vec<_> =
                case.steps.iter().filter(|step| step.procedure == "breach" && step.entity == party).collect();
            for step in &steps {
                let because =
                    step.because.as_ref().map_or_else(String::new, |because| format!(": {because}"));
                let _ = writeln!(
                    text,
                    "    {} {} by role.{}{because}",
                    moment(step.at, &utc),
                    step.transition,
                    step.role
                );
            }
            let reasons: Vec<_> = steps.iter().filter_map(|step| step.because.as_deref()).collect();
            decisions.push(json!({"party": party, "state": state, "reasons": reasons}));
        }
    }
    rows.push(json!({
        "id": case.id, "title": case.title, "happened": case.from.to_string(), "known": case.known.to_string(),
        "compromise": answer("compromise"), "persons": answer("persons"), "records": answer("records"),
        "risk_to_people": answer("persons-risk"), "decisions": decisions,
    }));
    Ok(())
}
