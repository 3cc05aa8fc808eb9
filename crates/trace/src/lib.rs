//! Traceability: from risk over control and requirement to test result and catalogue entry.
//!
//! Called by the command line; it reads a loaded file and never judges gaps, which the rules report. A row stands for a control
//! and one of the risks that lean on it (or none), so that a reader sees at once what a measure is for, what shows that
//! it works and which laws and standards it answers.

mod html;

use medward_file::kinds::{Claim, Requirement, Risk, Test};
use medward_file::{Kind, RecordRef, SecurityFile};
use std::collections::HashMap;

pub use html::html;

/// One row of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'f> {
    /// The risk, if any leans on the control.
    pub risk: Option<&'f str>,
    /// The control.
    pub control: &'f str,
    /// Its title.
    pub title: &'f str,
    /// Requirements on the product that derive from it.
    pub requirements: Vec<&'f str>,
    /// Tests that verify it or one of its requirements, each with its result.
    pub tests: Vec<(&'f str, &'static str)>,
    /// Catalogue entries whose claims name it.
    pub entries: Vec<&'f str>,
}

impl Row<'_> {
    /// Whether the row has to do with a record or entry.
    pub fn mentions(&self, id: &str) -> bool {
        self.risk == Some(id)
            || self.control == id
            || self.requirements.contains(&id)
            || self.entries.contains(&id)
            || self.tests.iter().any(|(test, _)| *test == id)
    }
}

/// The matrix of a file: every control with every risk that leans on it, in the order of the file.
pub fn rows(file: &SecurityFile) -> Vec<Row<'_>> {
    let incoming = incoming(file);
    let to = |kind, index| incoming.get(&RecordRef { kind, index }).map(Vec::as_slice).unwrap_or_default();
    let mut rows = Vec::new();
    for (index, control) in (0u32..).zip(&file.controls) {
        let links = to(Kind::Control, index);
        let of = |kind| links.iter().copied().filter(move |from: &RecordRef| from.kind == kind);
        let requirements: Vec<_> = of(Kind::Requirement).collect();
        let verifying = requirements.iter().flat_map(|at| to(at.kind, at.index)).copied();
        let mut tests: Vec<_> =
            links.iter().copied().chain(verifying).filter(|at| at.kind == Kind::Test).collect();
        tests.sort_unstable();
        tests.dedup();
        let row = Row {
            risk: None,
            control: control.id(),
            title: &control.title,
            requirements: requirements
                .iter()
                .filter_map(|at| Some(file.typed::<Requirement>(*at)?.id()))
                .collect(),
            tests: tests
                .iter()
                .filter_map(|at| file.typed::<Test>(*at))
                .map(|test| (test.id(), result(test)))
                .collect(),
            entries: of(Kind::Claim).filter_map(|at| Some(file.typed::<Claim>(at)?.id())).collect(),
        };
        let risks: Vec<_> = of(Kind::Risk).filter_map(|at| Some(file.typed::<Risk>(at)?.id())).collect();
        if risks.is_empty() {
            rows.push(row);
        } else {
            rows.extend(risks.into_iter().map(|risk| Row { risk: Some(risk), ..row.clone() }));
        }
    }
    rows
}

fn result(test: &Test) -> &'static str {
    test.result.as_ref().map_or("no result", |result| result.value.word())
}

fn incoming(file: &SecurityFile) -> HashMap<RecordRef, Vec<RecordRef>> {
    let mut map: HashMap<RecordRef, Vec<RecordRef>> = HashMap::new();
    file.each_link(|from, link, _| {
        if let (Some(from), Some(to)) = (from, link.target) {
            let sources = map.entry(to).or_default();
            if sources.last() != Some(&from.at) {
                sources.push(from.at);
            }
        }
    });
    map
}
