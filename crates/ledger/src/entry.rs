//! Entries: a fixed set of kinds, as canonical JSON (RFC 8785), that cannot be built from personal data.
//!
//! What an entry holds are ids of records, digests, words from closed lists and moments. Where people write a reason, it is short
//! and the type says so; identifiers of patients have no place here, since nothing in a ledger can ever be erased.

use crate::act::Act;
use crate::note::{NoteError, Signer, VerifierKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Longest id of a record, in bytes (as in the security file).
const ID_BYTES_MAX: usize = 80;
/// Longest reason, in characters.
const REASON_CHARACTERS_MAX: usize = 500;

/// Why a value cannot stand in an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Not the id of a record.
    #[error("`{0}` is no id of a record: use up to 80 letters, digits and . _ - ( ) : /")]
    Id(String),
    /// Not 16 hexadecimal digits in lower case.
    #[error("a fingerprint has 16 hexadecimal digits in lower case")]
    Fingerprint,
    /// Not 64 hexadecimal digits in lower case.
    #[error("a digest has 64 hexadecimal digits in lower case")]
    Digest,
    /// Too long, with control characters, or with what people are addressed and studies are identified by.
    #[error(
        "a title or reason has up to {REASON_CHARACTERS_MAX} characters, no control characters, no `^`, no `@` and no UID: it stays for \
         ever and must name nobody"
    )]
    Reason,
    /// Not 64 bytes in base64.
    #[error("a signature has 64 bytes in base64")]
    Signature,
    /// The entry carries no signature, or it does not hold.
    #[error("the signature on the entry: {0}")]
    NotSigned(#[from] NoteError),
    /// Not canonical JSON of a known kind.
    #[error("this is no entry of a ledger: {0}")]
    Form(String),
}

/// Digits from which on a bare number is none of a count and may be that of a patient or a study.
const DIGITS_MAX: usize = 10;
/// Dots that a UID has at least (PS3.5 section 9: the roots in use have four parts and more); an address of a host has three.
const UID_DOTS_MIN: usize = 4;

/// Whether a DICOM UID stands in a text.
fn has_uid(text: &str) -> bool {
    let count = |run: &str, is_counted: fn(&char) -> bool| run.chars().filter(is_counted).count();
    text.split(|one: char| !one.is_ascii_digit() && one != '.').any(|run| {
        count(run, |one| *one == '.') >= UID_DOTS_MIN && count(run, char::is_ascii_digit) >= DIGITS_MAX
    })
}

