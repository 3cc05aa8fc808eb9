//! Random changes to files, seeded by a number; shared by the mutation tests of several crates.
#![allow(dead_code, clippy::indexing_slicing, reason = "shared by test files that each use a part")]

/// `SplitMix64`: small, seeded by the number of the input.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or(0)
    }
}

/// Bytes that mean something to a reader of DICOM.
const WORDS: [&[u8]; 16] = [
    b"\xFF\xFF\xFF\xFF",
    b"\0\0\0\0",
    b"\xFE\xFF\xFF\x7F",
    b"\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF",
    b"\xFE\xFF\x0D\xE0\0\0\0\0",
    b"\xFE\xFF\xDD\xE0\0\0\0\0",
    b"\x08\x00\x40\x11SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF",
    b"UN\0\0\xFF\xFF\xFF\xFF",
    b"SQ",
    b"OB",
    b"UT",
    b"\x02\x00\x10\x00",
    b"\xE0\x7F\x10\x00OB\0\0\xFF\xFF\xFF\xFF",
    b"\x08\x00\x05\x00CS\x0A\x00ISO_IR 192",
    b"1.2.840.10008.1.2.1.99",
    b"\x01\x00",
];

/// Changes one to five places.
pub fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let word = WORDS[random.below(WORDS.len())];
        match random.below(7) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = u8::try_from(random.below(256)).unwrap_or(0),
            2 => drop(bytes.splice(at..at, word.iter().copied())),
            3 => {
                let end = (at + word.len()).min(bytes.len());
                drop(bytes.splice(at..end, word.iter().copied()));
            }
            4 => bytes.truncate(at),
            5 => {
                let end = (at + random.below(24)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + random.below(64)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
        }
    }
}
