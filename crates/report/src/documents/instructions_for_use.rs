//! The security section of the instructions for use: what the environment must provide, what integrator and operator must do, what is
//! left to know.

use super::conformity::addressees;
use super::{Document, ids, measures, said, scope, section};
use crate::ReportError;
use crate::model::{Block, Cell, Section, Table};
use crate::subject::Subject;
use medward_catalog::{Addressee, DataError, Modality};
use medward_coverage::{Answer, statements};
use medward_file::kinds::{Asset, Control, ControlType, Zone};
use medward_file::{Link, Record};

pub(super) const DOCUMENT: Document = Document {
    name: "instructions-for-use",
    title: "Instructions for use: security and minimum IT requirements",
    purpose: "Tells operator, integrator and users what the device needs of its environment, what they have to do, and which risks are left.",
    basis: "MDR Annex I 17.4, 18.8, 23.1 and 23.4(ab); MDCG 2019-16 4.2; IEC 81001-5-1 5.8.3",
    is_sheet: false,
    build,
};

/// Whom the duties of this document address.
const OTHERS: [Addressee; 3] = [Addressee::Integrator, Addressee::Operator, Addressee::User];

fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let file = subject.file();
    let mut environment = vec![Block::Table(measures::environment(subject)), Block::Table(network(subject))];
    if file.controls.iter().all(|control| control.environment.is_none()) {
        environment.push(Block::text(
            "No measure of this file is left to the operator's environment: every control is the device's own or the manufacturer's.",
        ));
    }
    environment.push(Block::open(
        "Hardware, operating systems, display and network capacity that the device needs",
        "manufacturer",
        "a document of kind `ifu`: the security file holds no such figures",
    ));
    let duties = duties(subject)?;
    let mut use_of_it =
        vec![Block::Table(measures::delays(subject)), Block::Table(measures::emergency(subject))];
    use_of_it.retain(|block| matches!(block, Block::Table(table) if !table.rows.is_empty()));
    use_of_it.push(Block::Table(failing(subject)));
    let upkeep = vec![
        Block::Table(scope::releases(subject)),
        Block::open(
            "Where vulnerabilities are reported and how fast an answer comes",
            "manufacturer",
            "a document of kind `ifu`",
        ),
        Block::open(
            "How updates are obtained, checked and installed",
            "manufacturer",
            "a document of kind `ifu`",
        ),
        Block::open(
            "How the device is taken out of use and its data are erased",
            "manufacturer",
            "a document of kind `ifu`",
        ),
    ];
    Ok(vec![
        scope::device(subject),
        section("environment", "Minimum IT requirements", environment),
        section("duties", "What integrator, operator and users have to do", duties),
        section("use", "Use under security measures", use_of_it),
        section("residual", "Risks left that you should know", vec![Block::Table(residual(subject))]),
        section("upkeep", "Updates, support, end of use", upkeep),
        section(
            "documents",
            "Documents",
            vec![Block::Table(scope::documents(subject, "Accompanying documents", &["ifu", "agreement"]))],
        ),
    ])
}

/// The zone of an asset, by its title.
fn zone<'f>(subject: &Subject<'f>, asset: &Link<Asset>) -> Option<&'f Record<Zone>> {
    let file = subject.file();
    file.follow(file.follow(asset)?.zone.as_ref()?)
}

/// Connections between zones: what a firewall has to let through.
fn network(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Connections between zones: allow these, refuse all others",
        "flow.*, zone.*",
        &[("Flow", 16), ("From", 30), ("To", 30), ("Protocol", 24), ("What moves", 28)],
    );
    for flow in &subject.file().flows {
        let (from, to) = (zone(subject, &flow.from), zone(subject, &flow.to));
        if from.map(Record::id) == to.map(Record::id) {
            continue;
        }
        let title = |asset: &Link<Asset>, zone: Option<&Record<Zone>>| {
            let asset = subject
                .file()
                .follow(asset)
                .map_or_else(|| asset.id().to_owned(), |asset| asset.title.to_string());
            zone.map_or(asset.clone(), |zone| format!("{asset} ({})", &*zone.title.value))
        };
        table.row([
            Cell::lead(flow.id()),
            title(&flow.from, from).into(),
            title(&flow.to, to).into(),
            said(flow.protocol.as_ref()).into(),
            said(flow.title.as_ref()).into(),
        ]);
    }
    table
}

