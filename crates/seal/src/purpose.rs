//! Why something was signed: (0400,0401) with the codes of PS3.16 CID 7007 (ASTM E2084).

/// Coding scheme of the purposes.
pub(crate) const SCHEME: &str = "ASTM-sigpurpose";

/// Code of the signature of who verified a report.
pub(crate) const VERIFICATION: &str = "5";

/// Code and meaning of each purpose.
const PURPOSES: [(&str, &str); 18] = [
    ("1", "Author's Signature"),
    ("2", "Coauthor's Signature"),
    ("3", "Co-participant's Signature"),
    ("4", "Transcriptionist/Recorder Signature"),
    ("5", "Verification Signature"),
    ("6", "Validation Signature"),
    ("7", "Consent Signature"),
    ("8", "Signature Witness Signature"),
    ("9", "Event Witness Signature"),
    ("10", "Identity Witness Signature"),
    ("11", "Consent Witness Signature"),
    ("12", "Interpreter Signature"),
    ("13", "Review Signature"),
    ("14", "Source Signature"),
    ("15", "Addendum Signature"),
    ("16", "Modification Signature"),
    ("17", "Administrative (Error/Edit) Signature"),
    ("18", "Timestamp Signature"),
];

/// A purpose of PS3.16 CID 7007.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose(usize);

impl Purpose {
    /// Of a code, `1` to `18`.
    pub fn from_code(code: &str) -> Option<Self> {
        PURPOSES.iter().position(|(known, _)| *known == code).map(Self)
    }

    /// The code.
    pub fn code(self) -> &'static str {
        PURPOSES.get(self.0).map_or("", |(code, _)| code)
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        PURPOSES.get(self.0).map_or("", |(_, meaning)| meaning)
    }
}
