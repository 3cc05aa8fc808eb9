//! R4-008: a control in no layer, or in one that does not exist.

use crate::context::BUILT_IN_LAYERS;
use crate::rule::rule;
use crate::{Context, Report};
use medward_diagnostic::closest;

rule! {
    /// A control names no layer, or one that is neither built in nor a `[layer.*]` of the file.
    ///
    /// Why: a control counts for a risk together with its layer; two controls of one layer fall together, so independence
    /// cannot be judged without it (IEC 81001-5-1 clause 5.3, layers of defence).
    ///
    /// Mend: name one of perimeter, transport, identity, policy, content, privacy, integrity, vault, watch, organisation, or
    /// write a `[layer.*]` of your own.
    ///
    /// Example:
    ///
    /// ```toml
    /// [control.C-01]
    /// title = "Mutual TLS"
    /// layer = "transprot"
    /// ```
    "R4-008" "unknown-layer" Error
    clauses: ["IEC 81001-5-1:2021 5.3.1"],
    why: "controls of one layer fall together, so a control without a layer proves no independence",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let own = context.own_layers();
    for control in &context.file.controls {
        let Some(layer) = &control.layer else {
            let message = format!("`control.{}` sits in no layer", control.id());
            report.find(
                control.span(),
                message,
                format!("add `layer = \"...\"`: {}", BUILT_IN_LAYERS.join(", ")),
            );
            continue;
        };
        if BUILT_IN_LAYERS.contains(&&*layer.value) || own.contains(&*layer.value) {
            continue;
        }
        let candidates = BUILT_IN_LAYERS.iter().copied().chain(own.iter().copied());
        let mend = closest(&layer.value, candidates).map_or_else(
            || format!("use one of {}, or write `[layer.{}]`", BUILT_IN_LAYERS.join(", "), &*layer.value),
            |candidate| format!("did you mean `{candidate}`?"),
        );
        let message =
            format!("`control.{}` sits in layer `{}`, which does not exist", control.id(), &*layer.value);
        report.find(layer.span, message, mend);
    }
}
