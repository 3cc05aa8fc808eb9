//! R1-006: a link reviewed against a text that has changed since.

use crate::rule::rule;
use crate::{Context, Report};
use std::collections::HashMap;

rule! {
    /// A record remembers the fingerprint of what one of its links was reviewed against, and the linked record says
    /// something else today.
    ///
    /// Why: when a requirement or control changes, what was judged against its old text has to be judged again (ISO 14971
    /// clause 7.5, IEC 62304 clause 8.2).
    ///
    /// Mend: read both records, then run `medward review RECORD`.
    ///
    /// Example:
    ///
    /// ```toml
    /// [risk.R-01.reviewed]
    /// C-01 = "00000000deadbeef"     # control.C-01 was changed after this review
    /// ```
    "R1-006" "suspect-link" Error
    clauses: ["ISO 14971:2019 7.5", "IEC 62304 8.2"],
    why: "what was judged against an old text has to be judged again",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    let file = context.file;
    file.each_record(|record| {
        if record.reviewed.is_empty() {
            return;
        }
        let mut targets = HashMap::new();
        file.links_of(record.at, &mut |link, _| {
            if let Some(target) = link.target {
                targets.insert(&*link.id, target);
            }
        });
        for (id, reviewed) in record.reviewed.iter() {
            let today = targets.get(&*id.value).and_then(|target| file.fingerprint(*target));
            let name = Context::name(record);
            match today.map(|today| today.to_string()) {
                Some(today) if today == *reviewed.value => {}
                Some(today) => {
                    let message = format!("`{name}` was reviewed against another text of `{}`", &*id.value);
                    let mend = format!("read both, then run `medward review {name}`; it is {today} today");
                    report.find(reviewed.span, message, mend);
                }
                None => {
                    let message =
                        format!("`{name}` notes a review of `{}`, which it does not link to", &*id.value);
                    report.find(id.span, message, "remove the line, or restore the link");
                }
            }
        }
    });
}
