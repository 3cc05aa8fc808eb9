//! R7-016: an attestation that nobody who may vouches for.

use crate::rule::rule;
use crate::{Context, Report};
use medward_evidence::Voucher;
use medward_file::kinds::Control;

rule! {
    /// A role attested a control, and no person of the file who holds that role signed the entry with a known key. The
    /// entry counts for nothing.
    ///
    /// Why: what people saw is proof because somebody answers for it (ISO 13485 clause 4.2.5, 21 CFR Part 11 for the
    /// same thought).
    ///
    /// Mend: attest anew with the key of someone who holds the role (`--sign`), or enter the person and the key in the
    /// file.
    ///
    /// Example:
    ///
    /// ```toml
    /// [person.P-1]
    /// roles = ["quality"]
    /// keys = []                   # attested C-36 with a key that stands nowhere
    /// ```
    "R7-016" "attestation-unvouched" Warning
    clauses: ["ISO 13485:2016 4.2.5"],
    why: "what people saw is proof because somebody answers for it",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    let counting = |one: &&medward_evidence::Evidence| one.received <= live.at && one.valid_until >= live.at;
    for one in live.history.evidence.iter().filter(counting) {
        let (Voucher::Nobody(reason), Some(control)) =
            (&one.voucher, context.file.by_id::<Control>(&one.control))
        else {
            continue;
        };
        let message = format!(
            "entry {} attests `control.{}` and counts for nothing: {reason}",
            one.index,
            control.id()
        );
        report.find(
            control.span(),
            message,
            format!("attest it anew: medward attest {} --sign KEY", control.id()),
        );
    }
}
