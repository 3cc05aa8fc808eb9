//! The risk matrix of one axis: severity and exploitability give a level.

use std::marker::PhantomData;

use thiserror::Error;

use crate::level::{Level, Levels};
use crate::scale::{Exploitability, Ordinal, Scale};

/// One fault of a matrix, with the cell where it stands. Rows and columns are levels, from 1.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum MatrixFault {
    /// Not one row per severity level.
    #[error("the matrix has {given} rows, the severity scale {needed} levels")]
    Rows {
        /// Rows given.
        given: usize,
        /// Levels of the severity scale.
        needed: u8,
    },
    /// A row has not one column per exploitability level.
    #[error("row {row} has {given} columns, the exploitability scale {needed} levels")]
    Columns {
        /// Severity of the row.
        row: u8,
        /// Columns given.
        given: usize,
        /// Levels of the exploitability scale.
        needed: u8,
    },
    /// A cell holds a code that is no level.
    #[error("`{code}` in row {row}, column {column} is not a risk level")]
    UnknownLevel {
        /// Severity.
        row: u8,
        /// Exploitability.
        column: u8,
        /// What stands there.
        code: String,
    },
    /// More severity would lower the level.
    #[error(
        "row {row}, column {column} is lower than row {lower_row} of the same column, which is less severe"
    )]
    FallsWithSeverity {
        /// Severity of the offending cell.
        row: u8,
        /// Exploitability of the offending cell.
        column: u8,
        /// Severity of the highest milder cell.
        lower_row: u8,
    },
    /// More exploitability would lower the level.
    #[error(
        "row {row}, column {column} is lower than column {lower_column} of the same row, which is harder to exploit"
    )]
    FallsWithExploitability {
        /// Severity of the offending cell.
        row: u8,
        /// Exploitability of the offending cell.
        column: u8,
        /// Exploitability of the highest cell that is harder to exploit.
        lower_column: u8,
    },
}

/// A risk matrix for the axis whose severities are `S`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Matrix<S> {
    rows: Vec<Vec<Level>>,
    axis: PhantomData<S>,
}

impl<S: Ordinal> Matrix<S> {
    /// A matrix from level codes; rows are severities and columns exploitabilities, lowest first.
    /// Reports every fault, including every cell that breaks the order.
    pub fn new<R: AsRef<[C]>, C: AsRef<str>>(
        codes: &[R],
        levels: &Levels,
        severity: &Scale<S>,
        exploitability: &Scale<Exploitability>,
    ) -> Result<Self, Vec<MatrixFault>> {
        let mut faults = Vec::new();
        if codes.len() != usize::from(severity.size()) {
            faults.push(MatrixFault::Rows { given: codes.len(), needed: severity.size() });
        }
        let mut rows = Vec::new();
        for (row, cells) in (1..).zip(codes) {
            let cells = cells.as_ref();
            if cells.len() != usize::from(exploitability.size()) {
                let needed = exploitability.size();
                faults.push(MatrixFault::Columns { row, given: cells.len(), needed });
            }
            let mut found = Vec::new();
            for (column, code) in (1..).zip(cells) {
                if let Some(level) = levels.find(code.as_ref()) {
                    found.push(level);
                } else {
                    let code = code.as_ref().to_owned();
                    faults.push(MatrixFault::UnknownLevel { row, column, code });
                }
            }
            rows.push(found);
        }
        // Order means nothing in a matrix with holes.
        if faults.is_empty() {
            faults = disorder(&rows);
        }
        if faults.is_empty() { Ok(Self { rows, axis: PhantomData }) } else { Err(faults) }
    }

    /// For the crate's own table, which a test passes through [`Matrix::new`].
    pub(crate) fn trusted(rows: Vec<Vec<Level>>) -> Self {
        Self { rows, axis: PhantomData }
    }

    /// The level of a cell; `None` if a level is off the scales that the matrix was made for.
    pub fn level(&self, severity: S, exploitability: Exploitability) -> Option<Level> {
        let row = self.rows.get(usize::from(severity.rank()).checked_sub(1)?)?;
        row.get(usize::from(exploitability.rank()).checked_sub(1)?).copied()
    }
}

/// Every cell that is lower than a cell of less severity or of less exploitability.
fn disorder(rows: &[Vec<Level>]) -> Vec<MatrixFault> {
    let mut faults = Vec::new();
    // Highest level seen so far in each column, with its row.
    let mut columns: Vec<(Level, u8)> = Vec::new();
    for (row, cells) in (1u8..).zip(rows) {
        let mut highest: Option<(Level, u8)> = None;
        for (column, level) in (1u8..).zip(cells.iter().copied()) {
            match columns.get_mut(usize::from(column).saturating_sub(1)) {
                Some((above, lower_row)) if level < *above => {
                    faults.push(MatrixFault::FallsWithSeverity { row, column, lower_row: *lower_row });
                }
                Some(seen) => *seen = (level, row),
                None => columns.push((level, row)),
            }
            match highest {
                Some((above, lower_column)) if level < above => {
                    faults.push(MatrixFault::FallsWithExploitability { row, column, lower_column });
                }
                _ => highest = Some((level, column)),
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defaults;
    use crate::scale::SafetySeverity;

    fn matrix(codes: &[Vec<&str>]) -> Result<Matrix<SafetySeverity>, Vec<MatrixFault>> {
        let severity = Scale::new(["mild", "bad", "worst"]).unwrap();
        let exploitability = Scale::new(["hard", "middling", "easy"]).unwrap();
        Matrix::new(codes, &defaults::levels(), &severity, &exploitability)
    }

    #[test]
    fn every_cell_out_of_order_is_reported() {
        let faults = matrix(&[vec!["L", "H", "M"], vec!["L", "M", "M"], vec!["L", "H", "U"]]).unwrap_err();
        assert_eq!(
            faults,
            [
                MatrixFault::FallsWithExploitability { row: 1, column: 3, lower_column: 2 },
                MatrixFault::FallsWithSeverity { row: 2, column: 2, lower_row: 1 },
            ]
        );
    }

    #[test]
    fn shape_and_codes_are_reported_together() {
        let faults = matrix(&[vec!["L", "X", "M"], vec!["L", "M"]]).unwrap_err();
        assert_eq!(
            faults,
            [
                MatrixFault::Rows { given: 2, needed: 3 },
                MatrixFault::UnknownLevel { row: 1, column: 2, code: "X".into() },
                MatrixFault::Columns { row: 2, given: 2, needed: 3 },
            ]
        );
    }
}
