//! Bodies of several parts (RFC 2046 section 5.1, RFC 2387), read and written as streams: no part is ever held whole.
//!
//! Own code: the crates for it read forms (`multipart/form-data`), whose parts have names, and are bound to one kind of stream. The reader
//! is fed with whatever came and says what that is; it holds a part's head and one delimiter's length at most besides.

use crate::MediaType;
use bytes::{Bytes, BytesMut};
use memchr::memmem;

/// Longest boundary (RFC 2046 section 5.1.1).
const BOUNDARY_BYTES_MAX: usize = 70;
/// Bytes before the first delimiter, which say nothing.
const PREAMBLE_BYTES_MAX: usize = 4 << 10;
/// Bytes of the head of a part, and headers in it.
const HEAD_BYTES_MAX: usize = 8 << 10;
const HEADERS_MAX: usize = 32;
/// White space behind a delimiter, which says nothing.
const PADDING_BYTES_MAX: usize = 64;

/// What separates parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(String);

/// Why a body cannot be read any further. What was read before stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MultipartError {
    /// No boundary, or one that RFC 2046 does not have.
    #[error("the content type has no usable boundary")]
    Boundary,
    /// Nothing like a part within the first 4 KiB.
    #[error("the body does not begin with its boundary")]
    NoPart,
    /// Neither a part nor the end follows a delimiter.
    #[error("the boundary stands where no part begins or ends")]
    Delimiter,
    /// The head of a part is no head, or too long.
    #[error("the head of a part cannot be read")]
    Head,
    /// The body ends before its last delimiter.
    #[error("the body ends before its last part does")]
    Truncated,
}

impl Boundary {
    /// From the content type of a body.
    pub fn of(content_type: &MediaType) -> Result<Self, MultipartError> {
        let boundary = content_type.parameter("boundary").ok_or(MultipartError::Boundary)?;
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
        let is_fit = (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len())
            && boundary.bytes().all(is_allowed)
            && !boundary.ends_with(' ');
        if is_fit { Ok(Self(boundary.to_owned())) } else { Err(MultipartError::Boundary) }
    }

    /// One that no image holds by accident.
    pub fn random() -> Result<Self, getrandom::Error> {
        let number = getrandom::u64()?;
        let other = getrandom::u64()?;
        Ok(Self(format!("medward-{number:016x}{other:016x}")))
    }

    /// The content type of a body of parts of one type.
    pub fn content_type(&self, kind: &str) -> String {
        format!("{}; type=\"{kind}\"; boundary=\"{}\"", crate::RELATED, self.0)
    }

    /// What stands before a part.
    pub fn head(&self, content_type: &str) -> Vec<u8> {
        format!("\r\n--{}\r\nContent-Type: {content_type}\r\n\r\n", self.0).into_bytes()
    }

    /// What stands behind the last part.
    pub fn tail(&self) -> Vec<u8> {
        format!("\r\n--{}--\r\n", self.0).into_bytes()
    }
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A part begins.
    Part(Head),
    /// Bytes of it.
    Bytes(Bytes),
    /// It ends.
    PartEnd,
    /// No part follows. Whatever does is ignored.
    End,
}

/// Head of a part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Its content type; `None` where it says none, or none that can be read.
    pub content_type: Option<MediaType>,
    /// Its bytes are not as they are, but compressed or encoded.
    pub is_encoded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble,
    Delimiter,
    Head,
    Part,
    End,
}

/// Reads a body.
#[derive(Debug)]
pub struct Reader {
    delimiter: memmem::Finder<'static>,
    held: BytesMut,
    state: State,
}

impl Reader {
    /// Of a body with a boundary.
    pub fn new(boundary: &Boundary) -> Self {
        let delimiter = format!("\r\n--{}", boundary.0).into_bytes();
        // The first delimiter may stand at the very beginning, without an end of line before it.
        let held = BytesMut::from(&b"\r\n"[..]);
        Self { delimiter: memmem::Finder::new(&delimiter).into_owned(), held, state: State::Preamble }
    }

