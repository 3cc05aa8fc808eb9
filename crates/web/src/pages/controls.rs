//! Controls: their state by proof, and one control with the evidence of the past.

use super::{Id, View, after};
use crate::desk::once;
use crate::form::{Back, Fields, Form, not_yours};
use crate::page::{ROWS, encoded, moment, pager, shown};
use crate::probing::begin;
use crate::rights::Right;
use crate::words::{self, Mark};
use crate::work::{Kind, Progress, Work};
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
    page(&view, &id, None)
}

fn page(view: &View, id: &str, back: Option<&Back>) -> Response {
    let snapshot = &view.snapshot;
    let Some(control) = snapshot.file.by_id::<Control>(id) else { return view.no_record() };
    let seen: Vec<_> = snapshot.live.history.evidence.iter().filter(|one| one.control == id).collect();
    let risks = snapshot
        .file
        .risks
        .iter()
        .filter(|risk: &&Record<Risk>| risk.controls.iter().any(|link| link.id() == id));
    let body = html! {
        p { (shown(state(view, control))) " " span.hint { (detail(snapshot.live.states.of(id))) } }
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
                (probes(view, id, back))
            }
        }
    };
    let title = format!("{} {}", control.id(), &**control.title);
    view.page("/controls", &title, words::CONTROLS_LEAD, &body).into_response()
}

/// Running the probes of a control from here, and how the last runs went.
fn probes(view: &View, id: &str, back: Option<&Back>) -> Markup {
    let works = view.gate.works.of(|work| work.kind == Kind::Probes(id.to_owned()));
    let is_running = works.iter().any(Work::is_running);
    html! {
        h2.next { "Run its probes" }
        @for work in works.iter().take(3) {
            @match &work.progress {
                Progress::Runs(done, all) => p role="status" { (shown(words::mark("warn", "◐", "running"))) " " (done) " of " (all) " probes, " (work.seconds()) " s" },
                Progress::Ended(Ok(said)) => p role="status" { (shown(words::mark("quiet", "●", "ended"))) " " (said) },
                Progress::Ended(Err(said)) => p role="status" { (shown(words::mark("bad", "✕", "not run"))) " " (said) },
            }
        }
        @if view.may(Right::Probe) && !is_running {
            (Fields::of(view, "/control/run", back).form(&html! {
                input type="hidden" name="id" value=(id);
                p.hint { "They run from the machine of the dashboard, and what they see goes into the ledger." }
            }, "Run now"))
        } @else if !is_running {
            (not_yours(view, Right::Probe))
            p.hint { "On a machine that reaches the device:" }
            pre { code { "medward probe run --control " (id) } }
        }
    }
}

pub(crate) async fn run(mut view: View, form: Form) -> Response {
    let outcome = once(&view, &form, begin(&view.gate, form.text("id"))).await;
    let id = form.text("id").to_owned();
    let outcome = outcome.map(|_| (format!("/control?id={}", encoded(&id)), None));
    after(&mut view, (form, "/control/run"), outcome, |view, back| page(view, &id, Some(back)))
}

/// One line a probe: what was seen when, and how long each proof counts.
fn timeline(probes: &[String], seen: &[&Evidence], now: Timestamp) -> Markup {
    let span = DAYS.saturating_mul(86_400);
    let begin = now.as_second().saturating_sub(span);
    let x = |at: Timestamp| {
        let seconds = at.as_second().saturating_sub(begin).clamp(0, span);
        seconds.saturating_mul(WIDTH).checked_div(span).unwrap_or_default().saturating_add(140)
    };
    let height = probes.len().saturating_mul(30).saturating_add(28);
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
            text.label x="140" y=(height.saturating_sub(4)) { (DAYS) " days ago" }
            text.label x="860" y=(height.saturating_sub(4)) text-anchor="end" { "now" }
        }
    }
}
