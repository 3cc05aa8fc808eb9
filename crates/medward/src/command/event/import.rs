//! `medward event import`: complaints and incidents of other systems, whole or not at all; what is there already is left.

use crate::acting::{Acting, Device, Writer};
use crate::files::{whole, whole_text};
use crate::output::{Error, Format, print, visible};
use crate::progress;
use jiff::Timestamp;
use medward_import::reports::Mapping;
use medward_ledger::{Source, Subject};
use medward_response::door::Report;
use medward_side_store::{SideStore, StoreKey};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Largest file read, in bytes.
const BYTES_MAX: u64 = 256 << 20;
/// Longest mapping, in bytes.
const MAPPING_BYTES_MAX: u64 = 1 << 20;
/// Writers at once.
const WRITERS: usize = 64;
/// Errors shown.
const SHOWN_MAX: usize = 20;

/// Arguments of `event import`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A mapping of Jira issues:\n\n  format = \"jira\"\n  subject = \"complaint\"\n  source = \"complaint\"\n  system = \"JIRA\"\n  \
    reference = \"key\"\n  happened = \"fields.created\"\n  details = [\"fields.summary\", \"fields.description\", \"fields.reporter.displayName\"]\n  \
    only = { \"fields.labels\" = \"security\" }\n\n\
    `details` are sealed beside the ledger; a field named as `title` stands in the ledger for ever."
)]
pub(crate) struct Arguments {
    /// File of the other system
    file: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// TOML file that says which field is what
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let acting = &arguments.acting;
    let device = Device::read(&acting.directory, None)?;
    let mapping = whole_text(&arguments.mapping, MAPPING_BYTES_MAX)?;
    let unusable =
        |reason: String| Error::Usage(format!("`{}` cannot be used: {reason}", arguments.mapping.display()));
    let mapping = Mapping::read(&mapping).map_err(unusable)?;
    let subject = match mapping.subject.as_str() {
        "event" => Subject::Event,
        "complaint" => Subject::Complaint,
        other => {
            return Err(unusable(format!(
                "`{}` is no subject; write `event` or `complaint`",
                other.escape_debug()
            )));
        }
    };
    let source = Source::from_word(&mapping.source)
        .ok_or_else(|| unusable(format!("`{}` is no source", mapping.source.escape_debug())))?;
    let found = mapping.reports(&whole(&arguments.file, BYTES_MAX)?).map_err(|errors| nothing(&errors))?;
    let now = Timestamp::now();
    let (mut reports, mut errors, mut there) = (Vec::new(), Vec::new(), 0_usize);
    for one in found {
        let report = Report {
            subject,
            source,
            id: None,
            reference: Some(one.reference.clone()),
            title: one.title,
            from: one.happened,
            until: None,
            known: one.known,
            links: Vec::new(),
            details: None,
            exercise: false,
        };
        match report.entry(None, now) {
            Err(error) => errors.push(format!("{}: {error}", one.reference)),
            Ok((case, _)) if device.cases.get(case.as_str()).is_some() => there = there.saturating_add(1),
            Ok(_) => reports.push((report, one.details)),
        }
    }
    if !errors.is_empty() {
        return Err(nothing(&errors));
    }
    let writer = Writer::open(&device, acting, false)?;
    let has_details = reports.iter().any(|(_, details)| !details.is_empty());
    let store = SideStore::beside(&device.directory.join(crate::command::DIRECTORY));
    let key =
        if has_details { Some(StoreKey::open(&acting.key.path, &acting.key.passphrase()?)?) } else { None };
    let bar = progress::of(reports.len(), "reports");
    let write = |(report, details): &(Report, String)| -> Result<Row, Error> {
        let details = match &key {
            Some(key) if !details.is_empty() => Some(store.put(key, details.as_bytes())?),
            _ => None,
        };
        let report = Report { details, ..report.clone() };
        let (case, entry) = report.entry(writer.role(), writer.now())?;
        let row = (case.to_string(), report.reference.unwrap_or_default(), writer.write(entry)?);
        bar.inc(1);
        Ok(row)
    };
    let rows = side_by_side(&reports, write)?;
    bar.finish_and_clear();
    print(&match arguments.format {
        Format::Json => {
            let imported: Vec<_> = rows
                .iter()
                .map(|(case, reference, entry)| serde_json::json!({"case": case, "reference": reference, "entry": entry}))
                .collect();
            serde_json::to_string_pretty(&serde_json::json!({"imported": imported, "already_there": there}))?
                + "\n"
        }
        Format::Human => {
            let mut text = String::new();
            for (case, reference, _) in &rows {
                let _ = writeln!(text, "{case}  {reference}");
            }
            let _ = writeln!(text, "{} imported, {there} already there", rows.len());
            visible(&text)
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Case, number in the other system, entry.
type Row = (String, String, u64);

/// Writes many at once: the ledger makes those who wait durable together. The first error ends it; what was written until then stays, and is found to
/// be there when the import is run again.
fn side_by_side<T: Sync>(
    all: &[T],
    write: impl Fn(&T) -> Result<Row, Error> + Sync,
) -> Result<Vec<Row>, Error> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut written = Vec::new();
        while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            match write(one) {
                Ok(row) => written.push(row),
                Err(error) => {
                    next.store(all.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(written)
    };
    let parts = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WRITERS.min(all.len())).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let mut rows = Vec::with_capacity(all.len());
    for part in parts {
        rows.append(
            &mut part.map_err(|_| Error::Usage("a writer ended early; run the import again".into()))??,
        );
    }
    rows.sort_by_key(|(.., index)| *index);
    Ok(rows)
}

/// Everything that is wrong, in one error: nothing is imported then.
fn nothing<E: ToString>(errors: &[E]) -> Error {
    let lines: Vec<_> = errors.iter().take(SHOWN_MAX).map(ToString::to_string).collect();
    let more = errors.len().saturating_sub(lines.len());
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    Error::Usage(format!("nothing was imported:\n{}{more}", lines.join("\n")))
}
