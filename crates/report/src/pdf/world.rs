//! All that a template can see: files out of a map, fonts out of the binary and the maker's directory, one day.

use crate::ReportError;
use crate::model::Report;
use crate::templates::Templates;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use typst::diag::{FileError, FileResult, PackageError};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};
use typst_pdf::Timestamp;

/// The world of one document.
pub(super) struct Desk {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    files: BTreeMap<String, Bytes>,
    main: FileId,
    day: Option<Datetime>,
}

/// The fonts of the binary, read once.
fn built_in_fonts() -> &'static [Font] {
    static FONTS: OnceLock<Vec<Font>> = OnceLock::new();
    FONTS.get_or_init(|| typst_assets::fonts().flat_map(|font| Font::iter(Bytes::new(font))).collect())
}

impl Desk {
    /// The world for a report; its JSON is added when it is made.
    pub(super) fn new(report: &Report, templates: &Templates) -> Result<Self, ReportError> {
        let own = templates.fonts.iter().flat_map(|font| Font::iter(Bytes::new(font.clone())));
        let fonts: Vec<_> = own.chain(built_in_fonts().iter().cloned()).collect();
        let files = templates.files.iter().map(|(path, bytes)| (path.clone(), Bytes::new(bytes.clone())));
        let main = VirtualPath::new(format!("{}.typ", report.name))
            .map_err(|error| ReportError::Typeset(vec![format!("no template can be named so: {error:?}")]))?;
        Ok(Self {
            library: LazyHash::new(Library::builder().build()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            files: files.collect(),
            main: FileId::new(RootedPath::new(VirtualRoot::Project, main)),
            day: moment(&report.origin.at),
        })
    }

    pub(super) fn add(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.insert(path.to_owned(), Bytes::new(bytes));
    }

    /// Whether some font has a glyph for a character.
    pub(super) fn has_glyph(&self, character: char) -> bool {
        self.fonts.iter().any(|font| font.info().coverage.contains(u32::from(character)))
    }

    pub(super) fn timestamp(&self) -> Option<Timestamp> {
        self.day.map(Timestamp::new_utc)
    }

    fn bytes(&self, id: FileId) -> FileResult<Bytes> {
        let path = id.get();
        match path.root() {
            VirtualRoot::Project => {
                let name = path.vpath().get_without_slash();
                self.files.get(name).cloned().ok_or_else(|| FileError::NotFound(name.into()))
            }
            VirtualRoot::Package(package) => Err(FileError::Package(PackageError::NotFound(package.clone()))),
        }
    }
}

/// A moment such as `2026-10-01 00:00:00Z`.
fn moment(text: &str) -> Option<Datetime> {
    let mut numbers =
        text.split(|character: char| !character.is_ascii_digit()).filter(|part| !part.is_empty());
    let year = numbers.next()?.parse().ok()?;
    let mut next = || numbers.next().and_then(|number| number.parse::<u8>().ok());
    let (month, day, hour, minute, second) = (next()?, next()?, next()?, next()?, next()?);
    Datetime::from_ymd_hms(year, month, day, hour, minute, second)
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let bytes = self.bytes(id)?;
        let text = bytes.as_str().map_err(|_| FileError::InvalidUtf8)?;
        Ok(Source::new(id, text.to_owned()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.bytes(id)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    /// The day of the document, never that of a clock.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        self.day
    }
}
