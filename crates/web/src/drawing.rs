//! Pictures of pages, as vectors in the colours of the page; each beside a table that says the same.

pub(crate) mod heat_map;
pub(crate) mod rings;
