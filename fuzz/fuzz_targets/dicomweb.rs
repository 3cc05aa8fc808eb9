//! What strangers write in a request to DICOMweb: path, query, content type, and a body in pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use medward_dicomweb::multipart::{Boundary, Event, Reader};
use medward_dicomweb::{MediaType, Resource, Search, accepts};

fuzz_target!(|input: (&str, &str, &str, Vec<Vec<u8>>)| {
    let (path, query, content_type, pieces) = input;
    let _ = (Resource::of(path), Search::read(query));
    let _ = accepts(Some(query), "multipart/related");
    let kind = MediaType::parse(content_type);
    let boundary = kind.as_ref().and_then(|kind| Boundary::of(kind).ok());
    let plain = || MediaType::parse("multipart/related; boundary=b").and_then(|kind| Boundary::of(&kind).ok());
    let Some(mut reader) = boundary.or_else(plain).map(|boundary| Reader::new(&boundary)) else { return };
    let (mut taken, mut given) = (0, 0);
    for piece in &pieces {
        taken += piece.len();
        reader.push(piece);
        loop {
            match reader.next_event() {
                Ok(Some(Event::Bytes(bytes))) => given += bytes.len(),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
    assert!(given <= taken, "more came out than went in");
});
