//! R8-017: an alarm of a ward that is no event of the device.

use crate::rule::rule;
use crate::{Context, Report};
use medward_response::door::alarm_case;

rule! {
    /// The ledger of a ward has alarms that are no events in the ledger of the device.
    ///
    /// Why: an alarm that nobody hears starts no triage, and limits run from when it could have been known
    /// (MDR Art. 87, MDCG 2023-3; GDPR Art. 33).
    ///
    /// Mend: `medward event collect`, or give `medward ward run` the key of the device's ledger, and it brings them by itself.
    ///
    /// Example:
    ///
    /// ```toml
    /// [ward.W-EDGE]               # alarmed of a bulk export; `medward event list` does not have it
    /// ```
    "R8-017" "ward-alarm-unheard" Error
    clauses: ["MDR Art. 83", "IEC 81001-5-1:2021 9.2"],
    why: "an alarm that nobody hears starts no triage",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    for (ward, seen) in &live.wards {
        let is_unheard = |alarm: &&medward_ward_ledger::Alarm| {
            let case = alarm_case(&alarm.detector, &alarm.subject(ward), alarm.at);
            live.cases.get(&case).is_none()
        };
        let unheard: Vec<_> = seen.alarms.iter().filter(is_unheard).collect();
        let Some(first) = unheard.first() else { continue };
        let (count, detector) = (unheard.len(), &first.detector);
        let since = medward_clocks::distance(first.at, live.at);
        let message =
            format!("{count} alarms of `{ward}` are no events; the first, {detector}, is {since} old");
        super::at_ward(context, report, ward, message, "bring them: medward event collect".to_owned());
    }
}
