//! What documents are made of: a security file, what a ledger says of it at a moment, and what the checks say of both.

use crate::model::{Device, LedgerHead, Origin};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use medward_diagnostic::{Diagnostic, Severity, Summary};
use medward_evidence::State;
use medward_file::kinds::{Control, Role};
use medward_file::{Link, Record, SecurityFile};
use medward_risk::{FileMethod, Ranked, register};
use medward_rules::Live;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// What the caller knows.
#[derive(Debug)]
pub struct Inputs<'f> {
    /// The file.
    pub file: &'f SecurityFile,
    /// What the ledger says of it at the moment; `None` where there is none, or controls are taken as declared.
    pub live: Option<&'f Live>,
    /// The verified head of that ledger.
    pub head: Option<LedgerHead>,
    /// The moment that the document stands for.
    pub at: Timestamp,
    /// Where the moment comes from, for the reader.
    pub at_because: &'static str,
    /// Begin of the period of documents that have one.
    pub from: Option<Timestamp>,
    /// The one case that a file on incidents is about; all of the period where none is named.
    pub case: Option<&'f str>,
    /// Problems of reading and findings of the rules.
    pub findings: Vec<Diagnostic>,
}

/// The inputs, and what every document needs of them.
#[derive(Debug)]
pub struct Subject<'f> {
    /// The inputs.
    pub inputs: Inputs<'f>,
    /// The method of the file.
    pub method: FileMethod<'f>,
    /// The register at the moment.
    pub ranked: Vec<Ranked<'f>>,
    /// Out of what it is all made.
    pub origin: Origin,
}

/// Days of the period of a document where none is asked for.
const PERIOD_DAYS: i64 = 365;
/// Characters of a digest in captions.
const DIGEST_SHOWN: usize = 12;

impl<'f> Subject<'f> {
    /// A subject out of its inputs.
    pub fn new(inputs: Inputs<'f>) -> Self {
        let method = FileMethod::of(inputs.file);
        let ranked = register(inputs.file, &method, |control| is_in_force(inputs.live, control));
        let origin = origin(&inputs);
        Self { inputs, method, ranked, origin }
    }

    /// The file.
    pub fn file(&self) -> &'f SecurityFile {
        self.inputs.file
    }

    /// The begin of the period asked for; a year before the moment where none is.
    pub fn from(&self) -> Timestamp {
        let seconds = self.inputs.at.as_second().saturating_sub(PERIOD_DAYS.saturating_mul(86_400));
        self.inputs.from.unwrap_or_else(|| Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN))
    }

    /// Whether a control protects at the moment.
    pub fn is_in_force(&self, control: &Record<Control>) -> bool {
        is_in_force(self.inputs.live, control)
    }

    /// The state of a control at the moment, in words.
    pub fn state(&self, control: &Record<Control>) -> String {
        if !medward_paths::is_implemented(control) {
            return "planned".to_owned();
        }
        match self.inputs.live {
            None => "declared, no ledger".to_owned(),
            Some(live) => match live.states.of(control.id()) {
                State::Proven { until } => format!("proven until {}", day(until)),
                State::Stale { since } => format!("stale since {}", day(since)),
                State::Failed { at } => format!("failed on {}", day(at)),
                other => other.word().to_owned(),
            },
        }
    }

    /// The device for the heads of pages.
    pub fn device(&self) -> Device {
        let file = self.file();
        let device = file.device.as_ref().map(|(_, device)| device);
        let manufacturer = device.and_then(|device| device.manufacturer.as_ref());
        let text = |text: Option<&medward_file::Text>| text.map_or("", |text| &text.value).to_owned();
        Device {
            name: device.map_or_else(|| "unnamed device".to_owned(), |device| device.name.to_string()),
            version: text(device.and_then(|device| device.version.as_ref())),
            manufacturer: manufacturer
                .and_then(|link| file.follow(link))
                .map_or(String::new(), |party| party.name.to_string()),
            udi_di: text(device.and_then(|device| device.udi_di.as_ref())),
        }
    }

    /// How many findings are open, in words.
    pub fn findings_in_words(&self) -> String {
        let summary = Summary::from(self.inputs.findings.as_slice());
        format!("{} errors, {} warnings, {} waived", summary.errors, summary.warnings, summary.waived)
    }

    /// Findings that are errors or warnings, also waived ones.
    pub fn findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.inputs.findings.iter().filter(|finding| finding.severity >= Severity::Warning)
    }

    /// What a role is called, with its id.
    pub fn role(&self, link: &Link<Role>) -> String {
        self.file()
            .follow(link)
            .map_or_else(|| link.id().to_owned(), |role| format!("{} ({})", &**role.title, role.id()))
    }

    /// The title of the first role for which something holds; `else_named` where there is none.
    pub fn role_that(&self, holds: impl Fn(&Role) -> bool, else_named: &str) -> String {
        let found = self.file().roles.iter().find(|role| holds(&role.body));
        found.map_or_else(|| else_named.to_owned(), |role| role.title.to_string())
    }
}

fn is_in_force(live: Option<&Live>, control: &Record<Control>) -> bool {
    live.map_or_else(|| medward_paths::is_implemented(control), |live| live.is_in_force(control))
}

/// A moment as its day in UTC.
pub(crate) fn day(moment: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(moment).date()
}

/// A moment to the second, for tables.
pub(crate) fn second(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn origin(inputs: &Inputs<'_>) -> Origin {
    let file = digest(inputs.file);
    let short = |digest: &str| digest.chars().take(DIGEST_SHOWN).collect::<String>();
    let ledger = inputs.head.as_ref().map_or_else(
        || "no ledger".to_owned(),
        |head| format!("ledger {} entries {}", head.size, short(&head.root)),
    );
    Origin {
        at: second(inputs.at),
        day: day(inputs.at).to_string(),
        at_because: inputs.at_because,
        stamp: format!("file {}, {ledger}", short(&file)),
        file,
        ledger: inputs.head.clone(),
    }
}

/// SHA-256 over path, length and text of every file, in the order of the paths.
fn digest(file: &SecurityFile) -> String {
    let mut sources: Vec<_> = file.sources.iter().map(|(_, source)| (&source.path, &source.text)).collect();
    sources.sort_unstable();
    let mut hash = Sha256::new();
    for (path, text) in sources {
        for part in [path, text] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hex(&hash.finalize())
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The newest day that a file itself names of its past: what a document without a ledger stands for unless asked.
pub fn newest_day(file: &SecurityFile) -> Option<Date> {
    let assessed = file.risks.iter().filter_map(|risk| risk.assessed.as_ref());
    let tested = file.tests.iter().filter_map(|test| test.date.as_ref());
    let written = file.documents.iter().filter_map(|document| document.date.as_ref());
    let released = file.releases.iter().filter_map(|release| release.date.as_ref());
    let accepted = file.controls.iter().filter_map(|control| control.accepted.as_ref());
    let all = assessed.chain(tested).chain(written).chain(released).chain(accepted);
    all.map(|day| day.value).max()
}
