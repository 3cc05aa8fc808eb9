//! Frames between parent and worker: a length in 4 bytes, then the bytes. The other end is not trusted by either.

use std::io::{self, IoSlice, Read, Write};

/// Writes a frame.
pub(crate) fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let length = length.to_be_bytes();
    // In one call where the socket takes it: each call wakes the other end.
    let written = to.write_vectored(&[IoSlice::new(&length), IoSlice::new(bytes)])?;
    to.write_all(length.get(written..).unwrap_or_default())?;
    to.write_all(bytes.get(written.saturating_sub(length.len())..).unwrap_or_default())
}

/// Reads a frame of up to so many bytes; `None` when the other end is gone. Memory grows with what arrives, not with what is
/// declared.
pub(crate) fn read(from: &mut impl Read, bytes_max: u32) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_be_bytes(length);
    if length > bytes_max {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut bytes)?;
    let is_whole = bytes.len() as u64 == u64::from(length);
    Ok(is_whole.then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_and_nothing_else_does() {
        let mut wire = Vec::new();
        for frame in [&b""[..], b"one", b"another"] {
            write(&mut wire, frame).unwrap();
        }
        let mut from = wire.as_slice();
        assert_eq!(read(&mut from, 7).unwrap().unwrap(), b"");
        assert_eq!(read(&mut from, 7).unwrap().unwrap(), b"one");
        assert_eq!(read(&mut from, 6).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(read(&mut &b"\0\0\0\x05four"[..], 9).unwrap().is_none());
        assert!(read(&mut &b"\0\0"[..], 9).unwrap().is_none());
        assert!(read(&mut &b"\xff\xff\xff\xff"[..], u32::MAX).unwrap().is_none());
    }
}
