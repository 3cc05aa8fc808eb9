//! R7-008: a record that a role must approve and nobody has.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::Standing;

rule! {
    /// The policy asks that a role approves records of a kind, and the ledger holds no approval of this record by a
    /// person who may give it.
    ///
    /// Why: the acceptance of risks and of measures is a decision of named roles, and it has to be on record (ISO 14971
    /// clauses 4.2 and 8, MDR Annex IX section 2.2).
    ///
    /// Mend: let someone who holds the role read the record and approve it: `medward approve`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [policy.approvals]
    /// risk = ["clinical-safety"]
    ///
    /// [risk.R-01]
    /// title = "Read on the way"        # nobody has approved it
    /// ```
    "R7-008" "approval-missing" Error
    clauses: ["ISO 14971:2019 4.2", "ISO 14971:2019 8"],
    why: "a decision counts when someone who may take it has taken it",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    super::report_standing(
        context,
        report,
        |role, standing| matches!(standing, Standing::Missing).then(|| format!("`{role}`")),
        |name, roles| format!("`{name}` is not approved by {roles}"),
    );
}
