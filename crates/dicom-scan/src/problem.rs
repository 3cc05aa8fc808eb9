//! What is odd about a file that can still be read without guessing; nothing of it stops a scan.

use crate::{Disguise, Tag, Vr};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most problems that one scan keeps; the rest are counted only.
pub(crate) const PROBLEMS_KEPT: usize = 1000;

/// One oddity and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Offset in the file; inside a deflated data set, as though its inflated bytes stood in the file.
    pub offset: u64,
    /// The element; `None` where none is meant.
    pub tag: Option<Tag>,
    /// What is odd.
    pub oddity: Oddity,
}

/// What is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Oddity {
    /// The preamble makes the file something else as well (CVE-2019-11687).
    Disguised(Disguise),
    /// No file meta information: the transfer syntax was guessed from the first element.
    MissingMeta,
    /// File meta information without a Transfer Syntax UID: guessed from the first element.
    MissingTransferSyntax,
    /// The data set is not laid out as its transfer syntax says.
    OtherEncoding,
    /// (0002,0000) is missing.
    GroupLengthAbsent,
    /// (0002,0000) is not the length of the group: readers that trust it see another data set.
    GroupLengthWrong,
    /// A value of odd length (PS3.5 section 7.1.1).
    OddLength,
    /// Another VR than the dictionary's.
    VrNotOfDictionary {
        /// The one in the dictionary.
        dictionary: Vr,
    },
    /// No VR where one must be: read as implicit.
    VrMissing,
    /// The items of an UN have VRs, although PS3.5 section 6.2.2 says that they have none; read as they are.
    ExplicitInUnknown,
    /// The same tag twice in a row: readers differ in which one they take.
    DuplicateTag,
    /// Tags do not ascend; a tag may also be there twice.
    OutOfOrder,
    /// File meta elements inside the data set.
    MetaInDataSet,
    /// Command elements (group 0000) inside the data set.
    CommandInDataSet,
    /// A delimiter with a length, which was ignored.
    DelimiterLength,
    /// Bytes after the last element; an edit does not copy them.
    TrailingBytes,
}

impl fmt::Display for Oddity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disguised(disguise) => {
                write!(formatter, "the preamble also makes it {disguise}: never open the file by its looks")
            }
            Self::VrNotOfDictionary { dictionary } => {
                write!(formatter, "the VR is not the dictionary's {dictionary}")
            }
            other => formatter.write_str(match other {
                Self::MissingMeta => "no file meta information; the encoding was guessed",
                Self::MissingTransferSyntax => "no transfer syntax UID; the encoding was guessed",
                Self::OtherEncoding => "the data set is not encoded as the transfer syntax says",
                Self::GroupLengthAbsent => "(0002,0000) is missing",
                Self::GroupLengthWrong => "(0002,0000) is wrong: other readers may see another data set",
                Self::OddLength => "odd length",
                Self::VrMissing => "no VR where one must be; read as implicit",
                Self::ExplicitInUnknown => {
                    "the items of this UN have VRs where none may be; read as they are"
                }
                Self::DuplicateTag => "the tag was there just before; readers differ in which one they take",
                Self::OutOfOrder => "tags do not ascend",
                Self::MetaInDataSet => "a file meta element inside the data set",
                Self::CommandInDataSet => "a command element inside the data set",
                Self::DelimiterLength => "a delimiter with a length",
                _ => "bytes after the last element",
            }),
        }
    }
}
