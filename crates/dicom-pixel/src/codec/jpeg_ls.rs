//! JPEG-LS (ISO 14495-1), lossless and near-lossless, of one component, by `pure_jpegls`.

use super::push;
use crate::{Layout, PixelError};

/// Start of frame of JPEG-LS.
const SOF55: u8 = 0xF7;

pub(super) fn decode(layout: &Layout, stream: &[u8], out: &mut Vec<u8>) -> Result<(), PixelError> {
    if layout.samples != 1 {
        return Err(PixelError::Unsupported("JPEG-LS in colour".to_owned()));
    }
    if frame_size(stream) != Some((layout.rows, layout.columns, 1)) {
        return Err(PixelError::Mismatch);
    }
    let decoded = jpegls::decode(stream, layout.columns, layout.rows);
    let (samples, columns, rows) = decoded.map_err(|error| PixelError::Decoder(error.to_string()))?;
    if (rows, columns) != (layout.rows, layout.columns) {
        return Err(PixelError::Mismatch);
    }
    let sample_bytes = layout.sample_bytes();
    for sample in samples {
        if sample_bytes == 1 && sample > 0xFF {
            return Err(PixelError::Mismatch);
        }
        push(u32::from(sample), sample_bytes, out);
    }
    Ok(())
}

/// Rows, columns and components that the stream claims, so that nothing larger is made room for.
fn frame_size(stream: &[u8]) -> Option<(u32, u32, u8)> {
    let mut rest = stream.get(2..)?;
    while let [0xFF, marker, high, low, ..] = *rest {
        if marker == SOF55 {
            let &[_, r1, r0, c1, c0, components] = rest.get(4..)?.first_chunk()?;
            let (rows, columns) = (u16::from_be_bytes([r1, r0]), u16::from_be_bytes([c1, c0]));
            return Some((u32::from(rows), u32::from(columns), components));
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        rest = rest.get(length.saturating_add(2)..)?;
    }
    None
}
