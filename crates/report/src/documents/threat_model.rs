//! The threat model: zones, assets and flows as drawn, layers around the critical assets, threats, weakest paths.

use super::{Document, ids, register, scope, section, sign_off};
use crate::ReportError;
use crate::figures::{WeakPath, architecture, attack_paths, rings, weak_paths};
use crate::model::{Block, Cell, Section, Table, Tone};
use crate::subject::Subject;
use medward_paths::{Layers, Model};

pub(super) const DOCUMENT: Document = Document {
    name: "threat-model",
    title: "Threat model",
    purpose: "Draws trust zones, assets and flows, names who could attack what and how, and counts the independent layers before each critical asset.",
    basis: "MDCG 2019-16 3.2 and 3.4; IEC 81001-5-1 7.2; MDR Annex I 17.2",
    is_sheet: false,
    build,
};

#[expect(clippy::unnecessary_wraps, reason = "as every document is built")]
fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let file = subject.file();
    let paths = weak_paths(subject);
    let rings_of = medward_rules::rings(subject.file(), |control| subject.is_in_force(control));
    let mut drawn = vec![
        Block::Table(zones(subject)),
        Block::Table(scope::assets(subject, "Assets", |_| true)),
        Block::Table(scope::flows(subject, "Flows", |_| true)),
        Block::Table(entries(subject)),
    ];
    // A large drawing takes a page of its own, so that it comes after the tables and leaves no gap before them.
    drawn.push(if file.assets.is_empty() {
        Block::open("Describe zones, assets and flows", "product security", "[zone.*], [asset.*], [flow.*]")
    } else {
        Block::Figure(architecture(file))
    });
    let protection = vec![
        Block::Figure(rings(&rings_of, subject.inputs.live.is_some())),
        Block::Table(knock_out(subject, &paths)),
    ];
    let mut weak = Vec::new();
    if paths.is_empty() {
        weak.push(Block::text("No entry leads to a critical asset, or none is declared."));
    } else {
        weak.push(Block::Figure(attack_paths(subject, &paths)));
        weak.push(Block::Table(path_table(subject, &paths)));
    }
    let threats = register::threats(subject);
    let threats = if threats.rows.is_empty() {
        vec![Block::open("Name the threats", "product security", "[threat.*]")]
    } else {
        vec![Block::Table(threats), Block::Table(vulnerabilities(subject))]
    };
    Ok(vec![
        scope::device(subject),
        section("architecture", "Zones, assets and flows", drawn),
        section("layers", "Layers of protection", protection),
        section("paths", "Weakest attack paths", weak),
        section("threats", "Threats and weaknesses", threats),
        sign_off::findings(subject),
        sign_off::approvals(subject, &["Product security", "Clinical safety"]),
    ])
}

fn zones(subject: &Subject<'_>) -> Table {
    let file = subject.file();
    let mut table = Table::new(
        "Trust zones",
        "zone.*",
        &[("Zone", 18), ("Title", 40), ("Within", 18), ("Run by", 20), ("Trust, 0 to 5", 12)],
    );
    for zone in &file.zones {
        table.row([
            Cell::lead(zone.id()),
            (&*zone.title.value).into(),
            zone.within.as_ref().map_or("", |link| link.id()).into(),
            zone.operator.as_ref().map_or("", |link| link.id()).into(),
            zone.trust.as_ref().map_or(String::new(), |trust| trust.value.to_string()).into(),
        ]);
    }
    table
}

fn entries(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Where attackers can start",
        "entry.*",
        &[("Entry", 20), ("Who and how", 40), ("Touches", 30), ("Guarded by", 18)],
    );
    for entry in &subject.file().entries {
        table.row([
            Cell::lead(entry.id()),
            (&*entry.title.value).into(),
            ids(&entry.reaches).into(),
            ids(&entry.guards).into(),
        ]);
    }
    table
}

/// What the loss of each layer would expose: pairs of entry and critical asset with nothing, or one layer, left between them.
fn knock_out(subject: &Subject<'_>, paths: &[WeakPath]) -> Table {
    let file = subject.file();
    let model = Model::with(file, |control| subject.is_in_force(control));
    let mut table = Table::new(
        "Knock-out: what is left between entry and critical asset when one layer is lost",
        "control.*, flow.*, asset.*, entry.*",
        &[
            ("Layer lost", 20),
            ("Pairs with nothing left", 24),
            ("Pairs with one layer left", 24),
            ("Assets exposed", 40),
        ],
    );
    let reaches: Vec<_> = (0..file.entries.len()).map(|entry| model.from_entry(entry)).collect();
    let lost_layers = std::iter::once(None).chain(model.layers.iter().copied().map(Some));
    for name in lost_layers {
        let lost = name.and_then(|name| model.layer(name)).unwrap_or_default();
        let mut bare = Vec::new();
        let mut one = 0_usize;
        for reach in &reaches {
            for node in model.critical() {
                let left = reach.sets(node).map(|set: Layers| set.without(lost).count()).min();
                match left {
                    Some(0) => bare.push(node),
                    Some(1) => one = one.saturating_add(1),
                    _ => {}
                }
            }
        }
        let pairs = bare.len();
        bare.sort_unstable();
        bare.dedup();
        let tone = if pairs == 0 { Tone::Good } else { Tone::Bad };
        table.row([
            Cell::lead(name.unwrap_or("none lost")),
            Cell::toned(format!("{pairs} of {}", paths.len()), tone),
            one.to_string().into(),
            model.ids(&bare).join(", ").into(),
        ]);
    }
    table
}

fn path_table(subject: &Subject<'_>, paths: &[WeakPath]) -> Table {
    let file = subject.file();
    let mut table = Table::new(
        "The weakest path from each entry to each critical asset",
        "entry.*, asset.*, flow.*, control.*",
        &[("Entry", 18), ("Critical asset", 18), ("Layers", 9), ("Which", 28), ("By way of", 40)],
    );
    for path in paths {
        let id = |node: &usize| file.assets.get(*node).map_or("", |asset| asset.id());
        let tone = match path.layers.len() {
            0 => Tone::Bad,
            1 => Tone::Warn,
            _ => Tone::Plain,
        };
        let exact = if path.is_exact { "" } else { " (at most)" };
        table.row([
            Cell::lead(file.entries.get(path.entry).map_or("", |entry| entry.id())),
            path.nodes.last().map_or("", id).into(),
            Cell::toned(format!("{}{exact}", path.layers.len()), tone),
            path.layers.join(", ").into(),
            path.nodes.iter().map(id).collect::<Vec<_>>().join(" → ").into(),
        ]);
    }
    table
}

/// Weaknesses that the risks use.
pub(super) fn vulnerabilities(subject: &Subject<'_>) -> Table {
    let mut table = Table::new(
        "Weaknesses",
        "vulnerability.*",
        &[
            ("Weakness", 12),
            ("Title", 40),
            ("Class", 14),
            ("Known as", 18),
            ("Component", 20),
            ("Assets", 24),
            ("Exploited in the field", 12),
        ],
    );
    for weakness in &subject.file().vulnerabilities {
        let cwe: Vec<_> = weakness.cwe.iter().map(|class| &*class.value).collect();
        let exploited = weakness.known_exploited.as_ref().is_some_and(|known| known.value);
        table.row([
            Cell::lead(weakness.id()),
            (&*weakness.title.value).into(),
            cwe.join(", ").into(),
            super::said(weakness.cve.as_ref()).into(),
            super::said(weakness.component.as_ref()).into(),
            ids(&weakness.assets).into(),
            if exploited { Cell::toned("yes", Tone::Bad) } else { "no".into() },
        ]);
    }
    table
}
