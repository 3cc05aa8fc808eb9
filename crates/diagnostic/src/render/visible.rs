//! Text from files made safe to show: control and invisible characters are written out, so that an id can
//! neither recolour a terminal, nor move its cursor, nor hide or reorder what stands beside it.

use std::fmt::Write as _;

/// Longest text shown of a message, note or path, in characters.
const TEXT_MAX: usize = 4000;

/// Text for one line: line breaks are written out too.
pub(super) fn line(text: &str) -> String {
    written_out(text, false)
}

/// Text that may have several lines: line breaks stay, `\r\n` becomes `\n`.
pub(super) fn block(text: &str) -> String {
    written_out(&text.trim_end().replace("\r\n", "\n"), true)
}

fn written_out(text: &str, keep_newlines: bool) -> String {
    let mut out = String::new();
    for (count, character) in text.chars().enumerate() {
        if count >= TEXT_MAX {
            out.push('…');
            break;
        }
        match character {
            '\n' if keep_newlines => out.push('\n'),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' if keep_newlines => out.push_str("    "),
            '\t' => out.push_str("\\t"),
            _ if is_hidden(character) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

/// A character of a source line as it is shown, always one for one so that columns stay true.
pub(super) fn in_source(character: char) -> char {
    match character {
        '\t' => '\t',
        '\0'..='\u{1f}' => {
            // The control pictures stand in the order of the control characters.
            char::from_u32(u32::from(character).saturating_add(0x2400)).unwrap_or('\u{fffd}')
        }
        '\u{7f}' => '\u{2421}',
        _ if is_hidden(character) => '\u{fffd}',
        _ => character,
    }
}

/// Control characters (C0, DEL, C1), line separators, and what changes direction or shows nothing.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_written_out() {
        assert_eq!(line("asset.\u{1b}[31mred\u{1b}[0m"), "asset.\\u{1b}[31mred\\u{1b}[0m");
        assert_eq!(line("\u{9b}31m\u{7}\u{8}\u{7f}"), "\\u{9b}31m\\u{7}\\u{8}\\u{7f}");
    }

    #[test]
    fn direction_and_invisible_characters_are_written_out() {
        assert_eq!(line("a\u{202e}b\u{200b}c\u{e0041}"), "a\\u{202e}b\\u{200b}c\\u{e0041}");
    }

    #[test]
    fn only_a_block_keeps_line_breaks() {
        assert_eq!(line("a\r\nb\tc"), "a\\r\\nb\\tc");
        assert_eq!(block("a\r\nb\rc\td\n\n"), "a\nb\\rc    d");
    }

    #[test]
    fn ordinary_writing_is_left_alone() {
        let text = "Lungenknötchen, 肺, ελληνικά, e\u{301}, \"quoted\" \\ 🫁";
        assert_eq!(line(text), text);
        assert_eq!(text.chars().map(in_source).collect::<String>(), text);
    }

    #[test]
    fn a_source_line_keeps_its_columns() {
        let hostile = "\u{1b}[2J\0\u{7f}\u{85}\u{202e}\t";
        assert_eq!(hostile.chars().map(in_source).collect::<String>(), "␛[2J␀␡\u{fffd}\u{fffd}\t");
    }

    #[test]
    fn a_huge_text_is_cut() {
        assert_eq!(line(&"x".repeat(1 << 20)).chars().count(), TEXT_MAX + 1);
    }
}
