//! The reader of a ward, for programs that cannot be it themselves: the tests of this crate and others start it.
//!
//! A word in the object makes it fail on purpose, as it would of bytes that found a hole in it: what the ward makes of that is what
//! tests look for. The reader of the product knows no such word.

#![allow(clippy::panic, clippy::indexing_slicing, reason = "what fails here is what the tests look for")]

use medward_containment::serve;
use medward_ward::Reader;
use std::io::{Read as _, Seek as _};
use std::process::ExitCode;

/// What takes the place of its answer.
type Failure = fn() -> Vec<u8>;

/// How it fails at a word.
const FAILURES: [(&str, Failure); 5] = [
    ("READER-PANIC", || panic!("of the object")),
    ("READER-ALLOCATE", || {
        let mut hoard = Vec::new();
        loop {
            hoard.push(vec![1_u8; 1 << 20]);
        }
    }),
    ("READER-LOOP", || {
        loop {
            std::hint::spin_loop();
        }
    }),
    // What a scan never says: kept bytes that are not there.
    ("READER-LIE", || [b"S\0\0\0\x09".as_slice(), &[0xFF; 9]].concat()),
    ("READER-FLOOD", || vec![0; 100 << 20]),
];

fn main() -> ExitCode {
    let mut reader = Reader::default();
    let argument = std::env::args().nth(1).unwrap_or_default();
    serve(&argument, move |_, object| {
        let mut first = Vec::new();
        let looked = object.take(8 << 10).read_to_end(&mut first).and_then(|_| object.rewind());
        let text = String::from_utf8_lossy(&first);
        match FAILURES.iter().find(|(word, _)| looked.is_ok() && text.contains(word)) {
            Some((_, fail)) => fail(),
            None => reader.answer(object),
        }
    })
}
