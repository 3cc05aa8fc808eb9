//! JPEG of 12 bits (ISO 10918-1, extended sequential process 4), of one component, by `openreadout-codecs`: `jpeg-decoder` ends at
//! 8 bits.

use super::segments::{Frame, behind_segments, scans};
use crate::{Layout, PixelError};
use openreadout_codecs::CodecError;

pub(super) fn decode(
    layout: &Layout,
    frame: Frame,
    stream: &[u8],
    bytes: usize,
    out: &mut Vec<u8>,
) -> Result<(), PixelError> {
    if (frame.rows, frame.columns, frame.components) != (layout.rows, layout.columns, layout.samples) {
        return Err(PixelError::Mismatch);
    }
    if layout.samples != 1 {
        return Err(PixelError::Unsupported("JPEG of 12 bits in colour".to_owned()));
    }
    // Each scan goes over the whole image, and one component needs one.
    if layout.sample_bytes() != 2 || scans(stream) != 1 {
        return Err(PixelError::Mismatch);
    }
    let decoded =
        openreadout_codecs::jpeg_decode_limited(&with_whole_spectrum(stream), bytes).map_err(|error| {
            match error {
                CodecError::Unsupported { detail, .. } => {
                    PixelError::Unsupported(format!("this kind of JPEG ({detail})"))
                }
                error => PixelError::Decoder(error.to_string()),
            }
        })?;
    out.extend_from_slice(&decoded.data);
    Ok(())
}

/// The stream with a scan header that asks for the whole spectrum: of a sequential frame it can be nothing else (ISO 10918-1
/// table B.3), and some writers leave zeros there.
fn with_whole_spectrum(stream: &[u8]) -> Vec<u8> {
    let mut stream = stream.to_vec();
    // Marker, length, number of components, selectors of the one that there is.
    let at = behind_segments(&stream).saturating_add(7);
    if let Some(spectrum) = stream.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *spectrum = [0, 63, 0];
    }
    stream
}
