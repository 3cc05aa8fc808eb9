//! The options of PS3.15 section E.3 and which of them go together; never what an option does to an attribute.

use std::fmt;
use std::str::FromStr;

/// An option of the Basic Application Confidentiality Profile (PS3.15 section E.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ProfileOption {
    /// Retain Safe Private (E.3.10).
    RetainSafePrivate,
    /// Retain UIDs (E.3.9).
    RetainUids,
    /// Retain Device Identity (E.3.8).
    RetainDevice,
    /// Retain Institution Identity (E.3.11).
    RetainInstitution,
    /// Retain Patient Characteristics (E.3.7).
    RetainPatientCharacteristics,
    /// Retain Longitudinal Temporal Information with Full Dates (E.3.6).
    RetainFullDates,
    /// Retain Longitudinal Temporal Information with Modified Dates (E.3.6).
    RetainModifiedDates,
    /// Clean Descriptors (E.3.5).
    CleanDescriptors,
    /// Clean Structured Content (E.3.4).
    CleanStructuredContent,
    /// Clean Graphics (E.3.3).
    CleanGraphics,
    /// Clean Pixel Data (E.3.1).
    CleanPixelData,
}

/// All options that there are, with their names, and their codes and meanings in CID 7050.
const NAMES: [(ProfileOption, &str, &str, &str); 11] = [
    (ProfileOption::RetainSafePrivate, "retain-safe-private", "113111", "Retain Safe Private Option"),
    (ProfileOption::RetainUids, "retain-uids", "113110", "Retain UIDs Option"),
    (ProfileOption::RetainDevice, "retain-device", "113109", "Retain Device Identity Option"),
    (ProfileOption::RetainInstitution, "retain-institution", "113112", "Retain Institution Identity Option"),
    (
        ProfileOption::RetainPatientCharacteristics,
        "retain-patient-characteristics",
        "113108",
        "Retain Patient Characteristics Option",
    ),
    (
        ProfileOption::RetainFullDates,
        "retain-full-dates",
        "113106",
        "Retain Longitudinal Temporal Information Full Dates Option",
    ),
    (
        ProfileOption::RetainModifiedDates,
        "retain-modified-dates",
        "113107",
        "Retain Longitudinal Temporal Information Modified Dates Option",
    ),
    (ProfileOption::CleanDescriptors, "clean-descriptors", "113105", "Clean Descriptors Option"),
    (
        ProfileOption::CleanStructuredContent,
        "clean-structured-content",
        "113104",
        "Clean Structured Content Option",
    ),
    (ProfileOption::CleanGraphics, "clean-graphics", "113103", "Clean Graphics Option"),
    (ProfileOption::CleanPixelData, "clean-pixel-data", "113101", "Clean Pixel Data Option"),
];

/// Why options cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// No such option.
    #[error("there is no option `{name}`{}", did_you_mean(.near.as_deref()))]
    Unknown {
        /// As written.
        name: String,
        /// The nearest one there is.
        near: Option<String>,
    },
    /// Clean Recognizable Visual Features (E.3.2).
    #[error(
        "`clean-recognizable-visual-features` is not supported: faces are not found or removed here; \
         leave it out, and use another tool on head scans"
    )]
    VisualFeatures,
    /// Two options that say the opposite.
    #[error("`{0}` and `{1}` exclude each other (PS3.15 section E.3.6): choose one")]
    Excluded(ProfileOption, ProfileOption),
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(
        || format!(": there are {}", ProfileOption::names().collect::<Vec<_>>().join(", ")),
        |near| format!(": did you mean `{near}`?"),
    )
}

/// The nearest of some names, when it is near enough to be a slip.
pub(crate) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    names
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|&(distance, known)| distance <= 2 + known.len() / 5)
        .min()
        .map(|(_, known)| known.to_owned())
}

impl ProfileOption {
    fn entry(self) -> Option<&'static (Self, &'static str, &'static str, &'static str)> {
        NAMES.iter().find(|(option, ..)| *option == self)
    }

    /// Names of all of them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, name, ..)| *name)
    }

    /// As policies and the command line call it.
    pub fn name(self) -> &'static str {
        self.entry().map_or("", |(_, name, ..)| name)
    }

    /// Code value (scheme DCM) and code meaning in CID 7050.
    pub fn code(self) -> (&'static str, &'static str) {
        self.entry().map_or(("", ""), |(_, _, code, meaning)| (code, meaning))
    }

    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

impl fmt::Display for ProfileOption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for ProfileOption {
    type Err = OptionError;

    fn from_str(name: &str) -> Result<Self, OptionError> {
        if name == "clean-recognizable-visual-features" {
            return Err(OptionError::VisualFeatures);
        }
        let found = NAMES.iter().find(|(_, known, ..)| *known == name);
        let longer = || Self::names().find(|known| name.len() > 5 && known.starts_with(name));
        found.map(|(option, ..)| *option).ok_or_else(|| OptionError::Unknown {
            name: name.to_owned(),
            near: longer().map(str::to_owned).or_else(|| nearest(name, Self::names())),
        })
    }
}

/// A set of options that go together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Options(u16);

impl Options {
    /// Of a list; doubles do no harm.
    pub fn new(options: impl IntoIterator<Item = ProfileOption>) -> Result<Self, OptionError> {
        let set = Self(options.into_iter().fold(0, |bits, option| bits | option.bit()));
        let (full, modified) = (ProfileOption::RetainFullDates, ProfileOption::RetainModifiedDates);
        if set.has(full) && set.has(modified) {
            return Err(OptionError::Excluded(full, modified));
        }
        Ok(set)
    }

    /// Whether an option was chosen.
    pub const fn has(self, option: ProfileOption) -> bool {
        self.0 & option.bit() != 0
    }

    /// The chosen ones, in the order of the table's columns.
    pub fn iter(self) -> impl Iterator<Item = ProfileOption> {
        NAMES.iter().map(|(option, ..)| *option).filter(move |option| self.has(*option))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_exclude_each_other_or_are_not_there_are_named() {
        let parse = |names: &[&str]| {
            names.iter().map(|name| name.parse()).collect::<Result<Vec<_>, _>>().and_then(Options::new)
        };
        assert!(parse(&["retain-uids", "clean-descriptors", "retain-uids"]).is_ok());
        let error = parse(&["retain-full-dates", "retain-modified-dates"]).unwrap_err();
        assert!(error.to_string().contains("`retain-full-dates` and `retain-modified-dates`"), "{error}");
        let error = parse(&["retain-uid"]).unwrap_err();
        assert!(error.to_string().contains("did you mean `retain-uids`?"), "{error}");
        let error = parse(&["clean-desc"]).unwrap_err();
        assert!(error.to_string().contains("did you mean `clean-descriptors`?"), "{error}");
        let error = parse(&["everything"]).unwrap_err();
        assert!(error.to_string().contains("retain-uids, retain-device,"), "{error}");
        let error = parse(&["clean-recognizable-visual-features"]).unwrap_err();
        assert!(error.to_string().contains("not supported"), "{error}");
    }
}
