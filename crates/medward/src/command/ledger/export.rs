//! `medward ledger export`: evidence and open findings as OSCAL.

use super::{DIRECTORY, public_key, signed_head};
use crate::files::write_new;
use crate::live::{Moment, live};
use crate::output::{Error, print};
use medward_file::{Limits, load};
use medward_oscal::{Subject, assessment_results, plan_of_action};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `ledger export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  medward ledger export assessment-results lung-ct -o results.json\n  \
    medward ledger export poam lung-ct --at 2026-10-01")]
pub(crate) struct Arguments {
    /// What to write
    #[arg(value_enum)]
    document: Document,
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// File to write, which must not exist; standard output when absent
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Moment to judge for, such as 2026-10-01 (its end) or 2026-10-01T00:00Z; now when absent
    #[arg(long, value_name = "MOMENT")]
    at: Option<Moment>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Document {
    /// OSCAL Assessment Results: newest evidence and state of every control
    AssessmentResults,
    /// OSCAL Plan of Action and Milestones: every finding of the check
    Poam,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let directory = &arguments.directory;
    let (file, mut diagnostics) = load(directory, Limits::default());
    let Some(live) = live(&file, directory, arguments.at)? else {
        return Err(Error::Usage(format!("there is no ledger beside `{}`", directory.display())));
    };
    let ledger = directory.join(DIRECTORY);
    let (_, head) = signed_head(&ledger.join("checkpoint"), &public_key(&ledger, None)?)?;
    let subject = Subject { file: &file, head: &head, at: live.at };
    let document = match arguments.document {
        Document::AssessmentResults => assessment_results(subject, &live.history.evidence, &live.states),
        Document::Poam => {
            let today = arguments.at.map_or_else(|| jiff::ZonedDateTime::now().date(), Moment::day);
            diagnostics.extend(medward_rules::check(&file, today, Some(&live)));
            diagnostics.sort_by(|left, right| left.order().cmp(&right.order()));
            plan_of_action(subject, &diagnostics)
        }
    };
    let text = serde_json::to_string_pretty(&document)? + "\n";
    match &arguments.output {
        Some(path) => write_new(path, text, 0o644)?,
        None => print(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}
