//! Incidents: vigilance and breach side by side, clocks counting, and all cases.

use super::View;
use crate::page::{encoded, moment, shown};
use crate::summary::ClockRow;
use crate::words::{self, mark};
use axum::response::Html;
use maud::{Markup, html};

/// Cases listed, the newest first.
const CASES_MAX: usize = 100;

/// How a clock stands. The script counts it down; without it the limit stands there.
pub(crate) fn countdown(clock: &ClockRow) -> Markup {
    let state = if clock.is_overdue { mark("bad", "■", "overdue") } else { mark("warn", "◐", "running") };
    html! {
        span.clock {
            (shown(state)) " "
            @match clock.limit {
                Some(limit) => { span.count data-until=(limit) {} " " span.hint { "until " (moment(limit)) } },
                None => span.hint { "without undue delay" },
            }
        }
    }
}

pub(super) fn column(title: &str, axis: &str, clocks: &[&ClockRow]) -> Markup {
    html! {
        section.card {
            h2 { (title) } p.hint { (axis) }
            @if clocks.is_empty() { p.calm { (words::INCIDENTS_NONE) } }
            ul.lines {
                @for clock in clocks {
                    li {
                        a href={ "/case?id=" (encoded(&clock.case)) } { (clock.title) }
                        @if clock.exercise { " " (shown(mark("quiet", "◌", "exercise"))) }
                        (countdown(clock))
                        span.hint { (clock.procedure) ", " (clock.article) ", " (clock.party) " to " (clock.recipient) @if clock.is_presumed { "; counted from the news, since no awareness is stated" } }
                    }
                }
            }
        }
    }
}

pub(crate) async fn show(view: View) -> Html<String> {
    let snapshot = &view.snapshot;
    let of = |column: &str| snapshot.clocks.iter().filter(|clock| clock.column == column).collect::<Vec<_>>();
    let others: Vec<_> = snapshot
        .clocks
        .iter()
        .filter(|clock| clock.column != "vigilance" && clock.column != "breach")
        .collect();
    let mut cases: Vec<_> = snapshot.live.cases.iter().filter(|case| case.joined.is_none()).collect();
    cases.sort_by_key(|case| std::cmp::Reverse(case.opened));
    let body = html! {
        div.columns.equal {
            (column("Vigilance", "Safety: MDR Art. 87 to 89", &of("vigilance")))
            (column("Breach notification", "Privacy: GDPR Art. 33 and 34", &of("breach")))
        }
        @if !others.is_empty() { (column("Further duties", "Other laws and quality", &others)) }
        section.card aria-labelledby="cases" {
            h2 #cases { "Cases, newest first" }
            @if view.may(crate::rights::Right::Report) { p { a.button href="/report" { "Report an event" } } }
            @if cases.is_empty() { p.calm { (words::CHANGES_NONE) } }
            ul.lines {
                @for case in cases.iter().take(CASES_MAX) {
                    li { a href=(super::case::place(case)) { (case.title) } span.hint { (case.subject.word()) " · " (case.id) " · known " (moment(case.known)) } }
                }
            }
        }
    };
    view.page("/incidents", "Incidents", words::INCIDENTS_LEAD, &body)
}
