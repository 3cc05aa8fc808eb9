//! Text burned into the pixels of a synthetic object, as modalities burn in name and number, and the search for what is left of it.
//!
//! Glyphs are those of the public-domain 8x8 font of crate `font8x8`, twice as large, white on black: text that a cleaner
//! finds by place, and one that reads pixels finds too. What is left is looked for row by row of each glyph, in uncompressed
//! pixels of eight bits.

use crate::identifier_search::contains;
use font8x8::legacy::BASIC_LEGACY;

/// Pixels of a side of a glyph in the font.
const GLYPH: usize = 8;
/// Pixels that one of the font becomes, in each direction.
const SCALE: usize = 2;
/// Characters of the longest line.
pub const CHARACTERS_MAX: usize = 16;
/// Columns that the longest line takes.
pub const COLUMNS: usize = CHARACTERS_MAX * GLYPH * SCALE;
/// Rows that a line takes.
const LINE_ROWS: usize = GLYPH * SCALE;

/// One row of a character, white on black.
fn glyph_row(character: char, row: usize) -> Vec<u8> {
    let glyph = usize::try_from(u32::from(character)).ok().and_then(|code| BASIC_LEGACY.get(code));
    let bits = glyph.and_then(|glyph| glyph.get(row)).copied().unwrap_or_default();
    // The lowest bit is the leftmost pixel.
    (0..GLYPH).flat_map(|column| [if bits >> column & 1 == 1 { 255 } else { 0 }; SCALE]).collect()
}

/// The pixels of some lines, each [`COLUMNS`] wide.
pub fn drawn(lines: &[&str]) -> Vec<u8> {
    let mut pixels = Vec::new();
    for line in lines {
        for row in 0..LINE_ROWS {
            let mut drawn: Vec<u8> =
                line.chars().take(CHARACTERS_MAX).flat_map(|one| glyph_row(one, row / SCALE)).collect();
            drawn.resize(COLUMNS, 0);
            pixels.append(&mut drawn);
        }
    }
    pixels
}

/// The characters of a text of which something is left in the bytes of a result. A row of a glyph counts only with two strokes
/// or more: one stroke looks like any edge.
pub fn left(text: &str, bytes: &[u8]) -> Vec<char> {
    let strokes = |row: &[u8]| row.chunk_by(|one, next| one == next).filter(|run| run.contains(&255)).count();
    let telling = |character: char| {
        (0..GLYPH).map(move |row| glyph_row(character, row)).filter(move |row| strokes(row) > 1)
    };
    text.chars().filter(|one| telling(*one).any(|row| contains(bytes, &row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_found_until_it_is_gone() {
        let pixels = drawn(&["MEDWARD", "ABCXYZ234789"]);
        assert_eq!(pixels.len(), 2 * LINE_ROWS * COLUMNS);
        let all = left("MEDWARD", &pixels);
        // What has one stroke in every row is not told by it.
        assert!(all.len() >= 5, "{all:?}");
        assert!(left("MEDWARD", &vec![0; pixels.len()]).is_empty());
        assert!(left("MEDWARD", &vec![255; pixels.len()]).is_empty());
        // The second half blacked out: the first characters are still there.
        let half: Vec<u8> = pixels
            .chunks(COLUMNS)
            .flat_map(|row| row.iter().enumerate().map(|(at, one)| if at < 40 { *one } else { 0 }))
            .collect();
        assert!(left("ME", &half).contains(&'M'));
    }
}
