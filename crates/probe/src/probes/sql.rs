//! `sql`: a query with a known answer, and a statement the database must refuse.

use crate::configuration::{ConfigError, Terms};
use crate::process::{Ended, Program};
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::Text;
use medward_file::kinds::{Probe, SqlClient, SqlProbe};

probe! {
    /// A database answers a query as it must and refuses a statement it must refuse.
    Sql, "sql", sql: SqlProbe, needs &["target", "sql.client", "sql.query", "sql.equals", "sql.refused"]
}

struct Database {
    client: SqlClient,
    target: String,
    query: String,
    equals: String,
    refused: String,
    credential: Option<String>,
}

fn prepare(reader: Terms, terms: &Probe, own: &SqlProbe) -> Result<Database, ConfigError> {
    let client = reader.need(own.client.as_ref(), "sql.client", "`postgres` or `sqlite`")?.value;
    let target = reader.need(terms.target.as_ref(), "target", "connection string or database file")?;
    if target.starts_with('-') || target.is_empty() {
        return Err(reader.unusable("target", &target.value, target.span, "would be taken for an option"));
    }
    let statement = |written: Option<&Text>, key, why| {
        let text = reader.text(written, key, why)?;
        let span = written.map_or_else(Default::default, |text| text.span);
        let text = text.trim().trim_end_matches(';').to_owned();
        // What stands behind a semicolon would not be rolled back; a backslash or a dot speaks to the client itself.
        if text.contains(';')
            || text.contains('\\')
            || text.lines().any(|line| line.trim_start().starts_with('.'))
        {
            return Err(reader.unusable(
                key,
                &text,
                span,
                "is not one plain statement; write one without `;` and `\\`",
            ));
        }
        Ok(text)
    };
    Ok(Database {
        client,
        target: target.to_string(),
        query: statement(own.query.as_ref(), "sql.query", "query with a known answer")?,
        equals: reader
            .need(own.equals.as_ref(), "sql.equals", "what the query returns, fields separated by `|`")?
            .to_string(),
        refused: statement(own.refused.as_ref(), "sql.refused", "statement the database must refuse")?,
        credential: own.credential.as_ref().map(|name| name.to_string()),
    })
}

/// Why a database refused: for good, or because the statement makes no sense.
fn refusal(client: SqlClient, ended: &Ended) -> Verdict {
    let errors = String::from_utf8_lossy(&ended.errors).to_lowercase();
    let said = |words: &[&str]| words.iter().any(|word| errors.contains(word));
    match (client, ended.exit) {
        (_, Some(0)) => Verdict::Broken,
        // SQLSTATE: privilege, read-only transaction, constraint, raised by a trigger, row security.
        (SqlClient::Postgres, Some(3)) if said(&["42501", "25006", "error:  23", "p0001", "44000"]) => {
            Verdict::Held
        }
        (SqlClient::Sqlite, Some(_))
            if said(&["readonly", "read-only", "constraint", "not authorized", "(19)", "(8)"]) =>
        {
            Verdict::Held
        }
        _ => Verdict::Unknown,
    }
}

impl Database {
    fn run_statement(&self, context: &Context, statement: &str) -> Result<Ended, Fault> {
        let argv: Vec<&str> = match self.client {
            SqlClient::Postgres => vec![
                "psql",
                "-X",
                "-A",
                "-t",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-v",
                "VERBOSITY=sqlstate",
                "-d",
                &self.target,
            ],
            SqlClient::Sqlite => vec!["sqlite3", "-bail", "-batch", &self.target],
        };
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
}

impl Prepared for Database {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        // sqlite3 makes a database that is not there.
        if self.client == SqlClient::Sqlite {
            std::fs::metadata(context.path(&self.target))
                .map_err(|error| Fault::unreadable(&self.target, &error))?;
        }
        let ended = self.run_statement(context, &self.query)?;
        findings.raw(&self.query, ended.raw());
        if ended.exit != Some(0) {
            let why = String::from_utf8_lossy(&ended.errors).trim().to_owned();
            return Err(Fault::unintelligible(
                "the answer of the database",
                &format!("{}: {why}", ended.shown()),
            ));
        }
        let seen = String::from_utf8_lossy(&ended.output).trim().to_owned();
        findings.positive(
            format!("`{}` gives {}", self.query, self.equals),
            seen == self.equals.trim(),
            &seen,
        );
        let ended = self.run_statement(context, &self.refused)?;
        findings.raw(&self.refused, ended.raw());
        let seen = format!("{}: {}", ended.shown(), String::from_utf8_lossy(&ended.errors).trim());
        findings.negative(format!("`{}` is refused", self.refused), refusal(self.client, &ended), seen);
        Ok(())
    }

    fn repeat(&self) -> String {
        let client = if self.client == SqlClient::Postgres { "psql -X -A -t" } else { "sqlite3" };
        format!(
            "{client} '{}'\n{};  -- must give {}\nBEGIN; {}; ROLLBACK;  -- must be refused",
            self.target, self.query, self.equals, self.refused
        )
    }
}
