//! Controls: their state by proof, and one control with the evidence of the past.

use super::{Id, View};
use crate::page::{ROWS, encoded, moment, pager, shown};
use crate::words::{self, Mark};
use axum::extract::Query;
use axum::response::{Html, IntoResponse as _, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use medward_evidence::{Evidence, Outcome, State, probe_names};
use medward_file::Record;
use medward_file::kinds::{Control, Risk};

/// Days of the timeline, and its width in user units.
const DAYS: i64 = 30;
const WIDTH: i64 = 720;
/// Rows of evidence shown.
const EVIDENCE_MAX: usize = 50;

/// Which controls are looked at.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    layer: String,
    #[serde(default)]
    from: usize,
}

/// How a control stands.
pub(crate) fn state(view: &View, control: &Record<Control>) -> Mark {
    words::state(view.snapshot.live.states.of(control.id()), medward_paths::is_implemented(control))
}

fn detail(state: State) -> Markup {
    match state {
        State::Proven { until } => html! { "until " (moment(until)) },
        State::Stale { since } => html! { "since " (moment(since)) },
        State::Failed { at } => html! { "on " (moment(at)) },
        State::Suspect => html! { "the control was changed since" },
        State::Unproven => html! { "no probe of it has passed yet" },
    }
}

pub(crate) async fn list(view: View, Query(Wanted { layer, from }): Query<Wanted>) -> Html<String> {
    let snapshot = &view.snapshot;
    let of_layer = |control: &&Record<Control>| {
        layer.is_empty() || control.layer.as_ref().is_some_and(|it| layer == *it.value)
    };
    let mut wanted: Vec<_> = snapshot.file.controls.iter().filter(of_layer).collect();
    // What needs somebody first.
    wanted.sort_by_key(|control| {
        let is_quiet = !medward_paths::is_implemented(control);
        (is_quiet, std::cmp::Reverse(snapshot.live.states.of(control.id())))
    });
    let body = html! {
        nav.chips aria-label="Layers" {
            a href="/controls" aria-current=[layer.is_empty().then_some("true")] { "all" }
            @for ring in &snapshot.rings {
                a href={ "/controls?layer=" (encoded(&ring.layer)) } aria-current=[(ring.layer == layer).then_some("true")] { (ring.layer) }
            }
        }
        section.card {
            div.scroll tabindex="0" role="group" aria-label="Controls" {
                table {
                    thead { tr { th scope="col" { "Control" } th scope="col" { "Layer" } th scope="col" { "State" } th scope="col" { "Proof" } } }
                    tbody {
                        @for control in wanted.iter().skip(from).take(ROWS) {
                            tr {
                                th scope="row" { a href={ "/control?id=" (encoded(control.id())) } { span.id { (control.id()) } (**control.title) } }
                                td { (control.layer.as_ref().map_or("", |it| it)) }
                                td { (shown(state(&view, control))) }
                                td.hint { (detail(snapshot.live.states.of(control.id()))) }
                            }
                        }
                    }
                }
            }
            (pager(&format!("/controls?layer={}&", encoded(&layer)), from, wanted.len()))
        }
    };
    view.page("/controls", "Controls", words::CONTROLS_LEAD, &body)
}

fn outcome(outcome: Outcome) -> Mark {
    match outcome {
        Outcome::Passed => words::mark("good", "●", "passed"),
        Outcome::Failed => words::mark("bad", "✕", "failed"),
        Outcome::Error => words::mark("warn", "?", "in error"),
    }
}

pub(crate) async fn one(view: View, Query(Id { id }): Query<Id>) -> Response {
    let snapshot = &view.snapshot;
    let Some(control) = snapshot.file.by_id::<Control>(&id) else { return view.no_record() };
    let seen: Vec<_> = snapshot.live.history.evidence.iter().filter(|one| one.control == id).collect();
    let risks = snapshot
        .file
        .risks
        .iter()
        .filter(|risk: &&Record<Risk>| risk.controls.iter().any(|link| link.id() == id));
    let body = html! {
        p { (shown(state(&view, control))) " " span.hint { (detail(snapshot.live.states.of(&id))) } }
        section.card aria-labelledby="timeline" {
            h2 #timeline { "Evidence of the last " (DAYS) " days" }
            (timeline(&probe_names(control), &seen, snapshot.live.at))
        }
        div.columns.equal {
            section.card aria-labelledby="evidence" {
                h2 #evidence { "Evidence, newest first" }
                @if seen.is_empty() { p.calm { "No probe of this control has run." } }
                ul.lines {
                    @for one in seen.iter().rev().take(EVIDENCE_MAX) {
                        li { span { (one.probe) } (shown(outcome(one.outcome))) span.hint { (moment(one.observed_until)) " · counts until " (moment(one.valid_until)) " · entry " (one.index) } }
                    }
                }
            }
            section.card aria-labelledby="risks" {
                h2 #risks { "Risks that lean on it" }
                ul.lines { @for risk in risks { li { a href={ "/risk?id=" (encoded(risk.id())) } { (risk.id()) " " (**risk.title) } } } }
                h2 { "Run its probes" }
                p.hint { "On a machine that reaches the device:" }
                pre { code { "medward probe run --control " (control.id()) } }
            }
        }
    };
    let title = format!("{} {}", control.id(), &**control.title);
    view.page("/controls", &title, words::CONTROLS_LEAD, &body).into_response()
}

/// One line a probe: what was seen when, and how long each proof counts.
fn timeline(probes: &[String], seen: &[&Evidence], now: Timestamp) -> Markup {
    let span = DAYS.saturating_mul(86_400);
    let begin = now.as_second().saturating_sub(span);
    let x = |at: Timestamp| {
        let seconds = at.as_second().saturating_sub(begin).clamp(0, span);
        seconds.saturating_mul(WIDTH).checked_div(span).unwrap_or_default().saturating_add(140)
    };
    let height = probes.len().saturating_mul(30).saturating_add(24);
    html! {
        svg.timeline viewBox={ "0 0 880 " (height) } role="img" aria-label="When each probe ran and how long its proof counts; the list below says the same" {
            @for (row, probe) in probes.iter().enumerate() {
                @let y = row.saturating_mul(30).saturating_add(18);
                text x="0" y=(y.saturating_add(4)) { (probe) }
                line.axis x1="140" x2="860" y1=(y) y2=(y) {}
                @for one in seen.iter().filter(|one| one.probe == *probe && one.valid_until.as_second() > begin) {
                    @let mark = outcome(one.outcome);
                    @if one.outcome == Outcome::Passed {
                        line class={ "span " (mark.tone) } x1=(x(one.observed_until)) x2=(x(one.valid_until)) y1=(y) y2=(y) {}
                    }
                    text class={ "point " (mark.tone) } x=(x(one.observed_until)) y=(y.saturating_add(4)) text-anchor="middle" { (mark.sign) title { (mark.word) " " (one.observed_until) } }
                }
            }
            text.label x="140" y=(height) { (DAYS) " days ago" }
            text.label x="860" y=(height) text-anchor="end" { "now" }
        }
    }
}
