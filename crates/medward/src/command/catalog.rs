//! `medward catalog`: what laws and standards ask, and how far a security file answers.

use crate::output::{Error, Format, print, visible};
use medward_catalog::{Catalog, Entry};
use medward_coverage::{Answer, Statement};
use medward_file::{Limits, load};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to show.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// List the catalogues with their sources
    List {
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show an entry, or all entries of a catalogue
    Show {
        /// Id of an entry or of a catalogue
        id: String,
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// List the legal reporting clocks
    Clocks {
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Count how far a security file answers each catalogue
    Coverage {
        /// Directory of the security file
        #[arg(default_value = ".")]
        directory: PathBuf,
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let text = match arguments {
        Arguments::List { format } => list(*format)?,
        Arguments::Show { id, format } => show(id, *format)?,
        Arguments::Clocks { format } => clocks(*format)?,
        Arguments::Coverage { directory, format } => coverage(directory, *format)?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn json(value: &serde_json::Value) -> Result<String, Error> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn list(format: Format) -> Result<String, Error> {
    let all = medward_catalog::all()?;
    if matches!(format, Format::Json) {
        let listed: Vec<_> = all
            .iter()
            .map(|one| {
                serde_json::json!({"id": one.id, "title": one.title, "entries": one.entries.len(), "edition": one.edition,
                    "source": one.source, "retrieved": one.retrieved, "note": one.note})
            })
            .collect();
        return json(&listed.into());
    }
    Ok(all.iter().fold(String::new(), |mut text, one| {
        let _ = writeln!(
            text,
            "{:<14} {:>4} entries  {} ({})",
            one.id,
            one.entries.len(),
            one.title,
            one.edition
        );
        let _ = writeln!(text, "{:<14}              read {}; {}", "", one.retrieved, one.note);
        text
    }))
}

fn clocks(format: Format) -> Result<String, Error> {
    let clocks = medward_catalog::clocks()?;
    if matches!(format, Format::Json) {
        let listed: Vec<_> = clocks
            .clocks
            .iter()
            .map(|clock| {
                serde_json::json!({"id": clock.id, "regime": clock.regime, "article": clock.article,
                    "addressee": clock.addressee, "trigger": clock.trigger, "counted_from": clock.clock_start,
                    "speed": clock.duty_speed, "limit": clock.limit, "limit_unit": clock.limit_unit.map(medward_catalog::LimitUnit::word),
                    "recipient": clock.recipient, "status": clock.status, "source_seen": clock.source_seen,
                    "valid_from": clock.valid_from.map(|day| day.to_string())})
            })
            .collect();
        return json(&listed.into());
    }
    let mut text = String::from(
        "Limits are outer bounds; the duty is almost always \"immediately\". Not legal advice.\n",
    );
    for clock in &clocks.clocks {
        let limit = match (clock.limit, clock.limit_unit) {
            (Some(limit), Some(unit)) => format!("{limit} {}", unit.word()),
            _ => "no number".to_owned(),
        };
        let seen = if clock.source_seen { "" } else { "  (not read in the source: verify)" };
        let _ = writeln!(text, "{:<14} {:<24} {limit:<10} {}{seen}", clock.id, clock.article, clock.trigger);
        let _ = writeln!(text, "{:<14} from: {}; to: {}", "", clock.clock_start, clock.recipient);
    }
    for proposal in &clocks.proposals {
        let _ = writeln!(text, "{:<14} proposed, not law: {}", proposal.id, proposal.act);
    }
    Ok(text)
}

fn entry_json(catalog: &Catalog, entry: &Entry) -> serde_json::Value {
    let addressees: Vec<_> = entry.addressees.iter().map(|addressee| addressee.word()).collect();
    serde_json::json!({"id": entry.id, "catalog": catalog.id, "title": entry.title, "text": entry.text,
        "section": entry.section, "modality": entry.modality.word(), "addressees": addressees, "phases": entry.phases,
        "source_seen": entry.source_seen, "revision_seen": entry.revision_seen, "related": entry.related,
        "ivdr": entry.ivdr, "note": entry.note})
}

fn show(id: &str, format: Format) -> Result<String, Error> {
    if let Some(catalog) = medward_catalog::catalog(id) {
        let catalog = catalog?;
        return match format {
            Format::Json => json(&catalog.entries.iter().map(|entry| entry_json(catalog, entry)).collect()),
            Format::Human => Ok(catalog.entries.iter().fold(String::new(), |mut text, entry| {
                let _ = writeln!(text, "{:<22} {:<6} {}", entry.id, entry.modality.word(), entry.title);
                text
            })),
        };
    }
    let entries = medward_catalog::entries()?;
    let Some((catalog, entry)) = entries.get(id) else {
        let hint = medward_diagnostic::closest(id, entries.keys().copied())
            .map_or_else(String::new, |candidate| format!("; did you mean `{candidate}`?"));
        return Err(Error::Usage(format!("no catalogue and no entry is called `{id}`{hint}")));
    };
    match format {
        Format::Json => json(&entry_json(catalog, entry)),
        Format::Human => page(catalog, entry),
    }
}

fn page(catalog: &Catalog, entry: &Entry) -> Result<String, Error> {
    let mut text = format!("{} {}\n{}, section {}\n\n", entry.id, entry.title, catalog.title, entry.section);
    if !entry.text.is_empty() {
        let _ = writeln!(text, "{}\n", entry.text);
    }
    let addressees: Vec<_> = entry.addressees.iter().map(|addressee| addressee.word()).collect();
    let _ = writeln!(text, "verb: {}; for: {}", entry.modality.word(), addressees.join(", "));
    let seen = if entry.source_seen {
        "text read in the source"
    } else {
        "NOT read in the source: verify before use"
    };
    let _ = writeln!(text, "source: {seen}");
    for (other, basis) in medward_catalog::related(&entry.id)? {
        let _ = writeln!(text, "related: {} {} ({basis})", other.id, other.title);
    }
    if let Some(note) = &entry.note {
        let _ = writeln!(text, "note: {note}");
    }
    Ok(text)
}

/// How many entries of one catalogue are answered in which way.
#[derive(Debug, Default)]
struct Count {
    claimed: usize,
    excluded: usize,
    deviating: usize,
    open: usize,
    for_others: usize,
}

fn count(statement: &Statement<'_>) -> Count {
    let mut count = Count::default();
    for (_, answer) in statement.answers() {
        let counted = match answer {
            Answer::Claimed(_) => &mut count.claimed,
            Answer::Excluded(_) => &mut count.excluded,
            Answer::Deviating(_) => &mut count.deviating,
            Answer::Open => &mut count.open,
            Answer::PassedOn | Answer::NotPassedOn => &mut count.for_others,
        };
        *counted = counted.saturating_add(1);
    }
    count
}

fn coverage(directory: &std::path::Path, format: Format) -> Result<String, Error> {
    let (file, problems) = load(directory, Limits::default());
    let mut text = format!(
        "{:<14} {:>7} {:>9} {:>8} {:>7} {:>5} {:>10}  applies\n",
        "catalogue", "entries", "claimed", "excluded", "deviate", "open", "for others"
    );
    let mut rows = Vec::new();
    for statement in medward_coverage::statements(&file)? {
        let (catalog, count) = (&statement.catalog, count(&statement));
        let applies = statement.applicability.map(|declared| declared.applies.value);
        rows.push(
            serde_json::json!({"id": catalog.id, "entries": catalog.entries.len(), "claimed": count.claimed,
            "excluded": count.excluded, "deviating": count.deviating, "open": count.open,
            "for_others": count.for_others, "applies": applies}),
        );
        let applies = applies.map_or("not said", |applies| if applies { "yes" } else { "no" });
        let _ = writeln!(
            text,
            "{:<14} {:>7} {:>9} {:>8} {:>7} {:>5} {:>10}  {applies}",
            catalog.id,
            catalog.entries.len(),
            count.claimed,
            count.excluded,
            count.deviating,
            count.open,
            count.for_others,
        );
    }
    if !problems.is_empty() {
        let _ = writeln!(
            text,
            "{} problems of reading: run `medward check {}`",
            problems.len(),
            directory.display()
        );
    }
    match format {
        Format::Human => Ok(visible(&text)),
        Format::Json => json(&rows.into()),
    }
}
