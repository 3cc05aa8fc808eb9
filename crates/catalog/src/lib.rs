//! Requirements of laws and standards as data, and typed access to them.
//!
//! The lowest floor: rules and the command line look entries up here; this crate knows nothing of security files.
//! Each catalogue is one file in `data/` with source, edition and the day it was read, in our own words. Entries whose
//! text was not seen in the source say so ([`Entry::source_seen`]) and stay marked wherever they are shown.
//! A catalogue is parsed when it is first asked for, so that a command that needs none pays for none.

mod clocks;
mod crosswalk;
mod disclosure;
mod questions;

pub use clocks::{Clock, Clocks, Computation, Definition, LimitUnit, Proposal, clocks};
pub use crosswalk::{Crosswalk, are_related, crosswalks, related};
pub use disclosure::{DisclosureForm, DisclosureQuestion, DisclosureSection, disclosure_form};
pub use questions::{Answerable, Question, QuestionSource, Questions, questions};

use serde::Deserialize;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The verb an entry uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    /// Binding.
    Shall,
    /// Binding, as guidance words it.
    Must,
    /// Recommended.
    Should,
    /// Allowed.
    May,
    /// A statement without a verb of duty.
    Other,
}

impl Modality {
    /// Whether leaving it unmet is not for the maker to decide.
    pub fn is_mandatory(self) -> bool {
        matches!(self, Self::Shall | Self::Must)
    }

    /// The verb as written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Shall => "shall",
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
            Self::Other => "other",
        }
    }
}

/// Whom an entry addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Addressee {
    /// The maker of the device.
    Manufacturer,
    /// Who builds it into a network.
    Integrator,
    /// Who runs it.
    Operator,
    /// Who uses it.
    User,
    /// Who decides on the processing of personal data.
    Controller,
    /// Who processes them on behalf of the controller.
    Processor,
}

impl Addressee {
    /// The word as written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Manufacturer => "manufacturer",
            Self::Integrator => "integrator",
            Self::Operator => "operator",
            Self::User => "user",
            Self::Controller => "controller",
            Self::Processor => "processor",
        }
    }
}

/// One requirement or statement.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Id, unique over all catalogues.
    pub id: String,
    /// Short title.
    pub title: String,
    /// What it says, in our own words; empty where only the title may be given.
    #[serde(default)]
    pub text: String,
    /// Section, article or clause.
    pub section: String,
    /// Its verb.
    pub modality: Modality,
    /// The verb phrase as seen, where it matters.
    #[serde(default)]
    pub modality_text: Option<String>,
    /// Whom it addresses.
    pub addressees: Vec<Addressee>,
    /// Phases of the life cycle.
    #[serde(default)]
    pub phases: Vec<String>,
    /// Whether the text was read in the source; if not, verify before relying on it.
    pub source_seen: bool,
    /// Whether the newest revision was read for it too.
    #[serde(default)]
    pub revision_seen: Option<bool>,
    /// `Some(false)` where the document declares a whole list of such verbs not mandatory.
    #[serde(default)]
    pub mandatory_in_fact: Option<bool>,
    /// Ids of entries of any catalogue that ask for the same.
    #[serde(default)]
    pub related: Vec<String>,
    /// Twin in IVDR Annex I.
    #[serde(default)]
    pub ivdr: Option<String>,
    /// Remark on source or meaning.
    #[serde(default)]
    pub note: Option<String>,
}

impl Entry {
    /// Whether it is (also) the maker's duty.
    pub fn is_makers_duty(&self) -> bool {
        self.addressees.contains(&Addressee::Manufacturer)
    }

    /// Whether leaving it unmet is not for the maker to decide.
    pub fn is_mandatory(&self) -> bool {
        self.modality.is_mandatory() && self.mandatory_in_fact != Some(false)
    }
}

/// A catalogue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// Id, such as `mdcg-2019-16`.
    pub id: String,
    /// Title.
    pub title: String,
    /// Where the content comes from.
    pub source: String,
    /// Edition.
    pub edition: String,
    /// Day on which the source was read, as `2026-11-23`.
    #[serde(deserialize_with = "day")]
    pub retrieved: String,
    /// What has to be verified before relying on it.
    pub note: String,
    /// Entries in the order of the document.
    #[serde(rename = "entry")]
    pub entries: Vec<Entry>,
}

/// A TOML date as text.
fn day<'de, D: serde::Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    toml::value::Datetime::deserialize(value).map(|day| day.to_string())
}

/// A built-in data file that cannot be read: a fault of the build, never of the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the built-in catalogue `{file}` cannot be read: {reason}; please report this")]
pub struct DataError {
    /// The data file.
    pub file: &'static str,
    /// What the parser says.
    pub reason: String,
}

macro_rules! data {
    ($($file:literal),+ $(,)?) => {
        &[$(($file, include_str!(concat!("../data/", $file, ".toml")))),+]
    };
}

/// Ids and texts of the built-in catalogues; a new catalogue is a file in `data/` and its name here.
const DATA: &[(&str, &str)] = data![
    "mdcg-2019-16",
    "mdr-annex-i",
    "gdpr",
    "iso-27001",
    "iec-81001-5-1",
    "iso-14971",
    "iec-62304",
    "iec-80001-2-2",
];

/// Ids of the built-in catalogues, without reading them.
pub fn ids() -> impl Iterator<Item = &'static str> {
    DATA.iter().map(|(id, _)| *id)
}

/// A built-in catalogue.
pub fn catalog(id: &str) -> Option<Result<&'static Catalog, DataError>> {
    static READ: [OnceLock<Result<Catalog, DataError>>; DATA.len()] = [const { OnceLock::new() }; DATA.len()];
    let position = DATA.iter().position(|(known, _)| *known == id)?;
    let (file, text) = DATA.get(position)?;
    let read = READ.get(position)?.get_or_init(|| {
        toml::from_str(text).map_err(|error| DataError { file, reason: error.message().to_owned() })
    });
    Some(read.as_ref().map_err(Clone::clone))
}

/// Every built-in catalogue.
pub fn all() -> Result<Vec<&'static Catalog>, DataError> {
    ids().filter_map(catalog).collect()
}

/// Every entry of every built-in catalogue by id, with its catalogue.
pub fn entries() -> Result<HashMap<&'static str, (&'static Catalog, &'static Entry)>, DataError> {
    let mut found = HashMap::new();
    for catalog in all()? {
        found.extend(catalog.entries.iter().map(|entry| (entry.id.as_str(), (catalog, entry))));
    }
    Ok(found)
}
