//! Links from a record to another, by id.

use crate::{Kind, RecordRef};
use medward_diagnostic::Span;
use std::marker::PhantomData;

/// The kinds a link may lead to; implemented by every record kind and by the sets in [`crate::kinds`].
pub trait Target {
    /// Kinds allowed, in the order in which an id is looked up.
    const KINDS: &'static [Kind];
}

/// A link whose allowed kinds are known only at run time: what rules over all links see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnyLink {
    /// The id as written.
    pub id: Box<str>,
    /// Where it stands.
    pub span: Span,
    /// The record it leads to; `None` while dangling.
    pub target: Option<RecordRef>,
}

/// A link to a record of the kinds that `T` allows.
#[derive(Debug)]
pub struct Link<T> {
    /// The untyped link.
    pub any: AnyLink,
    target: PhantomData<fn() -> T>,
}

impl<T> Link<T> {
    /// A link, not yet resolved.
    pub fn new(id: impl Into<Box<str>>, span: Span) -> Self {
        Self { any: AnyLink { id: id.into(), span, target: None }, target: PhantomData }
    }

    /// The id as written.
    pub fn id(&self) -> &str {
        &self.any.id
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        self.any.span
    }

    /// The record it leads to; `None` while dangling.
    pub fn target(&self) -> Option<RecordRef> {
        self.any.target
    }
}

impl<T> Default for Link<T> {
    fn default() -> Self {
        Self { any: AnyLink::default(), target: PhantomData }
    }
}

impl<T> Clone for Link<T> {
    fn clone(&self) -> Self {
        Self { any: self.any.clone(), target: PhantomData }
    }
}
