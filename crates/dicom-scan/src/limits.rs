//! What a file may cost; every limit is on what the scan does, never on what the file says.

/// Bounds of one scan. A file past one of them is refused, except for those on held bytes, which leave a value in
/// the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Containers (sequences and items together) inside one another. At most 255.
    pub depth: u8,
    /// Elements, items and sequences, at all levels together.
    pub elements: u32,
    /// Fragments of encapsulated pixel data.
    pub fragments: u32,
    /// Bytes kept in memory: everything outside of bulk values.
    pub header_bytes: u32,
    /// A value longer than this stays in the source.
    pub value_bytes_held: u32,
    /// The same for OB, OD, OF, OL, OV, OW and UN.
    pub binary_bytes_held: u32,
    /// The same for pixel data (group 7FE0) and its fragments.
    pub pixel_bytes_held: u32,
    /// Bytes that a deflated data set may become.
    pub inflated_bytes: u64,
    /// Inflated over deflated bytes, past the first 16 MiB. Deflate itself cannot pass 1,032.
    pub inflate_ratio: u32,
}

/// Bytes that may come out of a deflated data set before its ratio counts: blank images compress without end.
pub(crate) const RATIO_FREE_BYTES: u64 = 16 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 64,
            elements: 200_000,
            fragments: 250_000,
            header_bytes: 64 << 20,
            value_bytes_held: 1 << 20,
            binary_bytes_held: 16 << 10,
            pixel_bytes_held: 16 << 10,
            inflated_bytes: 1 << 30,
            inflate_ratio: 250,
        }
    }
}
