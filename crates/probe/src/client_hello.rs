//! A `ClientHello` made by hand (RFC 5246, RFC 8446) and the server's answer to it.
//!
//! rustls speaks neither the old versions nor the weak cipher suites, so whether a server still does can only be
//! asked this way. The handshake is never completed.

use crate::{Context, Fault};
use std::io::{ErrorKind, Read, Write as _};
use std::time::Duration;

/// Longest wait for the answer.
const WAIT: Duration = Duration::from_secs(5);
const SERVER_HELLO: u8 = 2;
const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const SUPPORTED_VERSIONS: u16 = 0x002b;

/// A protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16);

impl Version {
    /// Every version, the oldest first.
    pub const ALL: [Self; 5] = [Self(0x0300), Self(0x0301), Self(0x0302), Self(0x0303), Self(0x0304)];
    /// TLS 1.3.
    pub const V13: Self = Self(0x0304);

    /// As written in the file.
    pub fn word(self) -> &'static str {
        match self.0 {
            0x0300 => "SSL 3.0",
            0x0301 => "1.0",
            0x0302 => "1.1",
            0x0303 => "1.2",
            0x0304 => "1.3",
            _ => "unknown",
        }
    }
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It goes on with this version and suite.
    Accepted(Version, u16),
    /// It refuses, in words.
    Refused(String),
}

/// Offers one version with some suites.
pub fn offer(
    context: &Context,
    target: &str,
    name: &str,
    version: Version,
    suites: &[u16],
) -> Result<Answer, Fault> {
    let mut stream = context.connect(target, WAIT)?;
    let failed = |error: &std::io::Error| Fault::unreachable(target, error);
    stream.set_write_timeout(Some(context.deadline.left_at_most(WAIT)?)).map_err(|error| failed(&error))?;
    stream.write_all(&hello(name, version, suites)).map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(answer) = read_answer(&bytes) {
            return answer.map_err(|why| Fault::unintelligible(format!("the answer of {target}"), &why));
        }
        stream
            .set_read_timeout(Some(context.deadline.left_at_most(WAIT)?))
            .map_err(|error| failed(&error))?;
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(Answer::Refused("connection closed".to_owned())),
            Ok(count) => bytes.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                return Ok(Answer::Refused("connection reset".to_owned()));
            }
            Err(error) => return Err(failed(&error)),
        }
    }
}

fn with_length(bytes: usize, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u64).to_be_bytes();
    let mut prefixed = length.get(8 - bytes..).unwrap_or_default().to_vec();
    prefixed.extend_from_slice(content);
    prefixed
}

fn numbers(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [kind.to_be_bytes().to_vec(), with_length(2, content)].concat()
}

fn hello(name: &str, version: Version, suites: &[u16]) -> Vec<u8> {
    const GROUPS: [u16; 5] = [0x001d, 0x0017, 0x0018, 0x0019, 0x0100];
    const SCHEMES: [u16; 14] = [
        0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0807, 0x0203, 0x0201,
        0x0202, 0x0402,
    ];
    // Any 32 bytes are a point on Curve25519; nothing secret is ever derived from them.
    let share: [u8; 32] = std::array::from_fn(|index| u8::try_from(index).unwrap_or_default() | 0x41);
    let mut extensions = Vec::new();
    if name.parse::<std::net::IpAddr>().is_err() {
        let entry = [vec![0], with_length(2, name.as_bytes())].concat();
        extensions.extend(extension(0x0000, &with_length(2, &entry)));
    }
    extensions.extend(extension(0x000a, &with_length(2, &numbers(&GROUPS))));
    extensions.extend(extension(0x000b, &[1, 0]));
    if version.0 >= 0x0303 {
        extensions.extend(extension(0x000d, &with_length(2, &numbers(&SCHEMES))));
    }
    if version == Version::V13 {
        extensions.extend(extension(SUPPORTED_VERSIONS, &with_length(1, &numbers(&[version.0]))));
        let entry = [numbers(&[0x001d]), with_length(2, &share)].concat();
        extensions.extend(extension(0x0033, &with_length(2, &entry)));
    }
    let legacy = version.0.min(0x0303);
    let mut body = numbers(&[legacy]);
    body.extend(share);
    body.push(0);
    body.extend(with_length(2, &numbers(suites)));
    body.extend([1, 0]);
    // SSL 3.0 knows no extensions.
    if version.0 > 0x0300 {
        body.extend(with_length(2, &extensions));
    }
    let message = [vec![1], with_length(3, &body)].concat();
    let record_version = legacy.min(0x0301);
    [vec![HANDSHAKE], numbers(&[record_version]), with_length(2, &message)].concat()
}

