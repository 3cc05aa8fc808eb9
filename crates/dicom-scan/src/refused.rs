//! Why a file is refused as a whole; what can be tolerated is a [`crate::Problem`].

use crate::Tag;
use std::io;

/// A file of which nothing is given, because reading on would mean guessing or spending without bound.
#[derive(Debug, thiserror::Error)]
#[error("byte {offset}{}: {reason}", tag.map(|tag| format!(", element {tag}")).unwrap_or_default())]
pub struct Refused {
    /// Offset in the file; inside a deflated data set, as though its inflated bytes stood in the file.
    pub offset: u64,
    /// The element that was being read.
    pub tag: Option<Tag>,
    /// What is wrong, and what to do.
    #[source]
    pub reason: Reason,
}

/// What is wrong with a refused file.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// Neither Part 10 nor a bare data set.
    #[error("no DICOM: neither a file meta group nor a data element begins here; leave this file out")]
    NotDicom,
    /// The file ends inside an element.
    #[error(
        "{declared} bytes are declared but {left} are left: the file was cut short or lies; have it sent again"
    )]
    Truncated {
        /// Bytes that the length field promises.
        declared: u64,
        /// Bytes that are there.
        left: u64,
    },
    /// The file ends inside a sequence or item of undefined length.
    #[error("the file ends before this sequence or item does: it was cut short; have it sent again")]
    Unclosed,
    /// A value is longer than the item or sequence around it.
    #[error(
        "{declared} bytes are declared but the item or sequence around it ends after {left}: no two readers would \
         agree on this file; have its maker mend it"
    )]
    Overrun {
        /// Bytes that the length field promises.
        declared: u64,
        /// Bytes to the end of what is around.
        left: u64,
    },
    /// Length FFFFFFFF where a length must be known (PS3.5 section 7.1.1).
    #[error("undefined length is not allowed here; have the file's maker mend it")]
    UndefinedLength,
    /// Neither item nor delimiter inside a sequence (PS3.5 section 7.5).
    #[error("a sequence holds something that is no item; have the file's maker mend it")]
    NotAnItem,
    /// A delimiter without what it ends.
    #[error("an item or a delimiter outside of any sequence; have the file's maker mend it")]
    StrayDelimiter,
    /// Two letters that are no VR, so that the size of the length field is unknown.
    #[error("\"{}\" is no value representation, so the length cannot be read; have the file's maker mend it", .0.escape_ascii())]
    UnknownVr([u8; 2]),
    /// Deeper than [`crate::Limits::depth`].
    #[error(
        "sequences are nested deeper than {0} containers; raise the limit only if you know the file's maker"
    )]
    Depth(u8),
    /// More than [`crate::Limits::elements`].
    #[error("more than {0} elements; raise the limit only if you know the file's maker")]
    Elements(u32),
    /// More than [`crate::Limits::fragments`].
    #[error("more than {0} fragments of pixel data; raise the limit only if you know the file's maker")]
    Fragments(u32),
    /// More than [`crate::Limits::header_bytes`].
    #[error("more than {0} bytes outside of bulk values; raise the limit only if you know the file's maker")]
    HeaderBytes(u32),
    /// More than [`crate::Limits::inflated_bytes`] or [`crate::Limits::inflate_ratio`].
    #[error("the deflated data set grows past {0} bytes: a decompression bomb, or a limit to raise")]
    Bomb(u64),
    /// The source could not be read, or its deflate stream is broken.
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
}
