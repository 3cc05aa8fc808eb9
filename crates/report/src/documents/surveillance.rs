//! The security section of the periodic safety update report (PSUR): what changed over the period, and what people conclude of it.

use super::threat_model::vulnerabilities;
use super::{Document, register, scope, section, sign_off};
use crate::model::{Block, Cell, Facts, Section, Table, Tone};
use crate::subject::{Subject, second};
use medward_catalog::DataError;
use medward_evidence::{Outcome, States, required};
use medward_paths::is_implemented;
use medward_risk::{Axis, Evaluation, Levels, register as ranked_by};

pub(super) const DOCUMENT: Document = Document {
    name: "psur-security",
    title: "Periodic safety update report: security section",
    purpose: "Says what the period brought for the security of the device: proof, weaknesses, releases, risks that rose or fell.",
    basis: "MDR Art. 83 to 86 and Annex III 1.1; MDCG 2019-16 5; MDCG 2022-21",
    is_sheet: false,
    build,
};

#[expect(clippy::unnecessary_wraps, reason = "as every document is built")]
fn build(subject: &Subject<'_>) -> Result<Vec<Section>, DataError> {
    let (from, at) = (subject.from(), subject.inputs.at);
    let live = subject.inputs.live;
    let within = live.map_or(0, |live| {
        let seen = live
            .history
            .evidence
            .iter()
            .filter(|one| one.received <= at && (from..=at).contains(&one.observed_until));
        seen.count()
    });
    let failed = live.map_or(0, |live| {
        let seen = live
            .history
            .evidence
            .iter()
            .filter(|one| one.received <= at && (from..=at).contains(&one.observed_until));
        seen.filter(|one| one.outcome == Outcome::Failed).count()
    });
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
    let events = vec![
        Block::open(
            "Serious incidents and field safety corrective actions with a cause in security, or that there were none",
            people,
            "in this document, by hand",
        ),
        Block::open(
            "Breaches of personal data, or that there were none",
            "data protection",
            "in this document, by hand",
        ),
        Block::open(
            "Complaints and trends on security, against the thresholds of the surveillance plan",
            people,
            "in this document, by hand",
        ),
        Block::open(
            "Corrective and preventive actions, open and closed",
            "quality",
            "in this document, by hand",
        ),
    ];
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
