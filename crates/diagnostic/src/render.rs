//! Renderings of diagnostics: for people, editors, code scanning and continuous integration.
//!
//! Each takes diagnostics in the order in which they shall be shown and the sources they point into. None can
//! fail on a span or a text: what lies outside a source is moved to the nearest place that exists.

mod excerpt;
pub mod github;
pub mod human;
pub mod json;
pub mod sarif;
mod visible;

#[cfg(test)]
mod examples;
