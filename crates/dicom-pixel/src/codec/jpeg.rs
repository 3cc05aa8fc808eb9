//! JPEG of 8 bits and lossless JPEG (ISO 10918-1), by `jpeg-decoder`; of 12 bits by another.

use super::segments::{frame, segments};
use super::{jpeg_12, push};
use crate::{Layout, Photometric, PixelError};
use jpeg_decoder::{ColorTransform, Decoder, PixelFormat};

pub(super) fn decode(
    layout: &Layout,
    stream: &[u8],
    bytes: usize,
    out: &mut Vec<u8>,
) -> Result<(), PixelError> {
    let lossless = [0xC3, 0xC7, 0xCB, 0xCF];
    let is_lossless = segments(stream).any(|(marker, _)| lossless.contains(&marker));
    if let Some(frame) = frame(stream).filter(|frame| frame.precision == 12 && !is_lossless) {
        return jpeg_12::decode(layout, frame, stream, bytes, out);
    }
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
    let before_frame = segments(stream).take_while(|(marker, _)| !matches!(marker, 0xC0..=0xC3));
    let mut said = before_frame.filter_map(|(marker, segment)| match marker {
        0xE0 if segment.starts_with(b"JFIF\0") => Some(true),
        0xEE if segment.starts_with(b"Adobe") && segment.len() >= 12 => Some(segment.get(11) == Some(&1)),
        _ => None,
    });
    said.next().unwrap_or(false)
}
