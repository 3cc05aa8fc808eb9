//! JPEG 2000 (ISO 15444-1), by `hayro-jpeg2000`.

use super::push;
use crate::{Layout, PixelError};
use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

/// Start of codestream and the marker of its size, which must follow (ISO 15444-1 section A.4.1).
const BEGINNING: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
/// Bytes from the beginning to the number of components, and to the first component's depth.
const COMPONENTS_AT: usize = 40;

pub(super) fn decode(layout: &Layout, stream: &[u8], out: &mut Vec<u8>) -> Result<(), PixelError> {
    // DICOM has bare codestreams; some writers put the boxes of a JP2 file around, which say nothing that DICOM does not.
    let start = stream.windows(BEGINNING.len()).position(|bytes| bytes == BEGINNING);
    let stream = start.and_then(|start| stream.get(start..)).ok_or(PixelError::Mismatch)?;
    let failed = |error: hayro_jpeg2000::DecodeError| PixelError::Decoder(error.to_string());
    let is_signed = check_size(layout, stream)?;
    let settings = DecodeSettings { strict: true, ..DecodeSettings::default() };
    let image = Image::new(stream, &settings).map_err(failed)?;
    if (image.height(), image.width()) != (layout.rows, layout.columns) {
        return Err(PixelError::Mismatch);
    }
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(failed)?;
    let components = decoded.components();
    let pixels = usize::try_from(layout.pixels()).unwrap_or(usize::MAX);
    if components.len() != layout.samples as usize
        || components.iter().any(|component| component.samples().len() != pixels)
    {
        return Err(PixelError::Mismatch);
    }
    let sample_bytes = layout.sample_bytes();
    let depth = components.first().map_or(8, hayro_jpeg2000::ComponentData::bit_depth);
    if usize::from(depth) > sample_bytes * 8 {
        return Err(PixelError::Mismatch);
    }
    for pixel in 0..pixels {
        for component in components {
            let sample = component.samples().get(pixel).copied().unwrap_or_default();
            push(integer(sample, depth, is_signed), sample_bytes, out);
        }
    }
    Ok(())
}

/// The decoder adds half of the range to signed samples too; whole numbers of up to 16 bits are exact in an `f32`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn integer(sample: f32, depth: u8, is_signed: bool) -> u32 {
    let most = 2_f32.powi(i32::from(depth)) - 1.0;
    let sample = sample.round().clamp(0.0, most) as u32;
    if is_signed { sample.wrapping_sub(1 << (depth - 1)) } else { sample }
}

/// Holds the size that the codestream claims against the object's, before anything is made room for; gives whether its
/// samples are signed. Components of different depth or of fewer samples are not of DICOM.
fn check_size(layout: &Layout, stream: &[u8]) -> Result<bool, PixelError> {
    let size = |at: usize| {
        let bytes = stream.get(at..).and_then(<[u8]>::first_chunk).copied();
        bytes.map(u32::from_be_bytes).ok_or(PixelError::Mismatch)
    };
    // Xsiz, Ysiz, and the offsets of the image in its grid.
    let columns = size(8)?.checked_sub(size(16)?);
    let rows = size(12)?.checked_sub(size(20)?);
    let components =
        stream.get(COMPONENTS_AT..).and_then(<[u8]>::first_chunk).copied().map(u16::from_be_bytes);
    if (rows, columns, components.map(u32::from))
        != (Some(layout.rows), Some(layout.columns), Some(layout.samples))
    {
        return Err(PixelError::Mismatch);
    }
    let each = stream.get(COMPONENTS_AT + 2..COMPONENTS_AT + 2 + 3 * layout.samples as usize);
    let (each, _) = each.ok_or(PixelError::Mismatch)?.as_chunks::<3>();
    let first = each.first().ok_or(PixelError::Mismatch)?;
    let is_plain = each.iter().all(|one| one[0] == first[0] && one[1..] == [1, 1]);
    let depth = (first[0] & 0x7F) + 1;
    if is_plain && (1..=16).contains(&depth) { Ok(first[0] & 0x80 != 0) } else { Err(PixelError::Mismatch) }
}
