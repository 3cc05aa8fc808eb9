//! Syslog: the line around a message (RFC 5424) and its frame in the stream (RFC 5425), as PS3.15 A.6 wants them.

use crate::code::Outcome;
use crate::event::Event;
use crate::text::Text;
use crate::xml;
use std::io;

/// Facility 10 (security and authorization), severity 5 (notice): PS3.15 A.6.
const PRIORITY: u8 = 10 * 8 + 5;
/// What kind of message follows: PS3.15 A.6.
const MESSAGE_ID: &str = "DICOM+RFC3881";

/// Where messages come from. Each is one word of printable ASCII (RFC 5424 section 6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Name of the machine.
    pub host: String,
    /// Name of the application.
    pub application: String,
    /// Number of its process.
    pub process: u32,
}

/// Makes messages of events, for one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporter {
    /// Id of the source, as the repository knows it.
    pub source: Text,
    /// The site it belongs to.
    pub site: Option<Text>,
    /// Where messages come from.
    pub origin: Origin,
}

/// A word of RFC 5424: printable ASCII, up to so many characters; `-` for none.
fn word(text: &str, characters_max: usize) -> String {
    let word: String = text.chars().filter(char::is_ascii_graphic).take(characters_max).collect();
    if word.is_empty() { "-".to_owned() } else { word }
}

impl Reporter {
    /// The XML of a message.
    pub fn xml(&self, event: &Event, outcome: Outcome, moment: jiff::Timestamp) -> io::Result<Vec<u8>> {
        xml::message(event, outcome, moment, &self.source, self.site.as_ref())
    }

    /// The line of syslog with a message in it, as [`crate::Spool`] keeps it.
    pub fn line(&self, event: &Event, outcome: Outcome, moment: jiff::Timestamp) -> io::Result<Vec<u8>> {
        let Origin { host, application, process } = &self.origin;
        let (host, application) = (word(host, 255), word(application, 48));
        let head = format!("<{PRIORITY}>1 {moment:.3} {host} {application} {process} {MESSAGE_ID} - ");
        Ok([head.into_bytes(), self.xml(event, outcome, moment)?].concat())
    }
}

/// The frame around a line: its length in bytes, a space, the line (RFC 5425 section 4.3).
pub(crate) fn frame(line: &[u8]) -> Vec<u8> {
    [format!("{} ", line.len()).as_bytes(), line].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(word("two words\n<85>1", 48), "twowords<85>1");
        assert_eq!(word("é", 48), "-");
        assert_eq!(word(&"x".repeat(60), 48).len(), 48);
        assert_eq!(frame("é".as_bytes()), "2 é".as_bytes());
    }
}
