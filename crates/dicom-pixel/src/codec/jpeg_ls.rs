//! JPEG-LS (ISO 14495-1), lossless and near-lossless, of one component, by `pure_jpegls`.

use super::push;
use super::segments::frame;
use crate::{Layout, PixelError};

pub(super) fn decode(layout: &Layout, stream: &[u8], out: &mut Vec<u8>) -> Result<(), PixelError> {
    if layout.samples != 1 {
        return Err(PixelError::Unsupported("JPEG-LS in colour".to_owned()));
    }
    // So that nothing larger is made room for.
    let claimed = frame(stream).map(|frame| (frame.rows, frame.columns, frame.components));
    if claimed != Some((layout.rows, layout.columns, 1)) {
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
