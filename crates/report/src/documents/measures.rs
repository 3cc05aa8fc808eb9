//! Controls as documents show them: what each does, what shows that it works, what it costs safe use.

use super::{ids, said, yes};
use crate::model::{Cell, Table, Tone};
use crate::subject::{Subject, second};
use medward_evidence::{Evidence, Outcome, probe_names};
use medward_file::Record;
use medward_file::kinds::Control;
use medward_risk::gate::Obs;
use std::collections::BTreeMap;

/// The state of a control with how it is meant.
pub(super) fn state(subject: &Subject<'_>, control: &Record<Control>) -> Cell {
    let tone = match (subject.is_in_force(control), subject.inputs.live.is_some()) {
        (true, true) => Tone::Good,
        // Declared is not proven.
        (true, false) => Tone::Plain,
        (false, _) if !medward_paths::is_implemented(control) => Tone::Warn,
        (false, _) => Tone::Bad,
    };
    Cell::toned(subject.state(control), tone)
}

/// Controls for which something holds, with layer, state and probes.
pub(super) fn controls(
    subject: &Subject<'_>,
    title: &str,
    holds: impl Fn(&Record<Control>) -> bool,
) -> Table {
    let mut table = Table::new(
        title,
        "control.*, evidence in the ledger",
        &[
            ("Control", 10),
            ("Measure", 36),
            ("Layer", 13),
            ("Kind", 12),
            ("Fails", 10),
            ("Proven by", 17),
            ("State", 20),
        ],
    );
    for control in subject.file().controls.iter().filter(|control| holds(control)) {
        table.row([
            Cell::lead(control.id()),
            (&*control.title.value).into(),
            said(control.layer.as_ref()).into(),
            control.kind.as_ref().map_or("", |kind| kind.value.word()).into(),
            control.fails.as_ref().map_or("", |fails| fails.value.word()).into(),
            probe_names(control).join(", ").into(),
            state(subject, control),
        ]);
    }
    table
}

/// The side-effect gate: which questions each control answers, and what its answers rest on.
pub(super) fn gate(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Side-effect gate: OBS-1 to OBS-9 of each control",
        "control.*.gate",
        &[
            ("Control", 10),
            ("Measure", 34),
            ("Answered", 14),
            ("Not answered, or known to lack evidence", 26),
            ("Accepted by", 22),
            ("On", 12),
        ],
    );
    for control in &subject.file().controls {
        let mut missing = Vec::new();
        for question in Obs::ALL {
            let id = question.to_string();
            match control.gate.get(&id) {
                None => missing.push(id),
                Some(answer) if answer.no_evidence.is_some() => missing.push(format!("{id} (no evidence)")),
                Some(_) => {}
            }
        }
        let answered = Obs::ALL.len().saturating_sub(missing.len());
        let lacking =
            if missing.is_empty() { "-".into() } else { Cell::toned(missing.join(", "), Tone::Bad) };
        table.row([
            Cell::lead(control.id()),
            (&*control.title.value).into(),
            format!("{answered} of {}", Obs::ALL.len()).into(),
            lacking,
            ids(&control.accepted_by).into(),
            control.accepted.as_ref().map_or(String::new(), |day| day.value.to_string()).into(),
        ]);
    }
    table
}

/// The newest evidence of every probe at the moment, with its entry in the ledger.
pub(super) fn newest(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Newest evidence of every probe",
        "control.*, entries of the ledger",
        &[
            ("Control", 10),
            ("Probe", 16),
            ("Outcome", 16),
            ("Observed until", 21),
            ("Counts until", 21),
            ("Entry", 9),
            ("Vouched for by", 17),
        ],
    );
    let Some(live) = subject.inputs.live else { return table };
    let mut newest: BTreeMap<(&str, &str), &Evidence> = BTreeMap::new();
    for one in live.history.evidence.iter().filter(|one| one.received <= live.at) {
        let known = newest.entry((&one.control, &one.probe)).or_insert(one);
        if (one.observed_until, one.received) >= (known.observed_until, known.received) {
            *known = one;
        }
    }
    for control in &subject.file().controls {
        for probe in probe_names(control) {
            let Some(one) = newest.get(&(control.id(), probe.as_str())) else {
                table.row([Cell::lead(control.id()), probe.into(), Cell::toned("never seen", Tone::Bad)]);
                continue;
            };
            table.row([
                Cell::lead(control.id()),
                probe.as_str().into(),
                outcome(one.outcome),
                second(one.observed_until).into(),
                second(one.valid_until).into(),
                one.index.to_string().into(),
                voucher(one),
            ]);
        }
    }
    table
}

