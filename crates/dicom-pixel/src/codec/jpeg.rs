//! JPEG of 8 bits and lossless JPEG (ISO 10918-1), by `jpeg-decoder`.

use super::push;
use crate::{Layout, Photometric, PixelError};
use jpeg_decoder::{ColorTransform, Decoder, PixelFormat};

pub(super) fn decode(
    layout: &Layout,
    stream: &[u8],
    bytes: usize,
    out: &mut Vec<u8>,
) -> Result<(), PixelError> {
    let failed = |error: jpeg_decoder::Error| match error {
        jpeg_decoder::Error::Unsupported(feature) => {
            PixelError::Unsupported(format!("this kind of JPEG ({feature:?})"))
        }
        error => PixelError::Decoder(error.to_string()),
    };
    let mut decoder = Decoder::new(stream);
    decoder.set_max_decoding_buffer_size(bytes.saturating_mul(2));
    decoder.read_info().map_err(failed)?;
    let info = decoder.info().ok_or(PixelError::Mismatch)?;
    let samples = match info.pixel_format {
        PixelFormat::L8 | PixelFormat::L16 => 1,
        PixelFormat::RGB24 => 3,
        PixelFormat::CMYK32 => return Err(PixelError::Mismatch),
    };
    let size = (u32::from(info.height), u32::from(info.width), samples);
    if size != (layout.rows, layout.columns, layout.samples) {
        return Err(PixelError::Mismatch);
    }
    if samples == 3 {
        // What the object says holds, unless the stream itself says that it was transformed.
        let is_ybr = matches!(layout.photometric, Photometric::YbrFull | Photometric::YbrFull422);
        let transform =
            if is_ybr || is_transformed(stream) { ColorTransform::YCbCr } else { ColorTransform::RGB };
        decoder.set_color_transform(transform);
    }
    let pixels = decoder.decode().map_err(failed)?;
    let sample_bytes = layout.sample_bytes();
    match info.pixel_format {
        PixelFormat::L16 => {
            let (samples, _) = pixels.as_chunks::<2>();
            for sample in samples {
                let sample = u16::from_ne_bytes(*sample);
                if sample_bytes == 1 && sample > 0xFF {
                    return Err(PixelError::Mismatch);
                }
                push(u32::from(sample), sample_bytes, out);
            }
        }
        _ if sample_bytes == 1 => out.extend_from_slice(&pixels),
        _ => pixels.iter().for_each(|&sample| push(u32::from(sample), sample_bytes, out)),
    }
    Ok(())
}

/// A JFIF segment before the frame, or one of Adobe's that says YCbCr.
fn is_transformed(stream: &[u8]) -> bool {
    let mut rest = stream.get(2..).unwrap_or_default();
    while let [0xFF, marker, high, low, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..).unwrap_or_default();
        match marker {
            0xE0 if segment.starts_with(b"JFIF\0") => return true,
            0xEE if segment.starts_with(b"Adobe") && length >= 14 => return segment.get(11) == Some(&1),
            0xC0..=0xC3 | 0xDA => return false,
            _ => rest = rest.get(length.saturating_add(2)..).unwrap_or_default(),
        }
    }
    false
}
