//! The table: attacks down, layers that are off across, and in each cell what stopped the attack.

use crate::attack::{Attack, Field};
use crate::attacks::people;
use crate::{ATTACKS, DrillError, Site, Target};
use medward_containment::Program;
use medward_file::kinds::WardLayer;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

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

/// How often, and in what distance, it is looked for who stopped an attack.
const LOOKS: u32 = 20;
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// How an attack came out in one setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Stopped, by the layers that said so; where none did, by the protocol, the vault, the ledger or de-identification.
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
    /// Attacks that one layer alone stands against: each with the layer without which it gets through.
    ///
    /// A file that waives that layer carries the risk.
    pub fn alone(&self) -> Vec<(&Row, &str)> {
        let is_stopped = |row: &Row| row.cells.first().is_some_and(|cell| *cell != Cell::GotThrough);
        self.got_through().filter(|(row, _)| is_stopped(row)).collect()
    }

    /// Attacks on patient data or image integrity that got through, with what was off.
    pub fn broken(&self) -> Vec<(&Row, &str)> {
        self.got_through().filter(|(row, _)| row.target != Target::Service).collect()
    }

    /// Attacks that got through, with what was off.
    fn got_through(&self) -> impl Iterator<Item = (&Row, &str)> {
        let all =
            self.rows.iter().flat_map(|row| row.cells.iter().zip(&self.off).map(move |cell| (row, cell)));
        all.filter(|(_, (cell, _))| **cell == Cell::GotThrough).map(|(row, (_, off))| (row, off.as_str()))
    }
}

/// Holds the drill: the policies are those of the file that is drilled, or the ones of the drill. Every setting has a site of its own,
/// and all run at once. What comes is read by the program. Of the attacks only those of these ids, or all where
/// there are none. Says where it is.
pub async fn run<F>(policies: &str, reader: &Program, only: &[String], at: F) -> Result<Table, DrillError>
where
    F: Fn(&str, &str) + Send + Sync + 'static,
{
    let settings: Vec<_> = std::iter::once(None).chain(LAYERS.into_iter().map(Some)).collect();
    let is_chosen = |attack: &Attack| only.is_empty() || only.iter().any(|id| id == attack.id);
    let all = ATTACKS.iter().copied().flatten().copied();
    let attacks: Vec<Attack> = all.filter(is_chosen).collect();
    if let Some(id) = only.iter().find(|id| attacks.iter().all(|attack| attack.id != **id)) {
        return Err(DrillError::UnknownAttack(id.clone()));
    }
    let at = Arc::new(at);
    let mut columns = JoinSet::new();
    for (number, off) in settings.iter().copied().enumerate() {
        let (policies, reader) = (policies.to_owned(), reader.clone());
        let (attacks, at) = (attacks.clone(), Arc::clone(&at));
        columns.spawn(async move { (number, column(&policies, reader, off, &attacks, &*at).await) });
    }
    let mut found: Vec<Vec<Cell>> = vec![Vec::new(); settings.len()];
    while let Some(done) = columns.join_next().await {
        let (number, cells) = done.map_err(|error| DrillError::Control(error.to_string()))?;
        if let Some(place) = found.get_mut(number) {
            *place = cells?;
        }
    }
    let mut found: Vec<_> = found.into_iter().map(Vec::into_iter).collect();
    let row = |attack: &Attack| Row {
        id: attack.id.to_owned(),
        title: attack.title.to_owned(),
        target: attack.target,
        cells: found.iter_mut().filter_map(Iterator::next).collect(),
    };
    let rows = attacks.iter().map(row).collect();
    let off = settings.iter().map(|off| off.map_or("nothing", WardLayer::word).to_owned()).collect();
    Ok(Table { off, rows })
}

/// All attacks on a ward with one layer off, or none.
async fn column(
    policies: &str,
    reader: Program,
    off: Option<WardLayer>,
    attacks: &[Attack],
    at: &(dyn Fn(&str, &str) + Send + Sync),
) -> Result<Vec<Cell>, DrillError> {
    let name = off.map_or("nothing", WardLayer::word);
    let mut site = Site::new(policies)?;
    site.read_by(reader);
    site.add_to_file("", &people()?);
    let ward = site.start(off, None).await?;
    let mut cells = Vec::new();
    for (number, attack) in (1_u32..).zip(attacks) {
        at(name, attack.id);
        let field = Field { site: &site, ward: &ward, number: number.saturating_mul(10) };
        if !field.honest().echo().await? {
            let attack = attack.id;
            return Err(DrillError::Control(format!(
                "without {name}, before `{attack}`: no answer to an honest echo"
            )));
        }
        let before = ward.state.watch.totals();
        let got = (attack.run)(field).await?;
        // A refusal is counted after the peer was told.
        let mut by = BTreeSet::new();
        for _ in 0..LOOKS {
            let after = ward.state.watch.totals();
            let counted = after
                .iter()
                .filter(|(refusal, times)| before.get(refusal).is_none_or(|earlier| earlier < times));
            by = counted.map(|(refusal, _)| refusal.layer.word().to_owned()).collect();
            if got || !by.is_empty() {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        cells.push(if got { Cell::GotThrough } else { Cell::Stopped(by) });
    }
    ward.stop().await;
    Ok(cells)
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
            write!(formatter, "{off:<20}")?;
        }
        writeln!(formatter)?;
        for row in &self.rows {
            write!(formatter, "{:<20}", row.id)?;
            for cell in &row.cells {
                write!(formatter, "{cell:<20}")?;
            }
            writeln!(formatter)?;
        }
        writeln!(
            formatter,
            "\ncore: without a refusal, by the protocol, the vault, the ledger or de-identification itself"
        )?;
        for (row, off) in self.alone() {
            writeln!(
                formatter,
                "{}: stopped by {off} alone; a file that waives it carries the risk",
                row.id
            )?;
        }
        Ok(())
    }
}
