//! Printing: to standard output, without panics on a closed pipe, with colour only on a terminal.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

/// Errors of an import that are shown; the rest is counted.
const IMPORT_ERRORS_SHOWN: usize = 20;

/// Why a command could not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Something could not be read, written or made.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Standard output failed.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
    /// JSON could not be made.
    #[error("cannot make JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Built-in data are broken.
    #[error(transparent)]
    Data(#[from] medward_catalog::DataError),
    /// An edit was not possible.
    #[error(transparent)]
    Edit(#[from] medward_file::edit::EditError),
    /// The ledger could not be used.
    #[error(transparent)]
    Log(#[from] medward_ledger::LogError),
    /// A key could not be used.
    #[error(transparent)]
    Key(#[from] medward_ledger::key::KeyError),
    /// Something cannot stand in a ledger.
    #[error(transparent)]
    Entry(#[from] medward_ledger::EntryError),
    /// The index of the ledger could not be used.
    #[error(transparent)]
    Index(#[from] medward_ledger_index::IndexError),
    /// Nothing can be said by the ledger.
    #[error(transparent)]
    Live(#[from] medward_live::LiveError),
    /// The dashboard could not be served.
    #[error(transparent)]
    Web(#[from] medward_web::WebError),
    /// A document could not be made.
    #[error(transparent)]
    Report(#[from] medward_report::ReportError),
    /// A payload could not be kept, opened or erased.
    #[error(transparent)]
    Store(#[from] medward_side_store::StoreError),
    /// Something cannot be reported.
    #[error(transparent)]
    Door(#[from] medward_response::door::DoorError),
    /// An answer cannot be taken.
    #[error(transparent)]
    Answer(#[from] medward_response::AnswerError),
    /// What binds the parties cannot be worked out.
    #[error(transparent)]
    Scope(#[from] medward_response::ScopeError),
    /// Built-in data of response are broken.
    #[error(transparent)]
    ResponseData(#[from] medward_response::DataError),
    /// What was asked for cannot be done.
    #[error("{}", asked(.0))]
    Acting(#[from] medward_acting::ActError),
    /// What the user named does not exist or cannot be used.
    #[error("{0}")]
    Usage(String),
}

impl Error {
    /// Everything that is wrong with what was to be imported, in one error.
    pub(crate) fn nothing_imported<E: ToString>(errors: &[E]) -> Self {
        let lines: Vec<_> = errors.iter().take(IMPORT_ERRORS_SHOWN).map(ToString::to_string).collect();
        let more = errors.len().saturating_sub(lines.len());
        let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
        Self::Usage(format!("nothing was imported:\n{}{more}", lines.join("\n")))
    }

    /// What was tried on which path, for an error of the system.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// Whether the reader of the output went away, as in `medward ... | head`.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

/// The words of an act, with the option that is wrong where it is one.
fn asked(error: &medward_acting::ActError) -> String {
    match error.field() {
        "" | "id" | "record" | "into" => error.to_string(),
        field => format!("{error} (--{})", field.trim_end_matches("-action")),
    }
}

/// How a command prints what it lists.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
}

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// `1 file`, `2 files`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// Whether output may be coloured.
pub(crate) fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// A text with control characters made visible, so that a name in a file cannot steer the terminal.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && character != '\n' {
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}
