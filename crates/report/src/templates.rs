//! Typst templates: the built-in ones, and those of the maker in their place.
//!
//! A maker's `templates/` directory may hold `NAME.typ` for a document, `medward.typ` for the look of all, pictures and data they use,
//! and fonts. Everything is read here, under limits, before typesetting begins; nothing is read later.

use crate::ReportError;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Most files a maker's directory may hold.
const FILES_MAX: usize = 200;
/// Most bytes they may have together: pictures and fonts, not archives.
const BYTES_MAX: u64 = 64 << 20;
/// Directories one inside the other.
const DEPTH_MAX: usize = 4;
/// What a template may be made of. Plugins (`.wasm`) are programs and stay out.
const KINDS: [&str; 11] = ["typ", "svg", "png", "jpg", "jpeg", "csv", "json", "toml", "txt", "otf", "ttf"];

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        &[$((concat!($name, ".typ"), include_str!(concat!("../templates/", $name, ".typ")))),+]
    };
}

/// The built-in templates by path.
const BUILT_IN: &[(&str, &str)] = built_in![
    "medward",
    "risk-management",
    "conformity",
    "statement-of-applicability",
    "impact-assessment",
    "threat-model",
    "instructions-for-use",
    "mds2",
    "control-evidence",
    "incident-file",
    "psur-security",
    "notified-body-questions",
];

/// The files that typesetting may read, by path from the root of the templates.
#[derive(Debug, Clone)]
pub struct Templates {
    /// Sources, pictures and data.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Fonts beside the built-in ones.
    pub(crate) fonts: Vec<Vec<u8>>,
}

impl Default for Templates {
    fn default() -> Self {
        let files = BUILT_IN.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        Self { files: files.collect(), fonts: Vec::new() }
    }
}

impl Templates {
    /// The built-in templates with those of a directory in their place; the built-in ones alone where there is none.
    pub fn with(directory: &Path) -> Result<Self, ReportError> {
        let mut templates = Self::default();
        if directory.is_dir() {
            let mut left = Left { files: FILES_MAX, bytes: BYTES_MAX };
            templates.add(directory, "", DEPTH_MAX, &mut left)?;
        }
        Ok(templates)
    }

    /// The built-in template of a document, or `medward` for the look of all, to start an own one from.
    pub fn built_in(name: &str) -> Option<&'static str> {
        let path = format!("{name}.typ");
        BUILT_IN.iter().find(|(known, _)| *known == path).map(|(_, text)| *text)
    }

    /// Whether a document looks as built in.
    pub(crate) fn are_built_in(&self, name: &str) -> bool {
        ["medward", name].iter().all(|name| {
            let used = self.files.get(&format!("{name}.typ")).map(Vec::as_slice);
            used == Self::built_in(name).map(str::as_bytes)
        })
    }

    fn add(
        &mut self,
        directory: &Path,
        prefix: &str,
        depth: usize,
        left: &mut Left,
    ) -> Result<(), ReportError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| ReportError::Read { path, source }
        };
        let refused = |path: PathBuf, reason: String| Err(ReportError::Template { path, reason });
        let mut entries = Vec::new();
        for entry in fs::read_dir(directory).map_err(failed(directory))? {
            entries.push(entry.map_err(failed(directory))?);
        }
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let file_name = entry.file_name();
            let Some(name) = file_name.to_str() else {
                return refused(path, "its name is not UTF-8".to_owned());
            };
            if name.starts_with('.') {
                continue;
            }
            let inside = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
            // The kind of the entry itself: a link could lead out of the directory.
            let kind = entry.file_type().map_err(failed(&path))?;
            if kind.is_dir() {
                if depth == 0 {
                    return refused(path, format!("directories may lie {DEPTH_MAX} deep"));
                }
                self.add(&path, &inside, depth.saturating_sub(1), left)?;
                continue;
            }
            if !kind.is_file() {
                return refused(path, "only files may stand there, no links".to_owned());
            }
            let extension = Path::new(name).extension().and_then(|it| it.to_str()).unwrap_or_default();
            if !KINDS.contains(&extension.to_ascii_lowercase().as_str()) {
                return refused(
                    path,
                    format!("templates are made of files of the kinds {}", KINDS.join(", ")),
                );
            }
            let bytes = left.read(&path)?;
            if matches!(extension, "otf" | "ttf") {
                self.fonts.push(bytes);
            } else {
                self.files.insert(inside, bytes);
            }
        }
        Ok(())
    }
}

/// What may still be read.
struct Left {
    files: usize,
    bytes: u64,
}

impl Left {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, ReportError> {
        use std::io::Read as _;
        let refused = |reason: String| ReportError::Template { path: path.to_path_buf(), reason };
        self.files =
            self.files.checked_sub(1).ok_or_else(|| refused(format!("more than {FILES_MAX} files")))?;
        let failed = |source| ReportError::Read { path: path.to_path_buf(), source };
        let file = fs::File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(self.bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let too_much = || refused(format!("more than {} MB in all", BYTES_MAX >> 20));
        self.bytes = self.bytes.checked_sub(size).ok_or_else(too_much)?;
        Ok(bytes)
    }
}
