//! The security section of the periodic safety update report (PSUR): what changed over the period, and what people conclude of it.

use super::threat_model::vulnerabilities;
use super::{Document, register, scope, section, sign_off};
use crate::ReportError;
use crate::model::{Block, Cell, Facts, Section, Table, Tone};
use crate::subject::{Subject, second};
use medward_evidence::{Outcome, States, required};
use medward_ledger::Subject as About;
use medward_paths::is_implemented;
use medward_response::{CapaStanding, Holds, PeriodFigures, Plan, Scope, Standing, capa, period, risks_of};
use medward_risk::{Axis, Evaluation, Levels, register as ranked_by};

pub(super) const DOCUMENT: Document = Document {
    name: "psur-security",
    title: "Periodic safety update report: security section",
    purpose: "Says what the period brought for the security of the device: proof, weaknesses, releases, risks that rose or fell.",
    basis: "MDR Art. 83 to 86 and Annex III 1.1; MDCG 2019-16 5; MDCG 2022-21",
    is_sheet: false,
    build,
};

fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let (from, at) = (subject.from(), subject.inputs.at);
    let live = subject.inputs.live;
    let received = live.map_or(&[][..], |live| &live.history.evidence);
    let seen =
        || received.iter().filter(|one| one.received <= at && (from..=at).contains(&one.observed_until));
    let within = seen().count();
    let failed = seen().filter(|one| one.outcome == Outcome::Failed).count();
    let facts = Facts::new("", "entries of the ledger, policy")
        .with("Period", format!("{} to {}", second(from), second(at)))
        .with("Entries of evidence", within.to_string())
        .with("Failed probes", failed.to_string())
        .with("Open findings", subject.findings_in_words());
    let people = "post-market surveillance";
    let period = vec![
        Block::Facts(facts),
        Block::open(
            "Devices and sites in use, and how much they were used",
            people,
            "in this document, by hand",
        ),
    ];
    let mut changes = vec![Block::Table(changes(subject))];
    changes.push(Block::Table(register::counts(subject)));
    let events = events(subject)?;
    let device = subject.file().device.as_ref().map(|(_, device)| device);
    let standing = device.and_then(|device| device.benefit_risk.as_ref()).map(|text| text.to_string());
    let mut conclusion = Vec::new();
    if let Some(standing) = standing {
        conclusion.push(Block::text(format!(
            "The conclusion on benefit and risk that stands in the file: {standing}"
        )));
    }
    conclusion.push(Block::open(
        "Conclude whether benefit and risk changed over the period (MDR Art. 86(1)(a))",
        "clinical safety and regulatory compliance",
        "in this document, by hand; [device] benefit_risk when it changed",
    ));
    Ok(vec![
        scope::device(subject),
        section("period", "The period", period),
        section("changes", "Risks at its begin and end", changes),
        section("events", "Incidents, breaches, complaints, actions", events),
        section(
            "weaknesses",
            "Weaknesses and releases",
            vec![Block::Table(vulnerabilities(subject)), Block::Table(scope::releases(subject))],
        ),
        section("conclusion", "Conclusion", conclusion),
        sign_off::approvals(
            subject,
            &["Regulatory compliance (PRRC)", "Clinical safety", "Product security"],
        ),
    ])
}

/// Events, complaints and actions of the period out of the ledger, and what only people know of them.
fn events(subject: &Subject<'_>) -> Result<Vec<Block>, ReportError> {
    let by_hand = "in this document, by hand";
    let Some(live) = subject.inputs.live else {
        return Ok(vec![Block::open(
            "Incidents, breaches, complaints and corrective actions of the period, or that there were none: no ledger was asked",
            "post-market surveillance",
            by_hand,
        )]);
    };
    let (from, at) = (subject.from(), subject.inputs.at);
    let scope = Scope::of(subject.file())?;
    let mut table = Table::new(
        "Events of the period",
        "acts in the ledger",
        &[
            ("Case", 18),
            ("What", 36),
            ("Known", 22),
            ("Serious incident", 16),
            ("Breach", 14),
            ("Risks", 16),
            ("Late or overdue", 16),
        ],
    );
    for case in live.cases.of(About::Event).filter(|case| case.known >= from && !case.exercise) {
        let holds = scope.findings(case);
        let decided = |finding: &str| match holds(finding) {
            Holds::Yes => Cell::toned("yes", Tone::Bad),
            Holds::No => "no".into(),
            Holds::Unsure => Cell::toned("not decided", Tone::Warn),
        };
        let clocks = scope.clocks(case, at)?;
        let late = clocks
            .iter()
            .filter(|clock| matches!(clock.standing, Standing::Late(_) | Standing::Overdue))
            .count();
        table.row([
            Cell::lead(case.id.as_str()),
            case.title.as_str().into(),
            second(case.known).into(),
            decided("serious-incident"),
            decided("breach"),
            risks_of(case).collect::<Vec<_>>().join(", ").into(),
            if late == 0 { "0".into() } else { Cell::toned(late.to_string(), Tone::Bad) },
        ]);
    }
    let mut actions = Table::new(
        "Corrective and preventive actions",
        "acts in the ledger",
        &[("Action", 18), ("What", 50), ("Stands", 30)],
    );
    for case in live.cases.of(About::Capa) {
        let (word, tone) = match capa(case, &live.history.evidence, at)? {
            CapaStanding::Open { state, .. } => (state, Tone::Plain),
            CapaStanding::Overdue { due, .. } => (format!("overdue since {}", second(due)), Tone::Bad),
            CapaStanding::Closed => ("closed".to_owned(), Tone::Good),
            CapaStanding::Reopened { control, .. } => {
                (format!("open again: {control} failed since"), Tone::Bad)
            }
        };
        actions.row([Cell::lead(case.id.as_str()), case.title.as_str().into(), Cell::toned(word, tone)]);
    }
    let plan =
        subject.file().policy.as_ref().and_then(|(_, policy)| policy.surveillance.as_ref()).map(Plan::of);
    let counted = period((from, at), &live.cases, &scope, plan.as_ref(), &live.history.evidence)?;
    Ok(vec![
        Block::Facts(figures(&counted)),
        Block::Table(table),
        Block::Table(actions),
        Block::open(
            "Trends against the thresholds of the surveillance plan, judged by people (`medward pms trend` shows the rates behind the signals)",
            "post-market surveillance",
            by_hand,
        ),
    ])
}

