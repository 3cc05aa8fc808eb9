//! Text by Specific Character Set (PS3.3 section C.12.1.1.2, PS3.5 section 6.1); lossy, never failing, and never guessing.
//!
//! `encoding_rs` has the tables; the switching by escape sequences (ISO 2022) that DICOM puts around them is here.

use crate::Vr;
use encoding_rs::{EUC_JP, EUC_KR, Encoding, GB18030, GBK};
use std::borrow::Cow;

/// One set of characters that the upper or lower half of a byte can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// ISO IR 6, in the lower half.
    Ascii,
    /// ISO IR 14: ASCII but for yen and overline, in the lower half.
    Romaji,
    /// ISO IR 13, in the upper half.
    Katakana,
    /// ISO IR 100, in the upper half.
    Latin1,
    /// Another single-byte set in the upper half.
    Single(&'static Encoding),
    /// ISO IR 87, two bytes in the lower half.
    Jis208,
    /// ISO IR 159, two bytes in the lower half.
    Jis212,
    /// ISO IR 149, two bytes in the upper half.
    Korean,
    /// ISO IR 58, two bytes in the upper half.
    Chinese,
    /// Nothing defined for the upper half.
    Nothing,
}

impl Set {
    const fn is_lower(self) -> bool {
        matches!(self, Self::Ascii | Self::Romaji | Self::Jis208 | Self::Jis212)
    }
}

/// Lower and upper half in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Halves {
    lower: Set,
    upper: Set,
}

/// A defined term of (0008,0005).
enum Term {
    /// Switches halves, by escape or from the start.
    Halves(Halves),
    /// A whole encoding without escapes.
    Whole(&'static Encoding),
}

fn term(name: &[u8]) -> Term {
    let upper = |upper| Term::Halves(Halves { lower: Set::Ascii, upper });
    // "ISO_IR 100", "ISO 2022 IR 100" and misspellings with other separators mean the same set.
    let digits: Vec<u8> = match name.rsplit(|byte| !byte.is_ascii_digit()).next() {
        Some(digits) if name.starts_with(b"ISO") => digits.to_vec(),
        _ => Vec::new(),
    };
    match (name, digits.as_slice()) {
        (b"GB18030", _) => Term::Whole(GB18030),
        (b"GBK", _) => Term::Whole(GBK),
        (_, b"192") => Term::Whole(encoding_rs::UTF_8),
        (_, b"13") => Term::Halves(Halves { lower: Set::Romaji, upper: Set::Katakana }),
        (_, b"149") => upper(Set::Korean),
        (_, b"58") => upper(Set::Chinese),
        (_, number) => upper(single(number)),
    }
}

fn single(number: &[u8]) -> Set {
    match number {
        b"100" => Set::Latin1,
        b"101" => Set::Single(encoding_rs::ISO_8859_2),
        b"109" => Set::Single(encoding_rs::ISO_8859_3),
        b"110" => Set::Single(encoding_rs::ISO_8859_4),
        b"144" => Set::Single(encoding_rs::ISO_8859_5),
        b"127" => Set::Single(encoding_rs::ISO_8859_6),
        b"126" => Set::Single(encoding_rs::ISO_8859_7),
        b"138" => Set::Single(encoding_rs::ISO_8859_8),
        b"148" => Set::Single(encoding_rs::WINDOWS_1254),
        b"166" => Set::Single(encoding_rs::WINDOWS_874),
        b"203" => Set::Single(encoding_rs::ISO_8859_15),
        _ => Set::Nothing,
    }
}

/// Escape sequences of PS3.3 tables C.12-3 and C.12-4, without the ESC.
const ESCAPES: [(&[u8], Set); 18] = [
    (b"(B", Set::Ascii),
    (b"(J", Set::Romaji),
    (b")I", Set::Katakana),
    (b"-A", Set::Latin1),
    (b"-B", Set::Single(encoding_rs::ISO_8859_2)),
    (b"-C", Set::Single(encoding_rs::ISO_8859_3)),
    (b"-D", Set::Single(encoding_rs::ISO_8859_4)),
    (b"-L", Set::Single(encoding_rs::ISO_8859_5)),
    (b"-G", Set::Single(encoding_rs::ISO_8859_6)),
    (b"-F", Set::Single(encoding_rs::ISO_8859_7)),
    (b"-H", Set::Single(encoding_rs::ISO_8859_8)),
    (b"-M", Set::Single(encoding_rs::WINDOWS_1254)),
    (b"-T", Set::Single(encoding_rs::WINDOWS_874)),
    (b"-b", Set::Single(encoding_rs::ISO_8859_15)),
    (b"$B", Set::Jis208),
    (b"$(D", Set::Jis212),
    (b"$)C", Set::Korean),
    (b"$)A", Set::Chinese),
];

/// Text of a value under the value of (0008,0005), `terms` (empty where there is none), with all its backslashes.
pub fn decode<'v>(value: &'v [u8], terms: &[u8], vr: Vr) -> Cow<'v, str> {
    if value.is_ascii()
        && !value.contains(&0x1B)
        && !terms.ends_with(b"13")
        && !terms.starts_with(b"ISO_IR 13")
    {
        return String::from_utf8_lossy(value);
    }
    let first = terms.split(|&byte| byte == b'\\').next().unwrap_or_default().trim_ascii();
    match term(first) {
        Term::Whole(encoding) => encoding.decode_without_bom_handling(value).0,
        Term::Halves(halves) => Cow::Owned(switched(value, halves, vr)),
    }
}

