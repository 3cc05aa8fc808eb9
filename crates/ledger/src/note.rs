//! Signed notes (C2SP signed-note): a text and signatures under it, Ed25519 by logs and timed cosignatures by witnesses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature as Ed25519Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Largest note read, in bytes: a checkpoint with many witnesses is a few kilobytes.
pub const BYTES_MAX: usize = 64 << 10;
/// Most signatures read of one note.
const SIGNATURES_MAX: usize = 100;

/// Why a note or key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a note.
    #[error("this is no signed note: {0}")]
    Form(&'static str),
    /// Not a verifier key.
    #[error("this is no verifier key: {0}")]
    Key(&'static str),
    /// No signature by the key.
    #[error("the note is not signed by `{0}`")]
    Unsigned(String),
    /// A signature by the key that does not hold.
    #[error("the signature by `{0}` does not hold; the text was changed or the key is another one")]
    Broken(String),
}

/// How a key signs (C2SP signed-note, signature types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Ed25519 over the text, by a log.
    Log = 1,
    /// Ed25519 over a time and the text, by a witness (C2SP tlog-cosignature).
    Witness = 4,
}

/// The public half of a key, with the name it signs under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    id: [u8; 4],
    key: VerifyingKey,
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.contains('+')
        && !name.chars().any(|one| one.is_whitespace() || one.is_control())
}

fn key_id(name: &str, kind: KeyKind, key: &[u8; 32]) -> [u8; 4] {
    let mut digest = Sha256::new();
    digest.update(name.as_bytes());
    digest.update([b'\n', kind as u8]);
    digest.update(key);
    let [one, two, three, four, ..] = <[u8; 32]>::from(digest.finalize());
    [one, two, three, four]
}

impl VerifierKey {
    /// A key of 32 bytes under a name without spaces and `+`.
    pub fn new(name: &str, kind: KeyKind, key: [u8; 32]) -> Result<Self, NoteError> {
        if !is_name(name) {
            return Err(NoteError::Key("the name is empty or has spaces or a plus sign"));
        }
        let parsed =
            VerifyingKey::from_bytes(&key).map_err(|_| NoteError::Key("the bytes are no Ed25519 key"))?;
        // A key of small order signs anything.
        if parsed.is_weak() {
            return Err(NoteError::Key("the Ed25519 key is weak"));
        }
        Ok(Self { name: name.to_owned(), kind, id: key_id(name, kind, &key), key: parsed })
    }

    /// Reads `name+hexadecimal id+base64 key`.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key("it is not `name+id+key`"));
        };
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Key("the key is no base64"))?;
        let (kind, key) = bytes.split_first().ok_or(NoteError::Key("the key is empty"))?;
        let kind = match kind {
            1 => KeyKind::Log,
            4 => KeyKind::Witness,
            _ => return Err(NoteError::Key("its signature type is not known here")),
        };
        let key = key.try_into().map_err(|_| NoteError::Key("an Ed25519 key has 32 bytes"))?;
        let parsed = Self::new(name, kind, key)?;
        let written = u32::from_str_radix(id, 16).ok().filter(|_| id.len() == 8).map(u32::to_be_bytes);
        if written != Some(parsed.id) {
            return Err(NoteError::Key("the id does not belong to name and key"));
        }
        Ok(parsed)
    }

    /// The name it signs under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks one signature of a log's key over a text.
    pub fn check(&self, text: &str, signature: &[u8]) -> Result<(), NoteError> {
        let broken = || NoteError::Broken(self.name.clone());
        let signature = Ed25519Signature::from_slice(signature).map_err(|_| broken())?;
        self.key.verify_strict(&message(KeyKind::Log, text, 0), &signature).map_err(|_| broken())
    }

    /// How it signs.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.kind as u8];
        bytes.extend(self.key.as_bytes());
        write!(formatter, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id), STANDARD.encode(bytes))
    }
}

/// The private half of a key. Its bytes are wiped when it is dropped.
pub struct Signer {
    verifier: VerifierKey,
    key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signer({})", self.verifier.name)
    }
}

impl Signer {
    /// A signer from 32 secret bytes.
    pub fn new(name: &str, kind: KeyKind, secret: &[u8; 32]) -> Result<Self, NoteError> {
        let key = SigningKey::from_bytes(secret);
        let verifier = VerifierKey::new(name, kind, key.verifying_key().to_bytes())?;
        Ok(Self { verifier, key })
    }

