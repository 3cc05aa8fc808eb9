//! The values a new security file starts from. They are a proposal: scales, matrix, acceptance and merge rule are the
//! manufacturer's (MDCG 2019-16 3.5; ISO 14971 4.4) and the policy of the file replaces them.

use crate::level::{Acceptance, Level, LevelClass, Levels};
use crate::matrix::Matrix;
use crate::scale::{Exploitability, Ordinal, PrivacySeverity, SafetySeverity, Scale};

/// Words of the safety scale, lowest first. Level 3 is where serious deterioration, and so MDR Art. 87 review, begins.
pub const SAFETY: [&str; 5] = [
    "inconvenience",
    "temporary minor injury",
    "serious deterioration",
    "permanent or life-threatening damage",
    "death",
];

/// Words of the privacy scale, lowest first.
pub const PRIVACY: [&str; 5] = [
    "negligible",
    "limited, some effort",
    "serious, real difficulty",
    "serious, hard to overcome",
    "irreversible",
];

/// Words of the exploitability scale, lowest first.
pub const EXPLOITABILITY: [&str; 5] = [
    "exceptional capability",
    "expert, favourable conditions",
    "foothold or special knowledge",
    "common skill and tools",
    "exploited or open to anyone",
];

/// Matrix by level code, the same for both axes: rows severity, columns exploitability, lowest first.
pub const MATRIX: [[&str; 5]; 5] = [
    ["L", "L", "L", "L", "L"],
    ["L", "L", "L", "M", "M"],
    ["L", "M", "M", "H", "H"],
    ["L", "M", "H", "H", "U"],
    ["M", "H", "H", "U", "U"],
];

/// The equivalence of the axes, to be confirmed or reworded by the manufacturer (SEV-6).
pub const EQUIVALENCE: &str = "For ranking and treatment only, a privacy severity counts like the safety severity of \
the same level, because both scales run from barely noticed to beyond repair for the person concerned. Both values stay \
recorded and each is accepted on its own axis.";

/// The safety scale.
pub fn safety() -> Scale<SafetySeverity> {
    Scale::trusted(&SAFETY)
}

/// The privacy scale.
pub fn privacy() -> Scale<PrivacySeverity> {
    Scale::trusted(&PRIVACY)
}

/// The exploitability scale.
pub fn exploitability() -> Scale<Exploitability> {
    Scale::trusted(&EXPLOITABILITY)
}

/// The ladder L, M, H, U.
pub fn levels() -> Levels {
    let class = |code: &str, name: &str, acceptance| LevelClass {
        code: code.to_owned(),
        name: name.to_owned(),
        acceptance,
    };
    Levels::trusted(vec![
        class("L", "acceptable", Acceptance::Accept),
        class("M", "acceptable with reason", Acceptance::WithReason),
        class("H", "reduce", Acceptance::Reduce),
        class("U", "unacceptable", Acceptance::Never),
    ])
}

/// The matrix of either axis.
pub fn matrix<S: Ordinal>() -> Matrix<S> {
    let levels = levels();
    // A code missing from the ladder would become the highest level; a test shows that none is.
    let level = |code: &str| levels.find(code).unwrap_or(Level(3));
    Matrix::trusted(MATRIX.iter().map(|row| row.iter().map(|code| level(code)).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starting_values_pass_the_validation_that_a_file_goes_through() {
        assert_eq!(Scale::new(SAFETY), Ok(safety()));
        assert_eq!(Scale::new(PRIVACY), Ok(privacy()));
        assert_eq!(Scale::new(EXPLOITABILITY), Ok(exploitability()));
        let classes = levels().iter().map(|(_, class)| class.clone()).collect();
        assert_eq!(Levels::new(classes), Ok(levels()));
        let validated = Matrix::<SafetySeverity>::new(&MATRIX, &levels(), &safety(), &exploitability());
        assert_eq!(validated, Ok(matrix()));
    }
}
