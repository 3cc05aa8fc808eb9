//! How many findings of each weight there are.

use crate::{Diagnostic, Severity};
use serde::Serialize;
use std::fmt;

/// Counts of findings. Waived findings are counted apart and in no other field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Findings of [`Severity::Error`] that no waiver covers.
    pub errors: usize,
    /// Findings of [`Severity::Warning`] that no waiver covers.
    pub warnings: usize,
    /// Findings of [`Severity::Note`] that no waiver covers.
    pub notes: usize,
    /// Findings of any severity that a waiver covers.
    pub waived: usize,
}

impl Summary {
    /// Whether a check with these counts fails: an error or a warning that no waiver covers.
    pub fn fails(self) -> bool {
        self.errors > 0 || self.warnings > 0
    }
}

impl From<&[Diagnostic]> for Summary {
    fn from(diagnostics: &[Diagnostic]) -> Self {
        let mut summary = Self::default();
        for diagnostic in diagnostics {
            let count = match (&diagnostic.waived, diagnostic.severity) {
                (Some(_), _) => &mut summary.waived,
                (None, Severity::Error) => &mut summary.errors,
                (None, Severity::Warning) => &mut summary.warnings,
                (None, Severity::Note) => &mut summary.notes,
            };
            *count = count.saturating_add(1);
        }
        summary
    }
}

/// Such as `2 errors, 1 warning, 3 waived`; `no findings` when there is none.
impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.errors, "error", "errors"),
            (self.warnings, "warning", "warnings"),
            (self.notes, "note", "notes"),
            (self.waived, "waived", "waived"),
        ];
        let mut separator = "";
        for (count, one, many) in counts.into_iter().filter(|(count, ..)| *count > 0) {
            write!(out, "{separator}{count} {}", if count == 1 { one } else { many })?;
            separator = ", ";
        }
        if separator.is_empty() { out.write_str("no findings") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waived_error_is_waived_and_nothing_else() {
        let mut waived = Diagnostic::new("R1-001", Severity::Error, "x");
        waived.waived = Some("waiver.w-1".to_owned());
        let summary = Summary::from([waived].as_slice());
        assert_eq!(summary, Summary { waived: 1, ..Summary::default() });
        assert!(!summary.fails());
        assert_eq!(summary.to_string(), "1 waived");
    }

    #[test]
    fn errors_and_warnings_fail_and_notes_do_not() {
        let of = |severity| Summary::from([Diagnostic::new("R1-001", severity, "x")].as_slice());
        assert!(of(Severity::Error).fails() && of(Severity::Warning).fails());
        assert!(!of(Severity::Note).fails());
    }

    #[test]
    fn it_reads_as_a_sentence_part() {
        let summary = Summary { errors: 2, warnings: 1, notes: 0, waived: 3 };
        assert_eq!(summary.to_string(), "2 errors, 1 warning, 3 waived");
        assert_eq!(Summary::default().to_string(), "no findings");
    }
}
