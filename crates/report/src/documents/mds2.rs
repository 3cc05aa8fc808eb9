//! The Manufacturer Disclosure Statement for Medical Device Security (ANSI/NEMA HN 1-2019): what follows from the file is answered,
//! the rest is asked for.

use super::{Document, section};
use crate::ReportError;
use crate::model::{Block, Cell, Section, Table, Tone};
use crate::subject::Subject;
use medward_catalog::DataError;
use medward_file::kinds::{Control, DocumentType, PersonalData};
use medward_file::{Record, Spanned};
use serde::Deserialize;

pub(super) const DOCUMENT: Document = Document {
    name: "mds2",
    title: "Manufacturer disclosure statement for medical device security",
    purpose: "Tells hospital IT what the device does for its security, in the order of the form MDS2 of 2019.",
    basis: "ANSI/NEMA HN 1-2019; MDR Annex I 17.4 and 23.4(ab)",
    is_sheet: true,
    build,
};

const DATA: &str = include_str!("../../data/mds2-2019.toml");

#[derive(Debug, Deserialize)]
struct Form {
    #[serde(rename = "section")]
    sections: Vec<FormSection>,
}

#[derive(Debug, Deserialize)]
struct FormSection {
    code: String,
    title: String,
    /// Number, topic, rule.
    questions: Vec<(String, String, Rule)>,
}

/// What an answer follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Rule {
    /// Nothing in a security file.
    Ask,
    Manufacturer,
    Device,
    Purpose,
    Environment,
    Document,
    Date,
    Drawing,
    PersonalData,
    StoresPersonalData,
    MovesPersonalData,
    FlowsPersonalData,
    Protocols,
    Tls,
    Sbom,
    Ifu,
    ClaimsDevelopment,
    Emergency,
    EnvironmentControls,
    ProbeTimeSync,
    ProbePort,
    /// Controls with the capability that the section is named by.
    Capability,
}

/// Records named in a note; of more, the rest is counted.
const NAMED_MAX: usize = 6;

/// What follows for a question: the answer and what it rests on; `None` where nothing follows.
type Answer = Option<(String, String)>;

fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let form: Form = toml::from_str(DATA)
        .map_err(|error| DataError { file: "mds2-2019", reason: error.message().to_owned() })?;
    let mut table = Table::new(
        "Questions and answers",
        "device, asset.*, flow.*, control.*, release.*, document.*",
        &[
            ("Id", 12),
            ("Section", 22),
            ("Topic, in own words", 32),
            ("Answer", 18),
            ("Note", 42),
            ("State", 14),
        ],
    );
    let mut asked = 0_usize;
    for part in &form.sections {
        for (number, topic, rule) in &part.questions {
            let id = format!("{}-{number}", part.code);
            let found = answer(subject, *rule, &part.code);
            asked = asked.saturating_add(usize::from(found.is_none()));
            let state = if found.is_some() {
                Cell::toned("derived", Tone::Good)
            } else {
                Cell::toned("OPEN", Tone::Warn)
            };
            let (answer, note) = found.unwrap_or_else(|| (String::new(), hint(subject, &part.code)));
            table.row([
                Cell::lead(id),
                part.title.as_str().into(),
                topic.as_str().into(),
                answer.into(),
                note.into(),
                state,
            ]);
        }
    }
    let all = table.rows.len();
    let head = vec![
        Block::text(
            "Answers marked as derived follow from the security file, whose records the note names. Topics are in our own words and from \
             memory: the wording of the form decides, so read it beside this table before handing it out.",
        ),
        Block::open(
            format!(
                "{asked} of {all} questions follow from nothing in the security file; answer them by the form"
            ),
            "manufacturer",
            "column Answer of the spreadsheet: Yes, No, N/A or See Note",
        ),
    ];
    Ok(vec![
        section("about", "How to read it", head),
        section("answers", "Answers", vec![Block::Table(table)]),
    ])
}

/// Controls that provide a capability and exist.
fn providing<'f>(subject: &Subject<'f>, code: &str) -> Vec<&'f Record<Control>> {
    let is_meant = |control: &&Record<Control>| {
        control.capabilities.iter().any(|capability| &*capability.value == code)
            && medward_paths::is_implemented(control)
    };
    subject.file().controls.iter().filter(is_meant).collect()
}

fn with_states(subject: &Subject<'_>, controls: &[&Record<Control>]) -> String {
    let named = controls
        .iter()
        .map(|control| format!("{} {} ({})", control.id(), &*control.title.value, subject.state(control)));
    named.collect::<Vec<_>>().join("; ")
}

/// What may help whoever answers.
fn hint(subject: &Subject<'_>, code: &str) -> String {
    let ids: Vec<_> = providing(subject, code).iter().map(|control| control.id()).collect();
    if ids.is_empty() { String::new() } else { format!("see {}", ids.join(", ")) }
}

fn yes_if_any(found: &[String]) -> Answer {
    let shown: Vec<_> = found.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = match found.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!found.is_empty()).then(|| ("Yes".to_owned(), shown.join("; ") + &more))
}

fn is_personal(data: Option<&Spanned<PersonalData>>) -> bool {
    data.is_some_and(|data| data.value != PersonalData::None)
}

fn answer(subject: &Subject<'_>, rule: Rule, code: &str) -> Answer {
    match rule {
        Rule::Ask => None,
        Rule::Manufacturer
        | Rule::Device
        | Rule::Purpose
        | Rule::Environment
        | Rule::Document
        | Rule::Date
        | Rule::Drawing => of_device(subject, rule),
        Rule::PersonalData
        | Rule::StoresPersonalData
        | Rule::MovesPersonalData
        | Rule::FlowsPersonalData
        | Rule::Protocols
        | Rule::Tls => of_architecture(subject, rule),
        Rule::Sbom | Rule::Ifu | Rule::ClaimsDevelopment => of_records(subject, rule),
        _ => of_controls(subject, rule, code),
    }
}

