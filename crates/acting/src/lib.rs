//! What people do on record, so that commands and pages cannot come to different ends: called by both.
//!
//! An act goes two ways, one after the other. A function of its own file ([`capa`], [`complaint`], [`event`], [`incident`],
//! [`approval`]) holds what is asked against the device as it stands and gives a [`Plan`], or says what is wrong and with which field.
//! A [`Writer`] then signs all of the plan, or refuses all of it, and writes it. So nobody is asked for a passphrase for something
//! that cannot be done, and nothing stands in the ledger that would count for nothing.

pub mod approval;
pub mod capa;
pub mod complaint;
mod device;
mod error;
pub mod event;
pub mod incident;
mod plan;
pub mod probing;
mod signing;
mod when;
mod writer;

pub use device::{Device, whole_file};
pub use error::ActError;
pub use plan::{Deed, Plan, Step};
pub use signing::{Signing, vouched};
pub use when::when;
pub use writer::{Done, LedgerKey, Writer};
