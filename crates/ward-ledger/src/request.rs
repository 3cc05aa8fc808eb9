//! What people ask of a ward with their signatures on it, and who vouched once it is done.
//!
//! A signature is over the ward, the digest of what is asked, the moment and the role, so that none can be used for anything else. A
//! request is a text that the second person gets from the first one, reads and signs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use medward_ledger::Digest;
use medward_ledger::note::{Signer, VerifierKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a signature begins with, so that it cannot be taken for one on anything else.
const SIGNED: &str = "medward ward request";
/// Most people of a request.
pub const PEOPLE_MAX: usize = 8;

/// Why a request cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// It cannot be written.
    #[error("the request cannot be written: {0}")]
    Form(#[from] serde_json::Error),
    /// Signed already.
    #[error("`{0}` has signed it already; another person is needed")]
    Again(String),
    /// Too many.
    #[error("a request has at most {PEOPLE_MAX} signatures")]
    Many,
}

/// A person who vouches in a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vouched {
    /// Id of the person in the security file, which names nobody.
    pub person: String,
    /// Id of the role.
    pub role: String,
    /// Ed25519 signature in base64.
    pub signature: String,
}

/// Who vouched for what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vouchers {
    /// Id of the ward that was asked.
    pub ward: String,
    /// SHA-256 of what was asked.
    pub asked: String,
    /// When it was asked, in seconds since 1970-01-01.
    pub at: i64,
    /// Who.
    pub people: Vec<Vouched>,
}

impl Vouchers {
    fn statement(&self, role: &str) -> String {
        let Self { ward, asked, at, .. } = self;
        format!("{SIGNED}\n{ward}\n{asked}\n{at}\n{role}\n")
    }

    /// Whether a key made the signature of a person.
    pub fn is_signed(&self, by: &Vouched, key: &VerifierKey) -> bool {
        let signature = STANDARD.decode(&by.signature);
        signature.is_ok_and(|signature| key.check(&self.statement(&by.role), &signature).is_ok())
    }

    /// Ids of the people, in their order.
    pub fn ids(&self) -> Vec<String> {
        self.people.iter().map(|one| one.person.clone()).collect()
    }
}

/// Something asked of a ward, and who signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request<A> {
    /// Id of the ward.
    pub ward: String,
    /// What is asked.
    pub ask: A,
    /// When, in seconds since 1970-01-01.
    pub at: i64,
    /// Who signed.
    #[serde(default)]
    pub people: Vec<Vouched>,
}

impl<A: Serialize> Request<A> {
    /// Asks something, signed by nobody yet.
    pub const fn new(ward: String, ask: A, at: i64) -> Self {
        Self { ward, ask, at, people: Vec::new() }
    }

    /// Who vouches for it, as its entry has it.
    pub fn vouchers(&self) -> Result<Vouchers, RequestError> {
        let asked = Digest::of(Sha256::digest(serde_json::to_vec(&self.ask)?).into());
        let people = self.people.clone();
        Ok(Vouchers { ward: self.ward.clone(), asked: asked.as_str().to_owned(), at: self.at, people })
    }

    /// Adds the signature of a person in a role.
    pub fn sign(&mut self, person: &str, role: &str, key: &Signer) -> Result<(), RequestError> {
        if self.people.iter().any(|one| one.person == person) {
            return Err(RequestError::Again(person.to_owned()));
        }
        if self.people.len() >= PEOPLE_MAX {
            return Err(RequestError::Many);
        }
        let statement = self.vouchers()?.statement(role);
        let signature = STANDARD.encode(key.sign(&statement, 0).bytes);
        self.people.push(Vouched { person: person.to_owned(), role: role.to_owned(), signature });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]
    use super::*;
    use medward_ledger::note::KeyKind;

    fn signer(secret: u8) -> Signer {
        Signer::new("P", KeyKind::Log, &[secret; 32]).unwrap()
    }

    #[test]
    fn a_signature_is_for_one_ward_one_question_one_moment_and_one_role() {
        let mut request = Request::new("W-1".to_owned(), "erase 2.25.7".to_owned(), 1_000);
        request.sign("P-1", "privacy", &signer(1)).unwrap();
        assert!(matches!(request.sign("P-1", "security", &signer(1)), Err(RequestError::Again(_))));
        let key = signer(1).verifier().clone();
        let holds = |request: &Request<String>| {
            let vouchers = request.vouchers().unwrap();
            vouchers.is_signed(&vouchers.people[0], &key)
        };
        assert!(holds(&request));
        let changes: [fn(&mut Request<String>); 5] = [
            |other| other.ward.push('0'),
            |other| other.ask.push('0'),
            |other| other.at += 1,
            |other| other.people[0].role = "security".to_owned(),
            |other| other.people[0].signature.clear(),
        ];
        for change in changes {
            let mut other = request.clone();
            change(&mut other);
            assert!(!holds(&other), "{other:?}");
        }
        assert!(!request.vouchers().unwrap().is_signed(&request.people[0], signer(2).verifier()));
    }
}
