//! What else a file is by its preamble; looks at 128 bytes and never at the rest.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Kind of file that a preamble feigns or makes (CVE-2019-11687).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Disguise {
    /// Windows program.
    Pe,
    /// Linux program.
    Elf,
    /// macOS program.
    MachO,
    /// Script for an interpreter.
    Script,
    /// Portable document.
    Pdf,
    /// Archive, which also means office documents and Java programs.
    Zip,
    /// TIFF image: allowed by PS3.10 section 7.1 and common in pathology, but a second file all the same.
    Tiff,
    /// Web page.
    Html,
}

impl fmt::Display for Disguise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Pe => "a Windows program",
            Self::Elf => "a Linux program",
            Self::MachO => "a macOS program",
            Self::Script => "a script",
            Self::Pdf => "a PDF",
            Self::Zip => "a ZIP archive",
            Self::Tiff => "a TIFF image",
            Self::Html => "a web page",
        })
    }
}

/// Beginnings that a system acts on. PDF and HTML are looked for further in, as their readers do.
const BEGINNINGS: [(&[u8], Disguise); 15] = [
    (b"MZ", Disguise::Pe),
    (b"\x7FELF", Disguise::Elf),
    (b"\xFE\xED\xFA\xCE", Disguise::MachO),
    (b"\xFE\xED\xFA\xCF", Disguise::MachO),
    (b"\xCE\xFA\xED\xFE", Disguise::MachO),
    (b"\xCF\xFA\xED\xFE", Disguise::MachO),
    (b"\xCA\xFE\xBA\xBE", Disguise::MachO),
    (b"#!", Disguise::Script),
    (b"PK\x03\x04", Disguise::Zip),
    (b"PK\x05\x06", Disguise::Zip),
    (b"II*\0", Disguise::Tiff),
    (b"MM\0*", Disguise::Tiff),
    (b"II+\0", Disguise::Tiff),
    (b"MM\0+", Disguise::Tiff),
    (b"%PDF", Disguise::Pdf),
];

/// What the preamble makes of the file.
pub(crate) fn disguise(preamble: &[u8]) -> Option<Disguise> {
    if preamble.iter().all(|&byte| byte == 0) {
        return None;
    }
    if let Some((_, disguise)) = BEGINNINGS.iter().find(|(beginning, _)| preamble.starts_with(beginning)) {
        return Some(*disguise);
    }
    let holds = |word: &[u8]| preamble.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    if holds(b"%PDF-") {
        Some(Disguise::Pdf)
    } else if [&b"<html"[..], b"<!doctype", b"<script", b"<svg", b"<body"].into_iter().any(holds) {
        Some(Disguise::Html)
    } else {
        None
    }
}
