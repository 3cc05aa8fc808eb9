//! Edits by program that keep comments and order: the tool writes into people's files without spoiling them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, Value};

/// Why an edit was not made. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML; it has to be mended by hand first.
    #[error("`{path}` is not valid TOML, so it was left as it is: {source}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        source: toml_edit::TomlError,
    },
    /// The record is not in this text.
    #[error("there is no `[{kind}.{id}]` in `{path}`; name a record that exists")]
    NoRecord {
        /// The file.
        path: PathBuf,
        /// Kind of the record.
        kind: String,
        /// Its id.
        id: String,
    },
    /// The file could not be read or written.
    #[error("cannot edit `{path}`: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// A text under edit.
#[derive(Debug)]
pub struct Edit {
    path: PathBuf,
    document: DocumentMut,
}

impl Edit {
    /// Opens a text for edits.
    pub fn of_text(path: impl Into<PathBuf>, text: &str) -> Result<Self, EditError> {
        let path = path.into();
        match text.parse() {
            Ok(document) => Ok(Self { path, document }),
            Err(source) => Err(EditError::Syntax { path, source }),
        }
    }

    /// Opens a file for edits.
    pub fn of_file(path: &Path) -> Result<Self, EditError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| EditError::Io { path: path.to_path_buf(), source })?;
        Self::of_text(path, &text)
    }

    fn record(&mut self, kind: &str, id: &str) -> Result<&mut Item, EditError> {
        let missing =
            EditError::NoRecord { path: self.path.clone(), kind: kind.to_owned(), id: id.to_owned() };
        let records = self.document.get_mut(kind);
        // Looking up an absent key for change gives an empty item rather than nothing.
        records.and_then(|records| records.get_mut(id)).filter(|record| !record.is_none()).ok_or(missing)
    }

    /// Sets a key of a record.
    pub fn set(&mut self, kind: &str, id: &str, key: &str, value: impl Into<Value>) -> Result<(), EditError> {
        let record = self.record(kind, id)?;
        let decor = record.get(key).and_then(Item::as_value).map(|old| old.decor().clone());
        let mut value = value.into();
        // The comment behind the old value stays behind the new one.
        if let Some(decor) = decor {
            *value.decor_mut() = decor;
        }
        if let Some(table) = record.as_table_like_mut() {
            table.insert(key, Item::Value(value));
        }
        Ok(())
    }

    /// Notes that a link of a record was reviewed against a fingerprint of the record it leads to.
    pub fn set_reviewed(
        &mut self,
        kind: &str,
        id: &str,
        linked: &str,
        fingerprint: &str,
    ) -> Result<(), EditError> {
        let record = self.record(kind, id)?;
        if let Some(table) = record.as_table_like_mut() {
            let reviewed = table.entry("reviewed").or_insert_with(|| Item::Table(Table::new()));
            if let Some(reviewed) = reviewed.as_table_like_mut() {
                reviewed.insert(linked, Item::Value(fingerprint.into()));
            }
        }
        Ok(())
    }

    /// The text with the edits.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// Writes the file: whole or not at all (a new file beside it takes its name).
    pub fn save(&self) -> Result<(), EditError> {
        let failed = |source| EditError::Io { path: self.path.clone(), source };
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or_else(|| Path::new("."));
        // A name nobody can guess, made new: a link planted under a known name would lead the write elsewhere.
        let mut beside = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
        beside.write_all(self.text().as_bytes()).map_err(failed)?;
        let permissions = std::fs::metadata(&self.path).map_err(failed)?.permissions();
        beside.as_file().set_permissions(permissions).map_err(failed)?;
        beside.as_file().sync_all().map_err(failed)?;
        beside.persist(&self.path).map(drop).map_err(|error| failed(error.error))
    }
}