/// A cursor that says nothing where there is nothing.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, count: usize) -> Option<usize> {
        Some(self.take(count)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn u16(&mut self) -> Option<u16> {
        u16::try_from(self.number(2)?).ok()
    }
}

/// The answer in what came so far; nothing while it is not whole.
fn read_answer(bytes: &[u8]) -> Option<Result<Answer, String>> {
    let mut bytes = Bytes(bytes);
    let mut handshake = Vec::new();
    loop {
        let kind = bytes.number(1)?;
        if kind != usize::from(HANDSHAKE) && kind != usize::from(ALERT) {
            return Some(Err(format!("it does not speak TLS (first byte {kind})")));
        }
        bytes.u16()?;
        let length = bytes.number(2)?;
        let mut record = Bytes(bytes.take(length)?);
        if kind == usize::from(ALERT) {
            record.number(1)?;
            let description = record.number(1)?;
            return Some(Ok(Answer::Refused(format!("alert {description}"))));
        }
        handshake.extend_from_slice(record.0);
        if let Some(answer) = server_hello(&handshake) {
            return Some(answer);
        }
    }
}

fn server_hello(message: &[u8]) -> Option<Result<Answer, String>> {
    let mut message = Bytes(message);
    let kind = message.number(1)?;
    if kind != usize::from(SERVER_HELLO) {
        return Some(Err(format!("handshake message {kind} where a ServerHello was due")));
    }
    let length = message.number(3)?;
    let mut body = Bytes(message.take(length)?);
    let parsed = (|| {
        let mut version = Version(body.u16()?);
        body.take(32)?;
        let session = body.number(1)?;
        body.take(session)?;
        let suite = body.u16()?;
        body.take(1)?;
        let extensions = body.number(2).unwrap_or_default();
        let mut extensions = Bytes(body.take(extensions)?);
        while let (Some(kind), Some(length)) = (extensions.u16(), extensions.number(2)) {
            let mut content = Bytes(extensions.take(length)?);
            if kind == SUPPORTED_VERSIONS {
                version = Version(content.u16()?);
            }
        }
        Some(Answer::Accepted(version, suite))
    })();
    Some(parsed.ok_or_else(|| "a ServerHello with wrong lengths".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A `ServerHello` of TLS 1.2 with `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`.
    fn answer_12() -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0xc0, 0x2f, 0]);
        let message = [vec![2], with_length(3, &body)].concat();
        [vec![22, 3, 3], with_length(2, &message)].concat()
    }

    #[test]
    fn an_answer_is_read_only_when_it_is_whole() {
        let whole = answer_12();
        for length in 0..whole.len() {
            assert_eq!(read_answer(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(read_answer(&whole), Some(Ok(Answer::Accepted(Version(0x0303), 0xc02f))));
    }

    #[test]
    fn what_is_not_tls_is_no_refusal() {
        assert!(read_answer(b"HTTP/1.1 400 Bad Request\r\n").unwrap().is_err());
        assert_eq!(read_answer(&[21, 3, 3, 0, 2, 2, 70]), Some(Ok(Answer::Refused("alert 70".to_owned()))));
    }

    proptest! {
        #[test]
        fn hostile_answers_do_no_harm(mut bytes: Vec<u8>, kind in 20_u8..24) {
            if let Some(first) = bytes.first_mut() {
                *first = kind;
            }
            let _ = read_answer(&bytes);
            let _ = server_hello(&bytes);
        }
    }
}
