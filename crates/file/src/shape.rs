//! What a field may hold, as data: the source of the JSON Schema and of "unknown key" messages.

use crate::Kind;

/// What a value of the file looks like.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Any string.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number,
    /// A TOML local date.
    Date,
    /// One of these words, each with its meaning.
    Words(&'static [(&'static str, &'static str)]),
    /// The id of a record of one of these kinds.
    Link(&'static [Kind]),
    /// A list.
    List(Box<Shape>),
    /// A table with fixed keys.
    Table(fn() -> TableShape),
    /// A table with keys chosen by the user.
    Map(Box<Shape>),
    /// Any one of several shapes.
    Either(Vec<Shape>),
}

/// A table with fixed keys.
#[derive(Debug, Clone)]
pub struct TableShape {
    /// What the table is, in words.
    pub doc: &'static str,
    /// Its keys.
    pub fields: Vec<FieldShape>,
}

/// One key of a table.
#[derive(Debug, Clone)]
pub struct FieldShape {
    /// The key as written.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Whether its absence is an error of reading (R0-005) rather than a finding of a rule.
    pub required: bool,
    /// What it holds.
    pub shape: Shape,
}
