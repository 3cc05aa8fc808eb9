//! The method written a second time, slowly and on bare numbers, to compare with.

/// Levels by position, worst last.
pub(crate) const CODES: [&str; 4] = ["L", "M", "H", "U"];

/// The matrix of the method description, typed in again: `TABLE[severity - 1][exploitability - 1]`.
pub(crate) const TABLE: [&str; 5] = ["LLLLL", "LLLMM", "LMMHH", "LMHHU", "MHHUU"];

/// Code of the level, `-` for an axis that is not affected (severity 0).
pub(crate) fn level(severity: u8, exploitability: u8) -> String {
    if severity == 0 {
        return "-".to_owned();
    }
    let row = TABLE[usize::from(severity) - 1];
    row.chars().nth(usize::from(exploitability) - 1).unwrap().to_string()
}

/// The deciding axis in the words of the recorded risks.
pub(crate) fn deciding(safety: u8, privacy: u8) -> &'static str {
    match (safety, privacy) {
        (0, 0) => "none",
        _ if safety > privacy => "safety",
        _ if privacy > safety => "privacy",
        _ => "both",
    }
}

/// Acceptable with these reasons, by the words of the method: each axis must be.
pub(crate) fn acceptable(safety: &str, privacy: &str, benefit: bool, necessity: bool) -> bool {
    let fine = |code: &str, reason: bool| code == "-" || code == "L" || (code == "M" && reason);
    fine(safety, benefit) && fine(privacy, necessity)
}

/// Cells (row, column) lower than any cell with no more severity and no more exploitability in the same row or column.
pub(crate) fn disorder(matrix: &[Vec<usize>]) -> Vec<(usize, usize)> {
    let mut cells = Vec::new();
    for row in 0..matrix.len() {
        for column in 0..matrix[row].len() {
            let above = (0..row).any(|other| matrix[other][column] > matrix[row][column]);
            let left = (0..column).any(|other| matrix[row][other] > matrix[row][column]);
            if above || left {
                cells.push((row + 1, column + 1));
            }
        }
    }
    cells
}

/// One value of a residual. Sets of controls are bit masks.
///
/// Writes down for every set of absent controls what is justified without it, then takes the least over all sets that
/// contain the controls missing now.
pub(crate) fn residual(
    (initial, declared): (u8, u8),
    leaned_on: u32,
    in_force: u32,
    estimates: &[(u32, Option<u8>)],
    count: u32,
) -> u8 {
    let ceiling = if declared > initial { declared } else { initial };
    if leaned_on == 0 {
        return ceiling;
    }
    let missing = leaned_on & !in_force;
    let mut least = ceiling;
    for set in 0..(1u32 << count) {
        let contains_missing = set & missing == missing;
        let mut justified = ceiling;
        if set & leaned_on == 0 {
            justified = declared;
        }
        for (absent, value) in estimates {
            if let Some(value) = value
                && *absent == set
                && *value < justified
            {
                justified = *value;
            }
        }
        if justified < declared {
            justified = declared;
        }
        if contains_missing && justified < least {
            least = justified;
        }
    }
    least
}
