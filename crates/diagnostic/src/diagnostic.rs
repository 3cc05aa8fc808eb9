//! The diagnostic itself.

use crate::Span;
use serde::Serialize;
use std::borrow::Cow;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; does not fail a check.
    Note,
    /// Something asked for without force is missing; fails a check.
    Warning,
    /// Something required is missing or contradictory; fails a check.
    Error,
}

/// A place and what it has to do with the finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is said of the place; may be empty for the main place.
    pub text: String,
}

/// One finding: a stable code, where, what is wrong, why it matters and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code such as `R4-002`.
    pub code: &'static str,
    /// Weight after policy has tightened it.
    pub severity: Severity,
    /// What is wrong, one sentence without a full stop, naming the records.
    pub message: String,
    /// The main place first, then others it has to do with; empty when the finding has no place.
    pub labels: Vec<Label>,
    /// Why it matters, with the clause that says so.
    pub why: Cow<'static, str>,
    /// How to mend it: what to write where.
    pub mend: String,
    /// The waiver that covers it (record id, owner, end date) when it is waived: shown, never counted as clean.
    pub waived: Option<String>,
}

impl Diagnostic {
    /// A diagnostic with nothing but its essentials.
    pub fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            why: Cow::Borrowed(""),
            mend: String::new(),
            waived: None,
        }
    }

    /// Adds a place; the first one added is the main place.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says why it matters.
    #[must_use]
    pub fn why(mut self, why: impl Into<Cow<'static, str>>) -> Self {
        self.why = why.into();
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = mend.into();
        self
    }

    /// The main place.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// Order in which findings are shown: by place, then code, then message.
    pub fn order(&self) -> (Option<Span>, &'static str, &str) {
        (self.span(), self.code, &self.message)
    }
}
