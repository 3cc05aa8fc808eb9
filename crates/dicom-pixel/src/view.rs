//! A frame as a person would see it, in 8 bits: for looking, not for diagnosis. Draws no text and no overlay.

use crate::lookup::{Lookup, decimals, scopes};
use crate::{Layout, Photometric, PixelError, Pixels};
use medward_dicom_scan::{DataSet, Source, Tag};

/// Grey or RGB bytes, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub columns: u32,
    /// Rows.
    pub rows: u32,
    /// RGB, three bytes a pixel; else grey, one.
    pub is_colour: bool,
    /// The pixels.
    pub bytes: Vec<u8>,
}

/// How values become grey (PS3.3 section C.11.2.1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Window Center (0028,1050), or what the viewer asks for.
    pub centre: f64,
    /// Window Width (0028,1051): 1 at least.
    pub width: f64,
}

const SLOPE: Tag = Tag::new(0x0028, 0x1053);
const INTERCEPT: Tag = Tag::new(0x0028, 0x1052);
const CENTRE: Tag = Tag::new(0x0028, 0x1050);
const WIDTH: Tag = Tag::new(0x0028, 0x1051);
const FUNCTION: Tag = Tag::new(0x0028, 0x1056);
const LUT: (Tag, Tag) = (Tag::new(0x0028, 0x3002), Tag::new(0x0028, 0x3006));
const MODALITY_LUT: Tag = Tag::new(0x0028, 0x3000);
const VOI_LUT: Tag = Tag::new(0x0028, 0x3010);
const SHAPE: Tag = Tag::new(0x2050, 0x0020);
/// Pixel Value Transformation and Frame VOI LUT functional groups.
const GROUPS: (Tag, Tag) = (Tag::new(0x0028, 0x9145), Tag::new(0x0028, 0x9132));
/// Descriptor and data of the palette of each colour.
const PALETTES: [(Tag, Tag); 3] = [
    (Tag::new(0x0028, 0x1101), Tag::new(0x0028, 0x1201)),
    (Tag::new(0x0028, 0x1102), Tag::new(0x0028, 0x1202)),
    (Tag::new(0x0028, 0x1103), Tag::new(0x0028, 0x1203)),
];

/// Renders a frame, counted from 0: rescaled, windowed by `window`, else by the object's lookup table or window, else from
/// its darkest to its brightest value.
pub fn render(
    pixels: &mut Pixels,
    mut source: Source<'_>,
    frame: u32,
    window: Option<Window>,
) -> Result<Picture, PixelError> {
    // Tables first: of a deflated object spans are read in their order, and pixels come last.
    let data_set = source.data_set();
    let layout = pixels.decoded();
    let is_grey = matches!(layout.photometric, Photometric::Monochrome1 | Photometric::Monochrome2);
    let palette = if layout.photometric == Photometric::Palette {
        let mut tables = Vec::with_capacity(3);
        for tags in PALETTES {
            let table = Lookup::read(&mut source, None, tags, layout.is_signed)?;
            tables.push(table.ok_or(PixelError::Attribute("a palette"))?);
        }
        tables
    } else {
        Vec::new()
    };
    let modality = if is_grey { Modality::of(&mut source, frame, layout.is_signed)? } else { Modality::Same };
    let voi = if is_grey { voi(&mut source, frame, window)? } else { None };
    let is_inverse = (layout.photometric == Photometric::Monochrome1) != has_inverse_shape(data_set);

    let mut native = Vec::new();
    pixels.frame(&mut source, frame, &mut native)?;
    let samples = Samples { bytes: &native, layout, is_big: pixels.is_big_endian() };
    let pixel_count = usize::try_from(layout.pixels()).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(pixel_count.saturating_mul(if is_grey { 1 } else { 3 }));
    if is_grey {
        let voi = voi.unwrap_or_else(|| {
            let values = (0..pixel_count).map(|at| modality.apply(samples.get(at)));
            Voi::Linear(extent(values), true)
        });
        for at in 0..pixel_count {
            let grey = voi.apply(modality.apply(samples.get(at)));
            bytes.push(if is_inverse { 255 - grey } else { grey });
        }
    } else if let [red, green, blue] = palette.as_slice() {
        for at in 0..pixel_count {
            let value = samples.get(at);
            bytes.extend([red.get_byte(value), green.get_byte(value), blue.get_byte(value)]);
        }
    } else {
        for at in 0..pixel_count {
            bytes.extend(samples.colour(at));
        }
    }
    Ok(Picture { columns: layout.columns, rows: layout.rows, is_colour: !is_grey, bytes })
}

