//! Frames of DICOM pixel data, decoded one at a time under limits, and rendered for looking; never edits an object.
//!
//! [`Pixels`] says how the pixels of a scanned object are laid out and decodes one frame after the other from its
//! source. [`render`] makes of a frame what a person would see. Decoded are native pixels, RLE Lossless (PS3.5 Annex G,
//! here), JPEG of 8 bits and lossless JPEG (`jpeg-decoder`), JPEG of 12 bits (`openreadout-codecs`), JPEG-LS (here) and JPEG 2000
//! (`hayro-jpeg2000`): Rust without C, chosen over faster bindings because the bytes come from strangers. What these
//! cannot decode (JPEG of 12 bits in colour, HTJ2K, JPEG XL, video) is an error that says so.
//!
//! Bounds: the size of a frame is worked out from the object's attributes and held against [`FRAME_BYTES_MAX`] before
//! anything is allocated, and the compressed stream must claim the same size before it is decoded. A decoder that panics
//! is caught at one place, and costs the object, not the program ([`PixelError::Decoder`]).

mod codec;
mod fragments;
mod layout;
mod lookup;
mod pixels;
mod problem;
mod view;

pub use layout::{FRAME_BYTES_MAX, Layout, Photometric};
pub use pixels::{Compression, Pixels};
pub use problem::PixelError;
pub use view::{Picture, Window, render};
