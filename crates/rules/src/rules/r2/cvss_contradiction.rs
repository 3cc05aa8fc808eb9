//! R2-015: a CVSS vector cannot be read, or its exploitability metrics contradict the level.

use crate::rule::rule;
use crate::{Context, Report};
use cvss::Cvss;
use medward_file::kinds::AccessNeeded;

rule! {
    /// A CVSS vector cannot be read, or its exploitability metrics contradict the level.
    ///
    /// Why: a vector may support the level of exploitability (its score is no risk, X-3); one that is malformed
    /// or says the opposite supports nothing.
    ///
    /// Mend: correct the vector, the access or the level. Versions 3.1 and 4.0 are read. Level 2 of 5 and below
    /// contradicts an attack over the network, of low complexity, without privileges and without a user taking
    /// part; the highest level contradicts physical access.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01]
    /// title = "Gateway taken over"
    /// [risk.R-01.exploitability]
    /// level = 2     # the vector says that anyone can do it
    /// cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    /// ```
    "R2-015" "cvss-contradiction" Error
    clauses: ["MDCG 2019-16 3.4"],
    why: "a vector offered as support has to support the level",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for risk in &context.file.risks {
        let Some(initial) = &risk.exploitability else { continue };
        let (id, top) = (risk.id(), context.method().exploitabilities());
        let low = |level: i64| usize::try_from(level).is_ok_and(|level| level * 5 <= top * 2);
        let high = |level: i64| usize::try_from(level).is_ok_and(|level| level >= top);
        let access = initial.factors.as_ref().and_then(|factors| factors.access.as_ref());
        let mut physical =
            access.filter(|access| access.value == AccessNeeded::Physical).map(|access| access.span);
        if let Some(vector) = &initial.cvss {
            match vector.parse() {
                Ok(Cvss::CvssV31(_) | Cvss::CvssV40(_)) => {}
                Ok(_) => {
                    report.find(
                        vector.span,
                        format!("the CVSS vector of `risk.{id}` is of a version that is not read"),
                        "write a vector of version 3.1 or 4.0",
                    );
                    continue;
                }
                Err(problem) => {
                    report.find(
                        vector.span,
                        format!("the CVSS vector of `risk.{id}` cannot be read: {problem}"),
                        "write it as in `CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H`",
                    );
                    continue;
                }
            }
            let says = |metric: &str| vector.split('/').any(|part| part == metric);
            if says("AV:P") {
                physical = Some(vector.span);
            }
            if let Some(level) = &initial.level
                && low(level.value)
                && ["AV:N", "AC:L", "PR:N", "UI:N"].into_iter().all(says)
                && !says("AT:P")
            {
                let diagnostic = report
                    .begin(format!(
                        "`risk.{id}` has exploitability {}, but its vector says that anyone can do it",
                        level.value
                    ))
                    .at(level.span, "")
                    .at(vector.span, "network, low complexity, no privileges, no user taking part")
                    .mend("raise `exploitability.level`, or correct the vector");
                report.push(diagnostic);
            }
        }
        if let (Some(span), Some(level)) = (physical, &initial.level)
            && high(level.value)
        {
            let diagnostic = report
                .begin(format!("`risk.{id}` has the highest exploitability, but needs physical access"))
                .at(level.span, "")
                .at(span, "hands on the machine")
                .mend("lower `exploitability.level`, or correct the access");
            report.push(diagnostic);
        }
    }
}
