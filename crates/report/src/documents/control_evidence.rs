//! The evidence of the controls over a period: what was seen, when, by whom, and what failed.

use super::{Document, measures, section};
use crate::ReportError;
use crate::figures::{PROBES_MAX, rings, timeline};
use crate::model::{Block, Cell, Facts, Section, Table, Tone};
use crate::subject::{Subject, day, second};
use medward_evidence::{Evidence, Outcome};
use std::collections::BTreeMap;

pub(super) const DOCUMENT: Document = Document {
    name: "control-evidence",
    title: "Evidence of the controls",
    purpose: "Shows what the ledger holds of each control over a period: passes, failures, gaps, and the state at its end.",
    basis: "ISO 13485:2016 4.2.5; IEC 81001-5-1 5.7; ISO/IEC 27001:2022 9.1; GDPR Art. 32(1)(d)",
    is_sheet: true,
    build,
};

/// Failures and errors listed one by one; of more, the rest is counted.
const EVENTS_SHOWN_MAX: usize = 500;

#[expect(clippy::unnecessary_wraps, reason = "as every document is built")]
fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let Some(live) = subject.inputs.live else {
        let none = Block::text(
            "There is no ledger beside this file, or controls were asked for as declared: nothing here is proven.",
        );
        let open = Block::open(
            "Begin a ledger and run the probes, or attest what cannot be probed",
            "operations",
            "`medward ledger init`, `medward probe run`, `medward attest`",
        );
        let declared = Block::Table(measures::controls(subject, "Controls as declared", |_| true));
        return Ok(vec![section("state", "No evidence", vec![none, open, declared])]);
    };
    let period = (subject.from(), subject.inputs.at);
    let within: Vec<&Evidence> = live
        .history
        .evidence
        .iter()
        .filter(|one| one.received <= live.at && (period.0..=period.1).contains(&one.observed_until))
        .collect();
    let facts = Facts::new("", "entries of the ledger")
        .with("Period", format!("{} to {}", second(period.0), second(period.1)))
        .with("Entries of evidence in it", within.len().to_string())
        .with("Approvals in the ledger", live.history.approvals.len().to_string())
        .with(
            "Witnesses that cosigned its head",
            live.cosigned
                .iter()
                .map(|(witness, at)| format!("{witness} at {}", second(*at)))
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join("; "),
        );
    let mut rows: BTreeMap<String, Vec<&Evidence>> = BTreeMap::new();
    for one in &within {
        rows.entry(format!("{} {}", one.control, one.probe)).or_default().push(one);
    }
    let rows: Vec<_> = rows.into_iter().collect();
    let parts = rows.chunks(PROBES_MAX);
    let count = parts.len();
    let drawn = parts.zip(1..).map(|(rows, part)| {
        let part = if count > 1 { format!(", part {part} of {count}") } else { String::new() };
        Block::Figure(timeline(rows, period, format!("Evidence over the period{part}")))
    });
    let mut over_time: Vec<_> = drawn.collect();
    if over_time.is_empty() {
        over_time.push(Block::text("The ledger holds no evidence of this period."));
    } else {
        over_time.push(Block::Table(counts(subject, &within)));
    }
    let unproven = subject
        .file()
        .controls
        .iter()
        .filter(|control| medward_paths::is_implemented(control) && !subject.is_in_force(control));
    let open = unproven.map(|control| {
        Block::open(
            format!("{} is {}: find out why, and bring new proof", control.id(), subject.state(control)),
            control
                .owner
                .as_ref()
                .map_or_else(|| "owner of the control".to_owned(), |role| subject.role(role)),
            "`medward probe run`, `medward attest`, `medward evidence import`",
        )
    });
    let mut state = vec![
        Block::Facts(facts),
        Block::Figure(rings(
            &medward_rules::rings(subject.file(), |control| subject.is_in_force(control)),
            true,
        )),
        Block::Table(measures::newest(subject)),
    ];
    state.extend(open);
    Ok(vec![
        section("state", "State at the end of the period", state),
        section("time", "Over the period", over_time),
        section("failures", "What failed or could not be found out", failures(&within)),
    ])
}

/// Entries of each control by outcome, with the share that passed.
fn counts(subject: &Subject<'_>, within: &[&Evidence]) -> Table {
    let mut table = Table::new(
        "Entries of the period by control",
        "entries of the ledger",
        &[
            ("Control", 12),
            ("Measure", 44),
            ("Passed", 10),
            ("Failed", 10),
            ("Not found out", 12),
            ("First", 14),
            ("Last", 14),
        ],
    );
    for control in &subject.file().controls {
        let of: Vec<_> = within.iter().filter(|one| one.control == control.id()).collect();
        let count = |outcome| of.iter().filter(|one| one.outcome == outcome).count();
        let failed = count(Outcome::Failed);
        let date =
            |at: Option<jiff::Timestamp>| at.map_or_else(|| "none".to_owned(), |at| day(at).to_string());
        table.row([
            Cell::lead(control.id()),
            (&*control.title.value).into(),
            count(Outcome::Passed).to_string().into(),
            if failed == 0 { "0".into() } else { Cell::toned(failed.to_string(), Tone::Bad) },
            count(Outcome::Error).to_string().into(),
            date(of.iter().map(|one| one.observed_until).min()).into(),
            date(of.iter().map(|one| one.observed_until).max()).into(),
        ]);
    }
    table
}

fn failures(within: &[&Evidence]) -> Vec<Block> {
    let bad: Vec<_> =
        within.iter().filter(|one| one.outcome != Outcome::Passed || !one.voucher.counts()).collect();
    let mut table = Table::new(
        "Failures, errors and entries that count for nothing",
        "entries of the ledger",
        &[
            ("Entry", 10),
            ("Control", 14),
            ("Probe", 18),
            ("Outcome", 22),
            ("Observed until", 24),
            ("Vouched for by", 28),
        ],
    );
    for one in bad.iter().take(EVENTS_SHOWN_MAX) {
        table.row([
            Cell::lead(one.index.to_string()),
            one.control.as_str().into(),
            one.probe.as_str().into(),
            measures::outcome(one.outcome),
            second(one.observed_until).into(),
            measures::voucher(one),
        ]);
    }
    if bad.is_empty() {
        return vec![Block::text("Nothing failed, and nothing could not be found out, in this period.")];
    }
    let mut blocks = vec![Block::Table(table)];
    let rest = bad.len().saturating_sub(EVENTS_SHOWN_MAX);
    if rest > 0 {
        blocks.push(Block::text(format!(
            "{rest} more are in the ledger and not listed here; `medward ledger show` shows all."
        )));
    }
    blocks
}
