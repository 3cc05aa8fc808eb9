//! `accounts`: an export of accounts without stale ones, missing second factors and duties that must not meet.

use crate::configuration::{ConfigError, Terms, is_set, texts};
use crate::files::{Columns, Row, age_days, age_seconds, date, few};
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_diagnostic::Span;
use medward_file::kinds::{AccountsProbe, Probe};

probe! {
    /// An export of accounts is young and whole, and has no unused account, none without second factor, none with duties that must not meet.
    Accounts, "accounts", accounts: AccountsProbe,
    needs &[
        "target",
        "accounts.export_days_max",
        "accounts.present",
        "accounts.unused_days_max|accounts.second_factor|accounts.apart|accounts.gone",
    ]
}

const SECONDS_PER_DAY: i64 = 86_400;
const COLUMNS: [&str; 5] = ["account", "enabled", "last_used", "second_factor", "roles"];

struct Listing {
    path: String,
    export_days_max: i64,
    unused_days_max: Option<i64>,
    second_factor: bool,
    apart: Vec<Vec<String>>,
    present: Vec<String>,
    gone: Vec<String>,
    columns: Columns,
}

fn prepare(reader: Terms, terms: &Probe, own: &AccountsProbe) -> Result<Listing, ConfigError> {
    let days = 1..=3650;
    let unused_days_max =
        reader.optional_number(own.unused_days_max.as_ref(), "accounts.unused_days_max", days.clone())?;
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
        path: reader.text(terms.target.as_ref(), "target", "CSV file of the accounts")?,
        export_days_max: reader.needed_number(
            own.export_days_max.as_ref(),
            "accounts.export_days_max",
            days,
            "days the export may be old",
        )?,
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
        let rows = self.columns.rows(context, &self.path, &self.needed())?;
        // Whom an account belongs to stays in the export: only counts and the wrong ones are told.
        findings.raw(&self.path, format!("{} accounts", rows.len()));
        let days = age_seconds(context, &self.path)?.div_euclid(SECONDS_PER_DAY);
        let young = (-1..=self.export_days_max).contains(&days);
        findings.positive(
            format!("the export is at most {} days old", self.export_days_max),
            young,
            format!("{days} days"),
        );
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
            return Err(Fault::Empty { what: format!("no enabled account in {}", self.path) });
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
        format!("look through {}: enabled accounts by last use, second factor and roles", self.path)
    }
}
