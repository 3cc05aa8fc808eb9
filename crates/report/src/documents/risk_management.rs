//! The security risk management plan and report: both axes, method, register, every risk, what is left.

use super::register::{self, Shown};
use super::{Document, measures, said, scope, section, sign_off};
use crate::ReportError;
use crate::figures::heat_maps;
use crate::model::{Block, Cell, Facts, Section, Table, Tone};
use crate::subject::Subject;
use medward_risk::{Matrix, Ordinal, Scale};

pub(super) const DOCUMENT: Document = Document {
    name: "risk-management",
    title: "Security risk management plan and report",
    purpose: "Shows how security risks to patients' safety and to their privacy are found, judged, controlled and accepted, and what is left.",
    basis: "ISO 14971:2019 4.4, 8 and 9; MDR Annex I 3 and 17; MDCG 2019-16 3.2 to 3.5; IEC 81001-5-1 7",
    is_sheet: false,
    build,
};

#[expect(clippy::unnecessary_wraps, reason = "as every document is built")]
fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let file = subject.file();
    let [safety_before, safety_left, privacy_before, privacy_left] = heat_maps(subject).map(Block::Figure);
    let mut left = vec![Block::Table(register::counts(subject))];
    left.extend([safety_before, safety_left, privacy_before, privacy_left]);
    left.extend(register::refused(subject, Shown::Both));
    let cards = file.risks.iter().map(|risk| register::card(subject, risk, Shown::Both)).collect();
    let controls = vec![
        Block::Table(measures::controls(subject, "Controls and what shows that they work", |_| true)),
        Block::Table(measures::gate(subject)),
    ];
    let approved = sign_off::approval_list(subject);
    let approved = if approved.rows.is_empty() { Vec::new() } else { vec![Block::Table(approved)] };
    Ok(vec![
        scope::device(subject),
        scope::functions(subject),
        plan(subject),
        method(subject),
        section("register", "Risks found", register::ranked(subject)),
        section("left", "Risks left", left),
        overall(subject),
        section("risks", "Each risk with its chain", cards),
        section("controls", "Controls", controls),
        section("traceability", "Traceability", vec![Block::Table(traceability(subject))]),
        after_market(subject),
        sign_off::findings(subject),
        section("approved", "Approvals record by record", approved),
        sign_off::approvals(
            subject,
            &[
                "Clinical safety",
                "Product security",
                "Data protection",
                "Regulatory compliance (PRRC)",
                "Top management",
            ],
        ),
    ])
}

fn plan(subject: &Subject<'_>) -> Section {
    let policy = subject.file().policy.as_ref().map(|(_, policy)| policy);
    let days = policy
        .and_then(|policy| policy.reassess_days.as_ref())
        .map_or(String::new(), |days| format!("every {} days, and after each change", days.value));
    let kinds = |map: &medward_file::Map<Vec<medward_file::Text>>| {
        let each = map.iter().map(|(kind, words)| {
            let words: Vec<_> = words.iter().map(|word| &*word.value).collect();
            format!("{}: {}", &*kind.value, words.join(", "))
        });
        each.collect::<Vec<_>>().join("; ")
    };
    let facts = Facts::new("", "policy")
        .with("Risks are assessed again", days)
        .with(
            "Records that need approval, by role",
            policy.map_or(String::new(), |policy| kinds(&policy.approvals)),
        )
        .with("What must cover what", policy.map_or(String::new(), |policy| kinds(&policy.needs)))
        .with(
            "Independent layers before each critical asset",
            policy
                .and_then(|policy| policy.independent_layers_min.as_ref())
                .map_or(String::new(), |count| format!("at least {}", count.value)),
        );
    let mut blocks = vec![Block::Table(scope::roles(subject))];
    if !facts.rows.is_empty() {
        blocks.push(Block::Facts(facts));
    }
    let plans = scope::documents(
        subject,
        "Plans and procedures that this one leans on",
        &["plan", "procedure", "policy"],
    );
    if !plans.rows.is_empty() {
        blocks.push(Block::Table(plans));
    }
    section("plan", "Plan", blocks)
}

fn method(subject: &Subject<'_>) -> Section {
    let parts = subject.method.method().parts();
    let policy = subject.file().policy.as_ref().map(|(_, policy)| policy);
    let vigilance = parts.thresholds.vigilance.rank();
    let breach = parts.thresholds.breach.rank();
    let written = |text: Option<&medward_file::Text>, else_said: &str| match said(text) {
        "" => else_said.to_owned(),
        text => text.to_owned(),
    };
    let facts = Facts::new("Rules of the method", "policy")
        .with(
            "Two axes",
            "Each risk has a severity for safety and one for privacy. They are stored, judged and accepted apart and never added up; \
             probability is replaced by exploitability, which an attacker decides and not chance.",
        )
        .with("Merging for ranking", written(policy.and_then(|it| it.merge_rule.as_ref()), "the higher of both severities ranks"))
        .with("Equivalence of the scales", written(policy.and_then(|it| it.equivalence.as_ref()), parts.merge.equivalence()))
        .with("Vigilance review (MDR Art. 87)", format!("from safety severity {vigilance}; the privacy axis plays no part"))
        .with("Breach review (GDPR Art. 33)", format!("from privacy severity {breach}; the safety axis plays no part"))
        .with(
            "Controls count",
            "only while they are implemented and, where there is a ledger, proven by fresh evidence; a risk that leans on another falls back to \
             its value without it",
        );
    let blocks = vec![
        Block::Facts(facts),
        Block::Table(scales(&parts.safety, &parts.privacy, &parts.exploitability)),
        Block::Table(matrix(
            "Safety matrix: severity down, exploitability across",
            &parts.safety,
            subject,
            &parts.safety_matrix,
        )),
        Block::Table(matrix(
            "Privacy matrix: severity down, exploitability across",
            &parts.privacy,
            subject,
            &parts.privacy_matrix,
        )),
        Block::Table(acceptance(subject)),
    ];
    section("method", "Method and criteria", blocks)
}

