//! The pixel data of one object: where it is, how it is compressed, and its frames one by one.

use crate::codec;
use crate::fragments::Fragments;
use crate::{Layout, Photometric, PixelError};
use medward_dicom_scan::{DataSet, Kind, Source, Tag, Vr};

/// How the frames are compressed (PS3.5 section A.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    Native,
    /// RLE Lossless.
    Rle,
    /// JPEG baseline and extended, lossy.
    Jpeg,
    /// JPEG lossless.
    JpegLossless,
    /// JPEG-LS; whether near-lossless.
    JpegLs(bool),
    /// JPEG 2000; whether it may be lossy.
    Jpeg2000(bool),
}

impl Compression {
    fn of(syntax: &str) -> Option<Self> {
        Some(match syntax {
            "1.2.840.10008.1.2.5" => Self::Rle,
            "1.2.840.10008.1.2.4.50" | "1.2.840.10008.1.2.4.51" => Self::Jpeg,
            "1.2.840.10008.1.2.4.57" | "1.2.840.10008.1.2.4.70" => Self::JpegLossless,
            "1.2.840.10008.1.2.4.80" => Self::JpegLs(false),
            "1.2.840.10008.1.2.4.81" => Self::JpegLs(true),
            "1.2.840.10008.1.2.4.90" => Self::Jpeg2000(false),
            "1.2.840.10008.1.2.4.91" => Self::Jpeg2000(true),
            _ => return None,
        })
    }

    /// The method of lossy compression, as (0028,2114) says it; `None` where nothing was lost.
    pub const fn lossy_method(self) -> Option<&'static str> {
        match self {
            Self::Jpeg => Some("ISO_10918_1"),
            Self::JpegLs(true) => Some("ISO_14495_1"),
            Self::Jpeg2000(true) => Some("ISO_15444_1"),
            _ => None,
        }
    }
}

/// The pixel data at the top of a scanned object.
#[derive(Debug)]
pub struct Pixels {
    index: usize,
    span: (u64, u64),
    is_big: bool,
    layout: Layout,
    compression: Compression,
    fragments: Option<Fragments>,
    compressed: Vec<u8>,
}

impl Pixels {
    /// Finds them. `syntax` is the transfer syntax UID that holds for the object.
    pub fn of(data_set: &DataSet, syntax: &str) -> Result<Self, PixelError> {
        let is_float = |tag: Tag| matches!(tag.0, 0x7FE0_0008 | 0x7FE0_0009);
        if data_set.children(None).any(|(_, element)| is_float(element.tag)) {
            return Err(PixelError::Unsupported("pixels of floating point numbers".to_owned()));
        }
        let (index, element) = data_set.find(None, Tag::PIXEL_DATA).ok_or(PixelError::NoPixels)?;
        let layout = Layout::of(data_set)?;
        // GE's private syntax swaps the bytes of its pixels and nothing else.
        if syntax == "1.2.840.113619.5.2" {
            return Err(PixelError::Unsupported("GE's private transfer syntax".to_owned()));
        }
        let (compression, fragments) = match element.kind {
            Kind::Value => {
                let is_swapped = data_set.transfer_syntax().encoding.is_big() && element.vr == Vr::OW;
                if layout.bits_allocated == 8 && is_swapped {
                    return Err(PixelError::Unsupported("pixels of 8 bits in big endian words".to_owned()));
                }
                if element.value_bytes() < native_bytes(&layout) {
                    return Err(PixelError::Length);
                }
                (Compression::Native, None)
            }
            Kind::Encapsulated => {
                let compression = Compression::of(syntax)
                    .ok_or_else(|| PixelError::Unsupported(format!("transfer syntax {syntax}")))?;
                let most = if compression == Compression::Rle { 32 } else { 16 };
                if !(8..=most).contains(&layout.bits_allocated) {
                    let bits = layout.bits_allocated;
                    return Err(PixelError::Unsupported(format!("compressed pixels of {bits} bits")));
                }
                (compression, Some(Fragments::of(data_set, index, layout.frames)?))
            }
            _ => return Err(PixelError::NoPixels),
        };
        Ok(Self {
            index,
            span: (
                element.value,
                element.value.saturating_add(native_bytes(&layout)).min(element.value_end()),
            ),
            is_big: data_set.transfer_syntax().encoding.is_big(),
            layout,
            compression,
            fragments,
            compressed: Vec::new(),
        })
    }

