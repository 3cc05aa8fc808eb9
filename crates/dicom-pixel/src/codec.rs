//! One place for all decoders: what they may be given, and what happens when one of them panics.

mod jpeg;
mod jpeg_12;
mod jpeg_2000;
mod jpeg_ls;
mod rle;
mod segments;

use crate::{Compression, Layout, PixelError};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Decodes one frame into `out`, which is empty: little endian, colours by pixel.
///
/// The decoders below are other people's and read strangers' bytes. They are safe Rust, so the worst that a crafted
/// stream can do in them is to panic (their own issue lists have such cases); that ends here as an error. Nothing of
/// theirs outlives the call.
pub(crate) fn decode(
    compression: Compression,
    layout: &Layout,
    stream: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), PixelError> {
    let bytes = usize::try_from(layout.pixels().saturating_mul(u64::from(layout.samples)))
        .ok()
        .and_then(|samples| samples.checked_mul(layout.sample_bytes()))
        .ok_or(PixelError::TooLarge(layout.frame_bytes()))?;
    let decoded = catch_unwind(AssertUnwindSafe(|| match compression {
        Compression::Rle => rle::decode(layout, stream, bytes, out),
        Compression::Jpeg | Compression::JpegLossless => jpeg::decode(layout, stream, bytes, out),
        Compression::JpegLs(_) => jpeg_ls::decode(layout, stream, out),
        Compression::Jpeg2000(_) => jpeg_2000::decode(layout, stream, out),
        Compression::Native => Err(PixelError::Mismatch),
    }));
    let decoded =
        decoded.unwrap_or_else(|_| Err(PixelError::Decoder("the decoder gave up on it".to_owned())));
    decoded?;
    if out.len() == bytes { Ok(()) } else { Err(PixelError::Mismatch) }
}

/// Appends a sample in little endian.
fn push(sample: u32, bytes: usize, out: &mut Vec<u8>) {
    out.extend(sample.to_le_bytes().into_iter().take(bytes));
}
