//! `medward pms psur`: the security section of a periodic safety update report, out of the ledger.

use crate::acting::Looking;
use crate::output::{Error, Format, print, visible};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use medward_response::{PeriodFigures, Scope, period};
use serde::Serialize;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::str::FromStr;

/// A period of reporting: a year, or two days with `..` between them.
#[derive(Debug, Clone, Copy)]
struct Period {
    from: Date,
    to: Date,
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("`{text}` is no period such as 2026 or 2026-01-01..2026-06-30");
        let day = |text: &str| text.trim().parse::<Date>().map_err(|_| refused());
        let (from, to) = match text.split_once("..") {
            Some((from, to)) => (day(from)?, day(to)?),
            None => (day(&format!("{text}-01-01"))?, day(&format!("{text}-12-31"))?),
        };
        if from <= to { Ok(Self { from, to }) } else { Err(refused()) }
    }
}

/// Arguments of `pms psur`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    looking: Looking,
    /// The period, such as 2026 or 2026-01-01..2026-06-30
    #[arg(long)]
    period: Period,
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Shown<'d> {
    from: Date,
    to: Date,
    device: &'d str,
    #[serde(flatten)]
    figures: PeriodFigures,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let device = arguments.looking.device()?;
    let Period { from, to } = arguments.period;
    let refused = |error: &dyn std::fmt::Display| Error::Usage(error.to_string());
    let begin = TimeZone::UTC.to_timestamp(from.at(0, 0, 0, 0)).map_err(|error| refused(&error))?;
    let end = medward_clocks::end_of(to, &TimeZone::UTC).map_err(|error| refused(&error))?;
    let (scope, plan) = (Scope::of(&device.file)?, super::plan(&device));
    let plan = plan.as_ref().ok();
    let figures = period((begin, end), &device.cases, &scope, plan, &device.history.evidence)?;
    let name = device.file.device.as_ref().map_or("", |(_, it)| &it.name.value);
    let shown = Shown { from, to, device: name, figures };
    print(&match arguments.looking.format {
        Format::Json => serde_json::to_string_pretty(&shown)? + "\n",
        Format::Human => visible(&markdown(&shown)),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn markdown(shown: &Shown<'_>) -> String {
    let figures = &shown.figures;
    let mut text = format!(
        "# Security in the periodic safety update report\n\n{}, {} to {} (MDR Art. 86). Figures come from the ledger; conclusions are \
         the manufacturer's.\n\n## Use\n\n",
        shown.device, shown.from, shown.to
    );
    if figures.uses == 0 {
        text.push_str("No use was stated for the period (`medward pms used`); rates are by day.\n");
    } else {
        let _ = writeln!(text, "{} uses.", figures.uses);
    }
    text.push_str("\n## Events\n\n| source | events |\n|---|---|\n");
    for (source, count) in &figures.by_source {
        let _ = writeln!(text, "| {source} | {count} |");
    }
    let _ = writeln!(
        text,
        "\nSerious incidents: {}. Not serious: {}. Not decided: {}. Personal data breaches: {}. Exercises, not counted: {}.\n\n\
         ## Reports to authorities and people\n\nIn time: {}. Late: {}. Overdue: {}.",
        figures.serious,
        figures.not_serious,
        figures.undecided,
        figures.breaches,
        figures.exercises,
        figures.reports_in_time,
        figures.reports_late,
        if figures.overdue.is_empty() { "none".to_owned() } else { figures.overdue.join("; ") }
    );
    let _ = writeln!(
        text,
        "\n## Complaints and corrective actions\n\nComplaints: {}. Actions open: {}, closed: {}, reopened because their effect did not \
         last: {}.",
        figures.complaints, figures.capa_open, figures.capa_closed, figures.capa_reopened
    );
    text.push_str("\n## Trends (Art. 88)\n\n");
    match figures.signals.as_deref() {
        None => text.push_str(
            "Not judged: the policy has no `[policy.surveillance]`, without which nothing is significant.\n",
        ),
        Some([]) => {
            text.push_str("No group crossed a threshold or rose significantly against the time before.\n");
        }
        Some(signals) => {
            for signal in signals {
                let _ = writeln!(text, "- {signal}");
            }
        }
    }
    text.push_str("\n## Risks that events point at\n\n");
    if figures.risks.is_empty() {
        text.push_str("None.\n");
    } else {
        let _ = writeln!(
            text,
            "{}. Their assessment has to hold against these events.",
            figures.risks.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        );
    }
    text
}
