//! Texts as a reader can see them: what steers a terminal, a page or the direction of writing is shown by its number.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Longest run of characters without a place to break a line.
const UNBROKEN_MAX: usize = 22;
/// A place to break a line that shows nothing (U+200B).
const BREAK: char = '\u{200b}';

/// Whether a character would act on the text around it, or show nothing, instead of standing for itself.
fn is_hidden(character: char) -> bool {
    // Category Cf as far as it steers: soft hyphen, zero widths, directions (CVE-2021-42574), tags; private use and noncharacters.
    (character.is_control() && character != '\n')
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}')
        || matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
        || u32::from(character) & 0xfffe == 0xfffe
}

fn replaced(text: &str, is_shown: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(&is_shown) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_shown(character) {
            shown.push(character);
        } else {
            let _ = write!(shown, "[U+{:04X}]", u32::from(character));
        }
    }
    Cow::Owned(shown)
}

/// A text with what is hidden in it shown. A tab is a space.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.contains(['\t', '\r']) {
        let text = text.replace("\r\n", "\n").replace('\t', " ");
        return Cow::Owned(replaced(&text, |character| !is_hidden(character)).into_owned());
    }
    replaced(text, |character| !is_hidden(character))
}

/// A text with the characters that no font has shown by their numbers: a document for archives must not hold missing glyphs
/// (ISO 19005-2, 6.2.11.8).
pub(crate) fn printable(text: &str, has_glyph: impl Fn(char) -> bool) -> Cow<'_, str> {
    replaced(text, |character| character == '\n' || character == BREAK || has_glyph(character))
}

/// A text with places to break in words that would run out of a column.
pub(crate) fn breakable(text: &str) -> Cow<'_, str> {
    let mut run = 0_usize;
    let is_long = text.chars().any(|character| {
        run = if character.is_whitespace() { 0 } else { run.saturating_add(1) };
        run > UNBROKEN_MAX
    });
    if !is_long {
        return Cow::Borrowed(text);
    }
    let mut broken = String::with_capacity(text.len().saturating_add(text.len() / 8));
    for word in text.split_inclusive(char::is_whitespace) {
        let is_long = word.trim_end().chars().count() > UNBROKEN_MAX;
        let mut run = 0_usize;
        for character in word.chars() {
            broken.push(character);
            run = run.saturating_add(1);
            let is_joint = matches!(character, '/' | '.' | '_' | '-' | ':' | '@' | '\\') && run > 3;
            if is_long && (is_joint || run >= UNBROKEN_MAX / 2) {
                broken.push(BREAK);
                run = 0;
            }
        }
    }
    Cow::Owned(broken)
}

/// A text for XML and HTML, in element content and in quoted attributes.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// The beginning of a text, as much as fits.
pub(crate) fn shortened(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_shown_by_its_number() {
        assert_eq!(visible("safe"), "safe");
        assert_eq!(visible("a\u{202e}b\u{7}c\td\r\ne\u{200b}"), "a[U+202E]b[U+0007]c d\ne[U+200B]");
        assert_eq!(visible("Größe ≤ 5 µm, 肺"), "Größe ≤ 5 µm, 肺");
    }

    #[test]
    fn only_long_words_get_places_to_break_and_keep_their_characters() {
        assert_eq!(breakable("short words stay"), "short words stay");
        let word = "x".repeat(100);
        let broken = breakable(&word).into_owned();
        assert!(broken.split(BREAK).all(|part| part.chars().count() <= UNBROKEN_MAX), "{broken}");
        assert_eq!(broken.replace(BREAK, ""), word);
    }

    #[test]
    fn what_no_font_has_is_shown_by_its_number() {
        assert_eq!(printable("a肺\nb", char::is_alphanumeric), "a肺\nb");
        assert_eq!(printable("a肺b", |character| character.is_ascii()), "a[U+80BA]b");
    }
}
