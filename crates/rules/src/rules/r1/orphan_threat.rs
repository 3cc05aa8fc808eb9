//! R1-003: a threat from which no risk follows.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::{Kind, RecordRef};

rule! {
    /// No risk names a threat, and it is not dismissed either.
    ///
    /// Why: a threat that was found and then lost is worse than one never found: the analysis looks complete (MDCG 2019-16
    /// section 3.4, ISO 14971 clause 5.4).
    ///
    /// Mend: name it in the `threats` of a risk, or say in `dismissed` why no risk follows.
    ///
    /// Example:
    ///
    /// ```toml
    /// [threat.listening]
    /// title = "Someone listens on the hospital network"    # in no risk
    /// ```
    "R1-003" "orphan-threat" Error
    clauses: ["MDCG 2019-16 3.4", "ISO 14971:2019 5.4"],
    why: "a threat found and then lost makes the analysis look complete",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for (index, threat) in (0u32..).zip(&context.file.threats) {
        let dismissed = threat.dismissed.as_ref().is_some_and(|reason| !reason.trim().is_empty());
        if !dismissed && !context.is_linked_from(RecordRef { kind: Kind::Threat, index }, &[Kind::Risk]) {
            let message = format!("no risk names `threat.{}`", threat.id());
            report.find(
                threat.span(),
                message,
                "add it to the `threats` of a risk, or say why in `dismissed`",
            );
        }
    }
}
