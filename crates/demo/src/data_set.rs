//! Data sets written in explicit VR little endian (PS3.5 section 7.1.2). What is played here needs no more than that, and must not be
//! written by what it is held against.

use std::collections::BTreeMap;

/// A data set, or an item of a sequence: elements by their tags, each as it is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Elements(BTreeMap<u32, Vec<u8>>);

impl Elements {
    /// With an element of bytes as they are; padded to an even length.
    #[must_use]
    pub(crate) fn bytes(mut self, tag: u32, vr: [u8; 2], value: &[u8]) -> Self {
        let pad = if matches!(&vr, b"UI" | b"OB" | b"OW") { 0 } else { b' ' };
        let even = value.len().next_multiple_of(2);
        let [high_group, low_group, high, low] = tag.to_be_bytes();
        let mut element = vec![low_group, high_group, low, high];
        element.extend(vr);
        if matches!(&vr, b"OB" | b"OW" | b"SQ" | b"UT") {
            element.extend([0, 0]);
            element.extend(u32::try_from(even).unwrap_or(u32::MAX).to_le_bytes());
        } else {
            element.extend(u16::try_from(even).unwrap_or(u16::MAX).to_le_bytes());
        }
        element.extend(value);
        element.resize(element.len() + even - value.len(), pad);
        self.0.insert(tag, element);
        self
    }

    /// With a text.
    #[must_use]
    pub(crate) fn text(self, tag: u32, vr: [u8; 2], value: &str) -> Self {
        self.bytes(tag, vr, value.as_bytes())
    }

    /// With a number of 16 bits.
    #[must_use]
    pub(crate) fn short(self, tag: u32, value: u16) -> Self {
        self.bytes(tag, *b"US", &value.to_le_bytes())
    }

    /// With numbers of 32 bits.
    #[must_use]
    pub(crate) fn longs(self, tag: u32, values: &[u32]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.bytes(tag, *b"UL", &bytes)
    }

    /// With tags as values, for pointers to attributes.
    #[must_use]
    pub(crate) fn pointer(self, tag: u32, to: u32) -> Self {
        let [high_group, low_group, high, low] = to.to_be_bytes();
        self.bytes(tag, *b"AT", &[low_group, high_group, low, high])
    }

    /// With a sequence.
    #[must_use]
    pub(crate) fn sequence(self, tag: u32, items: impl IntoIterator<Item = Self>) -> Self {
        let mut value = Vec::new();
        for item in items.into_iter().map(Self::into_bytes) {
            value.extend([0xFE, 0xFF, 0x00, 0xE0]);
            value.extend(u32::try_from(item.len()).unwrap_or(u32::MAX).to_le_bytes());
            value.extend(item);
        }
        self.bytes(tag, *b"SQ", &value)
    }

    /// With a sequence of one code: value, scheme, meaning (PS3.3 section 8.8).
    #[must_use]
    pub(crate) fn code(self, tag: u32, (value, scheme, meaning): (&str, &str, &str)) -> Self {
        let code = Self::default().text(0x0008_0100, *b"SH", value).text(0x0008_0102, *b"SH", scheme);
        self.sequence(tag, [code.text(0x0008_0104, *b"LO", meaning)])
    }

    /// The bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_values().flatten().collect()
    }
}