    /// Takes what came.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.state != State::End {
            self.held.extend_from_slice(bytes);
        }
    }

    /// What is next; `None` where more has to come first.
    pub fn next_event(&mut self) -> Result<Option<Event>, MultipartError> {
        loop {
            match self.state {
                State::Preamble => match self.delimiter.find(&self.held) {
                    Some(at) => self.pass(at),
                    None if self.held.len() > PREAMBLE_BYTES_MAX => return Err(MultipartError::NoPart),
                    None => return Ok(None),
                },
                State::Delimiter => match self.after_delimiter()? {
                    Some(State::End) => return Ok(Some(Event::End)),
                    Some(_) => {}
                    None => return Ok(None),
                },
                State::Head => return self.head(),
                State::Part => return Ok(self.part()),
                State::End => return Ok(None),
            }
        }
    }

    /// Nothing more comes: whether the body was whole.
    pub fn finish(&self) -> Result<(), MultipartError> {
        match self.state {
            State::End => Ok(()),
            State::Preamble => Err(MultipartError::NoPart),
            _ => Err(MultipartError::Truncated),
        }
    }

    /// Passes over a delimiter and what is before it.
    fn pass(&mut self, before: usize) {
        let _ = self.held.split_to(before.saturating_add(self.delimiter.needle().len()).min(self.held.len()));
        self.state = State::Delimiter;
    }

    fn after_delimiter(&mut self) -> Result<Option<State>, MultipartError> {
        let padding = self.held.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let (state, length) = match self.held.get(padding..).unwrap_or_default() {
            [b'-', b'-', ..] if padding == 0 => (State::End, 2),
            // The end of line is left: a head of no lines is that alone.
            [b'\r', b'\n', ..] => (State::Head, padding),
            [] | [b'\r'] if padding <= PADDING_BYTES_MAX => return Ok(None),
            [b'-'] if padding == 0 => return Ok(None),
            _ => return Err(MultipartError::Delimiter),
        };
        let _ = self.held.split_to(length);
        if state == State::End {
            self.held.clear();
        }
        self.state = state;
        Ok(Some(state))
    }

    fn head(&mut self) -> Result<Option<Event>, MultipartError> {
        let end = memmem::find(&self.held, b"\r\n\r\n");
        if end.unwrap_or(self.held.len()) > HEAD_BYTES_MAX {
            return Err(MultipartError::Head);
        }
        let Some(end) = end else { return Ok(None) };
        let head = self.held.split_to(end.saturating_add(4));
        self.state = State::Part;
        // From behind the end of line of the delimiter.
        read_head(head.get(2..).unwrap_or_default()).map(Event::Part).map(Some)
    }

    fn part(&mut self) -> Option<Event> {
        match self.delimiter.find(&self.held) {
            Some(0) => {
                self.pass(0);
                Some(Event::PartEnd)
            }
            Some(at) => Some(Event::Bytes(self.held.split_to(at).freeze())),
            None => {
                // What could be the beginning of a delimiter waits for the rest of it.
                let sure = self.held.len().saturating_sub(self.delimiter.needle().len().saturating_sub(1));
                (sure > 0).then(|| Event::Bytes(self.held.split_to(sure).freeze()))
            }
        }
    }
}

fn read_head(bytes: &[u8]) -> Result<Head, MultipartError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let parsed = httparse::parse_headers(bytes, &mut headers);
    let Ok(httparse::Status::Complete((_, headers))) = parsed else { return Err(MultipartError::Head) };
    let mut head = Head::default();
    for header in headers {
        let value = std::str::from_utf8(header.value).map_err(|_| MultipartError::Head)?;
        if header.name.eq_ignore_ascii_case("content-type") {
            head.content_type = MediaType::parse(value);
        }
        let encodes = ["content-encoding", "content-transfer-encoding"];
        if encodes.iter().any(|name| header.name.eq_ignore_ascii_case(name)) {
            let is_plain = ["binary", "8bit", "7bit", "identity"];
            head.is_encoded |= !is_plain.iter().any(|plain| value.trim().eq_ignore_ascii_case(plain));
        }
    }
    Ok(head)
}
