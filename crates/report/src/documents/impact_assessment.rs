//! The data protection impact assessment: processing, necessity, risks to persons, measures, what people conclude.

use super::conformity::answer_cells;
use super::register::{self, Shown};
use super::{Document, measures, scope, section, sign_off};
use crate::ReportError;
use crate::figures::heat_maps;
use crate::model::{Block, Cell, Section, Table};
use crate::subject::Subject;
use medward_catalog::DataError;
use medward_coverage::statements;
use medward_file::Spanned;
use medward_file::kinds::{PersonalData, Risk};

pub(super) const DOCUMENT: Document = Document {
    name: "impact-assessment",
    title: "Data protection impact assessment",
    purpose: "Describes the processing of personal data, judges its necessity and its risks to the persons concerned, and names the measures.",
    basis: "GDPR Art. 35(7), 35(2), 35(9) and 36",
    is_sheet: false,
    build,
};

fn is_personal(data: Option<&Spanned<PersonalData>>) -> bool {
    data.is_some_and(|data| data.value != PersonalData::None)
}

fn has_privacy(risk: &Risk) -> bool {
    risk.privacy.as_ref().is_some_and(|privacy| privacy.none.is_none())
}

fn build(subject: &Subject<'_>) -> Result<Vec<Section>, ReportError> {
    let file = subject.file();
    let protection = subject
        .role_that(|role| role.privacy.as_ref().is_some_and(|flag| flag.value), "data protection officer");
    let device = file.device.as_ref().map(|(_, device)| device);
    let processing = vec![
        Block::Table(scope::parties(subject)),
        Block::Table(scope::assets(subject, "Where personal data are", |asset| {
            is_personal(asset.personal_data.as_ref())
        })),
        Block::Table(scope::flows(subject, "Where personal data go", |flow| {
            is_personal(flow.personal_data.as_ref())
        })),
    ];
    let [_, _, before, left] = heat_maps(subject).map(Block::Figure);
    let mut risks = vec![before, left];
    risks.extend(
        file.risks
            .iter()
            .filter(|risk| has_privacy(&risk.body))
            .map(|risk| register::card(subject, risk, Shown::Privacy)),
    );
    let of_privacy = register::controls_of(subject, has_privacy);
    let is_measure = |control: &medward_file::Record<medward_file::kinds::Control>| {
        of_privacy.iter().any(|id| id == control.id())
    };
    let measures =
        vec![Block::Table(measures::controls(subject, "Measures against risks to persons", is_measure))];
    let refused = register::refused(subject, Shown::Privacy);
    let is_high = refused
        .iter()
        .any(|block| matches!(block, Block::Open(open) if open.what.contains("is not acceptable")));
    let conclusion = device.and_then(|device| device.impact_assessment.as_ref()).map(|text| text.to_string());
    let mut concluded = vec![Block::concluded(
        conclusion.as_deref(),
        "Conclude whether the processing is necessary and proportionate and which risk to persons is left",
        "the controller",
        "[device] impact_assessment",
    )];
    concluded.extend(refused);
    concluded.push(Block::open(
        "Advice of the data protection officer (GDPR Art. 35(2))",
        &*protection,
        "in this document, by hand",
    ));
    concluded.push(Block::open(
        "Views of the persons concerned or of those who speak for them, or why they were not sought (GDPR Art. 35(9))",
        "the controller",
        "in this document, by hand",
    ));
    if is_high {
        concluded.push(Block::open(
            "A high risk is left: decide on consulting the supervisory authority before processing (GDPR Art. 36)",
            "the controller",
            "in this document, by hand",
        ));
    }
    Ok(vec![
        scope::device(subject),
        section("processing", "The processing", processing),
        section("necessity", "Necessity and proportionality", necessity(subject)?),
        section("risks", "Risks to the rights and freedoms of persons", risks),
        section("measures", "Measures", measures),
        section("conclusion", "Conclusion", concluded),
        sign_off::approvals(subject, &["Controller", &protection]),
    ])
}

fn necessity(subject: &Subject<'_>) -> Result<Vec<Block>, DataError> {
    let statements = statements(subject.file())?;
    let Some(statement) = statements.iter().find(|statement| statement.catalog.id == "gdpr") else {
        return Ok(Vec::new());
    };
    if !statement.applies() {
        return Ok(match statement.applicability {
            Some(declared) => {
                vec![Block::text(format!("Declared not to apply: {}", &*declared.because.value))]
            }
            None => vec![Block::open(
                "Say whether the GDPR applies, and as what",
                "data protection",
                "[applicability.gdpr]",
            )],
        });
    }
    let mut table = Table::new(
        "Duties of the GDPR and how they are met",
        "claim.*, catalogue gdpr",
        &[("Article", 14), ("What it asks, in own words", 40), ("Answer", 14), ("How", 38), ("By", 20)],
    );
    for (entry, answer) in statement.answers() {
        let (word, how, by, _) = answer_cells(subject, entry, answer);
        let asks = if entry.text.is_empty() { &entry.title } else { &entry.text };
        table.row([Cell::lead(entry.id.as_str()), asks.as_str().into(), word, how.into(), by.into()]);
    }
    Ok(vec![Block::Table(table)])
}
