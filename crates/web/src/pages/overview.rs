//! The overview: layers, clocks, worst risks, what changed.

use super::View;
use super::incidents::countdown;
use super::risks::place;
use crate::drawing::rings::rings;
use crate::page::{encoded, moment, shown};
use crate::words;
use axum::response::Html;
use jiff::Timestamp;
use maud::{Markup, html};
use medward_diagnostic::Summary;
use medward_evidence::{History, Outcome};

/// Rows of the short lists.
const ROWS: usize = 6;
/// Newest entries of a kind that the rows are made of: what is said several times in a row is one.
const LOOKED_AT: usize = 60;

pub(crate) async fn show(view: View) -> Html<String> {
    let snapshot = &view.snapshot;
    let summary = Summary::from(snapshot.findings.as_slice());
    let (good, all) = snapshot.rings.iter().fold((0_usize, 0_usize), |(good, all), ring| {
        let held = ring.in_force.len();
        (good.saturating_add(held), all.saturating_add(held).saturating_add(ring.missing.len()))
    });
    let overdue = snapshot.clocks.iter().filter(|clock| clock.is_overdue && !clock.exercise).count();
    let open = snapshot.clocks.iter().filter(|clock| !clock.exercise).count();
    let body = html! {
        ul.figures {
            (figure("/controls", good, &format!("of {all} controls proven"), if good == all { "good" } else { "warn" }))
            (figure("/incidents", open, &match overdue { 0 => "clocks running".to_owned(), some => format!("clocks running, {some} overdue") }, if overdue > 0 { "bad" } else if open > 0 { "warn" } else { "good" }))
            (figure("/findings", summary.errors, &format!("errors, {} warnings", summary.warnings), if summary.errors > 0 { "bad" } else { "good" }))
            (figure("/risks", snapshot.risks.iter().filter(|risk| risk.worst().is_some_and(|worst| crate::summary::rank(worst) > 1)).count(), "risks not acceptable today", "plain"))
        }
        div.columns {
            div.stack {
                section.card aria-labelledby="layers" {
                    h2 #layers { "Layers" }
                    p.hint { (words::RINGS_LEAD) }
                    div.ringed {
                        (rings(&snapshot.rings))
                        ol.layers {
                            @for ring in &snapshot.rings {
                                li {
                                    a href={ "/controls?layer=" (encoded(&ring.layer)) } { (ring.layer) }
                                    (shown(words::ring(ring.word())))
                                    span.number { (ring.in_force.len()) "/" (ring.in_force.len().saturating_add(ring.missing.len())) }
                                }
                            }
                        }
                    }
                }
                section.card aria-labelledby="worst" {
                    h2 #worst { "Worst risks today" }
                    @if snapshot.risks.is_empty() { p.calm { (words::RISKS_NONE) } }
                    ul.lines {
                        @for risk in snapshot.risks.iter().take(ROWS) {
                            li {
                                a href={ "/risk?id=" (encoded(&risk.id)) } { (risk.id) " " (risk.title) }
                                span.pair { "S " (place(risk.left[0].as_ref())) " P " (place(risk.left[1].as_ref())) }
                            }
                        }
                    }
                }
            }
            div.stack {
                section.card aria-labelledby="clocks" {
                    h2 #clocks { "Clocks" }
                    @if open == 0 { p.calm { (words::CLOCKS_NONE) } }
                    ul.lines {
                        @for clock in snapshot.clocks.iter().filter(|clock| !clock.exercise).take(ROWS) {
                            li {
                                a href={ "/case?id=" (encoded(&clock.case)) } { (clock.title) }
                                span.hint { (clock.article) " · " (clock.procedure) }
                                (countdown(clock))
                            }
                        }
                    }
                }
                section.card aria-labelledby="changes" {
                    h2 #changes { "What changed" }
                    (changes(&snapshot.live.history))
                }
            }
        }
    };
    let name = snapshot.name().to_owned();
    view.page("/", "Overview", &name, &body)
}

fn figure(to: &str, number: usize, words: &str, tone: &str) -> Markup {
    html! { li class=(tone) { a href=(to) { strong { (number) } " " span { (words) } } } }
}

/// The newest entries of each kind, the newest first.
fn changes(history: &History) -> Markup {
    let mut rows: Vec<(Timestamp, u64, String)> = Vec::new();
    for seen in history.evidence.iter().rev().take(LOOKED_AT) {
        let outcome = match seen.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Error => "in error",
        };
        rows.push((seen.received, seen.index, format!("{} {}: {outcome}", seen.control, seen.probe)));
    }
    for approval in history.approvals.iter().rev().take(LOOKED_AT) {
        rows.push((
            approval.received,
            approval.index,
            format!("{} approved by {}", approval.record, approval.role),
        ));
    }
    for act in history.acts.iter().rev().take(LOOKED_AT) {
        rows.push((act.received, act.index, format!("{}: {}", act.case, act.act.word())));
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.1));
    let mut lines: Vec<(&(Timestamp, u64, String), bool)> = Vec::new();
    for row in &rows {
        match lines.last_mut() {
            Some((last, is_repeated)) if last.2 == row.2 => *is_repeated = true,
            _ => lines.push((row, false)),
        }
    }
    html! {
        @if rows.is_empty() { p.calm { (words::CHANGES_NONE) } }
        ul.lines {
            @for ((at, index, text), is_repeated) in lines.into_iter().take(ROWS) {
                li { span { (text) @if is_repeated { ", several times" } } span.hint { (moment(*at)) " · entry " (index) } }
            }
        }
    }
}