/// Decodes with escapes, from the halves in force at the start of each component.
fn switched(value: &[u8], initial: Halves, vr: Vr) -> String {
    let mut text = String::with_capacity(value.len());
    let mut halves = initial;
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == 0x1B
            && let Some((escape, set)) = ESCAPES.iter().find(|(escape, _)| after.starts_with(escape))
        {
            if set.is_lower() {
                halves.lower = *set;
            } else {
                halves.upper = *set;
            }
            rest = after.get(escape.len()..).unwrap_or_default();
            continue;
        }
        let is_two = match byte {
            0x21..=0x7E => matches!(halves.lower, Set::Jis208 | Set::Jis212),
            0xA1.. => matches!(halves.upper, Set::Korean | Set::Chinese),
            _ => false,
        };
        if is_two && let Some((&second, after)) = after.split_first() {
            two_bytes(byte, second, halves, &mut text);
            rest = after;
            continue;
        }
        one_byte(byte, halves, &mut text);
        // PS3.5 section 6.1.2.5.3: at these the sets of the first value are in force again.
        let ends_part = matches!(byte, b'\t' | b'\n' | 0x0C | b'\r')
            || (byte == b'\\' && !vr.is_single())
            || (matches!(byte, b'^' | b'=') && vr == Vr::PN);
        if ends_part {
            halves = initial;
        }
        rest = after;
    }
    text
}

fn two_bytes(first: u8, second: u8, halves: Halves, text: &mut String) {
    let (encoding, bytes): (_, &[u8]) = if first < 0x80 {
        let (first, second) = (first | 0x80, second | 0x80);
        match halves.lower {
            Set::Jis212 => (EUC_JP, &[0x8F, first, second]),
            _ => (EUC_JP, &[first, second]),
        }
    } else {
        match halves.upper {
            Set::Chinese => (GBK, &[first, second]),
            _ => (EUC_KR, &[first, second]),
        }
    };
    text.push_str(&encoding.decode_without_bom_handling(bytes).0);
}

fn one_byte(byte: u8, halves: Halves, text: &mut String) {
    match (byte, halves.upper) {
        (0x5C, _) if halves.lower == Set::Romaji => text.push('\u{A5}'),
        (0x7E, _) if halves.lower == Set::Romaji => text.push('\u{203E}'),
        (0..=0x7F, _) | (0xA0.., Set::Latin1) => text.push(char::from(byte)),
        (0xA1..=0xDF, Set::Katakana) => {
            text.push(char::from_u32(0xFF61 + u32::from(byte - 0xA1)).unwrap_or('\u{FFFD}'));
        }
        (0xA0.., Set::Single(encoding)) => text.push_str(&encoding.decode_without_bom_handling(&[byte]).0),
        _ => text.push('\u{FFFD}'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PS3.5 annexes H, I, J and K give these names byte by byte.
    #[test]
    fn examples_of_the_standard() {
        let cases: [(&[u8], &[u8], &str); 6] = [
            (
                b"Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$?$m$&\x1B(B",
                b"\\ISO 2022 IR 87",
                "Yamada^Tarou=山田^太郎=やまだ^たろう",
            ),
            (
                b"\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J=\x1B$B$d$^$@\x1B(J^\x1B$B$?$m$&\x1B(J",
                b"ISO 2022 IR 13\\ISO 2022 IR 87",
                "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
            ),
            (
                b"Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7=\x1B$)C\xC8\xAB^\x1B$)C\xB1\xE6\xB5\xBF",
                b"\\ISO 2022 IR 149",
                "Hong^Gildong=洪^吉洞=홍^길동",
            ),
            (b"Zhang^XiaoDong=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB=", b"\\ISO 2022 IR 58", "Zhang^XiaoDong=张^小东="),
            (b"Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB", b"GB18030", "Wang^XiaoDong=王^小东"),
            (b"Buc^J\xE9r\xF4me", b"ISO_IR 100", "Buc^Jérôme"),
        ];
        for (bytes, terms, text) in cases {
            assert_eq!(decode(bytes, terms, Vr::PN), text);
        }
    }

    #[test]
    fn a_backslash_inside_a_two_byte_character_ends_no_value() {
        // 0x5C is the second byte of a character here.
        assert_eq!(decode(b"\x1B$B%\\\x1B(B\\A", b"\\ISO 2022 IR 87", Vr::LO), "ボ\\A");
    }

    #[test]
    fn bytes_without_a_character_set_are_not_guessed() {
        assert_eq!(decode(b"M\xFCller", b"", Vr::PN), "M\u{FFFD}ller");
        assert_eq!(decode(b"M\xC3\xBCller", b"ISO_IR 192", Vr::PN), "Müller");
    }
}
