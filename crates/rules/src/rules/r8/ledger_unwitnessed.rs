//! R8-006: a ledger that nobody elsewhere watches.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// There is a ledger and the file names no witness who cosigns its head.
    ///
    /// Why: who holds the ledger and its key can write another history; a cosignature from elsewhere makes that visible
    /// (C2SP tlog-witness).
    ///
    /// Mend: agree with someone outside of your administration to run a witness, and enter it: `[witness.ID]`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [device]
    /// name = "Lung CT"            # has a ledger and no [witness.*]
    /// ```
    "R8-006" "ledger-unwitnessed" Note
    clauses: ["C2SP tlog-witness"],
    why: "who holds the ledger alone can write another history",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    if context.live.is_none() || !context.file.witnesses.is_empty() {
        return;
    }
    let found = report.begin("nobody elsewhere watches the `ledger`");
    let found = match &context.file.device {
        Some((span, _)) => found.at(*span, ""),
        None => found,
    };
    report.push(found.mend("let someone elsewhere cosign it and enter them as `[witness.ID]`"));
}
