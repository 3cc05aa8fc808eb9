//! Seeds, mutations and what must hold for each: used by the bounded test and by the long run.

use medward_dicom_scan::{
    Edits, Encoding, Limits, NewElement, Oddity, Scanner, Tag, TransferSyntax, Vr, scan_bytes, write,
    write_bytes,
};
use std::io::Cursor;
use std::ops::Range;

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

    fn below(&mut self, bound: usize) -> usize {
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

fn item(content: &[u8]) -> Vec<u8> {
    [&b"\xFE\xFF\x00\xE0"[..], &u32::try_from(content.len()).unwrap_or(0).to_le_bytes(), content].concat()
}

/// Small files of each layout, made here.
pub fn seeds() -> Vec<Vec<u8>> {
    let short = b"\x08\x00\x05\x00CS\x12\x00\\ISO 2022 IR 87   \x08\x00\x60\x00CS\x02\x00CT\x10\x00\x10\x00PN\x10\x00Doe^\x1B$B;3ED\x1B(B \x20";
    let code = b"\x08\x00\x00\x01SH\x04\x00code";
    let mut explicit = short.to_vec();
    let known = item(code);
    explicit.extend_from_slice(b"\x40\x00\x30\xA7SQ\0\0");
    explicit.extend_from_slice(&u32::try_from(known.len()).unwrap_or(0).to_le_bytes());
    explicit.extend_from_slice(&known);
    explicit.extend_from_slice(b"\x40\x00\x31\xA7SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF");
    explicit.extend_from_slice(code);
    explicit.extend_from_slice(b"\xFE\xFF\x0D\xE0\0\0\0\0\xFE\xFF\xDD\xE0\0\0\0\0");
    explicit.extend_from_slice(b"\x41\x00\x01\x10UN\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\x0C\0\0\0\x08\x00\x00\x01\x04\0\0\0code\xFE\xFF\xDD\xE0\0\0\0\0");
    let mut native = explicit.clone();
    native.extend_from_slice(b"\xE0\x7F\x10\x00OW\0\0\x08\0\0\0pixels..");
    let mut encapsulated = explicit.clone();
    encapsulated.extend_from_slice(b"\xE0\x7F\x10\x00OB\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\0\0\0\0\xFE\xFF\x00\xE0\x04\0\0\0jpeg\xFE\xFF\xDD\xE0\0\0\0\0");
    let implicit = b"\x08\x00\x60\x00\x02\0\0\0CT\x10\x00\x10\x00\x04\0\0\0Doe \x40\x00\x30\xA7\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\x0C\0\0\0\x08\x00\x00\x01\x04\0\0\0code\xFE\xFF\xDD\xE0\0\0\0\0".to_vec();
    let big = b"\x00\x08\x00\x60CS\x00\x02CT\x00\x10\x00\x10PN\x00\x04Doe \x00\x40\xA7\x30SQ\0\0\0\0\0\x14\xFF\xFE\xE0\x00\0\0\0\x0C\x00\x08\x01\x00SH\x00\x04code".to_vec();
    let mut deflated = flate2::read::DeflateEncoder::new(native.as_slice(), flate2::Compression::fast());
    let mut compressed = Vec::new();
    let _ = std::io::Read::read_to_end(&mut deflated, &mut compressed);
    let part10 = |uid: &[u8], data_set: &[u8]| {
        let mut file = vec![0; 128];
        file.extend_from_slice(b"DICM\x02\x00\x00\x00UL\x04\x00");
        file.extend_from_slice(&u32::try_from(uid.len() + 8).unwrap_or(0).to_le_bytes());
        file.extend_from_slice(b"\x02\x00\x10\x00UI");
        file.extend_from_slice(&u16::try_from(uid.len()).unwrap_or(0).to_le_bytes());
        file.extend_from_slice(uid);
        file.extend_from_slice(data_set);
        file
    };
    vec![
        part10(b"1.2.840.10008.1.2.1\0", &native),
        part10(b"1.2.840.10008.1.2.4.50", &encapsulated),
        part10(b"1.2.840.10008.1.2\0", &implicit),
        part10(b"1.2.840.10008.1.2.2\0", &big),
        part10(b"1.2.840.10008.1.2.1.99", &compressed),
        native,
        implicit,
        big,
    ]
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
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

#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub read: u64,
    pub refused: u64,
}

/// Limits small enough that mutated inputs meet them.
const LIMITS: Limits = Limits {
    depth: 8,
    elements: 64,
    fragments: 8,
    header_bytes: 4096,
    value_bytes_held: 64,
    binary_bytes_held: 8,
    pixel_bytes_held: 8,
    inflated_bytes: 1 << 16,
    inflate_ratio: 100,
};

/// Runs the inputs with these numbers and states what must hold.
pub fn run(seeds: &[Vec<u8>], numbers: Range<u64>) -> Tally {
    let mut tally = Tally::default();
    let (mut tight, mut wide) = (Scanner::new(&LIMITS), Scanner::new(&Limits::default()));
    let mut edits = Edits::new();
    for number in numbers {
        let mut random = Random::new(number);
        let mut bytes = seeds[random.below(seeds.len())].clone();
        mutate(&mut bytes, &mut random);
        if let Ok(data_set) = tight.scan_bytes(&bytes) {
            assert!(data_set.elements().len() <= 64 + 8, "input {number}");
        }
        let Ok(data_set) = wide.scan_bytes(&bytes) else {
            tally.refused += 1;
            continue;
        };
        tally.read += 1;
        for element in data_set.elements() {
            assert!(
                element.start < element.value && element.value <= element.end,
                "input {number}: {element:?}"
            );
            let _ = data_set.text(element);
        }
        let mut same = Vec::new();
        write_bytes(data_set, &bytes, &Edits::new(), None, &mut same).unwrap();
        let (start, end) = data_set.span();
        if !data_set.transfer_syntax().is_deflated {
            let span = usize::try_from(start).unwrap()..usize::try_from(end).unwrap();
            assert!(bytes[span] == same, "input {number}: the identity changed bytes");
        }
        // An edit of anything gives something that reads again, with what was asked for.
        edits.clear();
        for _ in 0..random.below(4) {
            let index = random.below(data_set.elements().len());
            if index < data_set.elements().len() && !data_set.elements()[index].is_container() {
                if random.below(2) == 0 { edits.remove(index) } else { edits.replace(index, "new") }
            }
        }
        edits.set(None, NewElement::new(Tag::new(0x0012, 0x0062), Vr::CS, "YES"));
        let uid = match data_set.transfer_syntax() {
            TransferSyntax { is_deflated: true, .. } => "1.2.840.10008.1.2.1.99",
            TransferSyntax { encoding: Encoding::ImplicitLittle, .. } => "1.2.840.10008.1.2",
            TransferSyntax { encoding: Encoding::ExplicitLittle, .. } => "1.2.840.10008.1.2.1",
            TransferSyntax { encoding: Encoding::ExplicitBig, .. } => "1.2.840.10008.1.2.2",
        };
        let meta = [NewElement::new(Tag::TRANSFER_SYNTAX, Vr::UI, uid)];
        let (mut whole, mut streamed) = (Vec::new(), Vec::new());
        write_bytes(data_set, &bytes, &edits, Some(&meta), &mut whole).unwrap();
        write(data_set, &mut Cursor::new(&bytes), &edits, Some(&meta), &mut streamed).unwrap();
        assert!(whole == streamed, "input {number}: two ways to write differ");
        // Elements without the VR they need leave no first header to hold the claimed encoding against.
        if data_set.problems().iter().all(|problem| problem.oddity != Oddity::VrMissing) {
            let again = scan_bytes(&whole, &Limits::default());
            let again = again.unwrap_or_else(|refused| panic!("input {number}: {refused}"));
            assert!(again.find(None, Tag::new(0x0012, 0x0062)).is_some(), "input {number}");
        }
    }
    tally
}
