//! `medward approve`: a person's signed approval of records as they read today.

use super::ledger::KeyArguments;
use crate::acting::warn;
use crate::command::whole_file;
use crate::output::{Error, print, visible};
use crate::signing::{SigningArguments, signing, vouched};
use medward_acting::approval;
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
    let file = whole_file(&arguments.directory)?;
    let records = approval::records(&file, arguments.records.split(','), &arguments.role)?;
    let signing = signing(&arguments.signing, &file)?.ok_or_else(|| {
        Error::Usage("an approval is signed by a person: give your own key with --sign FILE".into())
    })?;
    if let Some(reason) = approval::refuse_authors(&file, &records, signing.person())? {
        warn(&format!("whether you wrote it yourself was not looked for: {reason}"));
    }
    let entries = approval::approve(&file, &records, &arguments.role)?
        .into_iter()
        .map(|entry| vouched(entry, &arguments.role, Some(&signing), &file))
        .collect::<Result<Vec<_>, _>>()?;
    let log = super::ledger::open(&arguments.directory, &arguments.key)?;
    let mut text = String::new();
    for (at, entry) in records.iter().zip(&entries) {
        let receipt = log.append(&entry.canonical()?)?;
        let (name, person) = (approval::name(&file, *at), signing.person());
        let _ = writeln!(text, "{name}: approved by {person} as {}, entry {}", arguments.role, receipt.index);
    }
    print(&visible(&text))?;
    Ok(ExitCode::SUCCESS)
}
