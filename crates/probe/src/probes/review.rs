//! `review`: everybody has a recent record of each subject: access review, log review, training, supplier review.

use crate::configuration::{ConfigError, Terms};
use crate::files::{Columns, Row, age_days, date, few};
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared};
use medward_file::kinds::{Probe, ReviewProbe};

probe! {
    /// Each person or supplier has a recent record of each subject, and no record is from the future, without result, or signed by whom it is about.
    Review, "review", review: ReviewProbe,
    needs &["target", "review.age_days_max", "review.people", "review.subjects"]
}

const COLUMNS: [&str; 5] = ["person", "subject", "date", "result", "by"];

struct Records {
    path: String,
    age_days_max: i64,
    people: Vec<String>,
    subjects: Vec<String>,
    columns: Columns,
}

fn prepare(reader: Terms, terms: &Probe, own: &ReviewProbe) -> Result<Records, ConfigError> {
    let why = "days the newest record may be old";
    Ok(Records {
        path: reader.text(terms.target.as_ref(), "target", "CSV file of the records")?,
        age_days_max: reader.needed_number(
            own.age_days_max.as_ref(),
            "review.age_days_max",
            1..=3650,
            why,
        )?,
        people: reader.list(&own.people, "review.people", "those who must each have a record")?,
        subjects: reader.list(&own.subjects, "review.subjects", "what they must have a record of")?,
        columns: Columns::new(reader, "review.columns", &COLUMNS, &own.columns)?,
    })
}

/// Whether a result says that the review was done and well.
fn is_good(result: &str) -> bool {
    ["passed", "pass", "ok", "done", "complete", "completed", "yes", "approved"]
        .contains(&result.to_ascii_lowercase().as_str())
}

impl Prepared for Records {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let rows = self.columns.rows(context, &self.path, &["person", "subject", "date", "result"])?;
        findings.raw(&self.path, format!("{} records", rows.len()));
        let mut ages: Vec<(&Row, i64)> = Vec::new();
        for row in &rows {
            let day = date(row.cell("date")).ok_or_else(|| {
                Fault::unintelligible(&self.path, &format!("`{}` is no date", row.cell("date")))
            })?;
            ages.push((row, age_days(context, day)?));
        }
        let mut lacking = Vec::new();
        for (person, subject) in
            self.people.iter().flat_map(|who| self.subjects.iter().map(move |of| (who, of)))
        {
            let theirs = ages.iter().filter(|(row, age)| {
                row.cell("person") == person
                    && row.cell("subject") == subject
                    && is_good(row.cell("result"))
                    && *age >= 0
            });
            match theirs.map(|(_, age)| *age).min() {
                Some(age) if age <= self.age_days_max => {}
                Some(age) => lacking.push(format!("{person}/{subject}: {age} days")),
                None => lacking.push(format!("{person}/{subject}: no good record")),
            }
        }
        let expected =
            format!("each has a good record of each subject, at most {} days old", self.age_days_max);
        findings.positive(expected, lacking.is_empty(), format!("lacking: {}", few(&lacking)));

        let named = |wrong: &dyn Fn(&Row, i64) -> bool| -> Vec<String> {
            let found = ages.iter().filter(|(row, age)| wrong(row, *age));
            found.map(|(row, _)| format!("{}/{}", row.cell("person"), row.cell("subject"))).collect()
        };
        let future = named(&|_, age| age < 0);
        findings.negative("no record is from the future", future.is_empty(), few(&future));
        let own = named(&|row, _| !row.cell("by").is_empty() && row.cell("by") == row.cell("person"));
        findings.negative("nobody signed a record of their own", own.is_empty(), few(&own));
        Ok(())
    }

    fn repeat(&self) -> String {
        format!("sort {} by person, subject and date; the newest of each must be young enough", self.path)
    }
}
