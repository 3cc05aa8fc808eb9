//! A DICOM association made by hand (PS3.8 section 9.3): request, answer, C-ECHO, C-STORE, release.
//!
//! By hand, so that the probe can say what no well-behaved client says, such as a title that is not its own. The only
//! data set ever sent is a synthetic one (`dicom_object`).

use crate::tls_client::{Identity, Server, Shaken, Shown, shake};
use crate::{Context, Fault};
use rustls::{ClientConnection, StreamOwned};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for one answer.
const WAIT: Duration = Duration::from_secs(10);
/// Longest answer read; an association answer has some hundred bytes.
const PDU_BYTES_MAX: usize = 1 << 20;
/// Verification SOP Class.
pub const VERIFICATION: &str = "1.2.840.10008.1.1";
/// What is said of an association that the node aborted.
pub const ABORTED: &str = "aborted";
const APPLICATION_CONTEXT: &str = "1.2.840.10008.3.1.1.1";
/// Implicit VR little endian, which every node must take (PS3.5 section 10.1).
const IMPLICIT: &str = "1.2.840.10008.1.2";
/// Implicit and explicit VR little endian.
const TRANSFER_SYNTAXES: [&str; 2] = [IMPLICIT, "1.2.840.10008.1.2.1"];
/// Bytes of a data set in one PDU; with its headers no node's least maximum is exceeded.
const FRAGMENT_BYTES: usize = 4000;
/// Of the UUID-derived root (PS3.5 annex B.2); names this implementation and nobody's organisation.
const IMPLEMENTATION: &str = "2.25.208771043251980431216190513471231254";

/// A connection, plain or over TLS.
pub enum Wire {
    /// Plain TCP.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// What came of an attempt to connect.
pub enum Connected {
    /// Ready to speak DICOM.
    Ready(Wire),
    /// The TLS handshake did not come to an end.
    Refused(Shaken, Arc<Shown>),
}

impl Wire {
    /// Connects without TLS.
    pub fn plain(context: &Context, target: &str) -> Result<Self, Fault> {
        context.connect(target, WAIT).map(Self::Plain)
    }

    /// Connects over TLS.
    pub fn tls(context: &Context, server: &Server, identity: &Identity) -> Result<Connected, Fault> {
        let (shaken, shown) = shake(context, server, identity)?;
        Ok(match shaken {
            Shaken::Done(stream) => Connected::Ready(Self::Tls(stream)),
            refused => Connected::Refused(refused, shown),
        })
    }

    fn ready(&self, context: &Context) -> Result<(), Fault> {
        let socket = match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        };
        let left = Some(context.deadline.left_at_most(WAIT)?);
        let set = socket.set_read_timeout(left).and(socket.set_write_timeout(left));
        set.map_err(|error| Fault::unreachable("the node", &error))
    }

    fn send(&mut self, context: &Context, bytes: &[u8]) -> Result<std::io::Result<()>, Fault> {
        self.ready(context)?;
        let sent = match self {
            Self::Plain(socket) => socket.write_all(bytes),
            Self::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        };
        Ok(sent)
    }

    /// Reads exactly so many bytes; nothing when the other side ended first.
    fn receive(&mut self, context: &Context, count: usize) -> Result<Result<Vec<u8>, String>, Fault> {
        let mut bytes = Vec::new();
        while bytes.len() < count {
            self.ready(context)?;
            let mut buffer = vec![0; (count - bytes.len()).min(16 << 10)];
            let read = match self {
                Self::Plain(socket) => socket.read(&mut buffer),
                Self::Tls(stream) => stream.read(&mut buffer),
            };
            match read {
                Ok(0) => return Ok(Err("connection closed".to_owned())),
                Ok(read) => bytes.extend_from_slice(buffer.get(..read).unwrap_or_default()),
                Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
                    return Err(Fault::TimedOut);
                }
                Err(error) => return Ok(Err(error.to_string())),
            }
        }
        Ok(Ok(bytes))
    }
}

/// How a node answered an association request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Accepted, with the result of each presentation context by its number; 0 is acceptance.
    Accepted(BTreeMap<u8, u8>),
    /// Refused in so many words.
    Rejected(String),
    /// Not an answer in DICOM: the first byte of what came.
    Foreign(u8),
    /// The connection ended.
    Closed(String),
}

/// Both titles of an association.
#[derive(Debug, Clone, Copy)]
pub struct Titles<'a> {
    /// The node asked.
    pub called: &'a str,
    /// Who asks.
    pub calling: &'a str,
}

fn item(kind: u8, fields: &[u8]) -> Vec<u8> {
    let length = u16::try_from(fields.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[kind, 0], length.as_slice(), fields].concat()
}

