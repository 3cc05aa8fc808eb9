//! What a search asks (PS3.18 section 8.3.4): attributes to match, attributes to return, and how many answers.

use dicom_core::dictionary::{DataDictionary as _, DataDictionaryEntry as _};
use dicom_dictionary_std::StandardDataDictionary;
use medward_dicom_scan::{Tag, Vr, standard_vr};

/// Longest query, in bytes, and most parameters of it.
const BYTES_MAX: usize = 8 << 10;
const PARAMETERS_MAX: usize = 64;

/// An attribute that has to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its tag.
    pub tag: Tag,
    /// The standard's VR for it.
    pub vr: Vr,
    /// What it has to be like (PS3.4 section C.2.2.2); several UIDs are separated by backslashes.
    pub wanted: String,
}

/// A search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// What has to match.
    pub keys: Vec<Key>,
    /// What is returned besides what always is.
    pub include: Vec<Tag>,
    /// Everything there is is returned.
    pub include_all: bool,
    /// Most answers.
    pub limit: Option<usize>,
    /// Answers that are passed over.
    pub offset: usize,
    /// Names that only sound alike were asked for, which is not done.
    pub is_fuzzy: bool,
}

/// Why a search cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// Too long.
    #[error("a query has at most {PARAMETERS_MAX} parameters in {BYTES_MAX} bytes")]
    TooLong,
    /// A parameter that is none.
    #[error("`{0}` is no attribute that can be searched by, and no parameter")]
    Unknown(String),
    /// Twice the same.
    #[error("`{0}` is there twice")]
    Twice(String),
    /// A value that cannot be.
    #[error("`{0}` has no usable value")]
    Value(&'static str),
}

/// What a stranger wrote, short enough to be said back.
fn said(text: &str) -> String {
    text.chars().filter(|one| !one.is_control()).take(40).collect()
}

/// A tag by its keyword or its eight digits. Attributes inside of sequences cannot be searched by.
fn attribute(name: &str) -> Option<Tag> {
    if name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return u32::from_str_radix(name, 16).ok().map(Tag);
    }
    let entry = StandardDataDictionary.by_name(name)?;
    let tag = entry.tag();
    Some(Tag::new(tag.group(), tag.element()))
}

impl Search {
    /// Reads the query of a request, without its question mark.
    pub fn read(query: &str) -> Result<Self, SearchError> {
        if query.len() > BYTES_MAX {
            return Err(SearchError::TooLong);
        }
        let mut search = Self::default();
        for (number, (name, value)) in form_urlencoded::parse(query.as_bytes()).enumerate() {
            if number >= PARAMETERS_MAX {
                return Err(SearchError::TooLong);
            }
            match &*name {
                "limit" => search.limit = Some(value.parse().map_err(|_| SearchError::Value("limit"))?),
                "offset" => search.offset = value.parse().map_err(|_| SearchError::Value("offset"))?,
                "fuzzymatching" => search.is_fuzzy = value == "true",
                "includefield" => search.includes(&value)?,
                name => search.matches(name, &value)?,
            }
        }
        Ok(search)
    }

    fn includes(&mut self, value: &str) -> Result<(), SearchError> {
        for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if name == "all" {
                self.include_all = true;
            } else {
                self.include.push(attribute(name).ok_or_else(|| SearchError::Unknown(said(name)))?);
            }
        }
        Ok(())
    }

    fn matches(&mut self, name: &str, value: &str) -> Result<(), SearchError> {
        let tag = attribute(name).ok_or_else(|| SearchError::Unknown(said(name)))?;
        let vr = standard_vr(tag);
        if !vr.is_text() {
            return Err(SearchError::Unknown(said(name)));
        }
        if self.keys.iter().any(|key| key.tag == tag) {
            return Err(SearchError::Twice(said(name)));
        }
        let wanted = if vr == Vr::UI { value.replace(',', "\\") } else { value.to_owned() };
        if wanted.chars().any(char::is_control) {
            return Err(SearchError::Value("an attribute"));
        }
        self.keys.push(Key { tag, vr, wanted });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_tags_and_lists_are_read() {
        let search = Search::read(
            "PatientName=FEATHER*&0020000D=1.2,1.3&includefield=NumberOfFrames,00280010&includefield=all&limit=5&offset=2",
        );
        let search = search.unwrap();
        assert_eq!(search.keys[0].wanted, "FEATHER*");
        assert_eq!((search.keys[1].vr, search.keys[1].wanted.as_str()), (Vr::UI, "1.2\\1.3"));
        assert_eq!(search.include, [Tag::new(0x0028, 0x0008), Tag::new(0x0028, 0x0010)]);
        assert_eq!((search.limit, search.offset, search.include_all), (Some(5), 2, true));
    }

    #[test]
    fn what_cannot_be_searched_by_is_said() {
        let error = |query: &str| Search::read(query).unwrap_err();
        assert_eq!(error("PatientNaem=x"), SearchError::Unknown("PatientNaem".into()));
        assert_eq!(error("PixelData=x"), SearchError::Unknown("PixelData".into()));
        assert_eq!(error("limit=-1"), SearchError::Value("limit"));
        assert_eq!(error("StudyID=1&StudyID=2"), SearchError::Twice("StudyID".into()));
        assert_eq!(error(&"a=1&".repeat(3_000)), SearchError::TooLong);
        assert_eq!(error(&"StudyID=1&".repeat(65)), SearchError::Twice("StudyID".into()));
    }
}
