//! `sql`: a query with a known answer, and a statement the database must refuse.

use crate::configuration::{ConfigError, Terms};
use crate::database::{Database, Rows};
use crate::process::Ended;
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::Text;
use medward_file::kinds::{Probe, SqlClient, SqlProbe};

probe! {
    /// A database answers a query as it must and refuses a statement it must refuse.
    Sql, "sql", sql: SqlProbe, needs &["target", "sql.client", "sql.query", "sql.equals", "sql.refused"]
}

struct Question {
    database: Database,
    query: String,
    equals: String,
    refused: String,
}

fn prepare(reader: Terms, terms: &Probe, own: &SqlProbe) -> Result<Question, ConfigError> {
    let client = (own.client.as_ref(), "sql.client");
    let statement = |written: Option<&Text>, key, why| Database::statement(reader, written, key, why);
    Ok(Question {
        database: Database::new(reader, terms.target.as_ref(), client, own.credential.as_ref())?,
        query: statement(own.query.as_ref(), "sql.query", "query with a known answer")?,
        equals: reader
            .need(own.equals.as_ref(), "sql.equals", "what the query returns, fields separated by `|`")?
            .to_string(),
        refused: statement(own.refused.as_ref(), "sql.refused", "statement the database must refuse")?,
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

impl Prepared for Question {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let answer = self.database.answer(context, &self.query, Rows::Plain)?;
        findings.raw(&self.query, &answer);
        let seen = String::from_utf8_lossy(&answer).trim().to_owned();
        findings.positive(
            format!("`{}` gives {}", self.query, self.equals),
            seen == self.equals.trim(),
            &seen,
        );
        let ended = self.database.run(context, &self.refused, Rows::Plain)?;
        findings.raw(&self.refused, ended.raw());
        let seen = format!("{}: {}", ended.shown(), String::from_utf8_lossy(&ended.errors).trim());
        let verdict = refusal(self.database.client, &ended);
        findings.negative(format!("`{}` is refused", self.refused), verdict, seen);
        Ok(())
    }

    fn repeat(&self) -> String {
        format!(
            "{}\n{};  -- must give {}\nBEGIN; {}; ROLLBACK;  -- must be refused",
            self.database.shown(),
            self.query,
            self.equals,
            self.refused
        )
    }
}
