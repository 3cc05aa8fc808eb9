//! Asking a database through its own client, for probes `sql` and `accounts`: one statement, always rolled back.

use crate::configuration::{ConfigError, Terms, optional};
use crate::process::{Ended, Program};
use crate::{Context, Fault};
use medward_file::kinds::SqlClient;
use medward_file::{Spanned, Text};

/// A database and the client it is asked with.
#[derive(Debug, Clone)]
pub struct Database {
    /// The client.
    pub client: SqlClient,
    /// Connection string or file.
    pub target: String,
    credential: Option<String>,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Fields separated by `|`, no header.
    Plain,
    /// CSV with a header.
    Csv,
}

impl Database {
    /// The database of a probe.
    pub fn new(
        reader: Terms,
        target: Option<&Text>,
        (client, key): (Option<&Spanned<SqlClient>>, &'static str),
        credential: Option<&Text>,
    ) -> Result<Self, ConfigError> {
        let client = reader.need(client, key, "`postgres` or `sqlite`")?.value;
        let target = reader.need(target, "target", "connection string or database file")?;
        if target.starts_with('-') || target.is_empty() {
            return Err(reader.unusable(
                "target",
                &target.value,
                target.span,
                "would be taken for an option",
            ));
        }
        Ok(Self { client, target: target.to_string(), credential: optional(credential) })
    }

    /// A statement that can be rolled back and speaks to nobody but the database.
    pub fn statement(
        reader: Terms,
        written: Option<&Text>,
        key: &'static str,
        why: &'static str,
    ) -> Result<String, ConfigError> {
        let text = reader.text(written, key, why)?;
        let span = written.map_or_else(Default::default, |text| text.span);
        let text = text.trim().trim_end_matches(';').to_owned();
        // What stands behind a semicolon would not be rolled back; a backslash or a dot speaks to the client itself.
        if text.contains([';', '\\']) || text.lines().any(|line| line.trim_start().starts_with('.')) {
            let why = "is not one plain statement; write one without `;` and `\\`";
            return Err(reader.unusable(key, &text, span, why));
        }
        Ok(text)
    }

    /// Runs a statement and rolls it back.
    pub fn run(&self, context: &Context, statement: &str, rows: Rows) -> Result<Ended, Fault> {
        const POSTGRES: [&str; 7] = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate"];
        let argv = match (self.client, rows) {
            (SqlClient::Postgres, Rows::Plain) => [&POSTGRES[..], &["-A", "-t", "-d", &self.target]].concat(),
            (SqlClient::Postgres, Rows::Csv) => [&POSTGRES[..], &["--csv", "-d", &self.target]].concat(),
            (SqlClient::Sqlite, Rows::Plain) => vec!["sqlite3", "-bail", "-batch", &self.target],
            (SqlClient::Sqlite, Rows::Csv) => {
                vec!["sqlite3", "-bail", "-batch", "-csv", "-header", &self.target]
            }
        };
        // sqlite3 makes a database that is not there.
        if self.client == SqlClient::Sqlite {
            std::fs::metadata(context.path(&self.target))
                .map_err(|error| Fault::unreadable(&self.target, &error))?;
        }
        let secrets = self.credential.iter().map(|name| ("PGPASSWORD".to_owned(), name.clone()));
        let program = Program {
            argv: argv.into_iter().map(str::to_owned).collect(),
            environment: vec![("PGCONNECT_TIMEOUT".to_owned(), "5".to_owned())],
            secrets: secrets.collect(),
            // Rolled back whatever happens, so that a statement accepted by mistake does no harm.
            input: format!("BEGIN;\n{statement};\nROLLBACK;\n").into_bytes(),
            is_ours: false,
        };
        program.run(context)
    }

    /// What a query returns, whole.
    pub fn answer(&self, context: &Context, query: &str, rows: Rows) -> Result<Vec<u8>, Fault> {
        let ended = self.run(context, query, rows)?;
        let bad = |why: String| Fault::unintelligible("the answer of the database", &why);
        if ended.exit != Some(0) {
            let why = String::from_utf8_lossy(&ended.errors).trim().to_owned();
            return Err(bad(format!("{}: {why}", ended.shown())));
        }
        if ended.output_bytes > ended.output.len() as u64 {
            return Err(bad(format!("{} bytes, too many to judge", ended.output_bytes)));
        }
        Ok(ended.output)
    }

    /// The client as one would type it.
    pub fn shown(&self) -> String {
        let client = if self.client == SqlClient::Postgres { "psql -X -A -t" } else { "sqlite3" };
        format!("{client} '{}'", self.target)
    }
}
