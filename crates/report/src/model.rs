//! What a document says, before anybody draws it: sections of a few kinds of blocks.
//!
//! Built by [`crate::documents`], drawn by [`crate::pdf()`], [`crate::html()`] and [`crate::xlsx()`], printed as JSON by the command line. Holds
//! texts only; where a text came from stands beside it.

use serde::Serialize;

/// A document.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    /// Clauses that ask for it.
    pub basis: &'static str,
    /// The device.
    pub device: Device,
    /// Out of what it was made.
    pub origin: Origin,
    /// What only a person can conclude and nobody has, each with its section.
    pub open: Vec<OpenPoint>,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// The device as the head of a page shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Device {
    /// Trade name.
    pub name: String,
    /// Version described.
    pub version: String,
    /// Who makes it.
    pub manufacturer: String,
    /// UDI-DI.
    pub udi_di: String,
}

/// Out of what a document was made: the same origin gives the same document.
#[derive(Debug, Clone, Serialize)]
pub struct Origin {
    /// The moment that it stands for, such as `2026-10-01T00:00:00Z`.
    pub at: String,
    /// Its day.
    pub day: String,
    /// Where the moment comes from.
    pub at_because: &'static str,
    /// SHA-256 over the texts of the security file, in hexadecimal.
    pub file: String,
    /// Head of the ledger; `None` where there is none, or it was not asked.
    pub ledger: Option<LedgerHead>,
    /// Both in one short line, for captions and feet of pages.
    pub stamp: String,
}

/// A signed head of a ledger (C2SP tlog-checkpoint).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerHead {
    /// Name of the log.
    pub origin: String,
    /// Entries it counts.
    pub size: u64,
    /// Root of the Merkle tree, in base64 as the checkpoint has it.
    pub root: String,
}

/// Something left to a person.
#[derive(Debug, Clone, Serialize)]
pub struct OpenPoint {
    /// Title of the section it stands in.
    pub section: String,
    /// What has to be concluded.
    pub what: String,
    /// By whom.
    pub who: String,
}

/// A section.
#[derive(Debug, Clone, Serialize)]
pub struct Section {
    /// Its name for templates.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it holds.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Block {
    /// A paragraph.
    Text {
        /// Its text.
        text: String,
    },
    /// Terms with what is said of them, under an optional heading.
    Facts(Facts),
    /// A table.
    Table(Table),
    /// A picture.
    Figure(Figure),
    /// What only a person can conclude.
    Open(OpenBlock),
}

/// Terms with what is said of them.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    /// Heading; empty for none.
    pub title: String,
    /// The records that they come from.
    pub source: String,
    /// Term and text.
    pub rows: Vec<(&'static str, Cell)>,
}

/// A table.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// Its caption.
    pub title: String,
    /// The records that it comes from.
    pub source: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Its share of the width.
    pub share: u8,
}

/// How a text is meant. Always said in words too, so that it reads in black and white.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// As any text.
    #[default]
    Plain,
    /// An id or number that leads the row.
    Lead,
    /// As it should be.
    Good,
    /// To be looked at.
    Warn,
    /// Not as it should be.
    Bad,
}

/// A text in a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// A plain text.
    Text(String),
    /// A text meant in some way.
    Toned {
        /// The text.
        text: String,
        /// How it is meant.
        tone: Tone,
    },
    /// Nothing.
    #[default]
    Empty,
}

/// A picture.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Its caption.
    pub title: String,
    /// The records that it comes from.
    pub source: String,
    /// What it shows, for those who cannot see it.
    pub description: String,
    /// The drawing, SVG 1.1.
    pub svg: String,
    /// Its width, in SVG user units.
    pub width: f64,
    /// Its height, in SVG user units.
    pub height: f64,
}

/// What only a person can conclude.
#[derive(Debug, Clone, Serialize)]
pub struct OpenBlock {
    /// What has to be concluded.
    pub what: String,
    /// By whom.
    pub who: String,
    /// Where the answer is written, so that it is no longer open.
    pub write: String,
}

impl Cell {
    /// A text meant in some way.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self::Toned { text: text.into(), tone }
    }

    /// An id or number that leads the row.
    pub fn lead(text: impl Into<String>) -> Self {
        Self::toned(text, Tone::Lead)
    }

    /// The text.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Toned { text, .. } => text,
            Self::Empty => "",
        }
    }

    /// How it is meant.
    pub fn tone(&self) -> Tone {
        if let Self::Toned { tone, .. } = self { *tone } else { Tone::Plain }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Block {
    /// A paragraph.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// A text that a person has written, else an open point for it.
    pub fn concluded(text: Option<&str>, what: &str, who: &str, write: &str) -> Self {
        match text.map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => Self::text(text),
            None => Self::open(what, who, write),
        }
    }

    /// What only a person can conclude.
    pub fn open(what: impl Into<String>, who: impl Into<String>, write: impl Into<String>) -> Self {
        Self::Open(OpenBlock { what: what.into(), who: who.into(), write: write.into() })
    }
}

impl Facts {
    /// No facts yet.
    pub fn new(title: impl Into<String>, source: impl Into<String>) -> Self {
        Self { title: title.into(), source: source.into(), rows: Vec::new() }
    }

    /// With a fact; nothing where there is nothing to say.
    #[must_use]
    pub fn with(mut self, term: &'static str, cell: impl Into<Cell>) -> Self {
        let cell = cell.into();
        if !cell.text().is_empty() {
            self.rows.push((term, cell));
        }
        self
    }
}

impl Table {
    /// A table without rows; columns with their shares of the width.
    pub fn new(title: impl Into<String>, source: impl Into<String>, columns: &[(&'static str, u8)]) -> Self {
        let columns = columns.iter().map(|(title, share)| Column { title, share: *share }).collect();
        Self { title: title.into(), source: source.into(), columns, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        let mut cells = Vec::from(cells);
        cells.resize(self.columns.len(), Cell::Empty);
        self.rows.push(cells);
    }
}

impl Report {
    /// Visits every text that did not come from this crate, to change it; drawings have theirs escaped already.
    pub(crate) fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Device { name, version, manufacturer, udi_di } = &mut self.device;
        [name, version, manufacturer, udi_di].into_iter().for_each(&mut *change);
        change(&mut self.origin.stamp);
        if let Some(ledger) = &mut self.origin.ledger {
            change(&mut ledger.origin);
        }
        for point in &mut self.open {
            [&mut point.section, &mut point.what, &mut point.who].into_iter().for_each(&mut *change);
        }
        for block in self.sections.iter_mut().flat_map(|section| &mut section.blocks) {
            block.each_text(change);
        }
    }
}

impl Block {
    fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        let in_cell = |cell: &mut Cell, change: &mut dyn FnMut(&mut String)| match cell {
            Cell::Text(text) | Cell::Toned { text, .. } => change(text),
            Cell::Empty => {}
        };
        match self {
            Self::Text { text } => change(text),
            Self::Facts(facts) => {
                change(&mut facts.title);
                change(&mut facts.source);
                facts.rows.iter_mut().for_each(|(_, cell)| in_cell(cell, change));
            }
            Self::Table(table) => {
                change(&mut table.title);
                change(&mut table.source);
                table.rows.iter_mut().flatten().for_each(|cell| in_cell(cell, change));
            }
            Self::Figure(figure) => {
                let Figure { title, source, description, .. } = figure;
                [title, source, description].into_iter().for_each(change);
            }
            Self::Open(open) => {
                [&mut open.what, &mut open.who, &mut open.write].into_iter().for_each(change);
            }
        }
    }
}
