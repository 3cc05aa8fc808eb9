//! R7-012: an approval in the ledger that counts for nothing.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::{Voucher, may_approve};

rule! {
    /// The ledger holds an approval that nobody who may give it vouches for: unsigned, signed with another key, by
    /// someone who does not hold the role, or by a role that may not approve the kind.
    ///
    /// Why: whoever finds the entry may take it for a decision; that it is none has to be said (ISO 13485 clause
    /// 4.2.5).
    ///
    /// Mend: let someone who may approve do so, or enter role and key where they are missing in the file.
    ///
    /// Example:
    ///
    /// ```toml
    /// [person.P-1]
    /// roles = ["quality"]                # approved a risk as clinical-safety
    /// ```
    "R7-012" "approval-worthless" Warning
    clauses: ["ISO 13485:2016 4.2.5"],
    why: "an entry that looks like a decision and is none misleads",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    for approval in live.history.approvals.iter().filter(|one| one.received <= live.at) {
        // A record that is gone needs no approval.
        let [at] = context.file.find_any(&approval.record)[..] else { continue };
        let Some(record) = context.file.record(at) else { continue };
        let reason = match &approval.voucher {
            Voucher::Nobody(reason) => (*reason).to_owned(),
            _ if !may_approve(context.file, &approval.role, at.kind) => {
                format!("`role.{}` may not approve records of kind `{}`", approval.role, at.kind.word())
            }
            _ => continue,
        };
        let message = format!(
            "entry {} approves `{}` and counts for nothing: {reason}",
            approval.index, approval.record
        );
        report.find(record.id.span, message, "let someone who may approve it do so: medward approve");
    }
}
