//! `medward ledger show`: the entries of the ledger, all or those of a control, a kind, a time.

use super::DIRECTORY;
use crate::live::Moment;
use crate::output::{Error, Format, print, visible};
use jiff::Timestamp;
use medward_ledger::segment::{Reader, Step};
use medward_ledger::{Entry, read_tile, tile};
use medward_ledger_index::{Index, Query};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `ledger show`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Only evidence of this control
    #[arg(long, value_name = "ID", conflicts_with = "record")]
    control: Option<String>,
    /// Only approvals of this record, as kind.id
    #[arg(long, value_name = "KIND.ID")]
    record: Option<String>,
    /// Only entries of this kind
    #[arg(long, value_parser = ["evidence", "approval", "erasure", "response", "series_seal", "image_seal"])]
    kind: Option<String>,
    /// Only entries received since, such as 2026-10-01T00:00Z
    #[arg(long, value_name = "MOMENT")]
    since: Option<Moment>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let ledger = arguments.directory.join(DIRECTORY);
    let kind = arguments.kind.clone().or_else(|| arguments.control.as_ref().map(|_| "evidence".to_owned()));
    let query = Query {
        kind,
        subject: arguments.control.clone().or_else(|| arguments.record.clone()),
        since: arguments.since.map(Moment::second),
    };
    let entries = if query == Query::default() { all(&ledger)? } else { found(&ledger, &query)? };
    let (mut text, mut rows) = (String::new(), Vec::new());
    for (index, bytes) in entries {
        let entry = Entry::parse(&bytes).map_err(|error| Error::Usage(format!("entry {index}: {error}")))?;
        // The index is a hint; what the log says decides.
        if query.holds(&entry) {
            line(index, &entry, &mut text);
            let entry = serde_json::from_slice::<serde_json::Value>(&bytes)?;
            rows.push(serde_json::json!({"index": index, "entry": entry}));
        }
    }
    print(&match arguments.format {
        Format::Human => visible(&text),
        Format::Json => serde_json::to_string_pretty(&rows)? + "\n",
    })?;
    Ok(ExitCode::SUCCESS)
}

fn all(ledger: &Path) -> Result<Vec<(u64, Vec<u8>)>, Error> {
    let mut reader = Reader::open(&ledger.join("segment")).map_err(Error::io("read", ledger))?;
    let mut entries = Vec::new();
    loop {
        let index = reader.count;
        match reader.step().map_err(Error::io("read", ledger))? {
            Step::Entry(bytes) => entries.push((index, bytes)),
            Step::End | Step::Damaged => return Ok(entries),
        }
    }
}

/// The entries that the index points at, out of the bundles they were published in.
fn found(ledger: &Path, query: &Query) -> Result<Vec<(u64, Vec<u8>)>, Error> {
    let index = Index::open(ledger)?;
    let mut entries = Vec::new();
    let mut open: Option<(u64, Vec<u8>)> = None;
    for position in index.find(query)? {
        let bundle = tile::bundle_of(position, index.size());
        let number = position / tile::WIDTH;
        if open.as_ref().is_none_or(|(known, _)| *known != number) {
            let path = ledger.join(bundle.path());
            open = Some((number, read_tile(ledger, bundle).map_err(Error::io("read", &path))?));
        }
        let Some((_, bytes)) = &open else { continue };
        let unreadable = |reason: String| Error::Usage(format!("entry {position} cannot be read: {reason}"));
        let bundled = tile::entries(bundle, bytes).map_err(|error| unreadable(error.to_string()))?;
        let within = usize::try_from(position % tile::WIDTH).unwrap_or(usize::MAX);
        let entry =
            bundled.get(within).ok_or_else(|| unreadable("its bundle does not hold it".to_owned()))?;
        entries.push((position, entry.to_vec()));
    }
    Ok(entries)
}

fn line(index: u64, entry: &Entry, text: &mut String) {
    let received = Timestamp::from_second(entry.received()).unwrap_or_default();
    let _ = match entry {
        Entry::Evidence { control, probe, outcome, valid_until, role, .. } => {
            let until = Timestamp::from_second(*valid_until).unwrap_or_default();
            let by = role.as_ref().map_or_else(String::new, |role| format!(" by {role}"));
            let outcome = format!("{outcome:?}").to_lowercase();
            writeln!(text, "{index:>6}  {received}  evidence  {control} {probe} {outcome}{by}, until {until}")
        }
        Entry::Approval { record_kind, record, role, .. } => {
            let by = entry.signed().map_or_else(String::new, |signed| format!(" ({})", signed.person));
            writeln!(text, "{index:>6}  {received}  approval  {record_kind}.{record} by {role}{by}")
        }
        Entry::Erasure { payload, role, reason, .. } => {
            writeln!(text, "{index:>6}  {received}  erasure   {payload} by {role}: {reason}")
        }
        Entry::Response { case, act, exercise, role, .. } => {
            let by = role.as_ref().map_or_else(String::new, |role| format!(" by {role}"));
            let mark = if *exercise { "EXERCISE " } else { "" };
            writeln!(text, "{index:>6}  {received}  response  {mark}{case} {}{by}", act.word())
        }
        Entry::Access { came, person, what, count, .. } => {
            let person = person.as_ref().map_or("nobody of the file", |person| person.as_str());
            let times = if *count == 1 { String::new() } else { format!(", {count} times") };
            writeln!(text, "{index:>6}  {received}  access    {person} {}: {what}{times}", came.word())
        }
        Entry::ImageSeal { instance, .. } => {
            writeln!(text, "{index:>6}  {received}  seal      image {instance}")
        }
        Entry::SeriesSeal { manifest, images, .. } => {
            writeln!(text, "{index:>6}  {received}  seal      series of {images} images, manifest {manifest}")
        }
    };
}
