//! Legal forms, filled from what is known: Manufacturer Incident Report (XML), field safety notice, notifications under GDPR and NIS2.
//!
//! Called by the command line. A form is data ([`form()`]); filling takes facts by name and what the user adds, and gives back every value that is
//! missing or does not fit, by the name of its field. Nothing is made up: a field without a value stays empty and is asked for.
//! This crate knows no incident, no ledger and no clock.

mod fill;
mod form;
mod imdrf;
mod render;

pub use fill::{Facts, Filled, Problem, fill};
pub use form::{Field, Form, FormError, KINDS, Kind, Reporter, Required, Root, form};
pub use imdrf::{Annex, is_code, term};
pub use render::{html, markdown, values, xml};
