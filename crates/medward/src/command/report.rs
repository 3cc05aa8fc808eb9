//! `medward report`: documents out of the file and its ledger, as PDF/A, HTML, spreadsheet or JSON.

use crate::live::{Moment, live_by_ledger};
use crate::output::{Error, print, visible};
use crate::progress;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use medward_file::{Limits, SecurityFile, load};
use medward_ledger::Checkpoint;
use medward_report::{ALL, Document, Inputs, LedgerHead, Report, Subject, Templates, newest_day};
use medward_rules::Live;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Directory inside that of the file for the maker's own templates.
const TEMPLATES: &str = "templates";

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  medward report list\n  medward report risk-management lung-ct -o risk.pdf\n  \
    medward report mds2 lung-ct -o mds2.xlsx\n  medward report all lung-ct -o documents\n  \
    medward report threat-model lung-ct --template > lung-ct/templates/threat-model.typ\n\n\
    A document stands for the moment of the ledger's newest entry, without a ledger for the newest day that the file names of its past, or for \
    the moment asked for; the same file, ledger and moment give the same bytes. What only a person can conclude is shown as OPEN."
)]
pub(crate) struct Arguments {
    /// `list`, `all`, or the name of a document
    what: String,
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Where to write: a file ending in .pdf, .html, .xlsx or .json; a directory for `all`
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Form of the document; by the ending of OUT when absent
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Moment the document stands for, such as 2026-10-01 (its end) or 2026-10-01T00:00Z
    #[arg(long, value_name = "MOMENT")]
    at: Option<Moment>,
    /// Begin of the period of documents that have one; a year before the moment when absent
    #[arg(long, value_name = "MOMENT")]
    from: Option<Moment>,
    /// The one case of `incident-file`; all of the period when absent
    #[arg(long, value_name = "ID")]
    case: Option<String>,
    /// Take controls as the file declares them, whatever the ledger says of them
    #[arg(long)]
    declared: bool,
    /// Print the built-in template of the document (`medward` for the look of all), to change and put into DIR/templates
    #[arg(long, conflicts_with_all = ["output", "format"])]
    template: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// PDF/A-2b
    Pdf,
    /// One page for a browser
    Html,
    /// A spreadsheet: each table a sheet
    Xlsx,
    /// The model, for programs
    Json,
}

/// One document in one form, and where it goes; nowhere means to standard output.
type Output<'d> = (&'d Document, Format, Option<PathBuf>);

/// A moment, why it is that one, and the ledger at it.
type AsOf = (Timestamp, &'static str, Option<(Live, Checkpoint)>);

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Html => "html",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
        }
    }

    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        [Self::Pdf, Self::Html, Self::Xlsx, Self::Json].into_iter().find(|format| format.ending() == ending)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    if arguments.what == "list" {
        print(&list())?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.template {
        let template = Templates::built_in(&arguments.what);
        print(template.ok_or_else(|| unknown(&arguments.what))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let wanted: Vec<&Document> = if arguments.what == "all" {
        ALL.iter().collect()
    } else {
        vec![Document::by_name(&arguments.what).ok_or_else(|| unknown(&arguments.what))?]
    };
    let places = places(arguments, &wanted)?;
    let directory = &arguments.directory;
    if !std::fs::metadata(directory).map_err(Error::io("read", directory))?.is_dir() {
        let message = format!("`{}` is not a directory; name the directory of a device", directory.display());
        return Err(Error::Usage(message));
    }
    let (file, problems) = load(directory, Limits::default());
    let (moment, at_because, ledger) = moment(arguments, &file)?;
    let (live, head) = ledger.unzip();
    let mut findings = problems;
    findings.extend(medward_rules::check(&file, TimeZone::UTC.to_datetime(moment).date(), live.as_ref()));
    let subject = Subject::new(Inputs {
        file: &file,
        live: live.as_ref(),
        head: head.map(|head| LedgerHead {
            origin: head.origin,
            size: head.size,
            root: head.root.to_string(),
        }),
        at: moment,
        at_because,
        from: arguments.from.map(Moment::timestamp),
        case: arguments.case.as_deref(),
        findings,
    });
    let templates = Templates::with(&directory.join(TEMPLATES))?;
    let bar = progress::of(places.len(), "documents");
    bar.enable_steady_tick(Duration::from_millis(120));
    for (document, format, place) in &places {
        bar.set_message(document.name);
        let report = document.report(&subject)?;
        let bytes = drawn(&report, *format, &templates)?;
        bar.inc(1);
        let Some(place) = place else {
            print(&String::from_utf8_lossy(&bytes))?;
            continue;
        };
        write(place, &bytes)?;
        let open = match report.open.len() {
            0 => "no open points, to be signed".to_owned(),
            count => format!("OPEN: {count} points for people"),
        };
        bar.suspend(|| eprintln!("{}  ({open})", visible(&place.display().to_string())));
    }
    bar.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

/// What is made of each document, and where it goes; nowhere means to standard output.
fn places<'d>(arguments: &Arguments, wanted: &[&'d Document]) -> Result<Vec<Output<'d>>, Error> {
    let output = arguments.output.as_deref();
    if let ("all", Some(directory)) = (arguments.what.as_str(), output) {
        std::fs::create_dir_all(directory).map_err(Error::io("make", directory))?;
        let mut places = Vec::new();
        for document in wanted {
            let formats = match arguments.format {
                Some(format) => vec![format],
                None if document.is_sheet => vec![Format::Pdf, Format::Xlsx],
                None => vec![Format::Pdf],
            };
            for format in formats {
                let place = directory.join(format!("{}.{}", document.name, format.ending()));
                places.push((*document, format, Some(place)));
            }
        }
        return Ok(places);
    }
    let format = arguments.format.or_else(|| output.and_then(Format::of));
    match (wanted, format, output) {
        ([document], Some(format), Some(place)) => Ok(vec![(*document, format, Some(place.to_path_buf()))]),
        ([document], Some(format @ (Format::Html | Format::Json)), None) => {
            Ok(vec![(*document, format, None)])
        }
        ([document], ..) => Err(Error::Usage(format!(
            "say where to write it, such as -o {0}.pdf (or .html, .xlsx, .json)",
            document.name
        ))),
        _ => Err(Error::Usage("say into which directory to write them, such as -o documents".to_owned())),
    }
}

