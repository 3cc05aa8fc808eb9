//! `medward incident forms`: a form of one incident, from what is known and what the user adds.

use crate::acting::Device;
use crate::files::whole_text;
use crate::live::Moment;
use crate::output::{Error, print, visible};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use medward_file::Record;
use medward_file::kinds::{Party, PartyRole};
use medward_forms::{Facts, FormError, Reporter, fill, form, html, markdown, values, xml};
use medward_ledger::Subject;
use medward_response::{Case, Clock, Holds, Scope, Standing};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Largest file of values read, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// How to print a form.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Shape {
    /// Markdown
    #[default]
    Markdown,
    /// One HTML page
    Html,
    /// XML, for mir and fsca; complete or not at all
    Xml,
    /// What is missing, as a TOML file to fill in and give back with --values
    Values,
    /// Values and what is missing, for programs
    Json,
}

/// Arguments of `incident forms`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  medward incident forms E-3f9a lung-ct --form gdpr33 --party hospital-controller\n  \
    medward incident forms E-3f9a lung-ct --form mir --type initial --format values > contact.toml\n  medward incident forms E-3f9a lung-ct \
    --form mir --type initial --values contact.toml --format xml\n\n\
    A file of values has lines such as `ncaName = \"...\"`; `codes = [\"A\", \"B\"]` gives several. It may hold names of people: keep it out of \
    the repository. Nothing is made up: what is missing is asked for by name, and exit code 1 says that something is."
)]
pub(crate) struct Arguments {
    /// Id of the event, or its beginning
    id: String,
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// The form: mir, fsca, fsn, gdpr33, gdpr34, nis2
    #[arg(long)]
    form: String,
    /// Type of report: initial, follow-up, combined, final, final-not-reportable; or early-warning, notification, final
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Party that sends it; the only one that has the duty where absent
    #[arg(long)]
    party: Option<String>,
    /// TOML file of values that the ledger and the file do not have
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Shape,
    /// As it stood at a moment
    #[arg(long, value_name = "MOMENT")]
    at: Option<Moment>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Value {
    One(String),
    Several(Vec<String>),
    Number(i64),
    Day(toml::value::Datetime),
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let device = Device::read(&arguments.directory, arguments.at)?;
    let case = device.case(&arguments.id, &[Subject::Event])?;
    let unusable = |error: FormError| Error::Usage(error.to_string());
    let form = form(&arguments.form).map_err(unusable)?;
    let kind = match (&arguments.kind, &form.types[..]) {
        (None, []) => None,
        (Some(kind), types) if types.contains(kind) => Some(kind.as_str()),
        (_, []) => return Err(Error::Usage(format!("the form `{}` has no types", form.id))),
        (_, types) => {
            return Err(Error::Usage(format!("say the type of report with --type: {}", types.join(", "))));
        }
    };
    let scope = Scope::of(&device.file)?;
    let clocks = scope.clocks(case, device.at)?;
    let party = party(arguments, &device, &clocks)?;
    let form = form.sent_by(reporter(party, &device));
    let mut facts = facts(&device, case, &scope, &clocks, party);
    facts.extend(kind.map(|kind| ("report.type".to_owned(), type_word(&form.id, kind).to_owned())));
    let given = match &arguments.values {
        Some(path) => read_values(path)?,
        None => BTreeMap::new(),
    };
    let filled = fill(&form, kind, &facts, &given);
    let mark = case.exercise.then_some("EXERCISE: this did not happen; do not send it");
    let text = match arguments.format {
        Shape::Markdown => markdown(&filled, mark),
        Shape::Html => html(&filled, mark),
        Shape::Values => {
            print(&visible(&values(&filled)))?;
            return Ok(if filled.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Shape::Xml if case.exercise => {
            return Err(Error::Usage(
                "a report of an exercise is not written as XML: a portal would take it".into(),
            ));
        }
        Shape::Xml => {
            let created = TimeZone::UTC.to_datetime(device.at).strftime("%Y-%m-%dT%H:%M:%S").to_string();
            match xml(&filled, &created) {
                Ok(text) => text,
                Err(FormError::Incomplete(missing)) => {
                    eprintln!("medward: {}", visible(&format!("the report is not complete:\n{missing}")));
                    return Ok(ExitCode::FAILURE);
                }
                Err(error) => return Err(unusable(error)),
            }
        }
        Shape::Json => {
            let values: serde_json::Map<_, _> = filled
                .values
                .iter()
                .filter(|(_, values)| !values.is_empty())
                .map(|(field, values)| (field.id.clone(), serde_json::json!(values)))
                .collect();
            let problems: Vec<_> = filled
                .problems
                .iter()
                .map(|one| serde_json::json!({"field": one.name, "label": one.label, "wrong": one.wrong}))
                .collect();
            let answer = serde_json::json!({
                "form": form.id, "type": kind, "exercise": case.exercise, "values": values, "problems": problems,
            });
            serde_json::to_string_pretty(&answer)? + "\n"
        }
    };
    print(&visible(&text))?;
    for problem in &filled.problems {
        eprintln!("medward: {}", visible(&problem.to_string()));
    }
    Ok(if filled.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_values(path: &Path) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let text = whole_text(path, BYTES_MAX)?;
    // The parser's own message would quote the line, and with it perhaps a name.
    let read: BTreeMap<String, Value> = toml::from_str(&text).map_err(|_| {
        Error::Usage(format!("`{}` is no TOML file of `name = \"value\"` lines", path.display()))
    })?;
    let one = |value| match value {
        Value::One(text) => vec![text],
        Value::Several(texts) => texts,
        Value::Number(number) => vec![number.to_string()],
        Value::Day(day) => vec![day.to_string()],
    };
    Ok(read.into_iter().map(|(name, value)| (name, one(value))).collect())
}

/// The party that sends the form.
fn party<'d>(
    arguments: &Arguments,
    device: &'d Device,
    clocks: &[Clock<'_>],
) -> Result<Option<&'d Record<Party>>, Error> {
    if let Some(id) = &arguments.party {
        let party = device.file.by_id::<Party>(id);
        return party
            .map(Some)
            .ok_or_else(|| Error::Usage(format!("there is no party `{}`", id.escape_debug())));
    }
    let mut parties: Vec<&str> = clocks
        .iter()
        .filter(|clock| clock.duty.form.as_deref() == Some(arguments.form.as_str()))
        .map(|clock| clock.party)
        .collect();
    parties.dedup();
    match parties[..] {
        [] => Ok(maker(device)),
        [one] => Ok(device.file.by_id::<Party>(one)),
        _ => Err(Error::Usage(format!(
            "several parties have that duty; name one with --party: {}",
            parties.join(", ")
        ))),
    }
}

/// As what a party sends a form.
fn reporter(party: Option<&Record<Party>>, device: &Device) -> Reporter {
    match (party, maker(device)) {
        (Some(party), maker) if maker.is_none_or(|maker| maker.id() != party.id()) => {
            match party.role.value {
                PartyRole::Manufacturer => Reporter::Manufacturer,
                PartyRole::Representative => Reporter::Representative,
                _ => Reporter::Other,
            }
        }
        _ => Reporter::Manufacturer,
    }
}

fn maker(device: &Device) -> Option<&Record<Party>> {
    let (_, it) = device.file.device.as_ref()?;
    device.file.by_id::<Party>(it.manufacturer.as_ref()?.id())
}

/// Everything that is known and that a form may ask for, by name.
fn facts(
    device: &Device,
    case: &Case,
    scope: &Scope,
    clocks: &[Clock<'_>],
    party: Option<&Record<Party>>,
) -> Facts {
    let zone = party.and_then(|party| party.time_zone.as_ref());
    let zone = medward_clocks::zone(zone.map(|zone| &*zone.value)).unwrap_or(TimeZone::UTC);
    let day = |at: Timestamp| zone.to_datetime(at).date().to_string();
    let moment = |at: Timestamp| medward_clocks::moment(at, &zone);
    let mut facts = Facts::new();
    let mut add = |name: &str, value: Option<String>| {
        facts.extend(value.filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value)));
    };
    add("case.id", Some(case.id.clone()));
    add("case.title", Some(case.title.clone()));
    add("case.from", Some(moment(case.from)));
    add("case.until", case.until.map(moment));
    add("case.from_date", Some(day(case.from)));
    add("case.until_date", case.until.map(day));
    add("report.date", Some(day(device.at)));
    for clock in clocks.iter().filter(|clock| party.is_some_and(|party| party.id() == clock.party)) {
        let regime = clock.law.regime.as_str();
        if let Some(at) = clock.start.at().filter(|_| clock.duty.starts == "awareness") {
            add(&format!("aware.{regime}"), Some(if regime == "MDR" { day(at) } else { moment(at) }));
        }
        let is_late = clock.standing == Standing::Overdue || matches!(clock.standing, Standing::Late(_));
        if is_late {
            add("is.late", Some("yes".to_owned()));
        }
    }
    for (question, answer) in &case.answers {
        let known = answer.words.iter().all(|word| word != medward_response::UNSURE);
        add(&format!("answer.{question}"), known.then(|| answer.words.join(", ")));
    }
    let holds = scope.findings(case);
    add("finding.classification", classification(case, &holds).map(str::to_owned));
    let text = |value: Option<&medward_file::Text>| value.map(|text| text.to_string());
    if let Some((_, it)) = &device.file.device {
        add("device.name", Some(it.name.to_string()));
        add("device.udi", text(it.udi_di.as_ref()));
        add("device.version", text(it.version.as_ref()));
        add("device.intended_purpose", text(it.intended_purpose.as_ref()));
        let class = it.class.as_ref().map(|class| class.value.word());
        add("device.class", class.map(class_word));
        add(
            "device.directive_class",
            class.map(|class| format!("MDD {}", class_word(class).replace("class", "Class"))),
        );
        let data: Vec<_> = it.data_categories.iter().map(|text| text.to_string()).collect();
        add("device.data_categories", Some(data.join("; ")));
    }
    if let Some(maker) = maker(device) {
        add("maker.name", Some(maker.name.to_string()));
        add("maker.country", text(maker.country.as_ref()));
        add("maker.competent_authority", text(maker.competent_authority.as_ref()));
    }
    let representative = |party: &&Record<Party>| party.role.value == PartyRole::Representative;
    if let Some(party) = device.file.parties.iter().find(representative) {
        add("representative.name", Some(party.name.to_string()));
        add("representative.country", text(party.country.as_ref()));
    }
    if let Some(party) = party {
        add("party.name", Some(party.name.to_string()));
        add("party.country", text(party.country.as_ref()));
        add("party.role", Some(party.role.value.word().to_owned()));
        add("party.supervisory_authority", text(party.supervisory_authority.as_ref()));
        add("party.response_team", text(party.response_team.as_ref()));
    }
    facts
}

/// The class as the Manufacturer Incident Report spells it: it has no subclasses of class I.
fn class_word(word: &str) -> String {
    match word {
        "IIa" | "IIb" | "III" => format!("class {word}"),
        _ => "class I".to_owned(),
    }
}

/// The type as the forms of authorities spell it.
fn type_word<'k>(form: &str, kind: &'k str) -> &'k str {
    match (form, kind) {
        ("mir" | "fsca", "initial") => "Initial",
        ("fsca", "follow-up") => "Follow Up",
        ("fsca", "final") => "Final",
        ("mir", "follow-up") => "Follow up",
        ("mir", "combined") => "Combined initial and final",
        ("mir", "final") => "Final (Reportable incident)",
        ("mir", "final-not-reportable") => "Final (Non-reportable incident)",
        (_, other) => other,
    }
}

/// The classification of the Manufacturer Incident Report; only what is sure.
fn classification(case: &Case, holds: &impl Fn(&str) -> Holds) -> Option<&'static str> {
    let died = case.answer("harm").is_some_and(|words| words.iter().any(|word| word == "death"));
    if holds("public-health-threat") == Holds::Yes {
        Some("Serious public health threat")
    } else if holds("death-or-unanticipated") == Holds::Yes {
        Some(if died { "Death" } else { "Unanticipated serious deterioration in state of health" })
    } else if holds("serious-incident") == Holds::Yes {
        Some("All other reportable incidents")
    } else {
        None
    }
}