macro_rules! checked {
    ($(#[doc = $doc:literal])+ $name:ident, $check:expr) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = EntryError;

            fn try_from(text: String) -> Result<Self, EntryError> {
                let check: fn(&str) -> Result<(), EntryError> = $check;
                check(&text)?;
                Ok(Self(text))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = EntryError;

            fn try_from(text: &str) -> Result<Self, EntryError> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

fn is_id(text: &str) -> bool {
    let allowed = |one: char| one.is_alphanumeric() || "._-():/".contains(one);
    // Records have names; a bare long number is that of something else.
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_named = text.chars().any(char::is_alphabetic) || digits < DIGITS_MAX;
    !text.is_empty() && text.len() <= ID_BYTES_MAX && text.chars().all(allowed) && is_named
}

fn is_lower_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

checked! {
    /// The id of a record of the security file.
    RecordId, |text| if is_id(text) { Ok(()) } else { Err(EntryError::Id(text.escape_debug().to_string())) }
}

checked! {
    /// A SHA-256 digest in hexadecimal.
    Digest, |text| if is_lower_hex(text, 64) { Ok(()) } else { Err(EntryError::Digest) }
}

checked! {
    /// The fingerprint of a record or of several, in hexadecimal.
    Fingerprint, |text| if is_lower_hex(text, 16) { Ok(()) } else { Err(EntryError::Fingerprint) }
}

checked! {
    /// A short text that people write into the ledger, knowing that it stays. Names as DICOM writes them, addresses and UIDs are
    /// kept out; another name cannot be told from other words.
    Reason, |text| {
        let is_short = text.chars().count() <= REASON_CHARACTERS_MAX;
        let is_clean = !text.chars().any(|one| one.is_control() || matches!(one, '^' | '@'));
        if is_short && is_clean && !has_uid(text) { Ok(()) } else { Err(EntryError::Reason) }
    }
}

impl Digest {
    /// A digest from its 32 bytes.
    pub fn of(bytes: [u8; 32]) -> Self {
        Self(bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
            use fmt::Write as _;
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }
}

checked! {
    /// An Ed25519 signature in base64.
    SignatureText, |text| {
        let is_whole = STANDARD.decode(text).is_ok_and(|bytes| bytes.len() == 64);
        if is_whole { Ok(()) } else { Err(EntryError::Signature) }
    }
}

/// What a signature on an entry begins with, so that it cannot be taken for one on anything else.
const SIGNED: &str = "medward ledger entry";

/// Who vouches for an entry with a key of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// Id of the person in the security file, which names nobody.
    pub person: RecordId,
    /// Over the entry without this signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureText>,
}

/// How an observation came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Both halves held.
    Passed,
    /// Something did not hold.
    Failed,
    /// It could not be found out; never a pass.
    Error,
}

/// An entry. Moments are seconds since 1970-01-01 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// What a probe or a person saw of a control.
    Evidence {
        /// The control.
        control: RecordId,
        /// Which probe of the control; `attestation` for what people attest.
        probe: RecordId,
        /// How it came out.
        outcome: Outcome,
        /// Beginning of the period observed.
        observed_from: i64,
        /// End of the period observed.
        observed_until: i64,
        /// When it was received.
        received: i64,
        /// Last moment at which it counts.
        valid_until: i64,
        /// Fingerprint of the control when it was observed.
        fingerprint: Fingerprint,
        /// Digest of what was seen, kept elsewhere.
        observation: Digest,
        /// Role of who attests; absent for a probe.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<RecordId>,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remark: Option<Reason>,
        /// Who vouches for it, where a role attests.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<Signed>,
    },
    /// A role approved a record as it reads.
    Approval {
        /// Kind of the record.
        record_kind: RecordId,
        /// Its id.
        record: RecordId,
        /// Its fingerprint when it was approved.
        fingerprint: Fingerprint,
        /// Fingerprint over all records it links to when it was approved.
        leans_on: Fingerprint,
        /// The role.
        role: RecordId,
        /// When.
        received: i64,
        /// Who approved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<Signed>,
    },
    /// The key of a sealed payload was erased, and with it the payload.
    Erasure {
        /// Digest of the sealed payload, as evidence names it.
        payload: Digest,
        /// Role that had it erased.
        role: RecordId,
        /// Why, without names.
        reason: Reason,
        /// When.
        received: i64,
        /// Who had it erased.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<Signed>,
    },
    /// Something was done about an event, a complaint or a corrective action.
    Response {
        /// The case.
        case: RecordId,
        /// What was done.
        act: Act,
        /// Part of an exercise: marked wherever it is shown, and no duty follows from it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        exercise: bool,
        /// When.
        received: i64,
        /// Role of who did it; absent for a system.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<RecordId>,
        /// Who did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<Signed>,
    },
    /// An image was sealed, as it was received or made.
    ImageSeal {
        /// Pseudonym of its SOP Instance UID, under a key kept elsewhere.
        instance: Digest,
        /// Digest of its pixels.
        pixels: Digest,
        /// Digest of its header, under the same key.
        header: Digest,
        /// Pixels and header of the image that it was made from, as digest of that seal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made_from: Option<Digest>,
        /// When.
        received: i64,
        /// Who sealed it; absent for a system.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<Signed>,
    },
    /// A series of images was sealed; its manifest is kept with the images.
    SeriesSeal {
        /// Pseudonym of the series, under a key that the manifest holds.
        series: Digest,
        /// Digest of what is signed of the manifest.
        manifest: Digest,
        /// How many images.
        images: u64,
        /// Digest of the manifest of the series that it was made from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made_from: Option<Digest>,
        /// When.
        received: i64,
        /// Who sealed it; absent for a system.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<Signed>,
    },
}

/// With keys in order, whatever order of keys some other crate asks of `serde_json`.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> =
                fields.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        value => value,
    }
}

