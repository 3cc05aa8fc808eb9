//! Signing entries as a person: called by the commands by which people vouch for something.

use crate::command::passphrase;
use crate::output::Error;
use medward_evidence::{People, Voucher};
use medward_file::SecurityFile;
use medward_ledger::{Entry, RecordId, key};
use medward_ward::control::Ask;
use medward_ward_ledger::Request;
use std::path::PathBuf;

/// Which key a person signs with. The passphrase never stands on the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct SigningArguments {
    /// File of your own sealed key, as `medward key create` made it; needed once the file names people
    #[arg(long, value_name = "FILE", env = "MEDWARD_SIGNING_KEY")]
    pub(crate) sign: Option<PathBuf>,
    /// File whose first line is the passphrase of your own key; asked for on the terminal when absent
    #[arg(long, value_name = "FILE", env = "MEDWARD_SIGNING_PASSPHRASE_FILE")]
    pub(crate) sign_passphrase_file: Option<PathBuf>,
}

/// Who signs: a person of the file with the key to do so.
pub(crate) struct Signing {
    person: RecordId,
    key: medward_ledger::Signer,
}

impl Signing {
    /// Opens the key and finds the person whose key it is.
    pub(crate) fn begin(arguments: &SigningArguments, file: &SecurityFile) -> Result<Option<Self>, Error> {
        let Some(path) = &arguments.sign else { return Ok(None) };
        let key = key::open(path, &passphrase(arguments.sign_passphrase_file.as_deref(), "your own key")?)?;
        let people = People::of(file);
        let person = people.by_key(key.verifier()).ok_or_else(|| {
            Error::Usage(format!(
                "no person of the file has this key; enter it in the `keys` of a `[person.*]`: {}",
                key.verifier()
            ))
        })?;
        Ok(Some(Self { person: RecordId::try_from(person)?, key }))
    }

    /// Signs what is asked of a ward, in a role.
    pub(crate) fn request(&self, request: &mut Request<Ask>, role: &str) -> Result<(), Error> {
        request.sign(self.person(), role, &self.key).map_err(|error| Error::Usage(error.to_string()))
    }

    /// Id of the person.
    pub(crate) fn person(&self) -> &str {
        self.person.as_str()
    }
}

/// Signs an entry that a role makes, where there is someone to sign. An entry that would count for nothing is refused before
/// it stands in the ledger for ever.
pub(crate) fn vouched(
    entry: Entry,
    role: &str,
    signing: Option<&Signing>,
    file: &SecurityFile,
) -> Result<Entry, Error> {
    let entry = match signing {
        Some(signing) => entry.signed_by(signing.person.clone(), &signing.key)?,
        None => entry,
    };
    match People::of(file).voucher(&entry, role) {
        Voucher::Nobody(reason) => {
            let mend = if signing.is_none() { "; sign with --sign FILE" } else { "" };
            Err(Error::Usage(format!("as `{role}` it would count for nothing: {reason}{mend}")))
        }
        _ => Ok(entry),
    }
}
