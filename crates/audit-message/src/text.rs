//! Texts that may stand in a message.

use std::fmt;

/// Longest text, in characters.
const CHARACTERS_MAX: usize = 256;
/// Longest pseudonym, in characters: as long as a UID.
const PSEUDONYM_CHARACTERS_MAX: usize = 64;

/// Why a text cannot stand in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Too long, empty, or with characters that XML 1.0 does not have.
    #[error("a text has 1 to {CHARACTERS_MAX} characters and no control characters")]
    Text,
    /// Not the characters of a pseudonym.
    #[error("a pseudonym has 1 to {PSEUDONYM_CHARACTERS_MAX} letters, digits, dots and hyphens")]
    Pseudonym,
}

/// Characters of XML 1.0 that stay on one line.
fn is_fit(one: char) -> bool {
    !one.is_control() && !matches!(one, '\u{fffe}' | '\u{ffff}')
}

/// The name of a node, a person of the security file, an address or a resource: never of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// Checks a text: 1 to 256 characters that XML 1.0 can carry on one line.
    pub fn new(text: &str) -> Result<Self, TextError> {
        let is_text = (1..=CHARACTERS_MAX).contains(&text.chars().count()) && text.chars().all(is_fit);
        if is_text { Ok(Self(text.to_owned())) } else { Err(TextError::Text) }
    }

    /// The text as far as a message can carry it: what XML has no room for becomes `?`, and what is too long is cut. A message with a
    /// worse name is better than none.
    pub fn carried(text: &str) -> Self {
        let fit = |one: char| if is_fit(one) { one } else { '?' };
        let carried: String = text.chars().take(CHARACTERS_MAX).map(fit).collect();
        Self(if carried.is_empty() { "unknown".to_owned() } else { carried })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What stands for a patient or a study: made by de-identification, and meaningless without its key. Names with spaces, carets or
/// letters beyond ASCII, as patients have, are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pseudonym(String);

impl Pseudonym {
    /// Checks a pseudonym: 1 to 64 letters and digits of ASCII, dots and hyphens.
    pub fn new(text: &str) -> Result<Self, TextError> {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
        let is_pseudonym = (1..=PSEUDONYM_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(is_fit);
        if is_pseudonym { Ok(Self(text.to_owned())) } else { Err(TextError::Pseudonym) }
    }

    /// The pseudonym as far as a message can carry it: in the place of what is none stands `not-a-pseudonym`, and nothing of it, since it
    /// may be a name.
    pub fn carried(text: &str) -> Self {
        Self::new(text).unwrap_or_else(|_| Self("not-a-pseudonym".to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_carried_is_a_text() {
        for text in ["", "two\nlines", "nul\0", "\u{85}", "\u{ffff}", &"x".repeat(999)] {
            assert!(Text::new(Text::carried(text).as_str()).is_ok(), "{text:?}");
        }
        assert_eq!(Text::carried("two\nlines").as_str(), "two?lines");
        for text in ["", "Doe^Jane", &"1".repeat(65)] {
            assert_eq!(Pseudonym::carried(text).as_str(), "not-a-pseudonym");
        }
        assert_eq!(Text::carried("CT-1").as_str(), "CT-1");
    }

    #[test]
    fn what_xml_cannot_carry_and_names_of_patients_are_refused() {
        for text in ["", "two\nlines", "nul\0", "\u{85}", "\u{ffff}", &"x".repeat(257)] {
            assert_eq!(Text::new(text), Err(TextError::Text), "{text:?}");
        }
        assert!(Text::new("<&]]>\"'é\u{202e}").is_ok());
        for text in ["", "Doe^Jane", "Jane Doe", "Müller", &"1".repeat(65)] {
            assert_eq!(Pseudonym::new(text), Err(TextError::Pseudonym), "{text:?}");
        }
        assert!(Pseudonym::new("2.25.1234").is_ok());
    }
}
