//! `accounts`: the accounts of an export or a database, without stale ones, missing second factors and duties that must not meet.

use crate::configuration::{ConfigError, Terms, is_set, texts};
use crate::database::{Database, Rows};
use crate::files::{Columns, Row, age_days, age_seconds, date, few};
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_diagnostic::Span;
use medward_file::kinds::{AccountsProbe, Probe};

probe! {
    /// Accounts, of a young CSV file or of a query, are all there, and among them is no unused one, none without second factor, none with duties that must not meet.
    Accounts, "accounts", accounts: AccountsProbe,
    needs &[
        "target",
        "accounts.export_days_max|accounts.query",
        "accounts.present",
        "accounts.unused_days_max|accounts.second_factor|accounts.apart|accounts.gone",
    ]
}

const SECONDS_PER_DAY: i64 = 86_400;
const COLUMNS: [&str; 5] = ["account", "enabled", "last_used", "second_factor", "roles"];

/// Where the accounts are listed.
enum Source {
    File { path: String, days_max: i64 },
    Query { database: Database, query: String },
}

impl Source {
    fn new(reader: Terms, terms: &Probe, own: &AccountsProbe) -> Result<Self, ConfigError> {
        if own.query.is_some() {
            let client = (own.client.as_ref(), "accounts.client");
            let why = "query that returns the accounts";
            return Ok(Self::Query {
                database: Database::new(reader, terms.target.as_ref(), client, own.credential.as_ref())?,
                query: Database::statement(reader, own.query.as_ref(), "accounts.query", why)?,
            });
        }
        let why = "days the file may be old; or `query`, to ask a database";
        let days_max =
            reader.needed_number(own.export_days_max.as_ref(), "accounts.export_days_max", 1..=3650, why)?;
        Ok(Self::File {
            path: reader.text(terms.target.as_ref(), "target", "CSV file of the accounts")?,
            days_max,
        })
    }

    /// What the accounts come from, for people.
    fn shown(&self) -> String {
        match self {
            Self::File { path, .. } => path.clone(),
            Self::Query { database, query } => format!("{} '{query}'", database.shown()),
        }
    }

    /// The accounts; a file must be young as well, a database is asked now.
    fn rows(
        &self,
        columns: &Columns,
        needed: &[&'static str],
        context: &Context,
        findings: &mut Findings,
    ) -> Result<Vec<Row>, Fault> {
        match self {
            Self::File { path, days_max } => {
                let rows = columns.rows(context, path, needed)?;
                let days = age_seconds(context, path)?.div_euclid(SECONDS_PER_DAY);
                let expected = format!("the export is at most {days_max} days old");
                findings.positive(expected, (-1..=*days_max).contains(&days), format!("{days} days"));
                Ok(rows)
            }
            Self::Query { database, query } => {
                let answer = database.answer(context, query, Rows::Csv)?;
                columns.rows_of(&answer, "the answer of the database", needed)
            }
        }
    }
}

struct Listing {
    source: Source,
    unused_days_max: Option<i64>,
    second_factor: bool,
    apart: Vec<Vec<String>>,
    present: Vec<String>,
    gone: Vec<String>,
    columns: Columns,
}

fn prepare(reader: Terms, terms: &Probe, own: &AccountsProbe) -> Result<Listing, ConfigError> {
    let unused_days_max =
        reader.optional_number(own.unused_days_max.as_ref(), "accounts.unused_days_max", 1..=3650)?;
    let second_factor = is_set(own.second_factor.as_ref());
    if unused_days_max.is_none() && !second_factor && own.apart.is_empty() && own.gone.is_empty() {
        let why = "something that must not be: this, `second_factor`, `apart` or `gone`";
        return Err(reader.missing("accounts.unused_days_max", why));
    }
    if let Some(roles) = own.apart.iter().find(|roles| roles.len() < 2) {
        let (value, span) =
            roles.first().map_or((String::new(), Span::default()), |role| (role.to_string(), role.span));
        return Err(reader.unusable(
            "accounts.apart",
            &value,
            span,
            "stands alone; write pairs such as [[\"author\", \"approver\"]]",
        ));
    }
    let why = "accounts that must be in the export; they show that it is whole";
    Ok(Listing {
        source: Source::new(reader, terms, own)?,
        unused_days_max,
        second_factor,
        apart: own.apart.iter().map(|roles| texts(roles)).collect(),
        present: reader.list(&own.present, "accounts.present", why)?,
        gone: texts(&own.gone),
        columns: Columns::new(reader, "accounts.columns", &COLUMNS, &own.columns)?,
    })
}

/// Those of `rows` that are wrong, and those that cannot be judged.
fn sort<'a>(rows: &[&'a Row], judge: impl Fn(&Row) -> Verdict) -> (Vec<String>, Vec<String>) {
    let of = |wanted: Verdict| {
        let found = rows.iter().filter(|row| judge(row) == wanted);
        found.map(|row: &&'a Row| row.cell("account").to_owned()).collect()
    };
    (of(Verdict::Broken), of(Verdict::Unknown))
}

fn none(findings: &mut Findings, expected: &str, (wrong, unclear): (Vec<String>, Vec<String>)) {
    let (verdict, seen) = if !wrong.is_empty() {
        (Verdict::Broken, few(&wrong))
    } else if unclear.is_empty() {
        (Verdict::Held, "none".to_owned())
    } else {
        (Verdict::Unknown, format!("cannot be judged: {}", few(&unclear)))
    };
    findings.negative(expected, verdict, seen);
}

impl Listing {
    fn needed(&self) -> Vec<&'static str> {
        let columns = [
            (true, "account"),
            (true, "enabled"),
            (self.unused_days_max.is_some(), "last_used"),
            (self.second_factor, "second_factor"),
            (!self.apart.is_empty(), "roles"),
        ];
        columns.into_iter().filter(|(needed, _)| *needed).map(|(_, name)| name).collect()
    }

    fn holds_conflict(&self, row: &Row) -> bool {
        let held: Vec<_> = row.cell("roles").split([';', ',', '|']).map(str::trim).collect();
        self.apart.iter().any(|roles| roles.iter().filter(|role| held.contains(&role.as_str())).count() > 1)
    }
}

