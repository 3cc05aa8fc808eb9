//! Bodies of several parts come out as they went in, however they are cut; what is no such body is said, and costs nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by ending")]

use medward_dicomweb::MediaType;
use medward_dicomweb::multipart::{Boundary, Event, MultipartError, Reader};
use proptest::collection::vec;
use proptest::prelude::*;

fn boundary(text: &str) -> Boundary {
    let written = format!("multipart/related; type=\"application/dicom\"; boundary=\"{text}\"");
    Boundary::of(&MediaType::parse(&written).unwrap()).unwrap()
}

/// Parts of a body that comes in pieces.
fn read(boundary: &Boundary, pieces: &[&[u8]]) -> Result<Vec<Vec<u8>>, MultipartError> {
    let (mut reader, mut parts) = (Reader::new(boundary), Vec::new());
    for piece in pieces {
        reader.push(piece);
        while let Some(event) = reader.next_event()? {
            match event {
                Event::Part(head) => {
                    assert_eq!(head.content_type.unwrap().essence(), "application/dicom");
                    parts.push(Vec::new());
                }
                Event::Bytes(bytes) => parts.last_mut().unwrap().extend_from_slice(&bytes),
                Event::PartEnd | Event::End => {}
            }
        }
    }
    reader.finish()?;
    Ok(parts)
}

fn written(boundary: &Boundary, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend(boundary.head("application/dicom"));
        body.extend(part);
    }
    body.extend(boundary.tail());
    body
}

/// Bytes among which delimiters nearly stand.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let near = prop_oneof![
        Just(b"\r\n--b".to_vec()),
        Just(b"\r\n-".to_vec()),
        Just(b"\r\n--".to_vec()),
        Just(b"\r\r\n".to_vec()),
        vec(any::<u8>(), 0..40),
    ];
    vec(near, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn parts_come_out_as_they_went_in(parts in vec(content(), 0..5), cuts in vec(1_usize..50, 0..200)) {
        // No content above holds this one.
        let boundary = boundary("boundary-of-the-test");
        let body = written(&boundary, &parts);
        let (mut pieces, mut rest) = (Vec::new(), body.as_slice());
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        prop_assert_eq!(read(&boundary, &pieces).unwrap(), parts);
    }

    #[test]
    fn what_is_cut_short_is_never_whole(parts in vec(content(), 1..4), keep in 0.0_f64..1.0) {
        let boundary = boundary("boundary-of-the-test");
        let body = written(&boundary, &parts);
        // Without the end of line behind it the last delimiter is whole already.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let kept = ((body.len() - 3) as f64 * keep) as usize;
        let read = read(&boundary, &[&body[..kept]]);
        prop_assert!(matches!(read, Err(MultipartError::Truncated | MultipartError::NoPart)), "{:?}", read);
    }

    #[test]
    fn nothing_panics(bytes in vec(any::<u8>(), 0..2_000), head in content()) {
        let boundary = boundary("b");
        let mut reader = Reader::new(&boundary);
        reader.push(b"--b\r\n");
        reader.push(&head);
        reader.push(&bytes);
        while let Ok(Some(_)) = reader.next_event() {}
    }
}

#[test]
fn bodies_of_other_writers_are_read() {
    let boundary = boundary("b");
    let body = b"a preamble\r\n--b  \r\ncontent-type: application/dicom\r\nX-Other: 1\r\n\r\none\r\n--b\r\nContent-Type:application/dicom\r\n\r\n\r\n--b--epilogue";
    assert_eq!(read(&boundary, &[body]).unwrap(), [b"one".to_vec(), Vec::new()]);
}

#[test]
fn lies_are_told_and_bounded() {
    let boundary = boundary("b");
    let error = |body: &[u8]| read(&boundary, &[body]).unwrap_err();
    assert_eq!(error(b"--bb\r\n\r\nx\r\n--b--"), MultipartError::Delimiter);
    assert_eq!(error(b"--b\r\nContent-Type: application/dicom\r\n\r\nx\r\n--bx"), MultipartError::Delimiter);
    assert_eq!(error(&[b'x'; 5_000]), MultipartError::NoPart);
    assert_eq!(error(&[b"--b\r\nX: ".as_slice(), &[b'x'; 9_000]].concat()), MultipartError::Head);
    assert_eq!(error(b"--b\r\nno header\r\n\r\nx\r\n--b--"), MultipartError::Head);
    assert_eq!(error(&[b"--b".as_slice(), &[b' '; 1_000]].concat()), MultipartError::Delimiter);
    assert_eq!(error(b"--b\r\nContent-Type: application/dicom\r\n\r\nx"), MultipartError::Truncated);
    let related = |text: &str| Boundary::of(&MediaType::parse(text).unwrap());
    for slip in
        ["multipart/related", "multipart/related; boundary=\"\"", "multipart/related; boundary=\"a\u{e9}\""]
    {
        assert_eq!(related(slip), Err(MultipartError::Boundary), "{slip}");
    }
    assert_eq!(
        related(&format!("multipart/related; boundary={}", "b".repeat(71))),
        Err(MultipartError::Boundary)
    );
    let mut reader = Reader::new(&boundary);
    reader.push(b"--b\r\nContent-Encoding: gzip\r\n\r\n");
    assert!(matches!(reader.next_event(), Ok(Some(Event::Part(head))) if head.is_encoded));
}
