//! What closes a document: findings that are open, approvals of the records, and the lines for those who sign the document itself.

use super::section;
use crate::model::{Block, Cell, Section, Table, Tone};
use crate::subject::{Subject, day};
use medward_diagnostic::Severity;
use medward_evidence::Standing;
use medward_rules::Live;
use std::collections::BTreeMap;

/// Findings shown one by one; of more, the rest is counted.
const FINDINGS_SHOWN_MAX: usize = 200;

/// The section on what `medward check` finds.
pub(super) fn findings(subject: &Subject<'_>) -> Section {
    let mut table = Table::new(
        "Findings of `medward check` at this moment",
        "the records named",
        &[("Rule", 10), ("Weight", 10), ("Finding", 50), ("What to do", 34), ("Waived by", 16)],
    );
    let all = subject.findings().count();
    for finding in subject.findings().take(FINDINGS_SHOWN_MAX) {
        let (word, tone) = match finding.severity {
            Severity::Error => ("error", Tone::Bad),
            Severity::Warning => ("warning", Tone::Warn),
            Severity::Note => ("note", Tone::Plain),
        };
        table.row([
            Cell::lead(finding.code),
            Cell::toned(word, tone),
            finding.message.as_str().into(),
            finding.mend.as_str().into(),
            finding.waived.as_deref().unwrap_or("").into(),
        ]);
    }
    let mut blocks = Vec::new();
    if table.rows.is_empty() {
        blocks.push(Block::text(
            "`medward check` finds nothing open: every rule of method, coverage, architecture, safe use, verification and evidence holds.",
        ));
    } else {
        blocks.push(Block::Table(table));
    }
    if all > FINDINGS_SHOWN_MAX {
        let rest = all.saturating_sub(FINDINGS_SHOWN_MAX);
        blocks.push(Block::text(format!(
            "{rest} more findings are not listed here; `medward check` shows all."
        )));
    }
    section("findings", "Open findings", blocks)
}

/// The section on approvals of records, with the lines for the signatures under the document itself.
pub(super) fn approvals(subject: &Subject<'_>, signed_by: &[&str]) -> Section {
    let mut blocks = Vec::new();
    match subject.inputs.live {
        Some(live) => {
            let (table, lacking) = by_role(live);
            blocks.push(Block::Table(table));
            if lacking > 0 {
                blocks.push(Block::open(
                    format!("{lacking} approvals that the policy asks for are missing, outdated or suspect"),
                    "the roles named",
                    "`medward approve`",
                ));
            }
        }
        None => blocks.push(Block::open(
            "No ledger was asked: controls are shown as declared and not as proven, and nobody can show who approved which record",
            "operations, and those who approve",
            "`medward ledger init`, `medward probe run`, `medward approve`",
        )),
    }
    blocks.push(lines(signed_by));
    section("approvals", "Approvals and signatures", blocks)
}

/// How many approvals each role was asked for and where they stand; how many are lacking.
fn by_role(live: &Live) -> (Table, usize) {
    let mut roles: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for (asked, standing) in live.standings.iter() {
        let place = match standing {
            Standing::Given { .. } => 0,
            Standing::Suspect { .. } => 1,
            Standing::Outdated { .. } => 2,
            Standing::Missing => 3,
        };
        if let Some(count) = roles.entry(&asked.role).or_default().get_mut(place) {
            *count = count.saturating_add(1);
        }
    }
    let mut table = Table::new(
        "Approvals that the policy asks for",
        "approvals in the ledger",
        &[("Role", 30), ("Given", 14), ("Suspect", 14), ("Outdated", 14), ("Missing", 14)],
    );
    let mut lacking = 0_usize;
    for (role, [given, suspect, outdated, missing]) in roles {
        lacking = [lacking, suspect, outdated, missing].into_iter().fold(0, usize::saturating_add);
        let bad = |count: usize| {
            if count == 0 { Cell::from("0") } else { Cell::toned(count.to_string(), Tone::Bad) }
        };
        table.row([Cell::lead(role), given.to_string().into(), bad(suspect), bad(outdated), bad(missing)]);
    }
    (table, lacking)
}

/// Each approval asked for, record by record.
pub(super) fn approval_list(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Approvals record by record",
        "approvals in the ledger",
        &[("Record", 24), ("Role", 24), ("Standing", 32), ("By", 20)],
    );
    let Some(live) = subject.inputs.live else { return table };
    for (asked, standing) in live.standings.iter() {
        let Some(record) = subject.file().record(asked.record) else { continue };
        let (words, tone, person) = match standing {
            Standing::Given { at, person } => (format!("given on {}", day(*at)), Tone::Good, person.as_str()),
            Standing::Suspect { at } => {
                (format!("given on {}; what it leans on changed since", day(*at)), Tone::Warn, "")
            }
            Standing::Outdated { at } => (format!("given on {} over another text", day(*at)), Tone::Bad, ""),
            Standing::Missing => ("missing".to_owned(), Tone::Bad, ""),
        };
        table.row([
            Cell::lead(format!("{}.{}", asked.record.kind.word(), &*record.id.value)),
            asked.role.as_str().into(),
            Cell::toned(words, tone),
            person.into(),
        ]);
    }
    table
}

/// The section of those who sign the document, where no approval of records is asked.
pub(super) fn signatures(signed_by: &[&str]) -> Section {
    section("approvals", "Signatures", vec![lines(signed_by)])
}

fn lines(signed_by: &[&str]) -> Block {
    let mut lines = Table::new(
        "Signatures under this document",
        "people, on this copy",
        &[("Role", 30), ("Name", 30), ("Date", 16), ("Signature", 30)],
    );
    for role in signed_by {
        let unsigned = || Cell::toned("not signed", Tone::Warn);
        lines.row([Cell::lead(*role), Cell::Empty, Cell::Empty, unsigned()]);
    }
    Block::Table(lines)
}
