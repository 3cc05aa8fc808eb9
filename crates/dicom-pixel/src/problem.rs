//! Why there is no frame; every reason says what cannot be done, none shows a value.

use medward_dicom_scan::WriteError;

/// Why a frame cannot be decoded or shown.
#[derive(Debug, thiserror::Error)]
pub enum PixelError {
    /// No pixel data at the top of the object.
    #[error("the object has no pixel data")]
    NoPixels,
    /// An attribute that the pixels cannot be understood without, or one that cannot be true.
    #[error("{0} is missing or impossible")]
    Attribute(&'static str),
    /// A frame of more than [`crate::FRAME_BYTES_MAX`].
    #[error("a frame of {0} bytes is larger than is decoded here")]
    TooLarge(u64),
    /// Something that is not decoded here.
    #[error("{0} cannot be decoded here")]
    Unsupported(String),
    /// Native pixel data of another length than rows, columns and frames ask for.
    #[error("the pixels' length is not that of rows, columns and frames")]
    Length,
    /// Which fragments make up the frame cannot be told.
    #[error("which fragments belong to which frame cannot be told")]
    Fragments,
    /// There are fewer frames.
    #[error("there is no frame {wanted}: the object has {frames}")]
    NoSuchFrame {
        /// Number asked for, from 1.
        wanted: u32,
        /// Frames that there are.
        frames: u32,
    },
    /// The compressed frame is another image than the object's attributes say.
    #[error("the compressed frame is not of the size or kind that the object's attributes say")]
    Mismatch,
    /// A decoder refused the frame, or gave up on it.
    #[error("the frame cannot be decoded: {0}")]
    Decoder(String),
    /// The source cannot be read.
    #[error(transparent)]
    Read(#[from] WriteError),
}