/// What the device says of itself.
fn of_device(subject: &Subject<'_>, rule: Rule) -> Answer {
    let device = subject.file().device.as_ref().map(|(_, device)| device);
    let head = subject.device();
    let text = |text: Option<&medward_file::Text>| text.map_or("", |text| &text.value).to_owned();
    let (answer, note) = match rule {
        Rule::Manufacturer => (head.manufacturer, "device".to_owned()),
        Rule::Device => (format!("{} {}", head.name, head.version), "device".to_owned()),
        Rule::Purpose => (text(device?.intended_purpose.as_ref()), "device".to_owned()),
        Rule::Environment => (text(device?.environment.as_ref()), "device".to_owned()),
        Rule::Document => (subject.origin.stamp.clone(), "digests of what this was made of".to_owned()),
        Rule::Date => (subject.origin.day.clone(), subject.origin.at_because.to_owned()),
        Rule::Drawing if !subject.file().flows.is_empty() => {
            ("Yes".to_owned(), "`medward report threat-model` draws it".to_owned())
        }
        _ => return None,
    };
    (!answer.trim().is_empty()).then(|| (answer.trim().to_owned(), note))
}

/// What assets and flows say.
fn of_architecture(subject: &Subject<'_>, rule: Rule) -> Answer {
    let file = subject.file();
    let assets = |holds: &dyn Fn(&medward_file::kinds::Asset) -> bool| -> Vec<String> {
        let found = file.assets.iter().filter(|asset| holds(&asset.body));
        found.map(|asset| format!("{} {}", asset.id(), &*asset.title.value)).collect()
    };
    let flows = |holds: &dyn Fn(&medward_file::kinds::Flow) -> bool| -> Vec<String> {
        let found = file.flows.iter().filter(|flow| holds(&flow.body));
        let shown = found.map(|flow| {
            let protocol = flow.protocol.as_ref().map_or("", |protocol| &**protocol);
            format!("{} {} to {} ({protocol})", flow.id(), flow.from.id(), flow.to.id())
        });
        shown.collect()
    };
    let speaks = |flow: &medward_file::kinds::Flow, names: &[&str]| {
        flow.protocol.as_ref().is_some_and(|protocol| names.iter().any(|name| protocol.contains(name)))
    };
    yes_if_any(&match rule {
        Rule::PersonalData => assets(&|asset| is_personal(asset.personal_data.as_ref())),
        Rule::StoresPersonalData => assets(&|asset| {
            is_personal(asset.personal_data.as_ref())
                && asset.stores.as_ref().is_some_and(|stores| stores.value)
        }),
        Rule::Protocols => flows(&|flow| flow.protocol.is_some()),
        Rule::Tls => flows(&|flow| speaks(flow, &["TLS", "HTTPS"])),
        _ => flows(&|flow| is_personal(flow.personal_data.as_ref())),
    })
}

/// What releases, documents and claims say.
fn of_records(subject: &Subject<'_>, rule: Rule) -> Answer {
    let file = subject.file();
    match rule {
        Rule::Sbom => {
            let listed = file
                .releases
                .iter()
                .filter_map(|release| Some(format!("{} {}", release.id(), &*release.sbom.as_ref()?.value)));
            yes_if_any(&listed.collect::<Vec<_>>())
        }
        Rule::Ifu => {
            let is_ifu = |kind: &Spanned<DocumentType>| kind.value == DocumentType::InstructionsForUse;
            let found = file.documents.iter().filter(|document| document.kind.as_ref().is_some_and(is_ifu));
            let named = found.map(|document| format!("{} {}", document.id(), &*document.title.value));
            yes_if_any(&named.collect::<Vec<_>>())
        }
        _ => {
            let claims = file.claims.iter().filter(|claim| {
                claim.id().starts_with("IEC81001-5-1-")
                    && claim.not_applicable.is_none()
                    && claim.deviation.is_none()
            });
            let count = claims.count();
            let note =
                format!("{count} clauses of IEC 81001-5-1 are claimed as met; `medward report conformity`");
            (count > 0).then(|| ("See Note".to_owned(), note))
        }
    }
}

/// What the controls in place say.
fn of_controls(subject: &Subject<'_>, rule: Rule, code: &str) -> Answer {
    let probed =
        |control: &Control, kind: &str| control.probes.iter().any(|probe| &*probe.kind.value == kind);
    let is_meant = |control: &Control| match rule {
        Rule::Emergency => control.emergency.is_some(),
        Rule::EnvironmentControls => control.environment.as_ref().is_some_and(|flag| flag.value),
        Rule::ProbeTimeSync => probed(control, "time-sync"),
        Rule::ProbePort => probed(control, "port"),
        _ => control.capabilities.iter().any(|capability| &*capability.value == code),
    };
    let in_place = subject.file().controls.iter().filter(|control| medward_paths::is_implemented(control));
    let controls: Vec<_> = in_place.filter(|control| is_meant(&control.body)).collect();
    (!controls.is_empty()).then(|| ("Yes".to_owned(), with_states(subject, &controls)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_has_its_240_questions_in_23_sections() {
        let form: Form = toml::from_str(DATA).unwrap();
        assert_eq!(form.sections.len(), 23);
        let questions: Vec<_> = form.sections.iter().flat_map(|section| &section.questions).collect();
        assert_eq!(questions.len(), 240);
        assert!(questions.iter().all(|(_, topic, _)| !topic.is_empty()));
    }
}
