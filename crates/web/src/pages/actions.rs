//! Corrective and preventive actions: where each stands, and taking one further.

use super::{Id, View, acted, after};
use crate::desk::{carry_out, once};
use crate::form::{Back, Fields, Form, may, needed};
use crate::page::{encoded, moment, shown};
use crate::rights::Right;
use crate::words::{self, Mark, mark};
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use medward_acting::capa;
use medward_ledger::Subject;
use medward_response::{CapaStanding, Case, OWN, procedure};

/// How an action stands, and what is to be done.
fn standing(view: &View, case: &Case) -> (Mark, Markup) {
    let live = &view.snapshot.live;
    match medward_response::capa(case, &live.history.evidence, live.at) {
        Err(error) => (mark("bad", "?", "unknown"), html! { (error) }),
        Ok(CapaStanding::Closed) => (mark("good", "●", "closed"), html! {}),
        Ok(CapaStanding::Open { state, task, due }) => (
            mark("warn", "◐", "open"),
            html! { (state) ": " (task) @if let Some(due) = due { ", by " (moment(due)) } },
        ),
        Ok(CapaStanding::Overdue { task, due }) => {
            (mark("bad", "■", "overdue"), html! { (task) ", was due " (moment(due)) })
        }
        Ok(CapaStanding::Reopened { control, at }) => (
            mark("bad", "▲", "reopened"),
            html! { "control " (control) " failed " (moment(at)) " after it was closed" },
        ),
    }
}

pub(crate) async fn list(view: View) -> Response {
    list_page(&view, None)
}

fn list_page(view: &View, back: Option<&Back>) -> Response {
    let cases: Vec<_> = view.snapshot.live.cases.of(Subject::Capa).collect();
    let fields = Fields::of(view, "/actions/open", back);
    let open = html! {
        (fields.text(&needed("id", "Id", "Such as CAPA-2026-01")))
        (fields.text(&needed("title", "What is wrong", words::NO_NAMES)))
        (fields.text(&may("link", "Comes from", "Risks, controls, complaints or events, as risk.R-01, event.E-…")))
        (fields.day(&needed("due", "To be done by", "")))
    };
    let body = html! {
        section.card aria-labelledby="actions" {
            h2 #actions { "Actions" }
            @if cases.is_empty() { p.calm { "No action was opened yet." } }
            ul.lines {
                @for case in cases {
                    @let (state, next) = standing(view, case);
                    li { a href={ "/action?id=" (encoded(&case.id)) } { span.id { (case.id) } (case.title) } (shown(state)) span.hint { (next) } }
                }
            }
        }
        details.card open[back.is_some()] {
            summary { "Open an action" }
            (fields.signed(Right::Improve, &open, "Open the action", "medward capa open CAPA-1 --title … --due DAY --as ROLE"))
        }
    };
    view.page("/actions", "Corrective and preventive actions", words::ACTIONS_LEAD, &body).into_response()
}

pub(crate) async fn open(mut view: View, form: Form) -> Response {
    let given = form.public();
    let outcome = once(
        &view,
        &form,
        carry_out(&view, &form, Right::Improve, move |device| {
            capa::open(
                device,
                given.text("id"),
                given.text("title"),
                &given.several("link"),
                given.needed("due")?,
            )
        }),
    )
    .await;
    let to = format!("/action?id={}", encoded(form.text("id")));
    let outcome = outcome.map(|done| (to, Some(done.last())));
    after(&mut view, (form, "/actions/open"), outcome, |view, back| list_page(view, Some(back)))
}

pub(crate) async fn one(view: View, Query(Id { id }): Query<Id>) -> Response {
    page(&view, &id, None)
}

fn page(view: &View, id: &str, back: Option<&Back>) -> Response {
    let found = view.snapshot.live.cases.get(id).filter(|case| case.subject == Subject::Capa);
    let Some(case) = found else { return view.no_record() };
    let (state, next) = standing(view, case);
    let known = procedure("capa").ok().flatten();
    let at = known.and_then(|known| case.state(known, OWN)).map_or("open", |state| state.id.as_str());
    let body = html! {
        p { (shown(state)) " " span.hint { (next) } }
        div.columns.equal {
            section.card aria-labelledby="known" {
                h2 #known { "What is known" }
                dl.chain {
                    dt { "Opened" } dd { (moment(case.opened)) }
                    @if !case.links.is_empty() { dt { "Has to do with" } dd { (super::case::links(case)) } }
                    @for (field, note) in &case.notes { dt { (field) } dd { (note.text) } }
                    @for (task, due) in &case.dues { dt { (task) " due" } dd { (moment(*due)) } }
                }
                (super::case::done(case))
            }
            section.card aria-labelledby="next" {
                h2 #next { "Take it further" }
                @match at {
                    "acting" => { (verify_form(view, case, back)) (act_form(view, case, back, false)) },
                    "verifying" => (close_form(view, case, back)),
                    "closed" => { (close_form(view, case, back)) },
                    _ => (act_form(view, case, back, true)),
                }
            }
        }
    };
    view.page("/actions", &format!("{} {}", case.id, case.title), words::ACTIONS_LEAD, &body).into_response()
}