fn pdu(kind: u8, fields: &[u8]) -> Vec<u8> {
    let length = u32::try_from(fields.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[kind, 0], length.as_slice(), fields].concat()
}

fn title(text: &str) -> Vec<u8> {
    let mut padded = text.as_bytes().to_vec();
    padded.resize(16, b' ');
    padded
}

/// Asks for an association over SOP classes; the first gets presentation context 1, the next 3 and so on.
pub fn associate(
    context: &Context,
    wire: &mut Wire,
    titles: Titles<'_>,
    sop_classes: &[&str],
) -> Result<Answer, Fault> {
    negotiate(context, wire, titles, sop_classes, &TRANSFER_SYNTAXES)
}

/// The same for one SOP class whose objects will be sent in implicit VR little endian.
pub fn associate_to_store(
    context: &Context,
    wire: &mut Wire,
    titles: Titles<'_>,
    sop_class: &str,
) -> Result<Answer, Fault> {
    negotiate(context, wire, titles, &[sop_class], &[IMPLICIT])
}

fn negotiate(
    context: &Context,
    wire: &mut Wire,
    titles: Titles<'_>,
    sop_classes: &[&str],
    syntaxes: &[&str],
) -> Result<Answer, Fault> {
    let mut fields = vec![0, 1, 0, 0];
    fields.extend(title(titles.called));
    fields.extend(title(titles.calling));
    fields.extend([0; 32]);
    fields.extend(item(0x10, APPLICATION_CONTEXT.as_bytes()));
    for (number, sop_class) in (0_u8..).zip(sop_classes) {
        let mut presentation = vec![number * 2 + 1, 0, 0, 0];
        presentation.extend(item(0x30, sop_class.as_bytes()));
        for syntax in syntaxes {
            presentation.extend(item(0x40, syntax.as_bytes()));
        }
        fields.extend(item(0x20, &presentation));
    }
    let mut user = item(0x51, &16_384_u32.to_be_bytes());
    user.extend(item(0x52, IMPLEMENTATION.as_bytes()));
    user.extend(item(0x55, b"MEDWARD_PROBE"));
    fields.extend(item(0x50, &user));
    if let Err(error) = wire.send(context, &pdu(1, &fields))? {
        return Ok(Answer::Closed(error.to_string()));
    }
    Ok(match read_pdu(context, wire)? {
        Err(answer) => answer,
        Ok((2, fields)) => Answer::Accepted(results(&fields)),
        Ok((3, fields)) => Answer::Rejected(reason(&fields)),
        Ok((7, _)) => Answer::Rejected(ABORTED.to_owned()),
        Ok((kind, _)) => Answer::Foreign(kind),
    })
}

fn read_pdu(context: &Context, wire: &mut Wire) -> Result<Result<(u8, Vec<u8>), Answer>, Fault> {
    // One byte first: a TLS alert is shorter than the header of a PDU may be.
    let kind = match wire.receive(context, 1)? {
        Ok(kind) => kind.first().copied().unwrap_or_default(),
        Err(why) => return Ok(Err(Answer::Closed(why))),
    };
    if !(1..=7).contains(&kind) {
        return Ok(Err(Answer::Foreign(kind)));
    }
    let header = match wire.receive(context, 5)? {
        Ok(header) => header,
        Err(why) => return Ok(Err(Answer::Closed(why))),
    };
    let length: [u8; 4] = header.get(1..5).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > PDU_BYTES_MAX {
        return Err(Fault::unintelligible("the answer of the node", &format!("a PDU of {length} bytes")));
    }
    Ok(wire.receive(context, length)?.map(|fields| (kind, fields)).map_err(Answer::Closed))
}

/// Results of presentation contexts in an A-ASSOCIATE-AC (PS3.8 table 9-18).
fn results(fields: &[u8]) -> BTreeMap<u8, u8> {
    let mut found = BTreeMap::new();
    let mut rest = fields.get(68..).unwrap_or_default();
    while let Some((header, after)) = rest.split_at_checked(4) {
        let length: [u8; 2] = header.get(2..4).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        let Some((body, after)) = after.split_at_checked(usize::from(u16::from_be_bytes(length))) else {
            break;
        };
        if let (Some(0x21), Some(number), Some(result)) = (header.first(), body.first(), body.get(2)) {
            found.insert(*number, *result);
        }
        rest = after;
    }
    found
}

/// Why an A-ASSOCIATE-RJ refuses (PS3.8 table 9-21).
fn reason(fields: &[u8]) -> String {
    let number = |at: usize| fields.get(at).copied().unwrap_or_default();
    let why = match (number(2), number(3)) {
        (1, 1) => "no reason given",
        (1, 2) => "application context not supported",
        (1, 3) => "calling AE title not recognised",
        (1, 7) => "called AE title not recognised",
        (2, _) => "association control",
        (3, 1) => "temporary congestion",
        (3, 2) => "local limit exceeded",
        _ => "unknown reason",
    };
    format!("rejected: {why}")
}

