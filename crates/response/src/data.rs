//! The built-in data of response, parsed when first asked for.

use serde::de::DeserializeOwned;
use std::sync::OnceLock;

/// A built-in data file that cannot be read: a fault of the build, never of the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the built-in data of response (`{file}`) cannot be read: {reason}; please report this")]
pub struct DataError {
    /// The file.
    pub file: &'static str,
    /// What is wrong.
    pub reason: String,
}

/// Parses a data file once.
pub(crate) fn once<T: DeserializeOwned>(
    cell: &'static OnceLock<Result<T, DataError>>,
    file: &'static str,
    text: &str,
) -> Result<&'static T, DataError> {
    let read = cell.get_or_init(|| {
        toml::from_str(text).map_err(|error| DataError { file, reason: error.message().to_owned() })
    });
    read.as_ref().map_err(Clone::clone)
}
