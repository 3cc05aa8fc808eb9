//! The way back from pseudonyms, sealed so that two people of different roles must open it together.
//!
//! A file of lines, only ever appended to. Each run begins a part with a key of its own, sealed for the one role and
//! then, sealed again, for the other; the lines after it are sealed under that key and numbered. A line cut short by a
//! crash is passed over; a changed, moved or foreign line is an error.

use crate::role::{Role, RoleError, RolePublic, RoleSecret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{self, Write};
use zeroize::Zeroizing;

/// First word of a line that begins a part.
const PART: &str = "medward-mapping-1";

/// What identifies the patient of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patient {
    /// Patient ID (0010,0020).
    pub id: String,
    /// Patient's Name (0010,0010).
    pub name: String,
    /// Patient's Birth Date (0010,0030).
    pub birth_date: String,
    /// Patient's Sex (0010,0040).
    pub sex: String,
    /// Days by which the dates were moved; 0 where they were not.
    pub shift_days: i32,
}

/// What identifies a study besides its patient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Study {
    /// Study Date (0008,0020).
    pub date: String,
    /// Study Time (0008,0030).
    pub time: String,
    /// Accession Number (0008,0050).
    pub accession: String,
}

/// What one object gives to the mapping: from what is in the result to what was in the original.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// Pseudonym and patient.
    pub patients: Vec<(String, Patient)>,
    /// Study Instance UID of the result, and the study.
    pub studies: Vec<(String, Study)>,
    /// UIDs of the result and of the original.
    pub uids: Vec<(String, String)>,
}

impl fmt::Debug for Links {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Links(..)")
    }
}

/// Why a mapping cannot be written or opened.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// A key.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// A line that does not belong where it is.
    #[error("line {0} was changed, moved or comes from elsewhere: restore the mapping from a backup")]
    Line(usize),
    /// Writing failed.
    #[error("cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// Appends to a mapping. It holds no key that opens anything but what this run wrote.
pub struct MappingWriter<W> {
    out: W,
    cipher: XChaCha20Poly1305,
    line: u64,
    seen: HashSet<String>,
}

impl<W> fmt::Debug for MappingWriter<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MappingWriter({} lines)", self.line)
    }
}

fn nonce(line: u64) -> XNonce {
    let mut nonce = [0; 24];
    for (byte, of_line) in nonce.iter_mut().zip(line.to_be_bytes()) {
        *byte = of_line;
    }
    XNonce::from(nonce)
}

impl<W: Write> MappingWriter<W> {
    /// Begins a part, for two roles that differ.
    pub fn new(mut out: W, first: &RolePublic, second: &RolePublic) -> Result<Self, MappingError> {
        if first.role == second.role {
            return Err(RoleError::SameRole(first.role).into());
        }
        let (inner, outer) = if first.role == Role::Privacy { (first, second) } else { (second, first) };
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *key).map_err(|_| RoleError::System)?;
        let sealed = outer.seal(&inner.seal(&*key)?)?;
        // A line that a crash cut short ends here.
        write!(out, "\n{PART} {}\n", STANDARD.encode(sealed))?;
        Ok(Self { out, cipher: XChaCha20Poly1305::new(&Key::from(*key)), line: 0, seen: HashSet::new() })
    }

    /// Appends what this part does not have yet.
    pub fn append(&mut self, links: &Links) -> Result<(), MappingError> {
        let mut new = links.clone();
        new.patients.retain(|(pseudonym, _)| self.seen.insert(format!("p {pseudonym}")));
        new.studies.retain(|(study, _)| self.seen.insert(format!("s {study}")));
        new.uids.retain(|(uid, _)| self.seen.insert(format!("u {uid}")));
        if new == Links::default() {
            return Ok(());
        }
        let plain = Zeroizing::new(serde_json::to_vec(&new).map_err(io::Error::from)?);
        let payload = Payload { msg: &plain, aad: PART.as_bytes() };
        let sealed = self.cipher.encrypt(&nonce(self.line), payload).map_err(|_| RoleError::System)?;
        self.line = self.line.saturating_add(1);
        writeln!(self.out, "{}", STANDARD.encode(sealed))?;
        Ok(())
    }

    /// What it writes to.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }
}

/// An opened mapping.
#[derive(Default)]
pub struct Mapping {
    patients: HashMap<String, Patient>,
    studies: HashMap<String, Study>,
    uids: HashMap<String, String>,
}

impl fmt::Debug for Mapping {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Mapping({} patients)", self.patients.len())
    }
}

impl Mapping {
    /// Of links, in memory alone: for whoever holds both the project's key and the originals, and needs no file to know them.
    pub fn of(links: impl IntoIterator<Item = Links>) -> Self {
        let mut mapping = Self::default();
        links.into_iter().for_each(|links| mapping.take(links));
        mapping
    }

