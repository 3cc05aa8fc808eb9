//! What can be wrong with a security file before any rule looks at its meaning: codes R0-*.

/// A problem of reading: its code, name and long explanation for `medward explain`.
#[derive(Debug, Clone, Copy)]
pub struct Problem {
    /// Stable code.
    pub code: &'static str,
    /// Short name in lower case with hyphens.
    pub name: &'static str,
    /// What it is, why it matters, how to mend it.
    pub doc: &'static str,
}

macro_rules! problems {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal $slug:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: Problem =
            Problem { code: $code, name: $slug, doc: concat!($($doc, "\n"),+) };)+
        /// Every problem of reading, by code.
        pub const ALL: &[Problem] = &[$($name),+];
    };
}

problems! {
    /// A file cannot be read (permissions, vanished, a device instead of a file). What it holds is unknown, so the check
    /// cannot call anything complete. Make the file readable or move it out of the directory.
    UNREADABLE = "R0-001" "unreadable";
    /// A file is not UTF-8 text. TOML is UTF-8 by definition; other encodings would be misread silently. Save the file as UTF-8.
    NOT_UTF8 = "R0-002" "not-utf-8";
    /// A file breaks the TOML grammar at the place shown. What could still be understood was read. Correct the syntax.
    SYNTAX = "R0-003" "syntax";
    /// A key that the record kind does not have: most often a slip of the pen, and then what it should say is lost.
    /// Correct the key, or remove it. `medward schema` lists all keys.
    UNKNOWN_KEY = "R0-004" "unknown-key";
    /// A key without which the record means nothing is absent. Add it.
    MISSING_KEY = "R0-005" "missing-key";
    /// A value is of another type than the key asks for. Write a value of the type named.
    WRONG_TYPE = "R0-006" "wrong-type";
    /// A word that is none of those allowed at this place. Write one of the words listed.
    UNKNOWN_WORD = "R0-007" "unknown-word";
    /// A top-level table that is no record kind. Records are tables keyed by kind and id, such as `[risk.R-01]`.
    UNKNOWN_KIND = "R0-008" "unknown-kind";
    /// A kind and id are defined twice, in one file or in two. Which of them holds is undecidable; the first one is used for
    /// the rest of the check. Rename or remove one.
    DUPLICATE = "R0-009" "duplicate";
    /// An id that is empty, longer than 80 characters or has characters other than letters, digits, `.`, `_`, `-`, `(`, `)`, `:` and `/`.
    /// Ids travel into reports, links and terminals. Rename the record.
    BAD_ID = "R0-010" "bad-id";
    /// A file larger than the limit (16 MiB), or a directory with more files or text than the limits. A security file is text
    /// written by people; split generated records over several files.
    TOO_LARGE = "R0-011" "too-large";
    /// A symbolic link is not followed: a security file is what is in its directory, so that review in git sees all of it.
    /// Replace the link by the file.
    SYMBOLIC_LINK = "R0-012" "symbolic-link";
    /// The directory holds no `*.toml` file. Name the device's directory, or create one with `medward init`.
    EMPTY = "R0-013" "empty";
}
