//! Entries out of what was read: all of them, or everything that is wrong.

use crate::records::Record;
use jiff::Timestamp;
use medward_evidence::{Required, required};
use medward_file::SecurityFile;
use medward_file::kinds::Control;
use medward_ledger::{Digest, Entry, EntryError, Fingerprint, RecordId};

/// What is imported with all records of a file.
#[derive(Debug, Clone, Copy)]
pub struct Imported<'i> {
    /// Role that stands for it.
    pub role: &'i str,
    /// When it is received.
    pub received: Timestamp,
    /// Digest of what was imported; the file itself is kept elsewhere.
    pub observation: &'i Digest,
}

/// A record that cannot become evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Refused {
    /// Line of the file, from 1.
    pub line: u64,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// An entry for each record; if one cannot be made, none is.
pub fn entries(
    file: &SecurityFile,
    records: &[Record],
    imported: Imported<'_>,
) -> Result<Vec<Entry>, Vec<Refused>> {
    let needed = required(file);
    let (mut entries, mut refused) = (Vec::new(), Vec::new());
    for record in records {
        match entry(file, &needed, record, imported) {
            Ok(entry) => entries.push(entry),
            Err(reason) => refused.push(Refused { line: record.line, reason }),
        }
    }
    if refused.is_empty() { Ok(entries) } else { Err(refused) }
}

fn entry(
    file: &SecurityFile,
    needed: &[Required],
    record: &Record,
    imported: Imported<'_>,
) -> Result<Entry, String> {
    let needed = needed.iter().find(|needed| needed.control == record.control);
    let needed = needed.ok_or_else(|| match file.by_id::<Control>(&record.control) {
        Some(_) => format!("`control.{}` is not implemented; there is nothing to show", record.control),
        None => format!("there is no control `{}`", record.control.escape_debug()),
    })?;
    if record.observed > imported.received {
        return Err("what is observed cannot lie in the future".to_owned());
    }
    let made = || -> Result<Entry, EntryError> {
        let probe = needed.stands_for(record.probe.as_deref()).map_err(EntryError::Form)?;
        Ok(Entry::Evidence {
            control: RecordId::try_from(record.control.as_str())?,
            probe: RecordId::try_from(probe)?,
            outcome: record.outcome,
            observed_from: record.observed.as_second(),
            observed_until: record.observed.as_second(),
            received: imported.received.as_second(),
            valid_until: record.valid_until.as_second(),
            fingerprint: Fingerprint::try_from(needed.fingerprint.as_str())?,
            observation: imported.observation.clone(),
            role: Some(RecordId::try_from(imported.role)?),
            remark: record.reference.clone(),
            signed: None,
        })
    };
    match made() {
        Ok(entry) => Ok(entry),
        Err(EntryError::Form(reason)) => Err(reason),
        Err(error) => Err(error.to_string()),
    }
}
