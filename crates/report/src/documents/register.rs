//! Risks as documents show them: the ranked register, one risk with its chain, what is left on each axis.

use super::{ids, said};
use crate::model::{Block, Cell, Facts, Table, Tone};
use crate::subject::Subject;
use medward_file::Record;
use medward_file::kinds::Risk;
use medward_risk::{Acceptance, Axis, AxisResult, Deciding, Levels, Ordinal, Ranked, Reasons, blank, sides};

/// The cell of one axis: severity x exploitability, level and what it allows.
fn axis<S: Ordinal>(result: Option<AxisResult<S>>, levels: &Levels) -> Cell {
    let Some(result) = result else { return "none".into() };
    let text =
        format!("{} × {}  {}", result.severity.rank(), result.column.rank(), levels.code(result.level));
    Cell::toned(text, tone(result.acceptance))
}

fn tone(acceptance: Acceptance) -> Tone {
    match acceptance {
        Acceptance::Accept => Tone::Good,
        Acceptance::WithReason => Tone::Warn,
        Acceptance::Reduce | Acceptance::Never => Tone::Bad,
    }
}

/// What a level allows, in words.
pub(super) fn meaning(acceptance: Acceptance) -> &'static str {
    match acceptance {
        Acceptance::Accept => "acceptable",
        Acceptance::WithReason => "acceptable with a written reason",
        Acceptance::Reduce => "to be reduced",
        Acceptance::Never => "not acceptable",
    }
}

fn deciding(risk: &Ranked<'_>) -> &'static str {
    match risk.residual.deciding {
        Deciding::Safety => "safety",
        Deciding::Privacy => "privacy",
        Deciding::Both => "both",
        Deciding::Neither => "neither",
    }
}

/// The register, worst first.
pub(super) fn ranked(subject: &Subject<'_>) -> Vec<Block> {
    let levels = &subject.method.method().parts().levels;
    let mut table = Table::new(
        "Ranked register: severity × exploitability and level, before the controls and with those in force",
        "risk.*, control.*",
        &[
            ("Risk", 10),
            ("Title", 30),
            ("Safety before", 12),
            ("Safety left", 12),
            ("Privacy before", 12),
            ("Privacy left", 12),
            ("Decides", 9),
            ("Not in force", 16),
        ],
    );
    for risk in &subject.ranked {
        let missing = risk.state.missing.join(", ");
        table.row([
            Cell::lead(risk.id),
            risk.title.into(),
            axis(risk.initial.safety, levels),
            axis(risk.residual.safety, levels),
            axis(risk.initial.privacy, levels),
            axis(risk.residual.privacy, levels),
            deciding(risk).into(),
            if missing.is_empty() { "-".into() } else { Cell::toned(missing, Tone::Bad) },
        ]);
    }
    let mut blocks = Vec::new();
    if table.rows.is_empty() {
        blocks.push(Block::open("Assess the risks", "security and clinical safety", "[risk.*]"));
    } else {
        blocks.push(Block::Table(table));
    }
    let unjudged = subject.file().risks.len().saturating_sub(subject.ranked.len());
    if unjudged > 0 {
        blocks.push(Block::open(
            format!("{unjudged} risks are not in this register: their assessment is not complete (`medward check` says why)"),
            "owners of the risks",
            "[risk.*]",
        ));
    }
    blocks
}

/// Which axes a document shows of a risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Both,
    Privacy,
}

