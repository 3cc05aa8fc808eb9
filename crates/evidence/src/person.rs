//! Who vouches for an entry: the people of the file, their keys and roles.

use jiff::Timestamp;
use medward_file::SecurityFile;
use medward_ledger::{Entry, VerifierKey};
use std::collections::HashMap;

/// Who vouches for what an entry says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Voucher {
    /// A probe, through whoever may append to the ledger.
    Probe,
    /// A role; the file names no people, so that nobody can be asked for a signature.
    Role,
    /// A person who holds the role and whose signature holds.
    Person(String),
    /// Nobody who can: why.
    Nobody(&'static str),
}

impl Voucher {
    /// Whether the entry counts.
    pub fn counts(&self) -> bool {
        !matches!(self, Self::Nobody(_))
    }
}

#[derive(Debug)]
struct Known<'f> {
    roles: Vec<&'f str>,
    keys: Vec<VerifierKey>,
    until: Option<jiff::civil::Date>,
}

/// The people of a file.
#[derive(Debug)]
pub struct People<'f>(HashMap<&'f str, Known<'f>>);

impl<'f> People<'f> {
    /// The people of a file. A key that cannot be read is none; a rule reports it.
    pub fn of(file: &'f SecurityFile) -> Self {
        let people = file.people.iter().map(|person| {
            let known = Known {
                roles: person.roles.iter().map(medward_file::Link::id).collect(),
                keys: person.keys.iter().filter_map(|key| VerifierKey::parse(key).ok()).collect(),
                until: person.until.as_ref().map(|until| until.value),
            };
            (person.id(), known)
        });
        Self(people.collect())
    }

    /// Whether the file names nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The person whose key it is.
    pub fn by_key(&self, key: &VerifierKey) -> Option<&'f str> {
        self.0.iter().find(|(_, known)| known.keys.contains(key)).map(|(id, _)| *id)
    }

    /// Who vouches for an entry that a role makes.
    pub fn voucher(&self, entry: &Entry, role: &str) -> Voucher {
        let Some(signed) = entry.signed() else { return self.unsigned() };
        let is_signed = |key: &VerifierKey| entry.check_signature(key).is_ok();
        self.vouches(signed.person.as_str(), role, entry.received(), is_signed)
    }

    /// Who vouches for what nobody signed: the role, where the file names nobody who could.
    pub fn unsigned(&self) -> Voucher {
        if self.is_empty() { Voucher::Role } else { Voucher::Nobody("nobody signed it") }
    }

    /// Whether a person vouches in a role, at a moment in seconds since 1970-01-01, by a signature that one of the keys must have made.
    pub fn vouches(
        &self,
        person: &str,
        role: &str,
        at: i64,
        is_signed: impl Fn(&VerifierKey) -> bool,
    ) -> Voucher {
        let Some(known) = self.0.get(person) else {
            return Voucher::Nobody("who signed it is not in the file");
        };
        if !known.keys.iter().any(is_signed) {
            return Voucher::Nobody("the signature on it does not hold with a key of that person");
        }
        if !known.roles.contains(&role) {
            return Voucher::Nobody("who signed it does not hold the role");
        }
        let at = Timestamp::from_second(at).unwrap_or(Timestamp::MAX);
        if known.until.is_some_and(|until| jiff::tz::TimeZone::UTC.to_datetime(at).date() > until) {
            return Voucher::Nobody("who signed it held the role no longer");
        }
        Voucher::Person(person.to_owned())
    }
}
