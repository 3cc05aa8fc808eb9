//! `medward approve`: a person's signed approval of records as they read today.

use super::ledger::KeyArguments;
use crate::output::{Error, print, visible};
use crate::signing::{Signing, SigningArguments, vouched};
use jiff::Timestamp;
use medward_evidence::may_approve;
use medward_file::kinds::{Person, Role};
use medward_file::{Limits, RecordRef, SecurityFile, load};
use medward_ledger::{Entry, Fingerprint, RecordId};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `approve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  medward approve R-01 lung-ct --as clinical-safety --sign mine.key --key ledger.key\n  \
    medward approve R-01,R-02 lung-ct --as clinical-safety --sign mine.key --key ledger.key\n\n\
    An approval is of the text as it stands. It is outdated when the record changes, and suspect when one that it links to does."
)]
pub(crate) struct Arguments {
    /// Ids of the records, as `R-01` or `risk.R-01`
    #[arg(value_name = "RECORD[,RECORD]")]
    records: String,
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Role that approves
    #[arg(long = "as", value_name = "ROLE")]
    role: String,
    #[command(flatten)]
    signing: SigningArguments,
    #[command(flatten)]
    key: KeyArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let (file, problems) = load(&arguments.directory, Limits::default());
    if !problems.is_empty() {
        return Err(Error::Usage(
            "the file has problems of reading; run `medward check` and mend them first".into(),
        ));
    }
    let records = records(&file, &arguments.records, &arguments.role)?;
    let signing = Signing::begin(&arguments.signing, &file)?.ok_or_else(|| {
        Error::Usage("an approval is signed by a person: give your own key with --sign FILE".into())
    })?;
    refuse_authors(&file, &records, signing.person())?;
    let now = Timestamp::now().as_second();
    let entries = records
        .iter()
        .map(|at| vouched(entry(&file, *at, &arguments.role, now)?, &arguments.role, Some(&signing), &file))
        .collect::<Result<Vec<_>, Error>>()?;
    let log = super::ledger::open(&arguments.directory, &arguments.key)?;
    let mut text = String::new();
    for (at, entry) in records.iter().zip(&entries) {
        let receipt = log.append(&entry.canonical()?)?;
        let (name, person) = (name(&file, *at), signing.person());
        let _ = writeln!(text, "{name}: approved by {person} as {}, entry {}", arguments.role, receipt.index);
    }
    print(&visible(&text))?;
    Ok(ExitCode::SUCCESS)
}

/// The records asked for, each one that the role may approve.
fn records(file: &SecurityFile, names: &str, role: &str) -> Result<Vec<RecordRef>, Error> {
    if file.by_id::<Role>(role).is_none() {
        return Err(Error::Usage(format!("there is no role `{role}` in the file")));
    }
    let mut records = Vec::new();
    for name in names.split(',') {
        let at = match file.find_any(name)[..] {
            [] => return Err(Error::Usage(format!("there is no record `{name}`"))),
            [at] => at,
            _ => {
                return Err(Error::Usage(format!(
                    "several records are called `{name}`; write `kind.{name}`"
                )));
            }
        };
        if !may_approve(file, role, at.kind) {
            let kind = at.kind.word();
            return Err(Error::Usage(format!(
                "`role.{role}` may not approve records of kind `{kind}`; its `approves` would have to name it"
            )));
        }
        if !records.contains(&at) {
            records.push(at);
        }
    }
    Ok(records)
}

/// Segregation of duties: who wrote a record cannot approve it. Where version control cannot say, the later check decides.
fn refuse_authors(file: &SecurityFile, records: &[RecordRef], person: &str) -> Result<(), Error> {
    let authors = match medward_authorship::authors(file, records) {
        Ok(authors) => authors,
        Err(error) => {
            eprintln!(
                "medward: whether you wrote it yourself was not looked for: {}",
                visible(&error.to_string())
            );
            return Ok(());
        }
    };
    let Some(approver) = file.by_id::<Person>(person) else { return Ok(()) };
    let wrote = |at: &&RecordRef| {
        let authors = authors.get(*at);
        authors.is_some_and(|authors| {
            approver.commits_as.iter().any(|address| authors.contains(&address.to_lowercase()))
        })
    };
    match records.iter().find(wrote) {
        Some(at) => Err(Error::Usage(format!(
            "`person.{person}` wrote lines of `{}`; another person has to approve it",
            name(file, *at)
        ))),
        None => Ok(()),
    }
}

fn entry(file: &SecurityFile, at: RecordRef, role: &str, now: i64) -> Result<Entry, Error> {
    let gone = || Error::Usage("the record cannot be found any more".into());
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

fn name(file: &SecurityFile, at: RecordRef) -> String {
    let id = file.record(at).map_or_else(String::new, |record| record.id.value.to_string());
    format!("{}.{id}", at.kind.word())
}