/// C-ECHO over presentation context 1 (PS3.7 section 9.3.5); the status, 0 for success.
pub fn echo(context: &Context, wire: &mut Wire) -> Result<Result<u16, String>, Fault> {
    let fields = [
        (0x0002, uid(VERIFICATION)),
        (0x0100, 0x0030_u16.to_le_bytes().to_vec()),
        (0x0110, 1_u16.to_le_bytes().to_vec()),
        (0x0800, 0x0101_u16.to_le_bytes().to_vec()),
    ];
    if let Err(why) = send_fragment(context, wire, 3, &command(&fields))? {
        return Ok(Err(why));
    }
    answered(context, wire)
}

/// C-STORE over presentation context 1 (PS3.7 section 9.3.1) of a data set in implicit VR; the status, 0 for success.
pub fn store(
    context: &Context,
    wire: &mut Wire,
    sop_class: &str,
    instance: &str,
    data_set: &[u8],
) -> Result<Result<u16, String>, Fault> {
    let fields = [
        (0x0002, uid(sop_class)),
        (0x0100, 0x0001_u16.to_le_bytes().to_vec()),
        (0x0110, 1_u16.to_le_bytes().to_vec()),
        (0x0700, 0_u16.to_le_bytes().to_vec()),
        (0x0800, 0x0001_u16.to_le_bytes().to_vec()),
        (0x1000, uid(instance)),
    ];
    let mut sent = send_fragment(context, wire, 3, &command(&fields))?;
    let mut fragments = data_set.chunks(FRAGMENT_BYTES).peekable();
    while let (Ok(()), Some(fragment)) = (&sent, fragments.next()) {
        let control = if fragments.peek().is_some() { 0 } else { 2 };
        sent = send_fragment(context, wire, control, fragment)?;
    }
    match sent {
        Ok(()) => answered(context, wire),
        Err(why) => Ok(Err(why)),
    }
}

/// A UID, padded to even length with a null.
fn uid(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

/// A command set (PS3.7 section 6.3.1) with its length in front.
fn command(fields: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let element = |number: u16, value: &[u8]| {
        let length = u32::try_from(value.len()).unwrap_or_default().to_le_bytes();
        [&[0, 0], number.to_le_bytes().as_slice(), &length, value].concat()
    };
    let set = fields.iter().map(|(number, value)| element(*number, value)).collect::<Vec<_>>().concat();
    let length = u32::try_from(set.len()).unwrap_or_default().to_le_bytes();
    [element(0, &length), set].concat()
}

/// One fragment in a P-DATA-TF over presentation context 1; bit 0 of `control` says command, bit 1 last (PS3.8 annex E.2).
fn send_fragment(
    context: &Context,
    wire: &mut Wire,
    control: u8,
    fragment: &[u8],
) -> Result<Result<(), String>, Fault> {
    let value = [&[1, control], fragment].concat();
    let length = u32::try_from(value.len()).unwrap_or_default().to_be_bytes();
    let sent = wire.send(context, &pdu(4, &[&length, value.as_slice()].concat()))?;
    Ok(sent.map_err(|error| error.to_string()))
}

fn answered(context: &Context, wire: &mut Wire) -> Result<Result<u16, String>, Fault> {
    Ok(match read_pdu(context, wire)? {
        Ok((4, fields)) => status(&fields).ok_or_else(|| "an answer without status".to_owned()),
        Ok((7, _)) => Err(ABORTED.to_owned()),
        Ok((kind, _)) => Err(format!("a PDU of type {kind} where an answer was due")),
        Err(answer) => Err(format!("{answer:?}")),
    })
}

/// The status (0000,0900) in the command set of a P-DATA-TF.
fn status(fields: &[u8]) -> Option<u16> {
    let mut rest = fields.get(6..)?;
    loop {
        let (header, after) = rest.split_at_checked(8)?;
        let length = u32::from_le_bytes(header.get(4..8)?.try_into().ok()?);
        let (value, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
        if header.get(..4) == Some(&[0, 0, 0, 9]) {
            return Some(u16::from_le_bytes(value.try_into().ok()?));
        }
        rest = after;
    }
}

/// Ends an association in good order, as far as the other side lets us.
pub fn release(context: &Context, wire: &mut Wire) -> Result<(), Fault> {
    if wire.send(context, &pdu(5, &[0; 4]))?.is_ok() {
        let _ = read_pdu(context, wire)?;
    }
    Ok(())
}