/// The figures that `medward pms psur` prints.
fn figures(counted: &PeriodFigures) -> Facts {
    let uses = if counted.uses == 0 {
        "none stated: `medward pms used`".to_owned()
    } else {
        counted.uses.to_string()
    };
    let sources: Vec<_> = counted
        .by_source
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(source, count)| format!("{source} {count}"))
        .collect();
    let late = Cell::toned(
        counted.reports_late.to_string(),
        if counted.reports_late == 0 { Tone::Plain } else { Tone::Bad },
    );
    let overdue = if counted.overdue.is_empty() {
        "none".into()
    } else {
        Cell::toned(counted.overdue.join("; "), Tone::Bad)
    };
    let signals = match counted.signals.as_deref() {
        None => Cell::toned("not judged: the policy has no surveillance plan", Tone::Warn),
        Some([]) => "none".into(),
        Some(signals) => Cell::toned(signals.join("; "), Tone::Bad),
    };
    Facts::new("Figures", "acts in the ledger")
        .with("Uses of the device", uses)
        .with("Events by source", if sources.is_empty() { "none".to_owned() } else { sources.join(", ") })
        .with(
            "Serious incidents",
            format!(
                "{}; not serious {}; not decided {}",
                counted.serious, counted.not_serious, counted.undecided
            ),
        )
        .with("Personal data breaches", counted.breaches.to_string())
        .with("Reports in time", counted.reports_in_time.to_string())
        .with("Reports late", late)
        .with("Reports overdue", overdue)
        .with("Complaints", counted.complaints.to_string())
        .with(
            "Corrective actions",
            format!(
                "open {}, closed {}, open again {}",
                counted.capa_open, counted.capa_closed, counted.capa_reopened
            ),
        )
        .with("Exercises, not counted", counted.exercises.to_string())
        .with("Signals of the trend test (Art. 88)", signals)
}

/// Risks whose level was another at the begin of the period, by the proof that was there then.
fn changes(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Risks whose level changed with the proof of their controls",
        "risk.*, entries of the ledger",
        &[
            ("Risk", 10),
            ("Title", 40),
            ("Axis", 10),
            ("At the begin", 14),
            ("At the end", 14),
            ("Not in force at the end", 28),
        ],
    );
    let Some(live) = subject.inputs.live else { return table };
    let file = subject.file();
    let levels = &subject.method.method().parts().levels;
    let then = States::at(&required(file), &live.history.evidence, subject.from());
    let before = ranked_by(file, &subject.method, |control| {
        is_implemented(control) && then.of(control.id()).is_in_force()
    });
    for now in &subject.ranked {
        let Some(before) = before.iter().find(|risk| risk.id == now.id) else { continue };
        for axis in Axis::ALL {
            let (was, is) = (level(&before.residual, axis), level(&now.residual, axis));
            if was == is {
                continue;
            }
            let tone = if is > was { Tone::Bad } else { Tone::Good };
            let code = |level: Option<medward_risk::Level>| code(level, levels);
            table.row([
                Cell::lead(now.id),
                now.title.into(),
                axis.word().into(),
                code(was).into(),
                Cell::toned(code(is), tone),
                now.state.missing.join(", ").into(),
            ]);
        }
    }
    table
}

fn level(evaluation: &Evaluation, axis: Axis) -> Option<medward_risk::Level> {
    match axis {
        Axis::Safety => evaluation.safety.map(|result| result.level),
        Axis::Privacy => evaluation.privacy.map(|result| result.level),
    }
}

fn code(level: Option<medward_risk::Level>, levels: &Levels) -> &str {
    level.map_or("none", |level| levels.code(level))
}
