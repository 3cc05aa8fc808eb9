//! IMDRF terminologies: which codes there are, and what each is called.

use std::collections::HashMap;
use std::sync::OnceLock;

/// An annex of the terminologies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Annex {
    /// Problem of the device.
    A,
    /// Kind of investigation.
    B,
    /// Findings of the investigation.
    C,
    /// Conclusion of the investigation.
    D,
    /// Clinical signs and conditions.
    E,
    /// Impact on health.
    F,
    /// Component.
    G,
}

impl Annex {
    /// The annex of a letter.
    pub fn from_letter(letter: &str) -> Option<Self> {
        Some(match letter {
            "A" => Self::A,
            "B" => Self::B,
            "C" => Self::C,
            "D" => Self::D,
            "E" => Self::E,
            "F" => Self::F,
            "G" => Self::G,
            _ => return None,
        })
    }
}

fn codes() -> &'static HashMap<(Annex, String), String> {
    static READ: OnceLock<HashMap<(Annex, String), String>> = OnceLock::new();
    READ.get_or_init(|| {
        let text = include_str!("../data/imdrf.csv");
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let rows = reader.records().filter_map(Result::ok);
        let code = |row: csv::StringRecord| {
            let annex = Annex::from_letter(row.get(0)?)?;
            Some(((annex, row.get(1)?.to_owned()), row.get(2)?.to_owned()))
        };
        rows.filter_map(code).collect()
    })
}

/// Whether an annex has a code.
pub fn is_code(annex: Annex, code: &str) -> bool {
    term(annex, code).is_some()
}

/// The term of a code.
pub fn term(annex: Annex, code: &str) -> Option<&'static str> {
    codes().get(&(annex, code.to_owned())).map(String::as_str)
}
