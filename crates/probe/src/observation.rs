//! What a probe saw, and the one function that turns it into an outcome.

use crate::{Fault, Redactor};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Bytes kept of the raw answer; enough to recognise it, little enough for a ledger.
const RAW_BYTES_MAX: usize = 16 << 10;
/// Bytes kept of one sentence.
const TEXT_BYTES_MAX: usize = 600;

/// Which half of a probe a check belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// What must work.
    Positive,
    /// What must be refused.
    Negative,
}

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is as expected.
    Held,
    /// It is not as expected.
    Broken,
    /// Nobody can say.
    Unknown,
}

impl From<bool> for Verdict {
    fn from(held: bool) -> Self {
        if held { Self::Held } else { Self::Broken }
    }
}

/// One comparison of what was expected with what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The half it belongs to.
    pub half: Half,
    /// What was expected, in words.
    pub expected: String,
    /// What was seen, in words; without secrets.
    pub seen: String,
    /// How it ended.
    pub verdict: Verdict,
}

/// How a probe ended. Only `Passed` is proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Both halves were looked at and everything was as expected.
    Passed,
    /// Something was not as expected.
    Failed,
    /// The probe could not say: error, time-out, empty population, missing permission, half not looked at.
    Error,
}

impl Outcome {
    /// The outcome of checks and of what stopped the probe, if anything did.
    ///
    /// A broken check outweighs an error elsewhere: what was seen to be wrong stays wrong.
    pub fn of(checks: &[Check], fault: Option<&Fault>) -> Self {
        let any = |verdict| checks.iter().any(|check| check.verdict == verdict);
        let looked_at = |half| checks.iter().any(|check| check.half == half);
        if any(Verdict::Broken) {
            Self::Failed
        } else if fault.is_some()
            || any(Verdict::Unknown)
            || !looked_at(Half::Positive)
            || !looked_at(Half::Negative)
        {
            Self::Error
        } else {
            Self::Passed
        }
    }
}

/// Everything a ledger needs to keep of one run of one probe; holds no secret the caller named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Id of the control the probe belongs to.
    pub control: String,
    /// Which of the control's probes, from 0.
    pub number: usize,
    /// Kind of probe.
    pub kind: String,
    /// What was probed.
    pub target: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What kept the probe from saying, if anything did.
    pub error: Option<String>,
    /// Every comparison made.
    pub checks: Vec<Check>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// The beginning of what the target answered.
    pub raw: String,
    /// How to see the same by hand.
    pub repeat: String,
}

impl Observation {
    /// Everything that was expected, one line a check.
    pub fn expected(&self) -> String {
        self.lines(|check| check.expected.as_str())
    }

    /// Everything that was seen, in the same order.
    pub fn seen(&self) -> String {
        self.lines(|check| check.seen.as_str())
    }

    fn lines<'a>(&'a self, text: impl Fn(&'a Check) -> &'a str) -> String {
        self.checks.iter().map(text).collect::<Vec<_>>().join("\n")
    }
}

/// What a running probe has found so far. Texts are redacted as they come in.
#[derive(Debug)]
pub struct Findings {
    redactor: Redactor,
    pub(crate) checks: Vec<Check>,
    pub(crate) raw: String,
}

impl Findings {
    /// Nothing found yet.
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor, checks: Vec::new(), raw: String::new() }
    }

    /// Notes a check of what must work.
    pub fn positive(
        &mut self,
        expected: impl AsRef<str>,
        verdict: impl Into<Verdict>,
        seen: impl AsRef<str>,
    ) {
        self.note(Half::Positive, expected.as_ref(), verdict.into(), seen.as_ref());
    }

    /// Notes a check of what must be refused.
    pub fn negative(
        &mut self,
        expected: impl AsRef<str>,
        verdict: impl Into<Verdict>,
        seen: impl AsRef<str>,
    ) {
        self.note(Half::Negative, expected.as_ref(), verdict.into(), seen.as_ref());
    }

    fn note(&mut self, half: Half, expected: &str, verdict: Verdict, seen: &str) {
        let expected = bounded(&self.redactor.redact(expected), TEXT_BYTES_MAX);
        let seen = bounded(&self.redactor.redact(seen), TEXT_BYTES_MAX);
        self.checks.push(Check { half, expected, seen, verdict });
    }

    /// Keeps the beginning of an answer under a heading.
    pub fn raw(&mut self, heading: &str, answer: impl AsRef<[u8]>) {
        let room = RAW_BYTES_MAX.saturating_sub(self.raw.len() + heading.len() + 8);
        if room == 0 {
            return;
        }
        // Redacted before it is cut, so that half a secret at the edge cannot stay; read no further than matters.
        let answer = answer.as_ref();
        let read = answer.get(..RAW_BYTES_MAX * 8).unwrap_or(answer);
        let text = self.redactor.redact(&String::from_utf8_lossy(read));
        let heading = self.redactor.redact(heading);
        for part in ["# ", &heading, "\n", &bounded(text.trim_end(), room), "\n"] {
            self.raw.push_str(part);
        }
    }
}

/// The beginning of a text, cut between characters, with a mark where it was cut.
fn bounded(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let cut = (0..=bytes_max.saturating_sub(4)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{} ...", text.get(..cut).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(half: Half, verdict: Verdict) -> Check {
        Check { half, expected: String::new(), seen: String::new(), verdict }
    }

    fn any_check() -> impl Strategy<Value = Check> {
        let halves = prop_oneof![Just(Half::Positive), Just(Half::Negative)];
        let verdicts = prop_oneof![Just(Verdict::Held), Just(Verdict::Broken), Just(Verdict::Unknown)];
        (halves, verdicts).prop_map(|(half, verdict)| check(half, verdict))
    }

    proptest! {
        #[test]
        fn only_two_whole_halves_without_fault_pass(
            checks in proptest::collection::vec(any_check(), 0..6), faulty: bool,
        ) {
            let fault = faulty.then_some(Fault::TimedOut);
            let passed = Outcome::of(&checks, fault.as_ref()) == Outcome::Passed;
            let both = [Half::Positive, Half::Negative]
                .iter()
                .all(|half| checks.iter().any(|check| check.half == *half));
            let held = checks.iter().all(|check| check.verdict == Verdict::Held);
            prop_assert_eq!(passed, both && held && !faulty);
        }

        #[test]
        fn one_broken_check_is_never_hidden(
            mut checks in proptest::collection::vec(any_check(), 0..6), faulty: bool,
        ) {
            checks.push(check(Half::Positive, Verdict::Broken));
            let fault = faulty.then_some(Fault::TimedOut);
            prop_assert_eq!(Outcome::of(&checks, fault.as_ref()), Outcome::Failed);
        }
    }

    #[test]
    fn a_huge_answer_is_cut_and_a_secret_at_the_cut_stays_out() {
        let secrets = crate::Secrets::default().with("token", "S3cretS3cretS3cret");
        let mut findings = Findings::new(Redactor::new(&secrets));
        for padding in RAW_BYTES_MAX - 60..RAW_BYTES_MAX {
            findings.raw.clear();
            findings.raw("answer", format!("{}S3cretS3cretS3cret", "x".repeat(padding)));
            assert!(findings.raw.len() <= RAW_BYTES_MAX);
            assert!(!findings.raw.contains("S3cret"), "cut at {padding}");
        }
    }
}