fn scales<S: Ordinal, P: Ordinal, E: Ordinal>(
    safety: &Scale<S>,
    privacy: &Scale<P>,
    exploitability: &Scale<E>,
) -> Table {
    let mut table = Table::new(
        "Scales",
        "policy",
        &[("Level", 8), ("Safety severity", 32), ("Privacy severity", 32), ("Exploitability", 34)],
    );
    for rank in 1..=safety.size().max(privacy.size()).max(exploitability.size()) {
        fn word<L: Ordinal>(scale: &Scale<L>, rank: u8) -> Cell {
            scale.level(rank).ok().and_then(|level| scale.word(level)).unwrap_or_default().into()
        }
        table.row([
            Cell::lead(rank.to_string()),
            word(safety, rank),
            word(privacy, rank),
            word(exploitability, rank),
        ]);
    }
    table
}

fn matrix<S: Ordinal>(title: &str, severity: &Scale<S>, subject: &Subject<'_>, matrix: &Matrix<S>) -> Table {
    const COLUMNS: [&str; 10] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
    let parts = subject.method.method().parts();
    let mut columns = vec![("Severity", 30)];
    columns.extend(COLUMNS.iter().take(usize::from(parts.exploitability.size())).map(|column| (*column, 14)));
    let mut table = Table::new(title, "policy", &columns);
    for level in severity.levels().rev() {
        let words = format!("{} {}", level.rank(), severity.word(level).unwrap_or_default());
        let cells = parts
            .exploitability
            .levels()
            .map(|column| matrix.level(level, column).map_or("?", |level| parts.levels.code(level)).into());
        table.rows.push(std::iter::once(Cell::lead(words)).chain(cells).collect());
    }
    table
}

fn acceptance(subject: &Subject<'_>) -> Table {
    let levels = &subject.method.method().parts().levels;
    let mut table = Table::new(
        "Criteria of acceptance, on each axis by itself",
        "policy",
        &[("Level", 20), ("Means", 60)],
    );
    for (level, class) in levels.iter() {
        table.row([Cell::lead(class.code.as_str()), register::meaning(levels.acceptance(level)).into()]);
    }
    table
}

fn overall(subject: &Subject<'_>) -> Section {
    let device = subject.file().device.as_ref().map(|(_, device)| device);
    let text = |text: Option<&medward_file::Text>| text.map(|text| text.to_string());
    let residual = text(device.and_then(|device| device.overall_residual_risk.as_ref()));
    let benefit = text(device.and_then(|device| device.benefit_risk.as_ref()));
    let blocks = vec![
        Block::concluded(
            residual.as_deref(),
            "Judge the overall residual risk: all risks left, taken together (ISO 14971:2019 clause 8)",
            "clinical safety and top management",
            "[device] overall_residual_risk",
        ),
        Block::concluded(
            benefit.as_deref(),
            "Conclude on benefit and risk over all safety risks, security included (MDCG 2019-16 3.5)",
            "clinical safety and top management",
            "[device] benefit_risk",
        ),
        Block::text(
            "These two statements are written by people. The counts and maps of this document are what they were given to judge, as of the \
             moment on the first page; a change of either since then is for them to look at again.",
        ),
    ];
    section("overall", "Overall residual risk, benefit and risk", blocks)
}

/// One row a control, with every risk that leans on it.
fn traceability(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "From control to risk, requirement, test and law",
        "risk.*, control.*, requirement.*, test.*, claim.*",
        &[
            ("Control", 10),
            ("Risks", 24),
            ("Requirements", 16),
            ("Tests and results", 28),
            ("Claims that name it", 34),
        ],
    );
    let rows = medward_trace::rows(subject.file());
    for rows in rows.chunk_by(|one, other| one.control == other.control) {
        let Some(row) = rows.first() else { continue };
        let risks: Vec<_> = rows.iter().filter_map(|row| row.risk).collect();
        let tests: Vec<_> = row.tests.iter().map(|(test, result)| format!("{test} {result}")).collect();
        let or_bad = |words: Vec<String>, none: &str| {
            if words.is_empty() { Cell::toned(none, Tone::Bad) } else { words.join(", ").into() }
        };
        table.row([
            Cell::lead(row.control),
            some(&risks).into(),
            row.requirements.join(", ").into(),
            or_bad(tests, "no test"),
            some(&row.entries).into(),
        ]);
    }
    table
}

/// The first ids of a list, the others counted.
fn some(ids: &[&str]) -> String {
    const SHOWN_MAX: usize = 10;
    let shown = ids.iter().take(SHOWN_MAX).copied().collect::<Vec<_>>().join(", ");
    match ids.len().saturating_sub(SHOWN_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn after_market(subject: &Subject<'_>) -> Section {
    let live = match subject.inputs.live {
        Some(_) => {
            "The state of every control is followed by its probes; what they see stands in the ledger, and this document shows it as of its moment."
        }
        None => {
            "There is no ledger beside this file: controls are shown as declared, and nothing proves that they work today."
        }
    };
    let blocks = vec![Block::text(live), Block::Table(scope::releases(subject))];
    section("production", "Production and after", blocks)
}