impl Prepared for Listing {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let rows = self.source.rows(&self.columns, &self.needed(), context, findings)?;
        // Whom an account belongs to stays where it is listed: only counts and the wrong ones are told.
        findings.raw(&self.source.shown(), format!("{} accounts", rows.len()));
        let listed = |account: &String| rows.iter().any(|row| row.cell("account") == account);
        let absent: Vec<_> = self.present.iter().filter(|account| !listed(account)).cloned().collect();
        findings.positive(
            "accounts that must be there are",
            absent.is_empty(),
            format!("absent: {}", few(&absent)),
        );
        // An account whose state nobody can read counts as enabled.
        let enabled: Vec<&Row> = rows.iter().filter(|row| row.yes("enabled") != Some(false)).collect();
        if enabled.is_empty() {
            return Err(Fault::Empty { what: format!("no enabled account in {}", self.source.shown()) });
        }
        if let Some(most) = self.unused_days_max {
            let judge = |row: &Row| match date(row.cell("last_used")).map(|day| age_days(context, day)) {
                Some(Ok(days)) => Verdict::from(days <= most),
                // Never used at all.
                None if row.cell("last_used").is_empty() => Verdict::Broken,
                _ => Verdict::Unknown,
            };
            none(
                findings,
                &format!("no enabled account is unused for more than {most} days"),
                sort(&enabled, judge),
            );
        }
        if self.second_factor {
            let judge = |row: &Row| row.yes("second_factor").map_or(Verdict::Unknown, Verdict::from);
            none(findings, "no enabled account is without second factor", sort(&enabled, judge));
        }
        if !self.apart.is_empty() {
            let judge = |row: &Row| Verdict::from(!self.holds_conflict(row));
            none(findings, "no enabled account holds duties that must not meet", sort(&enabled, judge));
        }
        if !self.gone.is_empty() {
            let judge = |row: &Row| Verdict::from(!self.gone.iter().any(|gone| gone == row.cell("account")));
            none(findings, "no account that must be gone is enabled", sort(&enabled, judge));
        }
        Ok(())
    }

    fn repeat(&self) -> String {
        format!("look through {}: enabled accounts by last use, second factor and roles", self.source.shown())
    }
}