    /// The public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a text; `seconds` is the Unix time that a witness vouches for, and unused by a log.
    pub fn sign(&self, text: &str, seconds: u64) -> Signature {
        let message = message(self.verifier.kind, text, seconds);
        let signed = self.key.sign(&message).to_bytes();
        let mut bytes = Vec::new();
        if self.verifier.kind == KeyKind::Witness {
            bytes.extend(seconds.to_be_bytes());
        }
        bytes.extend(signed);
        Signature { name: self.verifier.name.clone(), id: self.verifier.id, bytes }
    }
}

fn message(kind: KeyKind, text: &str, seconds: u64) -> Vec<u8> {
    match kind {
        KeyKind::Log => text.as_bytes().to_vec(),
        KeyKind::Witness => format!("cosignature/v1\ntime {seconds}\n{text}").into_bytes(),
    }
}

/// One signature under a note; not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Name of the key.
    pub name: String,
    /// First bytes of the hash of name and key.
    pub id: [u8; 4],
    /// What follows the id.
    pub bytes: Vec<u8>,
}

impl Signature {
    /// Whether it claims to be by a key; only [`Note::verify`] says that it is.
    pub fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name && self.id == key.id
    }
}

/// A text with signatures under it. Until [`Note::verify`] says so, nobody has vouched for the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A note without signatures; the text must be non-empty and end with a line feed.
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        let is_clean = !text.chars().any(|one| one.is_control() && one != '\n');
        if text.ends_with('\n') && is_clean {
            Ok(Self { text, signatures: Vec::new() })
        } else {
            Err(NoteError::Form("the text does not end with a line feed, or has control characters"))
        }
    }

    /// Reads a note.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > BYTES_MAX {
            return Err(NoteError::Form("it is too large"));
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::Form("it is not UTF-8"))?;
        let (text, below) =
            whole.rsplit_once("\n\n").ok_or(NoteError::Form("no empty line parts text and signatures"))?;
        let mut note = Self::new(format!("{text}\n"))?;
        let below = below.strip_suffix('\n').ok_or(NoteError::Form("the last line is not ended"))?;
        for line in below.split('\n') {
            note.signatures.push(signature(line)?);
            if note.signatures.len() > SIGNATURES_MAX {
                return Err(NoteError::Form("it has too many signatures"));
            }
        }
        Ok(note)
    }

    /// The text, line feed at its end included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, unchecked.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature.
    pub fn add(&mut self, signature: Signature) {
        self.signatures.push(signature);
    }

    /// Checks that a key signed the text. For a witness gives the Unix time it vouches for, for a log 0.
    pub fn verify(&self, key: &VerifierKey) -> Result<u64, NoteError> {
        let by_key = |one: &&Signature| one.name == key.name && one.id == key.id;
        let mut found = self.signatures.iter().filter(by_key).peekable();
        if found.peek().is_none() {
            return Err(NoteError::Unsigned(key.name.clone()));
        }
        let broken = || NoteError::Broken(key.name.clone());
        // A second signature by the same key must hold as well: a note that carries a false one was tampered with.
        found.try_fold(0, |_, one| {
            let (seconds, signed) = match key.kind {
                KeyKind::Log => (0, one.bytes.as_slice()),
                KeyKind::Witness => {
                    let (time, signed) = one.bytes.split_first_chunk::<8>().ok_or_else(broken)?;
                    (u64::from_be_bytes(*time), signed)
                }
            };
            let signed = Ed25519Signature::from_slice(signed).map_err(|_| broken())?;
            let message = message(key.kind, &self.text, seconds);
            key.key.verify_strict(&message, &signed).map(|()| seconds).map_err(|_| broken())
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.text)?;
        self.signatures.iter().try_for_each(|one| {
            let mut bytes = one.id.to_vec();
            bytes.extend(&one.bytes);
            writeln!(formatter, "\u{2014} {} {}", one.name, STANDARD.encode(bytes))
        })
    }
}

fn signature(line: &str) -> Result<Signature, NoteError> {
    let form = NoteError::Form("a signature line is not `\u{2014} name base64`");
    let (name, encoded) =
        line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' ')).ok_or(form.clone())?;
    let bytes = STANDARD.decode(encoded).map_err(|_| form.clone())?;
    let (id, rest) =
        bytes.split_first_chunk::<4>().filter(|(_, rest)| !rest.is_empty()).ok_or(form.clone())?;
    if !is_name(name) {
        return Err(form);
    }
    Ok(Signature { name: name.to_owned(), id: *id, bytes: rest.to_vec() })
}