    fn take(&mut self, links: Links) {
        self.patients.extend(links.patients);
        self.studies.extend(links.studies);
        self.uids.extend(links.uids);
    }

    /// Opens a mapping with the keys of both roles.
    pub fn open(text: &str, first: &RoleSecret, second: &RoleSecret) -> Result<Self, MappingError> {
        if first.role() == second.role() {
            return Err(RoleError::SameRole(first.role()).into());
        }
        let (inner, outer) = if first.role() == Role::Privacy { (first, second) } else { (second, first) };
        let mut mapping = Self::default();
        let mut part: Option<(XChaCha20Poly1305, u64)> = None;
        let mut lines = text.lines().enumerate().peekable();
        while let Some((at, line)) = lines.next() {
            let changed = || MappingError::Line(at + 1);
            if line.is_empty() {
                continue;
            }
            if let Some(sealed) = line.strip_prefix(PART) {
                let sealed = STANDARD.decode(sealed.trim()).map_err(|_| changed())?;
                let key = inner.open(&outer.open(&sealed)?)?;
                let key = key.first_chunk::<32>().filter(|_| key.len() == 32).ok_or_else(changed)?;
                part = Some((XChaCha20Poly1305::new(&Key::from(*key)), 0));
                continue;
            }
            let (cipher, number) = part.as_mut().ok_or_else(changed)?;
            let sealed = STANDARD.decode(line).ok();
            let payload = sealed.as_deref().map(|msg| Payload { msg, aad: PART.as_bytes() });
            let plain = payload.and_then(|payload| cipher.decrypt(&nonce(*number), payload).ok());
            let Some(plain) = plain.map(Zeroizing::new) else {
                // Cut short by a crash: the last line of a part.
                let is_last = lines.peek().is_none_or(|(_, next)| next.is_empty() || next.starts_with(PART));
                if is_last && part.take().is_some() {
                    continue;
                }
                return Err(changed());
            };
            *number = number.saturating_add(1);
            let read: Links = serde_json::from_slice(&plain).map_err(|_| changed())?;
            mapping.take(read);
        }
        Ok(mapping)
    }

    /// The patient behind a pseudonym.
    pub fn patient(&self, pseudonym: &str) -> Option<&Patient> {
        self.patients.get(pseudonym)
    }

    /// The study behind a Study Instance UID of a result.
    pub fn study(&self, uid: &str) -> Option<&Study> {
        self.studies.get(uid)
    }

    /// The UID behind a UID of a result.
    pub fn uid(&self, uid: &str) -> Option<&str> {
        self.uids.get(uid).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(name: &str) -> Links {
        let patient = Patient { id: "MRN-4711".to_owned(), name: name.to_owned(), ..Patient::default() };
        Links {
            patients: vec![(format!("P-{name}"), patient)],
            uids: vec![(format!("2.25.{}", name.len()), "1.2.3".to_owned())],
            ..Links::default()
        }
    }

    #[test]
    fn two_roles_together_open_what_several_runs_wrote_and_one_alone_nothing() {
        let (privacy, clinical) =
            (RoleSecret::generate(Role::Privacy).unwrap(), RoleSecret::generate(Role::Clinical).unwrap());
        let mut file = Vec::new();
        for names in [["Doe^Jane", "Roe^Ann"], ["Poe^Edgar", "Doe^Jane"]] {
            let mut writer = MappingWriter::new(&mut file, &privacy.public(), &clinical.public()).unwrap();
            for name in names {
                writer.append(&links(name)).unwrap();
                writer.append(&links(name)).unwrap();
            }
        }
        let text = String::from_utf8(file).unwrap();
        assert!(!text.contains("Doe") && !text.contains("4711"));
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 6);
        let mapping = Mapping::open(&text, &clinical, &privacy).unwrap();
        assert_eq!(mapping.patient("P-Poe^Edgar").unwrap().id, "MRN-4711");
        assert_eq!(mapping.uid("2.25.8"), Some("1.2.3"));
        assert!(matches!(
            Mapping::open(&text, &privacy, &privacy),
            Err(MappingError::Role(RoleError::SameRole(_)))
        ));
        for (first, second) in [
            (&privacy, &RoleSecret::generate(Role::Clinical).unwrap()),
            (&RoleSecret::generate(Role::Privacy).unwrap(), &clinical),
        ] {
            assert!(matches!(
                Mapping::open(&text, first, second),
                Err(MappingError::Role(RoleError::Closed(_)))
            ));
        }

        // A line moved or left out is an error, one cut short at the end is not.
        let mut lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        lines.swap(1, 2);
        assert!(matches!(Mapping::open(&lines.join("\n"), &privacy, &clinical), Err(MappingError::Line(2))));
        let cut = &text[..text.trim_end().len() - 9];
        let mapping = Mapping::open(cut, &privacy, &clinical).unwrap();
        assert!(mapping.patient("P-Poe^Edgar").is_some());
    }
}
