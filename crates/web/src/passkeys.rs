//! The passkeys of people with an account, sealed beside the accounts.

use crate::WebError;
use crate::accounts::Accounts;
use medward_sign_in::{Answer, Passkey, PasskeyError, Site};

/// Most passkeys of a person.
const PASSKEYS_MAX: usize = 20;

impl Accounts {
    /// The passkeys of a person.
    pub(crate) fn passkeys(&self, person: &str) -> Result<Vec<Passkey>, WebError> {
        Ok(self.passkeys.read()?.remove(person).unwrap_or_default())
    }

    /// Keeps a new passkey of a person.
    pub(crate) fn add_passkey(&self, person: &str, passkey: Passkey) -> Result<(), WebError> {
        self.passkeys.change(|all| {
            // Ids are chosen by authenticators: whose a passkey is must stay clear.
            let is_known = all.values().flatten().any(|one| one.id == passkey.id);
            let of_person = all.entry(person.to_owned()).or_default();
            if is_known || of_person.len() >= PASSKEYS_MAX {
                return Err(PasskeyError::Form.into());
            }
            of_person.push(passkey);
            Ok(())
        })
    }

    /// Takes a passkey of a person away.
    pub(crate) fn remove_passkey(&self, person: &str, id: &str) -> Result<(), WebError> {
        self.passkeys.change(|all| {
            if let Some(of_person) = all.get_mut(person) {
                of_person.retain(|one| one.id != id);
            }
            Ok(())
        })
    }

    /// Takes all passkeys of a person away.
    pub(crate) fn remove_passkeys(&self, person: &str) -> Result<(), WebError> {
        self.passkeys.change(|all| {
            all.remove(person);
            Ok(())
        })
    }

    /// Lets the owner of a passkey in, who has an account; how often it was used is on disk before. Gives the person.
    pub(crate) fn sign_in_by_passkey(
        &self,
        answer: &Answer<'_>,
        signature: &str,
        challenge: &str,
        site: &Site<'_>,
    ) -> Result<String, WebError> {
        let people = self.people()?;
        self.passkeys.change(|all| {
            let mut each =
                all.iter_mut().flat_map(|(person, keys)| keys.iter_mut().map(move |key| (person, key)));
            let found = each.find(|(person, key)| key.id == answer.id && people.contains(person));
            let (person, passkey) = found.ok_or(PasskeyError::Signature)?;
            passkey.sign_in(answer, signature, challenge, site)?;
            Ok(person.clone())
        })
    }
}