/// Entries that address others than the manufacturer, and measures that inform them.
fn duties(subject: &Subject<'_>) -> Result<Vec<Block>, DataError> {
    let mut table = Table::new(
        "Duties of others by law and guidance, in own words",
        "catalogues mdcg-2019-16 and mdr-annex-i, claim.*",
        &[("Entry", 14), ("Who", 20), ("What to do", 56), ("Told in", 24)],
    );
    let statements = statements(subject.file())?;
    let mut untold = 0_usize;
    for statement in statements
        .iter()
        .filter(|it| matches!(&*it.catalog.id, "mdcg-2019-16" | "mdr-annex-i") && it.applies())
    {
        let document = statement.applicability.map_or(String::new(), |declared| ids(&declared.pass_on));
        for (entry, answer) in statement.answers() {
            if entry.modality == Modality::Other || !entry.addressees.iter().any(|one| OTHERS.contains(one)) {
                continue;
            }
            let told = match answer {
                Answer::PassedOn => document.clone(),
                Answer::Claimed(claim) | Answer::Deviating(claim) => ids(&claim.pass_on),
                Answer::Excluded(_) => continue,
                Answer::NotPassedOn | Answer::Open => {
                    untold = untold.saturating_add(1);
                    "in this table only".to_owned()
                }
            };
            let asks = if entry.text.is_empty() { &entry.title } else { &entry.text };
            table.row([
                Cell::lead(entry.id.as_str()),
                addressees(entry).into(),
                asks.as_str().into(),
                told.into(),
            ]);
        }
    }
    let informing = measures::controls(subject, "Measures that work by informing you", |control| {
        control.kind.as_ref().is_some_and(|kind| kind.value == ControlType::Information)
    });
    let mut blocks = Vec::new();
    if untold > 0 {
        blocks.push(Block::open(
            format!("{untold} duties of others are told in no document but this one"),
            "manufacturer",
            "pass_on of [applicability.*] or [claim.*]",
        ));
    }
    blocks.extend([table, informing].into_iter().filter(|table| !table.rows.is_empty()).map(Block::Table));
    if blocks.is_empty() {
        blocks.push(Block::open(
            "Duties of integrator, operator and users",
            "manufacturer",
            "[applicability.*] and [claim.*]",
        ));
    }
    Ok(blocks)
}

/// What happens when a measure itself fails.
fn failing(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "When a security measure itself fails",
        "control.*",
        &[("Control", 12), ("Measure", 54), ("Then", 50)],
    );
    for control in &subject.file().controls {
        let Some(fails) = control.fails.as_ref().filter(|_| is_operational(control)) else { continue };
        let words = match fails.value {
            medward_file::kinds::Failure::Closed => "nothing passes until it works again",
            medward_file::kinds::Failure::Open => "everything passes; tell the manufacturer",
            medward_file::kinds::Failure::Operational => "clinical function goes on, the rest stops",
        };
        table.row([Cell::lead(control.id()), (&*control.title.value).into(), words.into()]);
    }
    table
}

fn is_operational(control: &Record<Control>) -> bool {
    medward_paths::is_implemented(control)
        && control.layer.as_ref().is_none_or(|layer| &*layer.value != "organisation")
}

/// Risks that stay above the lowest level, in words for their reader.
fn residual(subject: &Subject<'_>) -> Table {
    let levels = &subject.method.method().parts().levels;
    let mut table = Table::new(
        "Risks left above the lowest level",
        "risk.*",
        &[
            ("Risk", 10),
            ("What can happen", 36),
            ("Harm", 30),
            ("Impact on persons", 34),
            ("Safety", 9),
            ("Privacy", 9),
        ],
    );
    for ranked in &subject.ranked {
        let (safety, privacy) = (ranked.residual.safety, ranked.residual.privacy);
        let worst = safety.map(|it| it.level).max(privacy.map(|it| it.level));
        if worst.is_none_or(|level| levels.iter().next().is_some_and(|(lowest, _)| level == lowest)) {
            continue;
        }
        let Some(risk) = subject.file().by_id::<medward_file::kinds::Risk>(ranked.id) else { continue };
        let code = |level: Option<medward_risk::Level>| level.map_or("-", |level| levels.code(level));
        table.row([
            Cell::lead(ranked.id),
            ranked.title.into(),
            risk.safety.as_ref().map_or("", |branch| said(branch.harm.as_ref())).into(),
            risk.privacy.as_ref().map_or("", |branch| said(branch.impact.as_ref())).into(),
            code(safety.map(|it| it.level)).into(),
            code(privacy.map(|it| it.level)).into(),
        ]);
    }
    table
}
