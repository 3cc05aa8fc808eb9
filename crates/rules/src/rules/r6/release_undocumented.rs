//! R6-011: a release on the market without what it needs.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::kinds::ReleaseState;

rule! {
    /// A released version has no date or no software bill of materials, or its security support has ended while it is still
    /// released.
    ///
    /// Why: what is in the field has to be known part by part, and for how long it is supported (IEC 81001-5-1 clause 5.8,
    /// MDCG 2019-16 section 4.2).
    ///
    /// Mend: add `date` and `sbom`; set `state = "ended"` when support ends.
    ///
    /// Example:
    ///
    /// ```toml
    /// [release.R3]
    /// version = "3.0"
    /// state = "released"      # sbom = "..." and date = ... are missing
    /// ```
    "R6-011" "release-undocumented" Error
    clauses: ["IEC 81001-5-1:2021 5.8.2", "MDCG 2019-16 4.2"],
    why: "what is in the field has to be known part by part, and for how long it is supported",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for release in &context.file.releases {
        let Some(state) = release.state.as_ref().filter(|state| state.value == ReleaseState::Released) else {
            continue;
        };
        let lacking: Vec<_> = [("`date`", release.date.is_none()), ("`sbom`", release.sbom.is_none())]
            .into_iter()
            .filter_map(|(key, lacking)| lacking.then_some(key))
            .collect();
        if !lacking.is_empty() {
            let message = format!("`release.{}` is released without {}", release.id(), lacking.join(" and "));
            report.find(state.span, message, format!("add {}", lacking.join(" and ")));
        }
        if let Some(until) = release.support_until.as_ref().filter(|until| until.value < context.today) {
            let message = format!("security support of `release.{}` ended on {}", release.id(), until.value);
            report.find(
                until.span,
                message,
                "tell its users and set `state = \"ended\"`, or prolong the support",
            );
        }
    }
}
