//! The table: attacks down, layers that are off across, and in each cell what stopped the attack.

use crate::attack::Field;
use crate::{ATTACKS, DrillError, Site, Target};
use medward_file::kinds::WardLayer;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// Layers that can be off, by a waiver.
const LAYERS: [WardLayer; 7] = [
    WardLayer::Perimeter,
    WardLayer::Transport,
    WardLayer::Identity,
    WardLayer::Policy,
    WardLayer::Content,
    WardLayer::Privacy,
    WardLayer::Integrity,
];

/// How an attack came out in one setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Stopped, by the layers that said so; by the protocol, the vault or the ledger where none did.
    Stopped(BTreeSet<String>),
    /// It got what it wanted.
    GotThrough,
}

/// An attack in every setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The attack.
    pub id: String,
    /// What it does.
    pub title: String,
    /// What it is after.
    pub target: Target,
    /// With every layer on, then with each single one off.
    pub cells: Vec<Cell>,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What is off in each column; the first has everything on.
    pub off: Vec<String>,
    /// The attacks.
    pub rows: Vec<Row>,
}

impl Table {
    /// Attacks on patient data or image integrity that got through, with what was off.
    pub fn broken(&self) -> Vec<(&Row, &str)> {
        let mut broken = Vec::new();
        for row in self.rows.iter().filter(|row| row.target != Target::Service) {
            for (cell, off) in row.cells.iter().zip(&self.off) {
                if *cell == Cell::GotThrough {
                    broken.push((row, off.as_str()));
                }
            }
        }
        broken
    }
}

/// Holds the drill: the policies are those of the file that is drilled, or the ones of the drill. Says where it is.
pub async fn run(policies: &str, mut at: impl FnMut(&str, &str)) -> Result<Table, DrillError> {
    let settings = std::iter::once(None).chain(LAYERS.into_iter().map(Some));
    let mut table = Table { off: Vec::new(), rows: Vec::new() };
    for (column, off) in settings.enumerate() {
        let name = off.map_or("nothing", WardLayer::word);
        let site = Site::new(policies)?;
        let ward = site.start(off, None).await?;
        table.off.push(name.to_owned());
        for (number, attack) in (1_u32..).zip(ATTACKS.iter().copied().flatten()) {
            at(name, attack.id);
            let field = Field { site: &site, ward: &ward, number: number.saturating_mul(10) };
            if !field.honest().echo().await? {
                return Err(DrillError::Control(format!(
                    "before `{}` the honest sender is not answered",
                    attack.id
                )));
            }
            let before = ward.state.watch.totals();
            let got = (attack.run)(field).await?;
            let after = ward.state.watch.totals();
            let mut by = BTreeSet::new();
            for (refusal, times) in &after {
                if before.get(refusal).is_none_or(|earlier| earlier < times) {
                    by.insert(refusal.layer.word().to_owned());
                }
            }
            let cell = if got { Cell::GotThrough } else { Cell::Stopped(by) };
            if column == 0 {
                let (id, title) = (attack.id.to_owned(), attack.title.to_owned());
                table.rows.push(Row { id, title, target: attack.target, cells: Vec::new() });
            }
            if let Some(row) = table.rows.iter_mut().find(|row| row.id == attack.id) {
                row.cells.push(cell);
            }
        }
        ward.stop().await;
    }
    Ok(table)
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GotThrough => formatter.pad("GOT THROUGH"),
            Self::Stopped(by) if by.is_empty() => formatter.pad("core"),
            Self::Stopped(by) => formatter.pad(&by.iter().map(String::as_str).collect::<Vec<_>>().join("+")),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:<20}", "off:")?;
        for off in &self.off {
            write!(formatter, "{off:<19}")?;
        }
        writeln!(formatter)?;
        for row in &self.rows {
            write!(formatter, "{:<20}", row.id)?;
            for cell in &row.cells {
                write!(formatter, "{cell:<19}")?;
            }
            writeln!(formatter)?;
        }
        writeln!(formatter, "\ncore: by the protocol, the vault or the ledger itself, which have no switch")
    }
}
