//! Reading a directory: every file, every problem, within limits.

use crate::decode::Decoder;
use crate::kinds::{Device, Kind, Policy};
use crate::model::{LooseRecord, SecurityFile};
use crate::value::Spanned;
use crate::{problem, value::Text};
use medward_diagnostic::{Diagnostic, Severity, SourceId, Span, closest};
use rayon::prelude::*;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// What a directory may hold at most; beyond it the rest is reported and left out.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes in one file.
    pub file_bytes_max: u64,
    /// Files in the directory.
    pub files_max: usize,
    /// Bytes in all files together.
    pub bytes_max: u64,
    /// Syntax errors shown of one file.
    pub syntax_errors_max: usize,
    /// Depth of directories.
    pub depth_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes_max: 16 << 20,
            files_max: 20_000,
            bytes_max: 512 << 20,
            syntax_errors_max: 50,
            depth_max: 16,
        }
    }
}

/// Longest id, in bytes.
const ID_BYTES_MAX: usize = 80;
/// What `check` writes beside the records; never part of the file.
const LEDGER_DIRECTORY: &str = "ledger";

/// Reads a directory. The file holds whatever could be understood; the diagnostics say what could not.
pub fn load(directory: &Path, limits: Limits) -> (SecurityFile, Vec<Diagnostic>) {
    let mut loose = Vec::new();
    let paths = list(directory, limits, &mut loose);
    let parts: Vec<Part> = (0u32..)
        .zip(paths)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(number, path)| read_file(directory, &path, SourceId(number), limits))
        .collect();
    let (mut file, mut diagnostics) = assemble(parts);
    file.directory = directory.to_path_buf();
    diagnostics.extend(loose);
    (file, diagnostics)
}

/// Reads texts in memory as if they were files: `(path, text)` pairs.
pub fn load_texts<'t>(
    texts: impl IntoIterator<Item = (&'t str, &'t str)>,
) -> (SecurityFile, Vec<Diagnostic>) {
    let parts = (0u32..)
        .zip(texts)
        .map(|(number, (path, text))| {
            parse(path.to_owned(), text.to_owned(), SourceId(number), Limits::default())
        })
        .collect();
    assemble(parts)
}

/// What one file holds.
struct Part {
    path: String,
    text: String,
    device: Option<(Span, Device)>,
    policy: Option<(Span, Policy)>,
    records: Vec<LooseRecord>,
    diagnostics: Vec<Diagnostic>,
}

impl Part {
    fn empty(path: String) -> Self {
        let (text, records, diagnostics) = (String::new(), Vec::new(), Vec::new());
        Self { path, text, device: None, policy: None, records, diagnostics }
    }
}

fn list(directory: &Path, limits: Limits, diagnostics: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    let mut report = |problem: problem::Problem, message: String, mend: &str| {
        diagnostics.push(Diagnostic::new(problem.code, Severity::Error, message).mend(mend));
    };
    let mut paths = Vec::new();
    let mut bytes = 0_u64;
    let mut walk = walkdir::WalkDir::new(directory)
        .follow_links(false)
        .follow_root_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_left_out(entry));
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let place = error.path().map_or_else(String::new, |path| shown(directory, path));
                let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                report(
                    problem::UNREADABLE,
                    format!("cannot read `{place}`: {reason}"),
                    "make it readable or move it away",
                );
                continue;
            }
        };
        let path = entry.path();
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        if entry.path_is_symlink() && entry.depth() > 0 {
            if is_toml || path.is_dir() {
                let message = format!("`{}` is a symbolic link and is not followed", shown(directory, path));
                report(problem::SYMBOLIC_LINK, message, "put the file itself into the directory");
            }
            continue;
        }
        if entry.file_type().is_dir() && entry.depth() >= limits.depth_max {
            let message = format!(
                "`{}` lies {} directories deep and was not read",
                shown(directory, path),
                entry.depth()
            );
            report(problem::TOO_LARGE, message, "keep the file within a few directories");
            walk.skip_current_dir();
            continue;
        }
        if !is_toml || entry.file_type().is_dir() {
            continue;
        }
        bytes = bytes.saturating_add(entry.metadata().map_or(0, |metadata| metadata.len()));
        if bytes > limits.bytes_max {
            let message = format!("more than {} MiB of text; the rest was not read", limits.bytes_max >> 20);
            report(problem::TOO_LARGE, message, "check one device's directory at a time");
            break;
        }
        if paths.len() >= limits.files_max {
            let message = format!("more than {} files; the rest was not read", limits.files_max);
            report(problem::TOO_LARGE, message, "check one device's directory at a time");
            break;
        }
        paths.push(path.to_path_buf());
    }
    if paths.is_empty() && diagnostics.is_empty() {
        let message = format!("no *.toml file in `{}`", directory.display());
        let mend = "name a device's directory, or create one with `medward init`";
        diagnostics.push(Diagnostic::new(problem::EMPTY.code, Severity::Error, message).mend(mend));
    }
    paths
}

