//! `medward pms psur`: the security section of a periodic safety update report, out of the ledger.

use crate::acting::{Device, Looking};
use crate::output::{Error, Format, print, visible};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use medward_ledger::{Source, Subject};
use medward_response::{CapaStanding, Case, Holds, Scope, Standing, capa, risks_of, trends};
use serde::Serialize;
use std::collections::BTreeMap;
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

/// The figures of a period.
#[derive(Debug, Default, Serialize)]
struct Figures {
    from: String,
    to: String,
    device: String,
    uses: u64,
    by_source: BTreeMap<&'static str, u64>,
    serious: u64,
    not_serious: u64,
    undecided: u64,
    breaches: u64,
    reports_in_time: u64,
    reports_late: u64,
    overdue: Vec<String>,
    complaints: u64,
    capa_open: u64,
    capa_closed: u64,
    capa_reopened: u64,
    exercises: u64,
    signals: Vec<String>,
    risks: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let device = arguments.looking.device()?;
    let figures = figures(&device, arguments.period)?;
    print(&match arguments.looking.format {
        Format::Json => serde_json::to_string_pretty(&figures)? + "\n",
        Format::Human => visible(&markdown(&figures)),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn figures(device: &Device, period: Period) -> Result<Figures, Error> {
    let scope = Scope::of(&device.file)?;
    let zone = TimeZone::UTC;
    let end = medward_clocks::end_of(period.to, &zone).map_err(|error| Error::Usage(error.to_string()))?;
    let begin = zone.to_timestamp(period.from.at(0, 0, 0, 0));
    let begin = begin.map_err(|error| Error::Usage(error.to_string()))?;
    let within = |at: Timestamp| begin <= at && at <= end;
    let mut figures = Figures {
        from: period.from.to_string(),
        to: period.to.to_string(),
        device: device.file.device.as_ref().map_or_else(String::new, |(_, it)| it.name.to_string()),
        uses: device.cases.uses.iter().filter(|one| within(one.from)).map(|one| one.uses).sum(),
        by_source: Source::ALL.iter().map(|(_, word)| (*word, 0)).collect(),
        ..Figures::default()
    };
    for case in device.cases.of(Subject::Event).filter(|case| within(case.known)) {
        if case.exercise {
            figures.exercises += 1;
            continue;
        }
        event(&mut figures, case, &scope, device)?;
    }
    let complaints = device.cases.of(Subject::Complaint).filter(|case| within(case.known) && !case.exercise);
    figures.complaints = complaints.count() as u64;
    for case in device.cases.of(Subject::Capa).filter(|case| case.opened <= end) {
        match capa(case, &device.history.evidence, device.at)? {
            CapaStanding::Open { .. } | CapaStanding::Overdue { .. } => figures.capa_open += 1,
            CapaStanding::Closed => figures.capa_closed += 1,
            CapaStanding::Reopened { .. } => figures.capa_reopened += 1,
        }
    }
    let mut plan = super::plan(device)?;
    plan.observation_days = i64::from((period.to - period.from).get_days()).saturating_add(1);
    for trend in trends(&device.cases, &scope, &plan, end.min(device.at)) {
        figures
            .signals
            .extend(trend.signals.iter().map(|signal| format!("{}: {}", trend.group, signal.words())));
    }
    figures.risks.sort();
    figures.risks.dedup();
    Ok(figures)
}

fn event(figures: &mut Figures, case: &Case, scope: &Scope, device: &Device) -> Result<(), Error> {
    *figures.by_source.entry(case.source.word()).or_default() += 1;
    let holds = scope.findings(case);
    match holds("serious-incident") {
        Holds::Yes => figures.serious += 1,
        Holds::No => figures.not_serious += 1,
        Holds::Unsure => figures.undecided += 1,
    }
    if holds("breach") == Holds::Yes {
        figures.breaches += 1;
    }
    for clock in scope.clocks(case, device.at)? {
        match clock.standing {
            Standing::Met(_) => figures.reports_in_time += 1,
            Standing::Late(_) => figures.reports_late += 1,
            Standing::Overdue => {
                figures.overdue.push(format!("{}: {} of {}", case.id, clock.duty.clock, clock.party));
            }
            _ => {}
        }
    }
    figures.risks.extend(risks_of(case).map(str::to_owned));
    Ok(())
}

fn markdown(figures: &Figures) -> String {
    let mut text = format!(
        "# Security in the periodic safety update report\n\n{}, {} to {} (MDR Art. 86). Figures come from the ledger; conclusions are \
         the manufacturer's.\n\n## Use\n\n",
        figures.device, figures.from, figures.to
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
    if figures.signals.is_empty() {
        text.push_str("No group crossed a threshold or rose significantly against the time before.\n");
    }
    for signal in &figures.signals {
        let _ = writeln!(text, "- {signal}");
    }
    text.push_str("\n## Risks that events point at\n\n");
    if figures.risks.is_empty() {
        text.push_str("None.\n");
    } else {
        let _ = writeln!(
            text,
            "{}. Their assessment has to hold against these events.",
            figures.risks.join(", ")
        );
    }
    text
}