/// The moment of the documents, why it is that one, and the ledger at it.
fn moment(arguments: &Arguments, file: &SecurityFile) -> Result<AsOf, Error> {
    let newest = newest_day(file).and_then(|day| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
    let ledger = if arguments.declared {
        None
    } else {
        live_by_ledger(file, &arguments.directory, arguments.at, newest.unwrap_or(Timestamp::UNIX_EPOCH))?
    };
    match (arguments.at, &ledger, newest) {
        (Some(at), ..) => Ok((at.timestamp(), "as asked for", ledger)),
        (None, Some((live, _)), _) if live.history.newest.is_some() => Ok((live.at, "when the newest entry of the ledger was received", ledger)),
        (None, _, Some(newest)) => Ok((newest, "the newest day that the file names of its past", ledger)),
        (None, _, None) => Err(Error::Usage(
            "the file names no day and there is no ledger: say for which day the document stands, such as --at 2026-10-01".to_owned(),
        )),
    }
}

fn drawn(report: &Report, format: Format, templates: &Templates) -> Result<Vec<u8>, Error> {
    Ok(match format {
        Format::Pdf => medward_report::pdf(report, templates)?,
        Format::Html => medward_report::html(report).into_bytes(),
        Format::Xlsx => medward_report::xlsx(report)?,
        Format::Json => (serde_json::to_string_pretty(report)? + "\n").into_bytes(),
    })
}

/// Writes a whole file in the place of an older one.
fn write(place: &Path, bytes: &[u8]) -> Result<(), Error> {
    let directory = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = tempfile::NamedTempFile::new_in(directory).map_err(Error::io("write", place))?;
    part.write_all(bytes).map_err(Error::io("write", place))?;
    let readable = std::fs::Permissions::from_mode(0o644);
    part.as_file().set_permissions(readable).map_err(Error::io("write", place))?;
    part.persist(place).map_err(|error| Error::io("write", place)(error.error))?;
    Ok(())
}

fn list() -> String {
    let mut text = String::new();
    for document in ALL {
        let sheet = if document.is_sheet { " (also as spreadsheet)" } else { "" };
        let _ = writeln!(text, "{:<28}{}{sheet}\n{:28}{}", document.name, document.title, "", document.basis);
    }
    text
}

fn unknown(name: &str) -> Error {
    let names: Vec<_> = ALL.iter().map(|document| document.name).collect();
    Error::Usage(format!("there is no document `{name}`; there are: all, {}", names.join(", ")))
}
