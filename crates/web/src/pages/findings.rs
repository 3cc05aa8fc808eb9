//! Findings of the checks, as the command line gives them.

use super::{From, View};
use crate::page::{ROWS, pager, shown};
use crate::words::{self, mark};
use axum::extract::Query;
use axum::response::Html;
use maud::html;
use medward_diagnostic::{Diagnostic, Severity};

pub(crate) async fn show(view: View, Query(From { from }): Query<From>) -> Html<String> {
    let snapshot = &view.snapshot;
    let mut findings: Vec<&Diagnostic> = snapshot.findings.iter().collect();
    findings.sort_by(|one, other| {
        let key = |it: &Diagnostic| (it.waived.is_some(), std::cmp::Reverse(it.severity));
        key(one).cmp(&key(other)).then_with(|| one.order().cmp(&other.order()))
    });
    let place = |finding: &Diagnostic| {
        let span = finding.span()?;
        let source = snapshot.file.sources.get(span.source)?;
        Some(format!("{}:{}", source.path, snapshot.file.sources.position(span).line))
    };
    let body = html! {
        @for finding in findings.iter().skip(from).take(ROWS) {
            details.card.finding {
                summary {
                    (shown(match (&finding.waived, finding.severity) {
                        (Some(_), _) => mark("quiet", "–", "waived"),
                        (None, Severity::Error) => mark("bad", "■", "error"),
                        (None, Severity::Warning) => mark("warn", "▲", "warning"),
                        _ => mark("quiet", "·", "note"),
                    }))
                    " " code { (finding.code) } " " (finding.message)
                    @if let Some(place) = place(finding) { " " span.hint { (place) } }
                }
                dl.chain {
                    dt { "Why" } dd { (finding.why) }
                    dt { "Mend" } dd { (finding.mend) }
                    @if let Some(waived) = &finding.waived { dt { "Waived" } dd { (waived) } }
                }
            }
        }
        (pager("/findings?", from, findings.len()))
    };
    view.page("/findings", "Findings", words::FINDINGS_LEAD, &body)
}
