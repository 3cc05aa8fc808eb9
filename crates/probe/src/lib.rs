//! Probes: live proof that a control works, called by the command line, which writes what they saw to the ledger.
//!
//! This crate never judges what an observation means for a risk, never writes to the ledger and never decides when
//! a probe is due. A probe is one file in `probes/`, named as the kind, plus its line in [`registry`]; its terms are
//! a table in `medward_file::kinds`.
//!
//! Each probe has two halves. The positive one shows that what must work works; the negative one that what must be
//! refused is refused. An observation passes only when both halves made at least one check and every check held, so
//! that an error, a time-out, an empty population or a missing permission can never look like success.

mod arrival;
mod burned_in;
mod cipher_suites;
mod client_hello;
mod configuration;
mod context;
mod database;
mod dicom_object;
mod dicom_peer;
mod dicom_sender;
mod fault;
mod files;
mod identifier_search;
mod observation;
mod pam;
mod probes;
mod process;
mod redact;
pub mod registry;
mod runner;
mod tls_client;
mod web;
mod xccdf;

pub use configuration::ConfigError;
pub use context::{Clock, Context, Deadline, Environment, SystemClock};
pub use fault::Fault;
pub use observation::{Check, Findings, Half, Observation, Outcome, Verdict};
pub use redact::{Redactor, Secrets};
pub use registry::{Prepared, Probe};
pub use runner::{Job, Options, jobs, run};
