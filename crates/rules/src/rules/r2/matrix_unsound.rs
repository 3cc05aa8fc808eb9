//! R2-020: a matrix of the policy does not fit its scales, has an undeclared level, or falls where it
//! should rise.

use crate::rule::rule;
use crate::{Context, Report};
use medward_diagnostic::Span;
use medward_file::Text;
use medward_file::kinds::Acceptance;
use medward_risk::{Axis, FileMethod};

rule! {
    /// A matrix of the policy does not fit its scales, has an undeclared level, or falls where it should rise.
    ///
    /// Why: the matrix decides what is acceptable; a missing cell, an unknown word or a worse case rated milder
    /// makes that decision arbitrary.
    ///
    /// Mend: give one row a severity and one level a column of exploitability, both from the lowest, with
    /// levels declared in `acceptance` (L, M, H and U are built in), never milder to the right or downwards.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy]
    /// safety_scale = ["small", "large"]
    /// exploitability_scale = ["hard", "easy"]
    /// safety_matrix = [["L", "H"], ["M", "L"]]     # large and easy cannot be L
    /// ```
    "R2-020" "matrix-unsound" Error
    clauses: ["ISO 14971:2019 4.4"],
    why: "acceptance is only as sound as its matrix",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some((place, _)) = &context.file.policy else { return };
    for axis in Axis::ALL {
        judge(*place, context.method(), axis, report);
    }
}

fn judge(place: Span, method: &FileMethod<'_>, axis: Axis, report: &mut Report) {
    let (rows, columns) = (method.severities(axis), method.exploitabilities());
    let (matrix, word) = (method.own_matrix(axis), axis.word());
    if matrix.is_empty() {
        if (rows, columns) != (5, 5) {
            report.find(
                place,
                format!("the `policy` has {rows} {word} severities and {columns} levels of exploitability, but no matrix for them"),
                format!("write `{word}_matrix` with {rows} rows of {columns} levels; the built-in one has 5 of 5"),
            );
        }
        return;
    }
    let first = matrix.iter().flatten().next().map_or(place, |cell| cell.span);
    if matrix.len() != rows || matrix.iter().any(|row| row.len() != columns) {
        report.find(
            first,
            format!("`{word}_matrix` of the `policy` does not have {rows} rows of {columns} levels"),
            "give one row a severity and one level a column of exploitability",
        );
        return;
    }
    let mut unknown = false;
    for cell in matrix.iter().flatten().filter(|cell| method.acceptance(cell).is_none()) {
        unknown = true;
        report.find(
            cell.span,
            format!("level `{}` in `{word}_matrix` of the `policy` is not declared", &*cell.value),
            format!("write in `[policy.acceptance]` what `{}` means", &*cell.value),
        );
    }
    if unknown {
        return;
    }
    let rank = |cell: &Text| {
        method.acceptance(cell).and_then(|word| Acceptance::ALL.iter().position(|one| *one == word))
    };
    let rightwards = matrix.iter().flat_map(|row| row.iter().zip(row.iter().skip(1)));
    let downwards =
        matrix.iter().zip(matrix.iter().skip(1)).flat_map(|(upper, lower)| upper.iter().zip(lower));
    for (milder, worse) in rightwards.chain(downwards).filter(|(milder, worse)| rank(worse) < rank(milder)) {
        let diagnostic = report
            .begin(format!("`{word}_matrix` of the `policy` rates a worse case milder"))
            .at(worse.span, "the worse case")
            .at(milder.span, "the milder case")
            .mend("let levels only rise to the right and downwards");
        report.push(diagnostic);
    }
}