/// The samples of a native frame by number.
struct Samples<'s> {
    bytes: &'s [u8],
    layout: Layout,
    is_big: bool,
}

impl Samples<'_> {
    fn get(&self, at: usize) -> i64 {
        let Layout { bits_allocated, bits_stored, high_bit, is_signed, .. } = self.layout;
        if bits_allocated == 1 {
            let byte = self.bytes.get(at / 8).copied().unwrap_or(0);
            return i64::from(byte >> (at % 8) & 1);
        }
        let width = self.layout.sample_bytes();
        let from = at.saturating_mul(width);
        let bytes = self.bytes.get(from..from.saturating_add(width)).unwrap_or_default();
        let join = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        let raw = if self.is_big { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) };
        let stored = u64::from(raw) >> (high_bit + 1 - bits_stored) & ((1_u64 << bits_stored) - 1);
        let stored = i64::try_from(stored).unwrap_or(0);
        let is_negative = is_signed && stored >> (bits_stored - 1) & 1 == 1;
        if is_negative { stored - (1_i64 << bits_stored) } else { stored }
    }

    /// Red, green and blue of a pixel.
    fn colour(&self, at: usize) -> [u8; 3] {
        let byte = |number: usize| {
            let value = self.get(number) >> self.layout.bits_stored.saturating_sub(8);
            u8::try_from(value.clamp(0, 255)).unwrap_or(0)
        };
        let pixels = usize::try_from(self.layout.pixels()).unwrap_or(usize::MAX);
        let samples = match self.layout.photometric {
            // Two luminances, then the colour differences that both share.
            Photometric::YbrFull422 => [at / 2 * 4 + at % 2, at / 2 * 4 + 2, at / 2 * 4 + 3],
            _ if self.layout.is_planar => {
                [at, pixels.saturating_add(at), pixels.saturating_mul(2).saturating_add(at)]
            }
            _ => [at * 3, at * 3 + 1, at * 3 + 2],
        };
        let [first, second, third] = samples.map(byte);
        match self.layout.photometric {
            Photometric::YbrFull | Photometric::YbrFull422 => rgb(first, second, third),
            _ => [first, second, third],
        }
    }
}

