//! The side-effect gate: a security control must not obstruct safe use (MDCG 2019-16 2.2 and 3.3).
//!
//! Nine questions are answered with evidence before a control is approved. An answer without evidence blocks.

use std::collections::BTreeMap;
use std::fmt;

/// A question of the gate.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Obs {
    /// OBS-1, delay of clinical tasks.
    Delay = 1,
    /// OBS-2, emergency.
    Emergency,
    /// OBS-3, failure of the control itself.
    Failure,
    /// OBS-4, abuse of the control.
    Abuse,
    /// OBS-5, alarms and vital data.
    Alarms,
    /// OBS-6, workarounds.
    Workaround,
    /// OBS-7, other safety controls.
    SafetyControls,
    /// OBS-8, narrowness of the emergency path.
    NarrowPath,
    /// OBS-9, who accepted the trade-off.
    Acceptance,
}

impl Obs {
    /// All questions in order.
    pub const ALL: [Self; 9] = [
        Self::Delay,
        Self::Emergency,
        Self::Failure,
        Self::Abuse,
        Self::Alarms,
        Self::Workaround,
        Self::SafetyControls,
        Self::NarrowPath,
        Self::Acceptance,
    ];

    /// The question with an id such as `OBS-3`.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.to_string() == id)
    }

    /// The question in full.
    pub fn question(self) -> &'static str {
        match self {
            Self::Delay => "Which clinical task does the control delay or block, for how long and for whom?",
            Self::Emergency => {
                "What happens in an emergency, with a clinician unknown to the system, in another hospital, or without network?"
            }
            Self::Failure => {
                "What happens when the control fails: server down, certificate expired, clock wrong, key lost, user locked out?"
            }
            Self::Abuse => {
                "Can the control be turned against use, such as by locking people out or draining a battery with repeated log-on?"
            }
            Self::Alarms => "Can the control hide an alarm or vital data?",
            Self::Workaround => "Will users be tempted to work around the control?",
            Self::SafetyControls => "Does the control weaken a safety control that exists?",
            Self::NarrowPath => {
                "How does the emergency path stay narrow: closeness, time limit, fewer functions, alert, log, later review?"
            }
            Self::Acceptance => "Who accepted the trade-off, and for what reason?",
        }
    }

    /// What counts as evidence for the answer.
    pub fn evidence(self) -> &'static str {
        match self {
            Self::Delay => "task analysis and timing test",
            Self::Emergency => "scenario test",
            Self::Failure => "fault test",
            Self::Abuse => "abuse test",
            Self::Alarms | Self::Workaround => "usability test",
            Self::SafetyControls => "trace to the safety file",
            Self::NarrowPath => "design and test",
            Self::Acceptance => "signatures of the safety and the security owner",
        }
    }
}

impl fmt::Display for Obs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OBS-{}", *self as u8)
    }
}

/// An answer to a question.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// Answered, with the place of the evidence (document, test, signature).
    Evidence(String),
    /// Answered, but nothing shows it.
    NoEvidence,
    /// The question does not arise, because of this.
    NotApplicable(String),
}

/// The outcome for one control.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Verdict {
    /// Questions not answered at all.
    pub missing: Vec<Obs>,
    /// Questions whose answer blocks approval.
    pub blocked: Vec<Obs>,
}

impl Verdict {
    /// Every question is answered and none blocks: the control may be approved.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.blocked.is_empty()
    }
}

/// Judges the answers given for one control.
pub fn judge(answers: &BTreeMap<Obs, Answer>) -> Verdict {
    let mut verdict = Verdict::default();
    for question in Obs::ALL {
        match answers.get(&question) {
            None => verdict.missing.push(question),
            Some(answer) if blocks(question, answer) => verdict.blocked.push(question),
            Some(_) => {}
        }
    }
    verdict
}

/// No evidence blocks, and so does an evidence or a reason left blank. OBS-9 always applies: somebody accepted.
fn blocks(question: Obs, answer: &Answer) -> bool {
    match answer {
        Answer::NoEvidence => true,
        Answer::Evidence(text) => text.trim().is_empty(),
        Answer::NotApplicable(because) => question == Obs::Acceptance || because.trim().is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_answered() -> BTreeMap<Obs, Answer> {
        Obs::ALL.into_iter().map(|question| (question, Answer::Evidence("T-12".into()))).collect()
    }

    #[test]
    fn only_evidence_for_everything_completes_the_gate() {
        assert!(judge(&all_answered()).is_complete());
        assert_eq!(judge(&BTreeMap::new()).missing, Obs::ALL);
        for question in Obs::ALL {
            let mut answers = all_answered();
            answers.insert(question, Answer::NoEvidence);
            assert_eq!(judge(&answers), Verdict { missing: vec![], blocked: vec![question] });
            answers.remove(&question);
            assert_eq!(judge(&answers), Verdict { missing: vec![question], blocked: vec![] });
        }
    }

    #[test]
    fn blank_text_is_no_evidence_and_no_reason() {
        let mut answers = all_answered();
        answers.insert(Obs::Delay, Answer::Evidence(" ".into()));
        answers.insert(Obs::Abuse, Answer::NotApplicable(String::new()));
        answers.insert(Obs::Alarms, Answer::NotApplicable("no display".into()));
        assert_eq!(judge(&answers).blocked, [Obs::Delay, Obs::Abuse]);
    }

    #[test]
    fn nobody_can_declare_acceptance_not_applicable() {
        let mut answers = all_answered();
        answers.insert(Obs::Acceptance, Answer::NotApplicable("small change".into()));
        assert_eq!(judge(&answers).blocked, [Obs::Acceptance]);
    }

    #[test]
    fn ids_are_those_of_the_method() {
        assert_eq!(Obs::from_id("OBS-1"), Some(Obs::Delay));
        assert_eq!(Obs::from_id("OBS-9"), Some(Obs::Acceptance));
        assert_eq!(Obs::from_id("OBS-10"), None);
    }
}