    /// Index of the element.
    pub fn index(&self) -> usize {
        self.index
    }

    /// How the frames are compressed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Span in the source of the frames of native pixels, without what some writers put after them.
    pub fn native_span(&self) -> (u64, u64) {
        self.span
    }

    /// Bytes of the frames as they are compressed; 0 where they are not.
    pub fn compressed_bytes(&self) -> u64 {
        self.fragments.as_ref().map_or(0, Fragments::bytes)
    }

    /// How the object's attributes say that pixels lie in memory.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// How those of [`Self::frame`] lie: of compressed pixels little endian, colours by pixel, and where the decoder
    /// undoes a colour transform, RGB.
    pub fn decoded(&self) -> Layout {
        if self.compression == Compression::Native {
            return self.layout;
        }
        let undone = matches!(self.compression, Compression::Jpeg | Compression::Jpeg2000(_));
        let photometric = match self.layout.photometric {
            Photometric::YbrFull | Photometric::YbrFull422 if self.compression == Compression::Jpeg => {
                Photometric::Rgb
            }
            Photometric::YbrJpeg2000 if undone => Photometric::Rgb,
            other => other,
        };
        Layout { is_planar: false, photometric, ..self.layout }
    }

    /// Decodes a frame, counted from 0, into `out`, which is emptied first: native, in the byte order of the object where
    /// it was native and in little endian where it was compressed. Frames of a deflated object must be asked for in order.
    pub fn frame(
        &mut self,
        source: &mut Source<'_>,
        frame: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), PixelError> {
        let frames = self.layout.frames;
        if frame >= frames {
            return Err(PixelError::NoSuchFrame { wanted: frame.saturating_add(1), frames });
        }
        out.clear();
        let Some(fragments) = &mut self.fragments else {
            return self.native(source, frame, out);
        };
        fragments.find_frames(source, frames)?;
        self.compressed.clear();
        fragments.read(source, frame as usize, &mut self.compressed)?;
        codec::decode(self.compression, &self.layout, &self.compressed, out)
    }

    fn native(&self, source: &mut Source<'_>, frame: u32, out: &mut Vec<u8>) -> Result<(), PixelError> {
        let bits = self.layout.pixels().saturating_mul(u64::from(self.layout.samples));
        if self.layout.bits_allocated == 1 {
            // Frames of single bits follow one another without padding (PS3.5 section 8.1.1).
            let first = bits.saturating_mul(u64::from(frame));
            let from = self.span.0.saturating_add(first / 8);
            let to = self.span.0.saturating_add(first.saturating_add(bits).div_ceil(8));
            source.copy(from, to.min(self.span.1), out)?;
            shift_left(out, u32::try_from(first % 8).unwrap_or(0));
            out.truncate(usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX));
            return Ok(());
        }
        let bytes = self.layout.frame_bytes();
        let from = self.span.0.saturating_add(bytes.saturating_mul(u64::from(frame)));
        source.copy(from, from.saturating_add(bytes), out)?;
        Ok(())
    }

    /// Native pixels are big endian.
    pub fn is_big_endian(&self) -> bool {
        self.compression == Compression::Native && self.is_big
    }
}

/// Bytes of all frames in native form; single bits follow one another through the frames.
fn native_bytes(layout: &Layout) -> u64 {
    let frames = u64::from(layout.frames);
    match layout.bits_allocated {
        1 => layout.pixels().saturating_mul(u64::from(layout.samples)).saturating_mul(frames).div_ceil(8),
        _ => layout.frame_bytes().saturating_mul(frames),
    }
}

/// Moves bits towards the start, which is the low end of each byte.
fn shift_left(bytes: &mut [u8], by: u32) {
    if by == 0 {
        return;
    }
    let mut next = 0;
    for byte in bytes.iter_mut().rev() {
        let own = *byte;
        *byte = own >> by | next;
        next = own << (8 - by);
    }
}
