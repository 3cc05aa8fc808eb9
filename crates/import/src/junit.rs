//! JUnit XML: the result of every case, and when the suites ran.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use junit_parser::TestStatus;
use medward_file::kinds::TestResult;
use std::collections::HashMap;

/// Largest result file read, in bytes.
pub const BYTES_MAX: u64 = 64 << 20;

/// Deepest nesting of suites read: the parser calls itself for each, and the file may be a stranger's.
const DEPTH_MAX: usize = 32;

/// Why a result file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JUnitError {
    /// Suites lie too deep in each other.
    #[error("suites lie more than {DEPTH_MAX} deep in each other")]
    Depth,
    /// Not XML of the kind.
    #[error("{0}")]
    Form(String),
}

/// The results of a file, or of several that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Results {
    cases: HashMap<String, TestResult>,
    /// When the first suite began, where a suite says so; without a zone it is taken as UTC.
    pub from: Option<Timestamp>,
    /// When the last suite began.
    pub until: Option<Timestamp>,
}

impl Results {
    /// The results of a file.
    pub fn read(text: &str) -> Result<Self, JUnitError> {
        if depth(text) > DEPTH_MAX {
            return Err(JUnitError::Depth);
        }
        let suites = junit_parser::from_reader(text.as_bytes())
            .map_err(|error| JUnitError::Form(error.to_string()))?;
        let mut results = Self::default();
        let mut open: Vec<_> = suites.suites.iter().collect();
        while let Some(suite) = open.pop() {
            open.extend(&suite.suites);
            let ran = suite.timestamp.as_deref().and_then(moment);
            results.from = results.from.into_iter().chain(ran).min();
            results.until = results.until.max(ran);
            for case in &suite.cases {
                let result = match case.status {
                    TestStatus::Success => TestResult::Passed,
                    TestStatus::Skipped(_) => TestResult::NotRun,
                    TestStatus::Error(_) | TestStatus::Failure(_) => TestResult::Failed,
                };
                let class = case.classname.as_ref();
                let qualified = class.map(|class| format!("{class}.{}", case.original_name));
                let mut names = vec![case.name.clone(), case.original_name.clone()];
                names.extend(qualified);
                names.dedup();
                for name in names {
                    results.add(name, result);
                }
            }
        }
        Ok(results)
    }

    /// Adds the results of another file.
    pub fn join(&mut self, other: Self) {
        for (name, result) in other.cases {
            self.add(name, result);
        }
        self.from = self.from.into_iter().chain(other.from).min();
        self.until = self.until.max(other.until);
    }

    /// The result of a case, by name or as `class.name`; of a repeated name the worst counts.
    pub fn of(&self, case: &str) -> Option<TestResult> {
        self.cases.get(case).copied()
    }

    /// Every name that a case goes by.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.cases.keys().map(String::as_str)
    }

    fn add(&mut self, name: String, result: TestResult) {
        let known = self.cases.entry(name).or_insert(result);
        *known = worse(*known, result);
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let with_zone = text.parse::<Timestamp>().ok();
    let civil = || text.parse::<jiff::civil::DateTime>().ok();
    with_zone.or_else(|| civil().and_then(|civil| TimeZone::UTC.to_timestamp(civil).ok()))
}

/// How deep suites lie in each other at most; text that only looks like a suite can overstate it.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for tag in text.split('<').skip(1) {
        if tag.starts_with("/testsuite") {
            depth = depth.saturating_sub(1);
        } else if tag.starts_with("testsuite")
            && !tag.split('>').next().is_some_and(|inside| inside.ends_with('/'))
        {
            depth = depth.saturating_add(1);
            deepest = deepest.max(depth);
        }
    }
    deepest
}

fn worse(one: TestResult, other: TestResult) -> TestResult {
    match (one, other) {
        (TestResult::Failed, _) | (_, TestResult::Failed) => TestResult::Failed,
        (TestResult::NotRun, _) | (_, TestResult::NotRun) => TestResult::NotRun,
        _ => TestResult::Passed,
    }
}