impl Entry {
    /// The bytes that are logged: JSON with sorted keys and no spaces (RFC 8785 for the types used here).
    pub fn canonical(&self) -> Result<Vec<u8>, EntryError> {
        // Strings and integers are written as the RFC says.
        let value = serde_json::to_value(self).map_err(|error| EntryError::Form(error.to_string()))?;
        serde_json::to_vec(&sorted(value)).map_err(|error| EntryError::Form(error.to_string()))
    }

    /// Reads logged bytes; another spelling of the same content is refused, so that there is one.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let entry: Self =
            serde_json::from_slice(bytes).map_err(|error| EntryError::Form(error.to_string()))?;
        if entry.canonical()? == bytes {
            Ok(entry)
        } else {
            Err(EntryError::Form("it is not in canonical form".to_owned()))
        }
    }

    /// When it was received, in seconds since 1970-01-01.
    pub fn received(&self) -> i64 {
        match self {
            Self::Evidence { received, .. }
            | Self::Approval { received, .. }
            | Self::Erasure { received, .. }
            | Self::Response { received, .. }
            | Self::ImageSeal { received, .. }
            | Self::SeriesSeal { received, .. } => *received,
        }
    }

    /// Who vouches for it, if anyone does.
    pub fn signed(&self) -> Option<&Signed> {
        match self {
            Self::Evidence { signed, .. }
            | Self::Approval { signed, .. }
            | Self::Erasure { signed, .. }
            | Self::Response { signed, .. }
            | Self::ImageSeal { signed, .. }
            | Self::SeriesSeal { signed, .. } => signed.as_ref(),
        }
    }

    fn signed_mut(&mut self) -> &mut Option<Signed> {
        match self {
            Self::Evidence { signed, .. }
            | Self::Approval { signed, .. }
            | Self::Erasure { signed, .. }
            | Self::Response { signed, .. }
            | Self::ImageSeal { signed, .. }
            | Self::SeriesSeal { signed, .. } => signed,
        }
    }

    /// What is signed: a word, and the entry with everything but the signature.
    fn statement(&self) -> Result<String, EntryError> {
        let mut bare = self.clone();
        if let Some(signed) = bare.signed_mut() {
            signed.signature = None;
        }
        let bytes = bare.canonical()?;
        let text = String::from_utf8(bytes).map_err(|error| EntryError::Form(error.to_string()))?;
        Ok(format!("{SIGNED}\n{text}\n"))
    }

    /// The entry with a person's signature on it.
    pub fn signed_by(mut self, person: RecordId, key: &Signer) -> Result<Self, EntryError> {
        *self.signed_mut() = Some(Signed { person, signature: None });
        let bytes = key.sign(&self.statement()?, 0).bytes;
        if let Some(signed) = self.signed_mut() {
            signed.signature = Some(STANDARD.encode(bytes).try_into()?);
        }
        Ok(self)
    }

    /// Checks that the key signed the entry as it is.
    pub fn check_signature(&self, key: &VerifierKey) -> Result<(), EntryError> {
        let signature = self.signed().and_then(|signed| signed.signature.as_ref());
        let signature = signature.ok_or(EntryError::Signature)?;
        let bytes = STANDARD.decode(signature.as_str()).map_err(|_| EntryError::Signature)?;
        Ok(key.check(&self.statement()?, &bytes)?)
    }
}