fn is_left_out(entry: &walkdir::DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    name.starts_with('.') || (entry.depth() == 1 && entry.file_type().is_dir() && name == LEDGER_DIRECTORY)
}

fn shown(directory: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(directory).unwrap_or(path);
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn read_file(directory: &Path, path: &Path, source: SourceId, limits: Limits) -> Part {
    let shown = shown(directory, path);
    match read_text(path, limits) {
        Ok(text) => parse(shown, text, source, limits),
        Err((problem, reason, mend)) => {
            let mut part = Part::empty(shown);
            let message = format!("`{}` {reason}", part.path);
            let span = Span::new(source, 0..0);
            part.diagnostics
                .push(Diagnostic::new(problem.code, Severity::Error, message).at(span, "").mend(mend));
            part
        }
    }
}

fn read_text(path: &Path, limits: Limits) -> Result<String, (problem::Problem, String, &'static str)> {
    let unreadable = |error: std::io::Error| {
        (problem::UNREADABLE, format!("cannot be read: {error}"), "make it readable or move it away")
    };
    // A FIFO or device would block or never end; only regular files are opened.
    let metadata = std::fs::symlink_metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        let reason = "is not a regular file".to_owned();
        return Err((problem::UNREADABLE, reason, "move it away"));
    }
    let mut bytes =
        Vec::with_capacity(usize::try_from(metadata.len().min(limits.file_bytes_max)).unwrap_or(0));
    let file = File::open(path).map_err(unreadable)?;
    file.take(limits.file_bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limits.file_bytes_max {
        let reason = format!("is larger than {} MiB and was not read", limits.file_bytes_max >> 20);
        return Err((problem::TOO_LARGE, reason, "split it over several files"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let valid = error.as_bytes().get(..offset).unwrap_or_default();
        let line = valid.split(|byte| *byte == b'\n').count();
        (problem::NOT_UTF8, format!("is not UTF-8 text: line {line}, byte {offset}"), "save it as UTF-8")
    })
}

fn parse(path: String, text: String, source: SourceId, limits: Limits) -> Part {
    let mut decoder = Decoder::new(source);
    let mut part = Part::empty(path);
    {
        let (root, errors) = DeTable::parse_recoverable(&text);
        let count = errors.len();
        for error in errors.into_iter().take(limits.syntax_errors_max) {
            let span = decoder.span(error.span().unwrap_or(0..0));
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            let (problem, mend) = if message.contains("duplicate key") {
                (problem::DUPLICATE, "rename or remove one of the two")
            } else {
                (problem::SYNTAX, "correct the TOML at this place")
            };
            decoder.problem(problem, span, message, mend);
        }
        if let Some(rest) = count.checked_sub(limits.syntax_errors_max).filter(|rest| *rest > 0) {
            let message = format!("{rest} more syntax errors in `{}`", part.path);
            decoder.problem(problem::SYNTAX, Span::new(source, 0..0), message, "correct those shown first");
        }
        for (key, value) in root.into_inner() {
            let place = decoder.span(key.span());
            read_top(&mut part, &mut decoder, &key.into_inner(), place, value);
        }
    }
    part.diagnostics.append(&mut decoder.diagnostics);
    part.text = text;
    part
}

fn read_top(
    part: &mut Part,
    decoder: &mut Decoder,
    word: &str,
    place: Span,
    value: toml::Spanned<DeValue<'_>>,
) {
    let value_place = decoder.span(value.span());
    let table = match value.into_inner() {
        DeValue::Table(table) => table,
        other => {
            decoder.wrong_type(value_place, "a table", &other);
            return;
        }
    };
    word.clone_into(&mut decoder.record);
    match word {
        "device" => part.device = Some((place, Device::decode_table(table, place, decoder))),
        "policy" => part.policy = Some((place, Policy::decode_table(table, place, decoder))),
        _ => match Kind::from_word(word) {
            Some(kind) => read_records(part, decoder, kind, table),
            None => unknown_kind(decoder, word, place),
        },
    }
    decoder.record.clear();
}

fn unknown_kind(decoder: &mut Decoder, word: &str, place: Span) {
    let words = || Kind::ALL.iter().map(|kind| kind.word()).chain(["device", "policy"]);
    let mend = match closest(word, words()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!(
            "records are `[kind.id]` with one of the kinds {}",
            words().collect::<Vec<_>>().join(", ")
        ),
    };
    decoder.problem(problem::UNKNOWN_KIND, place, format!("`{word}` is no kind of record"), mend);
}

fn read_records(part: &mut Part, decoder: &mut Decoder, kind: Kind, table: DeTable<'_>) {
    for (id, value) in table {
        let place = decoder.span(id.span());
        let id: Text = Spanned::new(id.into_inner().into_owned().into_boxed_str(), place);
        decoder.record = format!("{}.{}", kind.word(), &*id.value);
        if !is_id(&id) {
            decoder.record.clear();
            let message = format!("`{}` cannot be the id of a record", id.escape_debug());
            let mend = "use up to 80 letters, digits and . _ - ( ) : /";
            decoder.problem(problem::BAD_ID, place, message, mend);
            continue;
        }
        let value_place = decoder.span(value.span());
        match value.into_inner() {
            DeValue::Table(table) => part.records.push(LooseRecord::decode(kind, id, table, decoder)),
            other => decoder.wrong_type(value_place, "a table: records are `[kind.id]`", &other),
        }
    }
}

fn is_id(id: &str) -> bool {
    let allowed = |character: char| character.is_alphanumeric() || "._-():/".contains(character);
    !id.is_empty() && id.len() <= ID_BYTES_MAX && id.chars().all(allowed)
}

fn assemble(parts: Vec<Part>) -> (SecurityFile, Vec<Diagnostic>) {
    let mut file = SecurityFile::default();
    let mut diagnostics = Vec::new();
    let duplicate = |what: String, second: Span, first: Span| {
        Diagnostic::new(problem::DUPLICATE.code, Severity::Error, format!("{what} is defined twice"))
            .at(second, "defined again here")
            .at(first, "first defined here")
            .mend("rename or remove one of the two; the first one was used")
    };
    for part in parts {
        file.sources.add(part.path, part.text);
        diagnostics.extend(part.diagnostics);
        for record in part.records {
            if let Err((kind, id, first)) = file.insert(record) {
                diagnostics.push(duplicate(format!("`{}.{}`", kind.word(), &*id.value), id.span, first));
            }
        }
        match (&file.device, part.device) {
            (Some((first, _)), Some((second, _))) => {
                diagnostics.push(duplicate("`device`".into(), second, *first));
            }
            (None, device @ Some(_)) => file.device = device,
            _ => {}
        }
        match (&file.policy, part.policy) {
            (Some((first, _)), Some((second, _))) => {
                diagnostics.push(duplicate("`policy`".into(), second, *first));
            }
            (None, policy @ Some(_)) => file.policy = policy,
            _ => {}
        }
    }
    file.resolve();
    (file, diagnostics)
}
