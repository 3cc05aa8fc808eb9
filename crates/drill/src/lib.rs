//! The knock-out proof of the ward: real attacks on a made-up site, with every layer on and with each single one off.
//!
//! The command line runs it ([`run`]) and prints the table ([`Table`]); tests hold the table to its promise. A layer is taken away the
//! only way there is, by a waiver in the security file: the ward has no other switch, in no build. `vault` and `watch` cannot be
//! off at all, so that they have no column. Everything happens on the loopback interface, with certificates made for it.

mod answer;
mod attack;
mod attacks;
mod certificate;
mod client;
mod issuer;
mod object;
mod site;
mod table;
mod web;

pub use answer::{Answer, Pseudonymous, TEXT_REPORT};
pub use attack::{Attack, Target};
pub use attacks::ATTACKS;
pub use client::{Client, Identity};
pub use issuer::{ARCHIVE_SUBJECT, Provider};
pub use medward_ward::WEB_ROOT;
pub use object::Ct;
pub use site::{
    AI_1, ARCHIVE, CT_1, CT_2, CT_EXPIRED, CT_REVOKED, PASSPHRASE, POLICIES, Running, Site, To, WARD,
    reader_beside,
};
pub use table::{Cell, Row, Table, run};
pub use web::{Reply, Web, body, file};

use std::path::PathBuf;

/// Why a drill could not be held; never that an attack got through.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The system failed.
    #[error("`{path}`: {source}")]
    Io {
        /// On what.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
    /// The made-up site is not one.
    #[error("the site of the drill cannot be made: {0}")]
    Site(String),
    /// The authority.
    #[error(transparent)]
    Authority(#[from] medward_ward::AuthorityError),
    /// A certificate.
    #[error(transparent)]
    Certificate(#[from] rcgen::Error),
    /// The file.
    #[error(transparent)]
    Configuration(#[from] medward_ward::ConfigurationError),
    /// An attack that was asked for by its id.
    #[error("there is no attack `{0}`")]
    UnknownAttack(String),
    /// The ward.
    #[error(transparent)]
    Gateway(#[from] medward_ward::GatewayError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] medward_vault::VaultError),
    /// Something that must work for an attack to mean anything did not.
    #[error("the control of the drill failed: {0}")]
    Control(String),
}
