//! Signing entries as a person.

use crate::ActError;
use medward_evidence::{People, Voucher};
use medward_file::SecurityFile;
use medward_ledger::{Entry, RecordId, Signer};
use medward_ward_ledger::Request;
use serde::Serialize;

/// Who signs: a person of the file with the key to do so.
#[derive(Debug)]
pub struct Signing {
    person: RecordId,
    key: Signer,
}

impl Signing {
    /// Finds the person of the file whose key it is.
    pub fn by(key: Signer, file: &SecurityFile) -> Result<Self, ActError> {
        let people = People::of(file);
        let person = people.by_key(key.verifier()).ok_or_else(|| {
            ActError::refused(format!(
                "no person of the file has this key; enter it in the `keys` of a `[person.*]`: {}",
                key.verifier()
            ))
        })?;
        Ok(Self { person: RecordId::try_from(person)?, key })
    }

    /// Signs what is asked of a ward, in a role.
    pub fn request<A: Serialize>(&self, request: &mut Request<A>, role: &str) -> Result<(), ActError> {
        request.sign(self.person(), role, &self.key).map_err(|error| ActError::refused(error.to_string()))
    }

    /// Id of the person.
    pub fn person(&self) -> &str {
        self.person.as_str()
    }
}

/// Signs an entry that a role makes, where there is someone to sign. An entry that would count for nothing is refused before
/// it stands in the ledger for ever.
pub fn vouched(
    entry: Entry,
    role: &str,
    signing: Option<&Signing>,
    file: &SecurityFile,
) -> Result<Entry, ActError> {
    let entry = match signing {
        Some(signing) => entry.signed_by(signing.person.clone(), &signing.key)?,
        None => entry,
    };
    match People::of(file).voucher(&entry, role) {
        Voucher::Nobody(reason) => {
            let mend = if signing.is_none() { "; sign with your own key" } else { "" };
            let reason = format!("as `{role}` it would count for nothing: {reason}{mend}");
            Err(ActError::of(if signing.is_none() { "sign" } else { "as" }, reason))
        }
        _ => Ok(entry),
    }
}
