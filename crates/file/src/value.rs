//! Plain values with the place they stand at.

use medward_diagnostic::Span;
use std::ops::Deref;

/// A value and the place it was read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A string.
pub type Text = Spanned<Box<str>>;
/// A truth value.
pub type Flag = Spanned<bool>;
/// A whole number.
pub type Number = Spanned<i64>;
/// A calendar date.
pub type Date = Spanned<jiff::civil::Date>;

/// A table whose keys the user chooses, in order of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map<T>(pub Vec<(Text, T)>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Map<T> {
    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.0.iter().find(|(name, _)| &*name.value == key).map(|(_, value)| value)
    }

    /// Keys with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &T)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Whether the table is empty or absent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
