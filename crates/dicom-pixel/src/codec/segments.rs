//! Marker segments before the first scan of a JPEG or JPEG-LS stream (ISO 10918-1 section B.1): what a decoder would be given.

/// Start of scan.
const SOS: u8 = 0xDA;
/// Start of frame of JPEG-LS (ISO 14495-1 section C.1).
const SOF55: u8 = 0xF7;

/// What a stream claims of its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub precision: u8,
    pub rows: u32,
    pub columns: u32,
    pub components: u32,
}

/// Markers with their segments, up to and without the first scan; ends where the stream is not one.
pub(super) fn segments(stream: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = stream.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let &[0xFF, marker, high, low, ..] = rest else { return None };
        let end = usize::from(u16::from_be_bytes([high, low])).checked_add(2)?;
        let segment = rest.get(4..end)?;
        rest = rest.get(end..)?;
        (marker != SOS).then_some((marker, segment))
    })
}

/// Where the segments end: at the first scan, in a stream that has one.
pub(super) fn behind_segments(stream: &[u8]) -> usize {
    segments(stream).fold(2, |end, (_, segment)| end.saturating_add(segment.len()).saturating_add(4))
}

/// The frame header.
pub(super) fn frame(stream: &[u8]) -> Option<Frame> {
    let is_frame = |marker: u8| matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
    let (_, segment) = segments(stream).find(|(marker, _)| is_frame(*marker) || *marker == SOF55)?;
    let &[precision, r1, r0, c1, c0, components] = segment.first_chunk()?;
    let word = |high, low| u32::from(u16::from_be_bytes([high, low]));
    Some(Frame { precision, rows: word(r1, r0), columns: word(c1, c0), components: u32::from(components) })
}

/// Scans of a stream. Inside of entropy-coded data no marker can stand.
pub(super) fn scans(stream: &[u8]) -> usize {
    stream.windows(2).filter(|pair| *pair == [0xFF, SOS]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_is_found_behind_other_segments_and_not_behind_a_scan() {
        let stream = b"\xFF\xD8\xFF\xDB\x00\x04\x01\x02\xFF\xC1\x00\x0B\x0C\x00\x20\x01\x00\x01\x01\x11\x00";
        let expected = Frame { precision: 12, rows: 32, columns: 256, components: 1 };
        assert_eq!(frame(stream), Some(expected));
        assert_eq!((segments(stream).count(), behind_segments(stream)), (2, stream.len()));
        let behind = [&b"\xFF\xD8\xFF\xDA\x00\x02"[..], &stream[8..]].concat();
        assert_eq!((frame(&behind), scans(&behind)), (None, 1));
        for cut in 0..stream.len() {
            assert_eq!(frame(&stream[..cut]), None, "{cut}");
        }
    }
}
