//! Approvals of records as they read today.

use crate::ActError;
use jiff::Timestamp;
use medward_evidence::may_approve;
use medward_file::kinds::{Person, Role};
use medward_file::{RecordRef, SecurityFile};
use medward_ledger::{Entry, Fingerprint, RecordId};

/// The records named, as `R-01` or `risk.R-01`, each one that the role may approve.
pub fn records<'n>(
    file: &SecurityFile,
    names: impl Iterator<Item = &'n str>,
    role: &str,
) -> Result<Vec<RecordRef>, ActError> {
    if file.by_id::<Role>(role).is_none() {
        let reason = format!("there is no role `{}` in the file", role.escape_debug());
        return Err(ActError::of("as", reason));
    }
    let mut records = Vec::new();
    for name in names {
        let shown = name.escape_debug();
        let at = match file.find_any(name)[..] {
            [] => return Err(ActError::of("record", format!("there is no record `{shown}`"))),
            [at] => at,
            _ => {
                let reason = format!("several records are called `{shown}`; write `kind.{shown}`");
                return Err(ActError::of("record", reason));
            }
        };
        if !may_approve(file, role, at.kind) {
            let kind = at.kind.word();
            return Err(ActError::of(
                "as",
                format!(
                    "`role.{role}` may not approve records of kind `{kind}`; its `approves` would have to name it"
                ),
            ));
        }
        if !records.contains(&at) {
            records.push(at);
        }
    }
    Ok(records)
}

/// Segregation of duties: who wrote a record cannot approve it. Where version control cannot say, the later check decides, and the
/// reason is given.
pub fn refuse_authors(
    file: &SecurityFile,
    records: &[RecordRef],
    person: &str,
) -> Result<Option<String>, ActError> {
    let authors = match medward_authorship::authors(file, records) {
        Ok(authors) => authors,
        Err(error) => return Ok(Some(error.to_string())),
    };
    let Some(approver) = file.by_id::<Person>(person) else { return Ok(None) };
    let wrote = |at: &&RecordRef| {
        let authors = authors.get(*at);
        authors.is_some_and(|authors| {
            approver.commits_as.iter().any(|address| authors.contains(&address.to_lowercase()))
        })
    };
    match records.iter().find(wrote) {
        Some(at) => {
            let name = name(file, *at);
            let reason =
                format!("`person.{person}` wrote lines of `{name}`; another person has to approve it");
            Err(ActError::of("record", reason))
        }
        None => Ok(None),
    }
}

/// Approves records, each as it reads today.
pub fn approve(file: &SecurityFile, records: &[RecordRef], role: &str) -> Result<Vec<Entry>, ActError> {
    let now = Timestamp::now().as_second();
    records.iter().map(|at| entry(file, *at, role, now)).collect()
}

fn entry(file: &SecurityFile, at: RecordRef, role: &str, now: i64) -> Result<Entry, ActError> {
    let gone = || ActError::of("record", "the record cannot be found any more");
    let fingerprint = file.fingerprint(at).ok_or_else(gone)?;
    let id = &file.record(at).ok_or_else(gone)?.id;
    Ok(Entry::Approval {
        record_kind: RecordId::try_from(at.kind.word())?,
        record: RecordId::try_from(&*id.value)?,
        fingerprint: Fingerprint::try_from(fingerprint.to_string())?,
        leans_on: Fingerprint::try_from(file.leans_on(at).to_string())?,
        role: RecordId::try_from(role)?,
        received: now,
        signed: None,
    })
}

/// What a record is called, as `risk.R-01`.
pub fn name(file: &SecurityFile, at: RecordRef) -> String {
    let id = file.record(at).map_or_else(String::new, |record| record.id.value.to_string());
    format!("{}.{id}", at.kind.word())
}
