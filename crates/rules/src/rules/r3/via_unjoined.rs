//! R3-009: a claim that stands on another one without a crosswalk.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::{Claim, OwnEntry};
use std::collections::HashSet;

rule! {
    /// A claim is met `via` another entry, but no crosswalk joins the two, the other entry is not claimed, or it is
    /// excluded, or the claims lead back to each other.
    ///
    /// Why: one control may serve many requirements, but only where they ask for the same, and only if the other claim
    /// itself stands (ISO/IEC 27001 clause 6.1.3).
    ///
    /// Mend: claim the entry by itself with `satisfied_by`, or name an entry that `medward catalog show` lists as related
    /// and that is claimed.
    ///
    /// Example:
    ///
    /// ```toml
    /// [claim."MDR-AI-17.2"]
    /// via = ["ISO27001-A.7.4"]        # premises monitoring asks for something else
    /// ```
    "R3-009" "via-unjoined" Error
    clauses: ["ISO/IEC 27001:2022 6.1.3"],
    why: "a claim can serve another one only where both ask for the same",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let file = context.file;
    for claim in &file.claims {
        for via in &claim.via {
            let other = file.by_id::<Claim>(via);
            let fault = if !are_joined(context, claim.id(), via) {
                "no crosswalk joins the two"
            } else if other.is_none() {
                "that entry is not claimed"
            } else if other.is_some_and(|other| other.not_applicable.is_some()) {
                "that entry is excluded"
            } else if !stands(context, via) {
                "nothing but other claims stands behind that one"
            } else {
                continue;
            };
            let message = format!("`claim.{}` is met via `{}`, but {fault}", claim.id(), via.escape_debug());
            report.find(via.span, message, "add `satisfied_by`, or name a related entry that is claimed");
        }
    }
}

/// By a built-in crosswalk, or because an entry of the maker's own names the other.
fn are_joined(context: &Context<'_>, one: &str, other: &str) -> bool {
    let own = |from: &str, to: &str| {
        let entry = context.file.by_id::<OwnEntry>(from);
        entry.is_some_and(|entry| entry.related.iter().any(|id| *id.value == *to))
    };
    own(one, other) || own(other, one) || medward_catalog::are_related(one, other).is_ok_and(|joined| joined)
}

/// Whether some claim along `via` names what satisfies it.
fn stands(context: &Context<'_>, id: &str) -> bool {
    let (mut seen, mut open) = (HashSet::new(), vec![id]);
    while let Some(id) = open.pop() {
        let Some(claim) = context.file.by_id::<Claim>(id).filter(|_| seen.insert(id)) else { continue };
        if !claim.satisfied_by.is_empty() {
            return true;
        }
        open.extend(claim.via.iter().map(|via| &*via.value));
    }
    false
}