/// One risk with its chain, controls and what is left.
pub(super) fn card(subject: &Subject<'_>, risk: &Record<Risk>, shown: Shown) -> Block {
    let file = subject.file();
    let levels = &subject.method.method().parts().levels;
    let ranked = subject.ranked.iter().find(|ranked| ranked.id == risk.id());
    let mut facts =
        Facts::new(format!("{} {}", risk.id(), &*risk.title.value), format!("risk.{}", risk.id()))
            .with(
                "Assets",
                titled(
                    risk.assets
                        .iter()
                        .filter_map(|link| file.follow(link))
                        .map(|it| (it.id(), &*it.title.value)),
                ),
            )
            .with(
                "Threats",
                titled(
                    risk.threats
                        .iter()
                        .filter_map(|link| file.follow(link))
                        .map(|it| (it.id(), &*it.title.value)),
                ),
            )
            .with(
                "Vulnerabilities",
                titled(
                    risk.vulnerabilities
                        .iter()
                        .filter_map(|link| file.follow(link))
                        .map(|it| (it.id(), &*it.title.value)),
                ),
            )
            .with("Sequence of events", said(risk.sequence.as_ref()));
    if let (Some(safety), Shown::Both) = (&risk.safety, shown) {
        facts = facts
            .with("Safety: no branch, because", said(safety.none.as_ref()))
            .with("Hazard", said(safety.hazard.as_ref()))
            .with("Hazardous situation", said(safety.situation.as_ref()))
            .with("Harm", said(safety.harm.as_ref()));
    }
    if let Some(privacy) = &risk.privacy {
        facts = facts
            .with("Privacy: no branch, because", said(privacy.none.as_ref()))
            .with("Feared event", said(privacy.event.as_ref()))
            .with("Impact on persons", said(privacy.impact.as_ref()));
    }
    if let Some(exploitability) = &risk.exploitability {
        facts = facts
            .with("Exploitability because", said(exploitability.because.as_ref()))
            .with("CVSS vector", said(exploitability.cvss.as_ref()));
    }
    let controls = risk.controls.iter().filter_map(|link| file.follow(link)).map(|control| {
        let layer = said(control.layer.as_ref());
        // Without a ledger every state would read the same.
        match subject.inputs.live {
            Some(_) => format!("{} ({layer}, {})", control.id(), subject.state(control)),
            None => format!("{} ({layer})", control.id()),
        }
    });
    facts = facts.with("Controls", controls.collect::<Vec<_>>().join("; "));
    if let Some(ranked) = ranked {
        if shown == Shown::Both {
            facts = facts
                .with("Safety before", axis(ranked.initial.safety, levels))
                .with("Safety left", axis(ranked.residual.safety, levels));
        }
        facts = facts
            .with("Privacy before", axis(ranked.initial.privacy, levels))
            .with("Privacy left", axis(ranked.residual.privacy, levels))
            .with("Not in force", Cell::toned(ranked.state.missing.join(", "), Tone::Bad));
    }
    if let Some(residual) = &risk.residual {
        facts = facts.with("Effect of the controls", said(residual.because.as_ref()));
    }
    if let Some(acceptance) = &risk.acceptance {
        let by = acceptance.by.as_ref().map_or(String::new(), |role| subject.role(role));
        let until = acceptance.until.as_ref().map_or(String::new(), |until| until.value.to_string());
        if shown == Shown::Both {
            facts = facts.with("Accepted on safety, because", said(acceptance.safety.as_ref()));
        }
        facts = facts
            .with("Accepted on privacy, because", said(acceptance.privacy.as_ref()))
            .with("Accepted by", by)
            .with("Acceptance holds until", until);
    }
    if let Some(response) = &risk.response {
        if shown == Shown::Both {
            facts = facts.with("If it happens: vigilance", said(response.vigilance.as_ref()));
        }
        facts = facts.with("If it happens: breach", said(response.breach.as_ref()));
    }
    let assessed = risk.assessed.as_ref().map_or(String::new(), |day| day.value.to_string());
    Block::Facts(
        facts
            .with("Owner", risk.owner.as_ref().map_or(String::new(), |role| subject.role(role)))
            .with("Assessed", assessed),
    )
}

fn titled<'a>(records: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    records.map(|(id, title)| format!("{id} {title}")).collect::<Vec<_>>().join("; ")
}

