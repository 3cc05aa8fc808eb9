//! Crosswalks: which entries of different catalogues ask for the same, and on what basis that is said.

use crate::{DataError, Entry, all, entries};
use serde::Deserialize;
use std::sync::OnceLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    #[serde(rename = "retrieved")]
    _retrieved: toml::value::Datetime,
    #[serde(rename = "group")]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    basis: String,
    pairs: Vec<(String, String)>,
}

/// Two entries that ask for the same. An aid for claims, no proof of equivalence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crosswalk {
    /// Ids of the two entries, in no order.
    pub between: (String, String),
    /// Why they are said to ask for the same.
    pub basis: String,
}

/// Every crosswalk: those of `data/crosswalks.toml` and those that entries name as related.
pub fn crosswalks() -> Result<&'static [Crosswalk], DataError> {
    static READ: OnceLock<Result<Vec<Crosswalk>, DataError>> = OnceLock::new();
    let read = READ.get_or_init(|| {
        let data: Data = toml::from_str(include_str!("../data/crosswalks.toml"))
            .map_err(|error| DataError { file: "crosswalks", reason: error.message().to_owned() })?;
        let written = data.groups.into_iter().flat_map(|Group { basis, pairs }| {
            pairs.into_iter().map(move |between| Crosswalk { between, basis: basis.clone() })
        });
        let mut found: Vec<Crosswalk> = written.collect();
        for catalog in all()? {
            for entry in &catalog.entries {
                found.extend(entry.related.iter().map(|other| Crosswalk {
                    between: (entry.id.clone(), other.clone()),
                    basis: format!("judged relevant when {} was read", catalog.id),
                }));
            }
        }
        Ok(found)
    });
    read.as_ref().map(Vec::as_slice).map_err(Clone::clone)
}

/// Entries that ask for the same as one entry, with the basis of each.
pub fn related(id: &str) -> Result<Vec<(&'static Entry, &'static str)>, DataError> {
    let entries = entries()?;
    let other = |crosswalk: &'static Crosswalk| match &crosswalk.between {
        (one, other) if one == id => Some((other, &crosswalk.basis)),
        (one, other) if other == id => Some((one, &crosswalk.basis)),
        _ => None,
    };
    let found = crosswalks()?.iter().filter_map(other);
    Ok(found.filter_map(|(id, basis)| Some((entries.get(id.as_str())?.1, basis.as_str()))).collect())
}

/// Whether a crosswalk joins two entries.
pub fn are_related(one: &str, other: &str) -> Result<bool, DataError> {
    let joins =
        |(left, right): &(String, String)| (left == one && right == other) || (left == other && right == one);
    Ok(crosswalks()?.iter().any(|crosswalk| joins(&crosswalk.between)))
}
