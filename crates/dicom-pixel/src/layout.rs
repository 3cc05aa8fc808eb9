//! The attributes that say how pixels lie in memory (PS3.3 section C.7.6.3); never a pixel.

use crate::PixelError;
use medward_dicom_scan::{DataSet, Tag, Vr};

/// Largest frame that is decoded, in bytes: three times a mammogram of 4096 x 5120 with 16 bits.
pub const FRAME_BYTES_MAX: u64 = 128 << 20;

/// Photometric interpretation (0028,0004).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Photometric {
    /// Small values are white.
    Monochrome1,
    /// Small values are black.
    Monochrome2,
    /// Indices into colour tables.
    Palette,
    /// Red, green, blue.
    Rgb,
    /// Luminance and colour differences, a value of each for every pixel.
    YbrFull,
    /// The same with the colour differences of two pixels together.
    YbrFull422,
    /// The reversible and irreversible transforms of JPEG 2000, which its decoder undoes.
    YbrJpeg2000,
}

impl Photometric {
    fn from_term(term: &[u8]) -> Option<Self> {
        Some(match term {
            b"MONOCHROME1" => Self::Monochrome1,
            b"MONOCHROME2" => Self::Monochrome2,
            b"PALETTE COLOR" => Self::Palette,
            b"RGB" => Self::Rgb,
            b"YBR_FULL" => Self::YbrFull,
            b"YBR_FULL_422" => Self::YbrFull422,
            b"YBR_RCT" | b"YBR_ICT" => Self::YbrJpeg2000,
            _ => return None,
        })
    }

    /// As (0028,0004) says it.
    pub const fn term(self) -> &'static str {
        match self {
            Self::Monochrome1 => "MONOCHROME1",
            Self::Monochrome2 => "MONOCHROME2",
            Self::Palette => "PALETTE COLOR",
            Self::Rgb => "RGB",
            Self::YbrFull => "YBR_FULL",
            Self::YbrFull422 => "YBR_FULL_422",
            Self::YbrJpeg2000 => "YBR_RCT",
        }
    }
}

/// How the samples of a frame lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Rows of a frame.
    pub rows: u32,
    /// Columns of a frame.
    pub columns: u32,
    /// Samples of a pixel: 1 or 3.
    pub samples: u32,
    /// Bits a sample takes: 1, 8, 16 or 32.
    pub bits_allocated: u32,
    /// Bits of a sample that mean something.
    pub bits_stored: u32,
    /// Highest of these bits.
    pub high_bit: u32,
    /// Samples are two's complement.
    pub is_signed: bool,
    /// All of one colour before the next (planar configuration 1).
    pub is_planar: bool,
    /// What samples mean.
    pub photometric: Photometric,
    /// Frames.
    pub frames: u32,
}

/// First value of an unsigned short or integer string at the top of a data set.
pub(crate) fn number(data_set: &DataSet, element: u16) -> Option<u32> {
    let (_, element) = data_set.find(None, Tag::new(0x0028, element))?;
    let value = data_set.value(element)?;
    if element.vr.is_text() {
        let first = value.split(|&byte| byte == b'\\').next()?;
        return std::str::from_utf8(first).ok()?.trim_matches([' ', '\0']).parse().ok();
    }
    // Half of a long is a number that no other reader sees.
    if !matches!(element.vr, Vr::US | Vr::SS | Vr::UN) {
        return None;
    }
    let bytes: [u8; 2] = value.first_chunk().copied()?;
    let is_big = data_set.transfer_syntax().encoding.is_big();
    Some(u32::from(if is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }))
}

impl Layout {
    /// Of a scanned object.
    pub fn of(data_set: &DataSet) -> Result<Self, PixelError> {
        let needed = |element, name| {
            number(data_set, element).filter(|&number| number > 0).ok_or(PixelError::Attribute(name))
        };
        let bits_allocated = needed(0x0100, "Bits Allocated (0028,0100)")?;
        let bits_stored = number(data_set, 0x0101).unwrap_or(bits_allocated);
        let samples = number(data_set, 0x0002).unwrap_or(1);
        let term = data_set.find(None, Tag::new(0x0028, 0x0004));
        let term = term.and_then(|(_, element)| data_set.value(element)).unwrap_or_default();
        let end = term.iter().rposition(|&byte| byte != 0 && byte != b' ').map_or(0, |last| last + 1);
        let term = term.get(..end).unwrap_or_default();
        let photometric = match (Photometric::from_term(term), samples) {
            (Some(photometric), _) => photometric,
            (None, 1) if term.is_empty() => Photometric::Monochrome2,
            (None, 3) if term.is_empty() => Photometric::Rgb,
            _ => return Err(PixelError::Attribute("Photometric Interpretation (0028,0004)")),
        };
        let layout = Self {
            rows: needed(0x0010, "Rows (0028,0010)")?,
            columns: needed(0x0011, "Columns (0028,0011)")?,
            samples,
            bits_allocated,
            bits_stored,
            high_bit: number(data_set, 0x0102).unwrap_or(bits_stored.saturating_sub(1)),
            is_signed: number(data_set, 0x0103) == Some(1),
            is_planar: samples > 1 && number(data_set, 0x0006) == Some(1),
            photometric,
            frames: number(data_set, 0x0008).unwrap_or(1).max(1),
        };
        layout.check()?;
        Ok(layout)
    }

    fn check(&self) -> Result<(), PixelError> {
        if !matches!(self.bits_allocated, 1 | 8 | 16 | 32) {
            return Err(PixelError::Unsupported(format!("pixels of {} bits", self.bits_allocated)));
        }
        let is_colour = !matches!(
            self.photometric,
            Photometric::Monochrome1 | Photometric::Monochrome2 | Photometric::Palette
        );
        if self.samples != if is_colour { 3 } else { 1 } {
            return Err(PixelError::Attribute("Samples per Pixel (0028,0002)"));
        }
        let is_inside = (1..=self.bits_allocated).contains(&self.bits_stored)
            && self.high_bit < self.bits_allocated
            && self.high_bit.saturating_add(1) >= self.bits_stored;
        if !is_inside {
            return Err(PixelError::Attribute("Bits Stored or High Bit (0028,0101), (0028,0102)"));
        }
        let bytes = self.frame_bytes();
        if bytes > FRAME_BYTES_MAX { Err(PixelError::TooLarge(bytes)) } else { Ok(()) }
    }

    /// Pixels of a frame.
    pub fn pixels(&self) -> u64 {
        u64::from(self.rows).saturating_mul(u64::from(self.columns))
    }

    /// Bytes of a frame in native form; of single bits, rounded up.
    pub fn frame_bytes(&self) -> u64 {
        let samples = self.pixels().saturating_mul(match self.photometric {
            Photometric::YbrFull422 => 2,
            _ => u64::from(self.samples),
        });
        samples.saturating_mul(u64::from(self.bits_allocated)).div_ceil(8)
    }

    /// Bytes of a sample; 1 for single bits.
    pub fn sample_bytes(&self) -> usize {
        (self.bits_allocated as usize).div_ceil(8)
    }
}
