//! Acts: what people and systems did about an event, a complaint or a corrective action, word by word from closed lists.
//!
//! A case is the sum of its acts; what has to be corrected is said again by a later act. Texts are short and by those who know that
//! they stay; details of people lie sealed beside the ledger and are named by a digest.

use crate::entry::{Digest, Reason, RecordId};
use serde::{Deserialize, Serialize};

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Something that happened or was found.
    Event,
    /// A complaint (ISO 13485 clause 8.2.2).
    Complaint,
    /// A corrective or preventive action (ISO 13485 clauses 8.5.2, 8.5.3).
    Capa,
}

impl Subject {
    /// The word as logged.
    pub fn word(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Complaint => "complaint",
            Self::Capa => "capa",
        }
    }
}

/// Where the news came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// An alarm of the gateway.
    WardAlarm,
    /// A probe that failed.
    ProbeFailure,
    /// A vulnerability that became known.
    Vulnerability,
    /// A complaint.
    Complaint,
    /// An audit or a review.
    Audit,
    /// A user, operator or anyone else who told.
    User,
}

impl Source {
    /// Every source with its word.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::WardAlarm, "ward-alarm"),
        (Self::ProbeFailure, "probe-failure"),
        (Self::Vulnerability, "vulnerability"),
        (Self::Complaint, "complaint"),
        (Self::Audit, "audit"),
        (Self::User, "user"),
    ];

    /// The word as logged.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(source, _)| *source == self).map_or("", |(_, word)| *word)
    }

    /// The source that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(source, _)| *source)
    }
}

/// One act. Moments are seconds since 1970-01-01 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// The case begins, or is reported once more by someone else.
    Opened {
        /// What it is about.
        subject: Subject,
        /// Where the news came from.
        source: Source,
        /// What it is, in a few words that name nobody.
        title: Reason,
        /// When it happened, or began.
        from: i64,
        /// When it ended; absent where it goes on or is unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<i64>,
        /// When the news reached whoever keeps this ledger.
        known: i64,
        /// Records, cases and studies it has to do with, as `kind.id`; a study by its pseudonym.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<RecordId>,
        /// Identified details, sealed beside the ledger.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        details: Option<Digest>,
    },
    /// A link more.
    Linked {
        /// What to, as `kind.id`.
        to: RecordId,
    },
    /// The case is the same as another one, which goes on.
    Joined {
        /// The other one.
        into: RecordId,
        /// Why.
        because: Reason,
    },
    /// A question about it was answered; a later answer replaces it.
    Answered {
        /// The question.
        question: RecordId,
        /// The answers, words of the question's list or a number.
        answers: Vec<RecordId>,
    },
    /// Text for a field of the case; a later text replaces it.
    Noted {
        /// The field.
        field: RecordId,
        /// The text.
        text: Reason,
    },
    /// When a legal entity became aware in the sense of a regime.
    Aware {
        /// The regime.
        regime: RecordId,
        /// The party of the file.
        entity: RecordId,
        /// When.
        at: i64,
        /// Why then and not before.
        because: Reason,
    },
    /// A procedure was taken a step further.
    Moved {
        /// The procedure.
        procedure: RecordId,
        /// The party of the file whose procedure it is.
        entity: RecordId,
        /// The transition.
        transition: RecordId,
        /// When it was done.
        at: i64,
        /// Why, or under which number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<Reason>,
    },
    /// Something has to be done by a moment.
    Due {
        /// The task.
        task: RecordId,
        /// Until when.
        at: i64,
    },
    /// Someone was told that a limit comes near.
    Warned {
        /// The limit, as `clock/entity/level`.
        limit: RecordId,
        /// By which way.
        way: RecordId,
    },
    /// How much a device was used in a period: what rates are measured against.
    Used {
        /// Beginning of the period.
        from: i64,
        /// End of the period, not part of it.
        until: i64,
        /// Uses, such as studies read.
        uses: u64,
    },
}

impl Act {
    /// The word for what was done.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Linked { .. } => "linked",
            Self::Joined { .. } => "joined",
            Self::Answered { .. } => "answered",
            Self::Noted { .. } => "noted",
            Self::Aware { .. } => "aware",
            Self::Moved { .. } => "moved",
            Self::Due { .. } => "due",
            Self::Warned { .. } => "warned",
            Self::Used { .. } => "used",
        }
    }
}
