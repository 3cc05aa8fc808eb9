//! What was done to an object, or why it did not pass; never a value of the original.

use crate::plan::Treatment;
use medward_dicom_scan::{Refused, Tag, WriteError};

/// How much a report says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// Counts only.
    #[default]
    Counts,
    /// Every element that was changed.
    Elements,
}

/// Elements by what was done to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Left out; those inside of removed sequences not counted.
    pub removed: u32,
    /// Left without a value.
    pub emptied: u32,
    /// Given a dummy value or a pseudonym.
    pub replaced: u32,
    /// UIDs replaced.
    pub uids: u32,
    /// Dates moved.
    pub shifted: u32,
    /// Texts cleaned.
    pub cleaned: u32,
    /// All that stayed, items included.
    pub kept: u32,
}

impl Counts {
    pub(crate) fn add(&mut self, treatment: Treatment) {
        let count = match treatment {
            Treatment::Remove => &mut self.removed,
            Treatment::Empty => &mut self.emptied,
            Treatment::Dummy => &mut self.replaced,
            Treatment::Uid => &mut self.uids,
            Treatment::Shift => &mut self.shifted,
            Treatment::Clean => &mut self.cleaned,
            Treatment::Keep => &mut self.kept,
        };
        *count = count.saturating_add(1);
    }
}

/// One element that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ElementReport {
    /// Its tag.
    pub tag: Tag,
    /// Sequences and items around it.
    pub depth: u8,
    /// What was done in the end: a text that could not be cleaned counts as emptied or removed.
    pub treatment: Treatment,
}

/// What was done to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Pseudonym of the patient.
    pub pseudonym: String,
    /// SOP Class UID.
    pub sop_class: String,
    /// SOP Instance UID of the result.
    pub instance: String,
    /// Study Instance UID of the result; empty where the object has none.
    pub study: String,
    /// Counts.
    pub counts: Counts,
    /// Elements changed, in document order; empty with [`Detail::Counts`].
    pub elements: Vec<ElementReport>,
    /// Pixel regions that were blanked, per frame.
    pub regions_blanked: u32,
    /// SHA-256 of the result; none [without digests](crate::Deidentifier::without_digests).
    pub digest: Option<[u8; 32]>,
    /// Bytes of the result.
    pub bytes: u64,
}

/// Why an object is held back. None of these says what the value was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Quarantine {
    /// Text may be burned into the pixels.
    #[error(
        "text may be burned into the pixels ({0}) and no pixel rule of the policy fits: look at the image, then write a rule for this device"
    )]
    BurnedIn(&'static str),
    /// Clean Pixel Data was asked for, and no rule fits.
    #[error("clean-pixel-data is on and no pixel rule of the policy fits: write one for this device")]
    NoPixelRule,
    /// A rule fits, but these pixels cannot be blanked.
    #[error(
        "a pixel rule fits but these pixels cannot be blanked: {0}; decode the object to native little endian first"
    )]
    Pixels(String),
    /// A PDF or the like, which cannot be looked into.
    #[error("an encapsulated document: what it says cannot be looked at; review it by hand")]
    Document,
    /// An index of files.
    #[error("a DICOMDIR: leave it out and make a new one of the results")]
    Directory,
    /// Without class or instance UID.
    #[error("no {0}: what this object is cannot be told")]
    Unidentified(&'static str),
    /// Something of the original is still there.
    #[error("{}, is still in {place}: remove that attribute in the policy, or add the word to `harmless`", source_text(*.of))]
    StillThere {
        /// Tags of the sequences and of the element.
        place: String,
        /// Where the value stood in the original; none for UIDs.
        of: Option<Tag>,
    },
    /// A value that is too large to be looked at and may be text.
    #[error(
        "{0}: more than 1 MiB that may be text, which is not looked at; remove the attribute in the policy"
    )]
    LongText(Tag),
    /// More identifying values than are searched for.
    #[error("too many identifying values to search for; review this object by hand")]
    TooManyIdentifiers,
    /// What was made cannot be read again.
    #[error("the result would not be readable: {0}")]
    Unreadable(String),
}

fn source_text(tag: Option<Tag>) -> String {
    tag.map_or_else(|| "a UID of the original".to_owned(), |tag| format!("a value of {tag}, or a part of it"))
}

/// Why there is no result. Nothing was written, except where reading or writing failed midway.
#[derive(Debug, thiserror::Error)]
pub enum NotPassed {
    /// Not readable within the limits.
    #[error("refused: {0}")]
    Refused(#[from] Refused),
    /// Held back for a person to look at.
    #[error("held back: {0}")]
    Quarantined(#[from] Quarantine),
    /// Reading or writing failed.
    #[error("failed: {0}")]
    Write(#[from] WriteError),
}

impl From<std::io::Error> for NotPassed {
    fn from(error: std::io::Error) -> Self {
        Self::Write(WriteError::Io(error))
    }
}
