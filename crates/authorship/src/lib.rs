//! Who wrote each record of a security file, by its version control.
//!
//! Called by the command line, for the rules on segregation of duties; it runs `git blame`, reads, and changes nothing. Addresses stay
//! in memory: they are compared with those of people in the file and written nowhere.

mod porcelain;

use medward_file::{RecordRef, SecurityFile};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why nobody knows who wrote what.
#[derive(Debug, thiserror::Error)]
pub enum AuthorshipError {
    /// Git could not be started.
    #[error("cannot run git, which knows who wrote each record: {0}; install it, or add it to PATH")]
    Git(#[from] std::io::Error),
    /// Git could not say: no repository, or the file is not in it.
    #[error("git cannot say who wrote `{path}`: {reason}")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What git says.
        reason: String,
    },
}

/// Addresses of who wrote the lines of records as they stand, in lower case. Lines not committed yet have no author.
pub type Authors = HashMap<RecordRef, BTreeSet<String>>;

/// Finds out who wrote some records. Each file they stand in is looked at once.
pub fn authors(file: &SecurityFile, records: &[RecordRef]) -> Result<Authors, AuthorshipError> {
    let wanted: BTreeSet<RecordRef> = records.iter().copied().collect();
    let mut by_path: BTreeMap<&str, Vec<(usize, RecordRef)>> = BTreeMap::new();
    file.each_record(|record| {
        if let Some(source) = file.sources.get(record.id.span.source) {
            let line = file.sources.position(record.id.span).line;
            by_path.entry(source.path.as_str()).or_default().push((line, record.at));
        }
    });
    let mut found = Authors::new();
    for (path, mut places) in by_path {
        if !places.iter().any(|(_, at)| wanted.contains(at)) {
            continue;
        }
        places.sort_unstable();
        let lines = blame(&file.directory, path)?;
        let ends = places.iter().skip(1).map(|(line, _)| *line).chain([usize::MAX]);
        for ((begin, at), end) in places.iter().zip(ends).filter(|((_, at), _)| wanted.contains(at)) {
            let own = lines.iter().filter(|(line, _)| *line >= *begin && *line < end);
            found.entry(*at).or_default().extend(own.filter_map(|(_, author)| author.clone()));
        }
    }
    Ok(found)
}

/// The author of each line of a file, from line 1; white space alone makes nobody an author.
fn blame(directory: &Path, path: &str) -> Result<Vec<(usize, Option<String>)>, AuthorshipError> {
    // Settings of the repository must not start programs.
    let output = Command::new("git")
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "blame", "--porcelain", "-w"])
        .args(["--no-textconv", "--"])
        .arg(path)
        .current_dir(directory)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(porcelain::authors(&output.stdout));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = said.lines().next().unwrap_or("no reason given").escape_debug().to_string();
    Err(AuthorshipError::Unknown { path: directory.join(path), reason })
}
