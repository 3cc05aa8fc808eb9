//! R8-018: a layer of a ward that is off.

use crate::rule::rule;
use crate::{Context, Report};

rule! {
    /// A layer of a ward is off by a waiver, or was when the ward last began to run.
    ///
    /// Why: what protects should be seen to be off by everybody who looks, and not only by who wrote the waiver.
    ///
    /// Mend: turn the layer on and take `layers_off` out; the ward stops on the day after the last day of the waiver in any case.
    ///
    /// Example:
    ///
    /// ```toml
    /// [ward.W-EDGE]
    /// layers_off = [{ layer = "content", waiver = "V-1" }]
    /// ```
    "R8-018" "ward-layer-off" Warning
    clauses: ["MDR Annex I 17.2", "IEC 81001-5-1:2021 5.3.1"],
    why: "a layer that is off does not protect, whatever the waiver says",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for ward in &context.file.wards {
        let named = ward.layers_off.iter().map(|off| off.layer.value.word());
        for off in &ward.layers_off {
            let (layer, waiver) = (off.layer.value.word(), off.waiver.id());
            let until = context.file.waivers.iter().find(|one| one.id() == waiver);
            let until = until.map(|waiver| format!(" until {}", waiver.until.value)).unwrap_or_default();
            let message = format!("the layer `{layer}` of `{}` is off by `{waiver}`{until}", ward.id());
            report.find(off.layer.span, message, "turn it on, and take it out of `layers_off`");
        }
        let named: Vec<_> = named.collect();
        let seen = context.live.and_then(|live| live.wards.get(ward.id()));
        for layer in seen.map(|seen| seen.layers_off.as_slice()).unwrap_or_default() {
            if !named.contains(&layer.as_str()) {
                let message = format!("`{}` began its last run with the layer `{layer}` off", ward.id());
                report.find(ward.span(), message, "the file has it on by now: restart the ward");
            }
        }
    }
}
