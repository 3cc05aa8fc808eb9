//! Complaints: whether security or privacy is concerned, and what became of each.

use super::{Id, View, acted};
use crate::form::{Back, Fields, Form, may, needed};
use crate::page::{encoded, moment, shown};
use crate::rights::Right;
use crate::words::{self, Mark, mark};
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use medward_acting::{ActError, Device, Plan, complaint};
use medward_ledger::Subject;
use medward_response::{Case, OWN, State, procedure};

fn state(case: &Case) -> Option<&'static State> {
    case.state(procedure("complaint").ok().flatten()?, OWN)
}

fn standing(case: &Case) -> Mark {
    match state(case) {
        Some(state) if state.end => mark("good", "●", "closed"),
        Some(_) if case.last_step("complaint", OWN).is_some() => mark("warn", "◐", "assessed"),
        _ => mark("bad", "○", "to be assessed"),
    }
}

pub(crate) async fn list(view: View) -> Response {
    let mut cases: Vec<_> = view.snapshot.live.cases.of(Subject::Complaint).collect();
    cases.sort_by_key(|case| (state(case).is_some_and(|state| state.end), std::cmp::Reverse(case.known)));
    let body = html! {
        section.card aria-labelledby="complaints" {
            h2 #complaints { "Complaints, open ones first" }
            @if cases.is_empty() { p.calm { "Nobody has complained yet." } }
            ul.lines {
                @for case in cases {
                    li {
                        a href={ "/complaint?id=" (encoded(&case.id)) } { (case.title) }
                        @if case.exercise { (shown(mark("quiet", "◌", "exercise"))) }
                        (shown(standing(case)))
                        span.hint { (case.id) " · known " (moment(case.known)) }
                    }
                }
            }
            @if view.may(Right::Report) { div.row { a.button href="/report?subject=complaint" { "Log a complaint" } } }
        }
    };
    view.page("/complaints", "Complaints", words::COMPLAINTS_LEAD, &body).into_response()
}

pub(crate) async fn one(view: View, Query(Id { id }): Query<Id>) -> Response {
    page(&view, &id, None)
}

fn page(view: &View, id: &str, back: Option<&Back>) -> Response {
    let found = view.snapshot.live.cases.get(id).filter(|case| case.subject == Subject::Complaint);
    let Some(case) = found else { return view.no_record() };
    let body = html! {
        p { (shown(standing(case))) " " span.hint { @if let Some(state) = state(case) { (state.task) } } }
        div.columns.equal {
            section.card aria-labelledby="known" {
                h2 #known { "What is known" }
                dl.chain {
                    dt { "Happened" } dd { (moment(case.from)) }
                    dt { "Became known" } dd { (moment(case.known)) }
                    @if !case.links.is_empty() { dt { "Has to do with" } dd { (super::case::links(case)) } }
                    @for (field, note) in &case.notes { dt { (field) } dd { (note.text) } }
                }
                (super::case::sealed(view, case))
                (super::case::done(case))
            }
            section.card aria-labelledby="next" {
                h2 #next { "Take it further" }
                @if state(case).is_some_and(|state| state.end) { p.calm { "Nothing is left to do." } }
                @else { (forms(view, case, back)) }
            }
        }
    };
    view.page("/complaints", &case.title, words::COMPLAINTS_LEAD, &body).into_response()
}

fn forms(view: &View, case: &Case, back: Option<&Back>) -> Markup {
    let id = html! { input type="hidden" name="id" value=(case.id); };
    let assess = Fields::of(view, "/complaint/assess", back);
    let link = Fields::of(view, "/complaint/link", back);
    let close = Fields::of(view, "/complaint/close", back);
    let is_assessed = case.last_step("complaint", OWN).is_some();
    let is_back = |to: &str| back.is_some_and(|back| back.to == to);
    html! {
        details open[!is_assessed || is_back("/complaint/assess")] {
            summary { "Is security or privacy concerned?" }
            (assess.signed(Right::Improve, &html! {
                (id)
                (assess.area(&may("not-security", "Neither is, because", "Left empty, security is concerned: it is then reported as an event and linked."), 500))
            }, "Decide", &format!("medward complaint assess {} --as ROLE", case.id)))
        }
        details open[is_back("/complaint/link")] {
            summary { "Link it" }
            (link.signed(Right::Improve, &html! {
                (id)
                (link.text(&needed("link", "To", "An event, a risk, an action: event.E-…, risk.R-01, capa.CAPA-1")))
            }, "Link", &format!("medward complaint link {} event.E-…", case.id)))
        }
        details open[is_assessed || is_back("/complaint/close")] {
            summary { "Close it" }
            (close.signed(Right::Improve, &html! {
                (id)
                (close.area(&needed("because", "What was answered and done", words::NO_NAMES), 500))
            }, "Close", &format!("medward complaint close {} --because … --as ROLE", case.id)))
        }
    }
}

/// Sends a form about one complaint.
async fn sent(
    view: View,
    form: Form,
    to: &'static str,
    planned: impl for<'d> FnOnce(&'d Device, &Form) -> Result<Plan<'d>, ActError> + Send + 'static,
) -> Response {
    let about = (to, Right::Improve, "/complaint");
    acted(view, form, about, planned, |view, id, back| page(view, id, Some(back))).await
}

pub(crate) async fn assess(view: View, form: Form) -> Response {
    sent(view, form, "/complaint/assess", |device, given| {
        complaint::assess(device, given.text("id"), given.given("not-security"))
    })
    .await
}

pub(crate) async fn link(view: View, form: Form) -> Response {
    sent(view, form, "/complaint/link", |device, given| {
        complaint::link(device, given.text("id"), Subject::Complaint, given.text("link"))
    })
    .await
}

pub(crate) async fn close(view: View, form: Form) -> Response {
    sent(view, form, "/complaint/close", |device, given| {
        complaint::close(device, given.text("id"), given.text("because"))
    })
    .await
}
