//! Which fragments make up which frame (PS3.5 section A.4, PS3.3 section C.7.6.3.1.8); never decodes them.

use crate::PixelError;
use medward_dicom_scan::{DataSet, Element, Kind, Source, Tag};

/// What streams of JPEG and JPEG 2000 begin with.
const BEGINNINGS: [&[u8]; 2] = [&[0xFF, 0xD8], &[0xFF, 0x4F]];

/// Spans in the source of the fragments of each frame, in order.
#[derive(Debug)]
pub(crate) struct Fragments {
    spans: Vec<(u64, u64)>,
    /// Index of the first fragment of each frame.
    first: Vec<usize>,
}

impl Fragments {
    /// Of the encapsulated pixel data at an index of the data set.
    pub(crate) fn of(data_set: &DataSet, index: usize, frames: u32) -> Result<Self, PixelError> {
        let mut inside = data_set.children(Some(index)).map(|(_, element)| element);
        let offset_table = inside.next().filter(|element| element.kind == Kind::Fragment);
        let offset_table = offset_table.ok_or(PixelError::Fragments)?;
        let fragments: Vec<&Element> = inside.filter(|element| element.kind == Kind::Fragment).collect();
        let spans: Vec<_> = fragments.iter().map(|fragment| (fragment.value, fragment.value_end())).collect();
        let frames = frames as usize;
        let first = if frames == 1 && !spans.is_empty() {
            vec![0]
        } else if spans.len() == frames {
            (0..frames).collect()
        } else {
            let origin = fragments.first().map_or(0, |fragment| fragment.start);
            let offsets = extended_offsets(data_set)
                .or_else(|| Some(offsets::<4>(data_set.value(offset_table)?)))
                .filter(|offsets| offsets.len() == frames);
            let begins = |offset: &u64| {
                let start = origin.checked_add(*offset)?;
                fragments.binary_search_by_key(&start, |fragment| fragment.start).ok()
            };
            match offsets {
                Some(offsets) => offsets.iter().map(begins).collect::<Option<_>>().unwrap_or_default(),
                None => Vec::new(),
            }
        };
        let ascends = first.first() == Some(&0) && first.is_sorted_by(|one, next| one < next);
        if first.len() == frames && ascends {
            return Ok(Self { spans, first });
        }
        Ok(Self { spans, first: Vec::new() })
    }

    /// Without offsets: a frame begins where a fragment begins as a stream does.
    pub(crate) fn find_frames(&mut self, source: &mut Source<'_>, frames: u32) -> Result<(), PixelError> {
        if !self.first.is_empty() {
            return Ok(());
        }
        let mut found = Vec::new();
        for (at, &(from, to)) in self.spans.iter().enumerate() {
            let mut beginning = Vec::with_capacity(2);
            source.copy(from, from.saturating_add(2).min(to), &mut beginning)?;
            if BEGINNINGS.contains(&beginning.as_slice()) {
                found.push(at);
            }
        }
        if found.len() != frames as usize || found.first() != Some(&0) {
            return Err(PixelError::Fragments);
        }
        self.first = found;
        Ok(())
    }

    /// The compressed bytes of a frame, appended.
    pub(crate) fn read(
        &self,
        source: &mut Source<'_>,
        frame: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), PixelError> {
        let from = *self.first.get(frame).ok_or(PixelError::Fragments)?;
        let to = self.first.get(frame + 1).copied().unwrap_or(self.spans.len());
        for &(from, to) in self.spans.get(from..to).ok_or(PixelError::Fragments)? {
            source.copy(from, to, out)?;
        }
        Ok(())
    }

    /// Compressed bytes of all frames.
    pub(crate) fn bytes(&self) -> u64 {
        self.spans.iter().fold(0, |sum, (from, to)| sum.saturating_add(to.saturating_sub(*from)))
    }
}

/// Extended Offset Table (7FE0,0001).
fn extended_offsets(data_set: &DataSet) -> Option<Vec<u64>> {
    let (_, element) = data_set.find(None, Tag::new(0x7FE0, 0x0001))?;
    Some(offsets::<8>(data_set.value(element)?))
}

/// Encapsulated transfer syntaxes are little endian (PS3.5 section A.4).
fn offsets<const BYTES: usize>(table: &[u8]) -> Vec<u64> {
    let (numbers, _) = table.as_chunks::<BYTES>();
    numbers
        .iter()
        .map(|number| number.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
        .collect()
}
