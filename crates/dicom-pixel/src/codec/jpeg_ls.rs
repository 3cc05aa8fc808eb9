//! JPEG-LS (ISO 14495-1, ITU-T T.87), lossless and near-lossless, grey and in colour with each interleaving.
//!
//! Own code: of the crates that decode it in Rust alone one has a single component, the other brings a whole toolkit along.

mod bits;
mod scan;

use super::push;
use super::segments::{Frame, behind_segments, frame, segments};
use crate::{Layout, PixelError};
use bits::Bits;
use scan::{Coding, Interleave, Plane};

/// Start of scan.
const SOS: u8 = 0xDA;
/// Restart interval.
const DRI: u8 = 0xDD;
/// Preset parameters of JPEG-LS (section C.2.4.1).
const LSE: u8 = 0xF8;
/// Application segment by which some writers say that colours were transformed.
const COLOUR_TRANSFORM: (u8, &[u8]) = (0xE8, b"mrfx");

pub(super) fn decode(layout: &Layout, stream: &[u8], out: &mut Vec<u8>) -> Result<(), PixelError> {
    let claimed = frame(stream).ok_or(PixelError::Mismatch)?;
    if (claimed.rows, claimed.columns, claimed.components) != (layout.rows, layout.columns, layout.samples) {
        return Err(PixelError::Mismatch);
    }
    let samples = usize::try_from(layout.pixels().saturating_mul(u64::from(layout.samples)));
    let mut image = vec![0_u16; samples.map_err(|_| PixelError::TooLarge(layout.frame_bytes()))?];
    let is_narrow = layout.sample_bytes() == 1;
    let mut decoder = Decoder::new(claimed)?;
    decoder.read(stream, &mut image)?;
    if is_narrow && image.iter().any(|&sample| sample > 0xFF) {
        return Err(PixelError::Mismatch);
    }
    for sample in image {
        push(u32::from(sample), layout.sample_bytes(), out);
    }
    Ok(())
}

fn broken(what: &str) -> PixelError {
    PixelError::Decoder(format!("JPEG-LS: {what}"))
}

/// Parameters that a stream sets itself (LSE with id 1); 0 stands for the default.
#[derive(Debug, Clone, Copy, Default)]
struct Presets {
    max: u16,
    thresholds: [u16; 3],
    reset: u16,
}

struct Decoder {
    frame: Frame,
    presets: Presets,
    /// Identifiers of the components, in the order of the frame header.
    components: Vec<u8>,
    /// Components that scans have given.
    done: Vec<bool>,
}

impl Decoder {
    fn new(frame: Frame) -> Result<Self, PixelError> {
        let is_known = (2..=16).contains(&frame.precision) && matches!(frame.components, 1..=4);
        if !is_known || frame.rows == 0 || frame.columns == 0 {
            return Err(PixelError::Mismatch);
        }
        Ok(Self { frame, presets: Presets::default(), components: Vec::new(), done: Vec::new() })
    }

    /// Reads all scans into an image with colours by pixel.
    fn read(&mut self, stream: &[u8], image: &mut [u16]) -> Result<(), PixelError> {
        // Two bytes are passed over: of the stream its start, later the end of the coded data before.
        let mut rest = stream;
        loop {
            for (marker, segment) in segments(rest) {
                self.segment(marker, segment)?;
            }
            rest = rest.get(behind_segments(rest)..).unwrap_or_default();
            let &[0xFF, SOS, high, low, ..] = rest else { break };
            let end = usize::from(u16::from_be_bytes([high, low])).saturating_add(2);
            let header = rest.get(4..end).ok_or_else(|| broken("a scan header is cut short"))?;
            let coded = rest.get(end..).unwrap_or_default();
            // Inside of coded data no byte of 80 and above follows FF.
            let marker = coded.windows(2).position(|pair| matches!(pair, [0xFF, 0x80..=0xFF]));
            let coded_end = marker.unwrap_or(coded.len());
            self.scan(header, coded.get(..coded_end).unwrap_or_default(), image)?;
            if self.done.iter().all(|done| *done) {
                return Ok(());
            }
            rest = rest.get(end.saturating_add(coded_end).saturating_sub(2)..).unwrap_or_default();
        }
        Err(broken("components are missing"))
    }

