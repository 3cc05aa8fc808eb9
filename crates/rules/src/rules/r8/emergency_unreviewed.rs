//! R8-016: an emergency of a ward that nobody has looked at since.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// Originals were handed out by the emergency path of a ward, and nobody who may has looked at why: another person of the file than
    /// who opened it, with a signature that holds.
    ///
    /// Why: the path works without what otherwise protects, so that only the look afterwards tells use from misuse
    /// (ISO 27001 A.8.2; IEC 80001-1:2021, break-glass).
    ///
    /// Mend: `medward ward emergency review NUMBER --finding justified|not-justified --because ...`, signed by another person. One that is
    /// not justified is a case: `medward incident triage`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [ward.W-EDGE]               # its ledger has an emergency of yesterday, and no review
    /// ```
    "R8-016" "emergency-unreviewed" Error
    clauses: ["ISO/IEC 27001:2022 A.8.2"],
    why: "the emergency path is narrow only if somebody looks at each use of it",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    for (ward, seen) in &live.wards {
        for (emergency, why) in &seen.emergencies {
            let Some(why) = why else { continue };
            let (number, objects) = (emergency.number, emergency.objects);
            let since = medward_clocks::distance(emergency.at, live.at);
            let message = format!(
                "{objects} originals were handed out of `{ward}` in an emergency {since} ago (entry {number} of its ledger), and {why}"
            );
            let mend = format!(
                "have another person look: medward ward emergency review {number} --ward {ward} --finding justified --because ..."
            );
            super::at_ward(context, report, ward, message, mend);
        }
    }
}