/// An outcome with how it is meant.
pub(super) fn outcome(outcome: Outcome) -> Cell {
    match outcome {
        Outcome::Passed => Cell::toned("passed", Tone::Good),
        Outcome::Failed => Cell::toned("failed", Tone::Bad),
        Outcome::Error => Cell::toned("could not be found out", Tone::Warn),
    }
}

/// Who vouches for an entry.
pub(super) fn voucher(evidence: &Evidence) -> Cell {
    use medward_evidence::Voucher;
    match &evidence.voucher {
        Voucher::Probe => "probe".into(),
        Voucher::Role => "a role, unsigned".into(),
        Voucher::Person(person) => person.as_str().into(),
        Voucher::Nobody(why) => Cell::toned(format!("nobody: {why}"), Tone::Bad),
    }
}

/// Delays that controls put on functions.
pub(super) fn delays(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Delays by security controls",
        "control.*.delays, function.*",
        &[("Control", 12), ("Measure", 40), ("Function", 18), ("At most", 12), ("Tolerated", 14)],
    );
    let file = subject.file();
    for control in &file.controls {
        for delay in &control.delays {
            let tolerated =
                file.follow(&delay.function).and_then(|function| function.delay_seconds_max.as_ref());
            table.row([
                Cell::lead(control.id()),
                (&*control.title.value).into(),
                delay.function.id().into(),
                format!("{} s", delay.seconds.value).into(),
                tolerated.map_or_else(|| "not said".to_owned(), |most| format!("{} s", most.value)).into(),
            ]);
        }
    }
    table
}

/// Emergency paths: how care goes on when a control stands in its way.
pub(super) fn emergency(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Emergency paths",
        "control.*.emergency",
        &[
            ("Control", 10),
            ("Opened by", 26),
            ("Allows", 34),
            ("Open for", 12),
            ("Logged by", 12),
            ("Reviewed", 24),
        ],
    );
    for control in &subject.file().controls {
        let Some(path) = &control.emergency else { continue };
        let reviewed = path.reviewed_by.as_ref().map_or(String::new(), |role| subject.role(role));
        let within =
            path.review_days.as_ref().map_or(String::new(), |days| format!(", within {} days", days.value));
        table.row([
            Cell::lead(control.id()),
            said(path.opened_by.as_ref()).into(),
            said(path.allows.as_ref()).into(),
            path.seconds_max.as_ref().map_or(String::new(), |seconds| format!("{} s", seconds.value)).into(),
            path.logged_by.as_ref().map_or("", |link| link.id()).into(),
            format!("{reviewed}{within}").into(),
        ]);
    }
    table
}

/// Controls of the operator's environment: what the device counts on and cannot do itself.
pub(super) fn environment(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Measures that the operator's environment has to provide",
        "control.*",
        &[
            ("Control", 12),
            ("Measure", 50),
            ("Layer", 16),
            ("Described in", 26),
            ("Device protects itself too", 16),
        ],
    );
    let in_environment =
        |control: &&Record<Control>| control.environment.as_ref().is_some_and(|flag| flag.value);
    for control in subject.file().controls.iter().filter(in_environment) {
        let has_own = subject.file().controls.iter().any(|other| {
            !in_environment(&other)
                && other.layer.as_ref().map(|it| &it.value) == control.layer.as_ref().map(|it| &it.value)
        });
        table.row([
            Cell::lead(control.id()),
            (&*control.title.value).into(),
            said(control.layer.as_ref()).into(),
            ids(&control.documents).into(),
            yes(has_own).into(),
        ]);
    }
    table
}