/// PS3.3 section C.7.6.3.1.2.
fn rgb(luminance: u8, blue: u8, red: u8) -> [u8; 3] {
    let (luminance, blue, red) = (f64::from(luminance), f64::from(blue) - 128.0, f64::from(red) - 128.0);
    [luminance + 1.402 * red, luminance - 0.344_136 * blue - 0.714_136 * red, luminance + 1.772 * blue]
        .map(byte)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// From stored values to what they measure (PS3.3 section C.11.1).
enum Modality {
    Same,
    Linear { slope: f64, intercept: f64 },
    Table(Lookup),
}

impl Modality {
    fn of(source: &mut Source<'_>, frame: u32, is_signed: bool) -> Result<Self, PixelError> {
        let data_set = source.data_set();
        for scope in scopes(data_set, frame, GROUPS.0) {
            let first = |tag| decimals(data_set, scope, tag).first().copied();
            if let (Some(slope), Some(intercept)) = (first(SLOPE), first(INTERCEPT)) {
                return Ok(Self::Linear { slope, intercept });
            }
        }
        Ok(table(source, None, MODALITY_LUT, is_signed)?.map_or(Self::Same, Self::Table))
    }

    #[allow(clippy::cast_precision_loss, reason = "samples have 32 bits")]
    fn apply(&self, value: i64) -> f64 {
        match self {
            Self::Same => value as f64,
            Self::Linear { slope, intercept } => value as f64 * slope + intercept,
            Self::Table(table) => f64::from(table.get(value)),
        }
    }
}

/// The table in the first item of a sequence.
fn table(
    source: &mut Source<'_>,
    scope: Option<usize>,
    sequence: Tag,
    is_signed: bool,
) -> Result<Option<Lookup>, PixelError> {
    let data_set = source.data_set();
    let item = data_set.find(scope, sequence).and_then(|(index, _)| data_set.children(Some(index)).next());
    match item {
        Some((item, _)) => Lookup::read(source, Some(item), LUT, is_signed),
        None => Ok(None),
    }
}

/// From measured values to grey (PS3.3 section C.11.2).
enum Voi {
    /// A window; whether its ends are exactly black and white.
    Linear(Window, bool),
    Sigmoid(Window),
    Table(Lookup),
}

impl Voi {
    #[allow(clippy::cast_possible_truncation, reason = "the ends of a table hold for all beyond")]
    fn apply(&self, value: f64) -> u8 {
        match self {
            Self::Linear(Window { centre, width }, true) => byte(((value - centre) / width + 0.5) * 255.0),
            // PS3.3 section C.11.2.1.2.1: a window of one value is a threshold.
            Self::Linear(Window { centre, width }, false) if *width <= 1.0 => {
                if value <= centre - 0.5 {
                    0
                } else {
                    255
                }
            }
            Self::Linear(Window { centre, width }, false) => {
                byte(((value - (centre - 0.5)) / (width - 1.0) + 0.5) * 255.0)
            }
            Self::Sigmoid(Window { centre, width }) => {
                byte(255.0 / (1.0 + (-4.0 * (value - centre) / width).exp()))
            }
            Self::Table(table) => table.get_byte(value.round() as i64),
        }
    }
}

fn voi(source: &mut Source<'_>, frame: u32, asked: Option<Window>) -> Result<Option<Voi>, PixelError> {
    if let Some(window) = asked {
        return Ok(Some(Voi::Linear(window, false)));
    }
    let data_set = source.data_set();
    for scope in scopes(data_set, frame, GROUPS.1) {
        if let Some(table) = table(source, scope, VOI_LUT, false)? {
            return Ok(Some(Voi::Table(table)));
        }
        let first = |tag| decimals(data_set, scope, tag).first().copied();
        let (Some(centre), Some(width)) = (first(CENTRE), first(WIDTH).filter(|&width| width > 0.0)) else {
            continue;
        };
        let window = Window { centre, width };
        let function = data_set.find(scope, FUNCTION).and_then(|(_, element)| data_set.text(element));
        return Ok(Some(match function.as_deref() {
            Some("SIGMOID") => Voi::Sigmoid(window),
            Some("LINEAR_EXACT") => Voi::Linear(window, true),
            _ => Voi::Linear(window, false),
        }));
    }
    Ok(None)
}

/// From the smallest to the largest value.
fn extent(values: impl Iterator<Item = f64>) -> Window {
    let (least, most) =
        values.fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(value), most.max(value)));
    let width = (most - least).max(1.0);
    Window { centre: least + width / 2.0, width }
}

fn has_inverse_shape(data_set: &DataSet) -> bool {
    let shape = data_set.find(None, SHAPE).and_then(|(_, element)| data_set.text(element));
    shape.as_deref() == Some("INVERSE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_black_below_white_above_and_half_at_its_centre() {
        let window = Window { centre: 40.0, width: 400.0 };
        let linear = Voi::Linear(window, false);
        assert_eq!((linear.apply(-161.0), linear.apply(240.0)), (0, 255));
        assert_eq!(linear.apply(39.5), 128);
        let threshold = Voi::Linear(Window { centre: 10.0, width: 1.0 }, false);
        assert_eq!((threshold.apply(9.5), threshold.apply(9.6)), (0, 255));
        assert_eq!(Voi::Sigmoid(window).apply(40.0), 128);
        assert_eq!(Voi::Linear(extent([3.0, 7.0].into_iter()), true).apply(7.0), 255);
    }

    #[test]
    fn signed_samples_of_twelve_bits_keep_their_sign_wherever_their_bits_lie() {
        let layout = Layout {
            rows: 1,
            columns: 1,
            samples: 1,
            bits_allocated: 16,
            bits_stored: 12,
            high_bit: 11,
            is_signed: true,
            is_planar: false,
            photometric: Photometric::Monochrome2,
            frames: 1,
        };
        let get = |bytes: &[u8], high_bit, is_big| {
            Samples { bytes, layout: Layout { high_bit, ..layout }, is_big }.get(0)
        };
        assert_eq!(get(&[0x00, 0xFC], 11, false), -1024);
        assert_eq!(get(&[0xFC, 0x00], 11, true), -1024);
        assert_eq!(get(&[0x00, 0xC0], 15, false), -1024);
        assert_eq!(get(&[0xFF, 0xF7], 11, false), 2047);
    }
}