/// How many risks are left at each level of an axis.
pub(super) fn counts(subject: &Subject<'_>) -> Table {
    let levels = &subject.method.method().parts().levels;
    let residual = subject.ranked.iter().map(|risk| (&risk.id, &risk.residual));
    let all = medward_risk::overall::overall(residual, levels);
    let mut table = Table::new(
        "Risks left at each level, axis by axis",
        "risk.*",
        &[("Level", 12), ("Allows", 40), ("Safety", 16), ("Privacy", 16)],
    );
    for (level, class) in levels.iter() {
        let count = |axis: &medward_risk::overall::AxisOverall| {
            Cell::from(axis.counts.get(&level).copied().unwrap_or_default().to_string())
        };
        table.row([
            Cell::lead(class.code.as_str()),
            meaning(levels.acceptance(level)).into(),
            count(&all.safety),
            count(&all.privacy),
        ]);
    }
    table.row([
        Cell::lead("none"),
        "the risk does not touch the axis".into(),
        all.safety.unaffected.to_string().into(),
        all.privacy.unaffected.to_string().into(),
    ]);
    table
}

/// Risks that may not stay as they are, with the reason that is missing or the reduction that is needed.
pub(super) fn refused(subject: &Subject<'_>, shown: Shown) -> Vec<Block> {
    let mut blocks = Vec::new();
    for ranked in &subject.ranked {
        let Some(risk) = subject.file().by_id::<Risk>(ranked.id) else { continue };
        let [safety, privacy] = sides(risk).map(|side| !blank(side.accepted));
        let verdict = ranked.residual.verdict(Reasons { safety, privacy });
        let is_shown = |axis: &&Axis| shown == Shown::Both || **axis == Axis::Privacy;
        for axis in verdict.refused.iter().filter(is_shown) {
            let missing = match ranked.state.missing.as_slice() {
                [] => String::new(),
                missing => format!("; not in force: {}", missing.join(", ")),
            };
            blocks.push(Block::open(
                format!("{} is not acceptable on the {} axis as it stands{missing}", ranked.id, axis.word()),
                risk.owner.as_ref().map_or_else(|| "owner of the risk".to_owned(), |role| subject.role(role)),
                format!("reduce it: [risk.{}] controls, or bring the proof of its controls", ranked.id),
            ));
        }
        for axis in verdict.reason_missing.iter().filter(is_shown) {
            blocks.push(Block::open(
                format!("{} needs a written reason on the {} axis to be accepted", ranked.id, axis.word()),
                risk.owner.as_ref().map_or_else(|| "owner of the risk".to_owned(), |role| subject.role(role)),
                format!("[risk.{}.acceptance] {}", ranked.id, axis.word()),
            ));
        }
    }
    blocks
}

/// Ids of the controls of the risks of an axis.
pub(super) fn controls_of(subject: &Subject<'_>, holds: impl Fn(&Risk) -> bool) -> Vec<String> {
    let risks = subject.file().risks.iter().filter(|risk| holds(&risk.body));
    let mut found: Vec<String> =
        risks.flat_map(|risk| &risk.controls).map(|link| link.id().to_owned()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Threats with their classes and the risks that come of them.
pub(super) fn threats(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Threats and what came of them",
        "threat.*, risk.*",
        &[
            ("Threat", 10),
            ("Title", 28),
            ("Class", 22),
            ("Source", 22),
            ("Aimed at", 22),
            ("Risks, or why none", 24),
        ],
    );
    let file = subject.file();
    for threat in &file.threats {
        let classes = threat.stride.iter().map(|class| class.value.word());
        let classes = classes.chain(threat.linddun.iter().map(|class| class.value.word()));
        let risks = file.risks.iter().filter(|risk| risk.threats.iter().any(|link| link.id() == threat.id()));
        let risks = risks.map(medward_file::Record::id).collect::<Vec<_>>().join(", ");
        let outcome = match (risks.is_empty(), said(threat.dismissed.as_ref())) {
            (false, _) => Cell::from(risks),
            (true, "") => Cell::toned("neither risk nor reason", Tone::Bad),
            (true, reason) => format!("dismissed: {reason}").into(),
        };
        table.row([
            Cell::lead(threat.id()),
            (&*threat.title.value).into(),
            classes.collect::<Vec<_>>().join(", ").into(),
            said(threat.source.as_ref()).into(),
            ids(&threat.targets).into(),
            outcome,
        ]);
    }
    table
}