    fn segment(&mut self, marker: u8, segment: &[u8]) -> Result<(), PixelError> {
        match (marker, segment) {
            (DRI, _) => Err(PixelError::Unsupported("JPEG-LS with restart intervals".to_owned())),
            (marker, text) if marker == COLOUR_TRANSFORM.0 && text.starts_with(COLOUR_TRANSFORM.1) => {
                match text.get(4) {
                    Some(0) => Ok(()),
                    _ => Err(PixelError::Unsupported("JPEG-LS with transformed colours".to_owned())),
                }
            }
            (LSE, [1, numbers @ ..]) => {
                let (numbers, _) = numbers.as_chunks::<2>();
                let [max, t1, t2, t3, reset] = *numbers else {
                    return Err(broken("its parameters are cut short"));
                };
                let [max, t1, t2, t3, reset] = [max, t1, t2, t3, reset].map(u16::from_be_bytes);
                self.presets = Presets { max, thresholds: [t1, t2, t3], reset };
                Ok(())
            }
            (LSE, _) => Err(PixelError::Unsupported("JPEG-LS with mapping tables".to_owned())),
            (0xF7, header) => {
                let (components, _) = header.get(6..).unwrap_or_default().as_chunks::<3>();
                if components.len() != self.frame.components as usize || !self.components.is_empty() {
                    return Err(broken("the frame header does not hold together"));
                }
                if components.iter().any(|[_, sampling, _]| *sampling != 0x11) {
                    return Err(PixelError::Unsupported("JPEG-LS with subsampled colours".to_owned()));
                }
                self.components = components.iter().map(|[id, ..]| *id).collect();
                self.done = vec![false; components.len()];
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn scan(&mut self, header: &[u8], coded: &[u8], image: &mut [u16]) -> Result<(), PixelError> {
        let short = || broken("a scan header is cut short");
        let (&count, header) = header.split_first().ok_or_else(short)?;
        let (parts, tail) =
            header.split_at_checked(usize::from(count).saturating_mul(2)).ok_or_else(short)?;
        let &[near, interleave, transform] = tail.first_chunk().ok_or_else(short)?;
        if transform != 0 {
            return Err(PixelError::Unsupported("JPEG-LS with a point transform".to_owned()));
        }
        let mut planes = Vec::with_capacity(parts.len());
        for [id, table] in parts.as_chunks::<2>().0 {
            let place = self.components.iter().position(|own| own == id);
            let place = place.ok_or_else(|| broken("a scan names no component of the frame"))?;
            let done = self.done.get_mut(place).ok_or_else(short)?;
            if std::mem::replace(done, true) || *table != 0 {
                return Err(broken("a component is there twice, or through a table"));
            }
            planes.push(place);
        }
        let interleave = match (interleave, planes.len()) {
            (0..=2, 1) => Interleave::None,
            (1, 2..) => Interleave::Line,
            (2, 2..) => Interleave::Sample,
            _ => return Err(broken("its interleaving is none that there is")),
        };
        let coding = self.coding(near)?;
        let size = (self.frame.columns as usize, self.frame.rows as usize);
        let plane = Plane { size, components: self.components.len(), planes: &planes };
        let ended = || broken("its coded data end early, or are none");
        scan::decode(&coding, interleave, &plane, Bits::new(coded), image).ok_or_else(ended)
    }

    /// Defaults of section C.2.4.1.1 where the stream sets nothing.
    fn coding(&self, near: u8) -> Result<Coding, PixelError> {
        let all = (1_i64 << self.frame.precision) - 1;
        let Presets { max, thresholds, reset } = self.presets;
        let max = if max == 0 { all } else { i64::from(max) };
        let near = i64::from(near);
        let or = |set: u16, default: i64| if set == 0 { default } else { i64::from(set) };
        let defaults = scan::thresholds(max, near);
        let [t1, t2, t3] = [0, 1, 2].map(|at: usize| {
            or(thresholds.get(at).copied().unwrap_or(0), defaults.get(at).copied().unwrap_or(0))
        });
        let reset = or(reset, 64);
        let is_sound = max <= all
            && near <= max / 2
            && near < t1
            && t1 <= t2
            && t2 <= t3
            && t3 <= max
            && (3..=max.max(255)).contains(&reset);
        if is_sound {
            Ok(Coding::new(max, near, [t1, t2, t3], reset))
        } else {
            Err(broken("its parameters contradict each other"))
        }
    }
}
