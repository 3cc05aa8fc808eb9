//! RLE Lossless (PS3.5 Annex G): runs of bytes, one segment for each byte of each sample. Own code: what dicom-rs has
//! panics on short segments.

use crate::{Layout, PixelError};

const HEADER_BYTES: usize = 64;
const SEGMENTS_MAX: usize = 15;

fn broken(why: &str) -> PixelError {
    PixelError::Decoder(format!("RLE: {why}"))
}

pub(super) fn decode(
    layout: &Layout,
    stream: &[u8],
    bytes: usize,
    out: &mut Vec<u8>,
) -> Result<(), PixelError> {
    let (header, _) = stream.as_chunks::<4>();
    let number = |at: usize| header.get(at).map(|bytes| u32::from_le_bytes(*bytes) as usize);
    let segments = number(0).ok_or_else(|| broken("no header"))?;
    let sample_bytes = layout.sample_bytes();
    let pixel_bytes = layout.samples as usize * sample_bytes;
    if segments != pixel_bytes || segments > SEGMENTS_MAX {
        return Err(PixelError::Mismatch);
    }
    // Runs stand for 128 bytes at most in two: a stream that is too short is not worth the memory.
    if stream.len().saturating_mul(64) < bytes {
        return Err(broken("too short for its image"));
    }
    out.resize(bytes, 0);
    for segment in 0..segments {
        let from = number(segment + 1).filter(|&from| from >= HEADER_BYTES);
        let from = from.ok_or_else(|| broken("a segment inside the header"))?;
        let to = if segment + 1 < segments { number(segment + 2).unwrap_or(0) } else { stream.len() };
        let packed = stream.get(from..to).ok_or_else(|| broken("a segment outside of the frame"))?;
        // The first segment of a sample has its most significant byte.
        let (sample, byte) = (segment / sample_bytes, segment % sample_bytes);
        let place = sample * sample_bytes + (sample_bytes - 1 - byte);
        let places = out.iter_mut().skip(place).step_by(pixel_bytes);
        unpack(packed, places).ok_or_else(|| broken("a segment ends before its image does"))?;
    }
    Ok(())
}

/// Fills all places; `None` where there are fewer bytes.
fn unpack<'p>(mut packed: &[u8], mut places: impl ExactSizeIterator<Item = &'p mut u8>) -> Option<()> {
    while places.len() > 0 {
        let (&control, rest) = packed.split_first()?;
        match control {
            0..=127 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(control) + 1)?;
                for (byte, place) in bytes.iter().zip(&mut places) {
                    *place = *byte;
                }
                packed = rest;
            }
            128 => packed = rest,
            129.. => {
                let (&byte, rest) = rest.split_first()?;
                for place in places.by_ref().take(257 - usize::from(control)) {
                    *place = byte;
                }
                packed = rest;
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::unpack;
    use proptest::prelude::*;

    fn unpacked(packed: &[u8], bytes: usize) -> Option<Vec<u8>> {
        let mut out = vec![0; bytes];
        unpack(packed, out.iter_mut()).map(|()| out)
    }

    #[test]
    fn runs_and_literals_and_the_code_that_means_nothing() {
        assert_eq!(unpacked(&[2, 1, 2, 3, 128, 254, 9], 6).unwrap(), [1, 2, 3, 9, 9, 9]);
        assert_eq!(unpacked(&[2, 1, 2], 3), None);
        assert_eq!(unpacked(&[], 1), None);
    }

    proptest! {
        #[test]
        fn a_segment_packed_as_the_standard_says_comes_back(bytes in proptest::collection::vec(0_u8..3, 0..500)) {
            let mut packed = Vec::new();
            for run in bytes.chunk_by(|one, other| one == other) {
                for run in run.chunks(128) {
                    match run {
                        [one] => packed.extend([0, *one]),
                        _ => packed.extend([u8::try_from(257 - run.len()).unwrap(), run[0]]),
                    }
                }
            }
            prop_assert_eq!(unpacked(&packed, bytes.len()).unwrap(), bytes);
        }
    }
}
