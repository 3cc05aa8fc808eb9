//! What a rule is.

use crate::Context;
use medward_diagnostic::{Diagnostic, Severity, Span};

/// A rule: its code, its weight, its documentation and its check.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Stable code, `R` + family + `-` + three digits.
    pub code: &'static str,
    /// Short name in lower case with hyphens.
    pub name: &'static str,
    /// Weight before policy tightens it.
    pub severity: Severity,
    /// Clauses that ask for it.
    pub clauses: &'static [&'static str],
    /// One sentence: why it matters; shown with every finding, the clauses behind it.
    pub why: &'static str,
    /// The long explanation shown by `medward explain`: what, why, how to mend, an example.
    pub doc: &'static str,
    /// Looks at the file and reports.
    pub check: fn(&Context<'_>, &mut Report),
}

/// Declares `RULE` from a documentation comment, so that explanation and code cannot part.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        $code:literal $name:literal $severity:ident
        clauses: [$($clause:literal),* $(,)?],
        why: $why:literal,
        check: $check:path $(,)?
    ) => {
        $(#[doc = $doc])+
        pub(crate) static RULE: crate::Rule = crate::Rule {
            code: $code,
            name: $name,
            severity: medward_diagnostic::Severity::$severity,
            clauses: &[$($clause),*],
            why: $why,
            doc: concat!($($doc, "\n"),+),
            check: $check,
        };
    };
}
pub(crate) use rule;

/// Collects the findings of one rule.
#[derive(Debug)]
pub struct Report {
    rule: &'static Rule,
    pub(crate) found: Vec<Diagnostic>,
}

impl Report {
    pub(crate) fn of(rule: &'static Rule) -> Self {
        Self { rule, found: Vec::new() }
    }

    /// Reports a finding at a place: what is wrong (one sentence, naming the record in backticks) and how to mend it.
    /// Gives the diagnostic back so that further places can be added with [`Diagnostic::at`]-like labels.
    pub fn find(&mut self, span: Span, message: impl Into<String>, mend: impl Into<String>) {
        self.push(Diagnostic::new(self.rule.code, self.rule.severity, message).at(span, "").mend(mend));
    }

    /// Reports a finding that was built elsewhere, with several places or without any.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let why = if self.rule.clauses.is_empty() {
            self.rule.why.to_owned()
        } else {
            format!("{} ({})", self.rule.why, self.rule.clauses.join("; "))
        };
        self.found.push(diagnostic.why(why));
    }

    /// A diagnostic of this rule to be completed and pushed.
    pub fn begin(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.rule.code, self.rule.severity, message)
    }
}

/// Every rule, by code.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    crate::rules::FAMILIES.iter().flat_map(|family| family.iter().copied())
}

/// The rule with a code or name.
pub fn by_code(code: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.code.eq_ignore_ascii_case(code) || rule.name == code)
}
