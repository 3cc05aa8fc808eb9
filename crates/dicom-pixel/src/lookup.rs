//! Lookup tables of an object (PS3.3 sections C.7.6.3.1.5, C.11.1 and C.11.2): read within their source, never applied.

use crate::PixelError;
use medward_dicom_scan::{DataSet, Source, Tag};

/// A table from sample values to others.
#[derive(Debug)]
pub(crate) struct Lookup {
    first: i64,
    entries: Vec<u16>,
    /// Bits of an entry: 8 to 16.
    pub(crate) bits: u32,
}

impl Lookup {
    /// Of descriptor and data in one scope; `None` where there is no descriptor.
    pub(crate) fn read(
        source: &mut Source<'_>,
        scope: Option<usize>,
        (descriptor, data): (Tag, Tag),
        is_signed: bool,
    ) -> Result<Option<Self>, PixelError> {
        let data_set = source.data_set();
        let Some((_, described)) = data_set.find(scope, descriptor) else { return Ok(None) };
        let impossible = || PixelError::Attribute("the descriptor or data of a lookup table");
        let is_big = data_set.encoding_in(scope).is_big();
        let numbers = words(data_set.value(described).unwrap_or_default(), is_big);
        let &[count, first, bits, ..] = numbers.as_slice() else { return Err(impossible()) };
        let count = if count == 0 { 1 << 16 } else { usize::from(count) };
        let (_, data) = data_set.find(scope, data).ok_or_else(|| {
            PixelError::Unsupported("a segmented lookup table, or one without data,".to_owned())
        })?;
        if data.value_bytes() > (count as u64).saturating_mul(2).saturating_add(1)
            || !(8..=16).contains(&bits)
        {
            return Err(impossible());
        }
        let bytes = source.value(data)?;
        let entries: Vec<u16> = if bytes.len() >= count.saturating_mul(2) {
            words(&bytes, is_big)
        } else {
            // Two entries of 8 bits in each word.
            bytes.iter().map(|&byte| u16::from(byte)).collect()
        };
        if entries.len() < count {
            return Err(impossible());
        }
        let first = if is_signed { i64::from(first.cast_signed()) } else { i64::from(first) };
        Ok(Some(Self { first, entries, bits: u32::from(bits) }))
    }

    /// The entry of a value: the first and the last hold for all that is beyond them.
    pub(crate) fn get(&self, value: i64) -> u16 {
        let last = self.entries.len().saturating_sub(1);
        let at = usize::try_from(value.saturating_sub(self.first)).unwrap_or(0).min(last);
        self.entries.get(at).copied().unwrap_or(0)
    }

    /// The same as 8 bits.
    pub(crate) fn get_byte(&self, value: i64) -> u8 {
        // Some writers say 16 bits and use 8.
        u8::try_from(self.get(value) >> self.bits.saturating_sub(8).min(8)).unwrap_or(u8::MAX)
    }
}

fn words(bytes: &[u8], is_big: bool) -> Vec<u16> {
    let (words, _) = bytes.as_chunks::<2>();
    words
        .iter()
        .map(|word| if is_big { u16::from_be_bytes(*word) } else { u16::from_le_bytes(*word) })
        .collect()
}

/// Decimal strings of an element.
pub(crate) fn decimals(data_set: &DataSet, scope: Option<usize>, tag: Tag) -> Vec<f64> {
    let text = data_set.find(scope, tag).and_then(|(_, element)| data_set.text(element)).unwrap_or_default();
    text.split('\\').map_while(|one| one.trim().parse().ok().filter(|one: &f64| one.is_finite())).collect()
}

/// Where a frame's attributes stand: in its functional group, in the shared one, or at the top (PS3.3 section C.7.6.16).
pub(crate) fn scopes(data_set: &DataSet, frame: u32, group: Tag) -> Vec<Option<usize>> {
    let item = |scope, sequence, number: usize| {
        let (index, _) = data_set.find(scope, sequence)?;
        Some(data_set.children(Some(index)).nth(number)?.0)
    };
    let own = item(None, Tag::new(0x5200, 0x9230), frame as usize);
    let shared = item(None, Tag::new(0x5200, 0x9229), 0);
    let groups = [own, shared].into_iter().flatten();
    groups.filter_map(|of| item(Some(of), group, 0)).map(Some).chain([None]).collect()
}