fn act_form(view: &View, case: &Case, back: Option<&Back>, is_first: bool) -> Markup {
    let fields = Fields::of(view, "/action/act", back);
    let is_back = back.is_some_and(|back| back.to == "/action/act");
    let inner = html! {
        input type="hidden" name="id" value=(case.id);
        (fields.area(&may("root-cause", "Root cause", words::NO_NAMES), 500))
        (fields.area(&may("correction", "What removes the nonconformity itself", ""), 500))
        (fields.area(&may("corrective-action", "What keeps it from happening again", ""), 500))
        (fields.area(&may("preventive-action", "What keeps the like from happening elsewhere", ""), 500))
        (fields.day(&may("due", "Another day to be done by", "")))
    };
    let by_hand = format!("medward capa act {} --root-cause … --corrective … --as ROLE", case.id);
    html! {
        details open[is_first || is_back] {
            summary { "Cause and action" }
            (fields.signed(Right::Improve, &inner, "Write it down", &by_hand))
        }
    }
}

fn verify_form(view: &View, case: &Case, back: Option<&Back>) -> Markup {
    let fields = Fields::of(view, "/action/verify", back);
    let controls: Vec<_> = view
        .snapshot
        .file
        .controls
        .iter()
        .map(|control| (control.id().to_owned(), format!("{} {}", control.id(), &**control.title)))
        .collect();
    let inner = html! {
        input type="hidden" name="id" value=(case.id);
        (fields.choice(&needed("control", "Control whose evidence shows the effect", ""), &controls))
        (fields.day(&needed("by", "Effect checked by", "")))
    };
    let by_hand = format!("medward capa verify {} --control ID --by DAY --as ROLE", case.id);
    html! {
        h3 { "It is done: have its effect checked" }
        (fields.signed(Right::Improve, &inner, "Set the check", &by_hand))
    }
}

fn close_form(view: &View, case: &Case, back: Option<&Back>) -> Markup {
    let fields = Fields::of(view, "/action/close", back);
    let outcomes = [("works", "it works: close it"), ("ineffective", "it does not work: it begins again")];
    let outcomes = outcomes.map(|(value, shown)| (value.to_owned(), shown.to_owned()));
    let inner = html! {
        input type="hidden" name="id" value=(case.id);
        p.hint { "Closing takes another person than who had the effect checked, and controls that are proven today." }
        (fields.choice(&needed("outcome", "What the check shows", ""), &outcomes))
        (fields.area(&needed("because", "What shows it", words::NO_NAMES), 500))
    };
    let by_hand = format!("medward capa close {} --because … --as ROLE", case.id);
    html! { (fields.signed(Right::Improve, &inner, "Decide", &by_hand)) }
}

/// Sends a form about one action.
async fn sent(
    view: View,
    form: Form,
    to: &'static str,
    planned: impl for<'d> FnOnce(
        &'d medward_acting::Device,
        &Form,
    ) -> Result<medward_acting::Plan<'d>, medward_acting::ActError>
    + Send
    + 'static,
) -> Response {
    let about = (to, Right::Improve, "/action");
    acted(view, form, about, planned, |view, id, back| page(view, id, Some(back))).await
}

pub(crate) async fn act(view: View, form: Form) -> Response {
    sent(view, form, "/action/act", |device, given| {
        let texts: Vec<_> =
            capa::TEXTS.into_iter().filter_map(|field| Some((field, given.given(field)?))).collect();
        capa::act(device, given.text("id"), &texts, given.when("due")?)
    })
    .await
}

pub(crate) async fn verify(view: View, form: Form) -> Response {
    sent(view, form, "/action/verify", |device, given| {
        capa::verify(device, given.text("id"), &given.several("control"), given.needed("by")?)
    })
    .await
}

pub(crate) async fn close(view: View, form: Form) -> Response {
    sent(view, form, "/action/close", |device, given| {
        capa::close(device, given.text("id"), given.text("because"), given.text("outcome") != "works")
    })
    .await
}
