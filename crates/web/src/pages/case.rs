//! One event: what is known, what follows from it on each axis, and the ways on: answers, awareness, steps, sealed details.

mod forms;

use super::incidents::column;
use super::{Id, View, acted, after};
use crate::form::{Back, Form, Wrong, not_yours};
use crate::page::{encoded, moment, shown};
use crate::rights::Right;
use crate::words::{self, mark};
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use medward_acting::incident::{self, Answers, Asked};
use medward_acting::{ActError, Device, Plan};
use medward_ledger::{Digest, Subject};
use medward_response::{Case, Holds, Scope, regimes};
use std::sync::Arc;

/// The page of a case.
pub(super) fn place(case: &Case) -> String {
    let page = match case.subject {
        Subject::Event => "case",
        Subject::Complaint => "complaint",
        Subject::Capa => "action",
    };
    format!("/{page}?id={}", encoded(&case.id))
}

/// What a case has to do with, each a way there where there is a page.
pub(super) fn links(case: &Case) -> Markup {
    html! {
        @for link in &case.links {
            span.item {
                @match link.split_once('.') {
                    Some(("event", id)) => a href={ "/case?id=" (encoded(id)) } { (link) },
                    Some(("complaint", id)) => a href={ "/complaint?id=" (encoded(id)) } { (link) },
                    Some(("capa", id)) => a href={ "/action?id=" (encoded(id)) } { (link) },
                    Some((kind @ ("risk" | "control"), id)) => a href={ "/" (kind) "?id=" (encoded(id)) } { (link) },
                    _ => (link),
                }
            }
        }
    }
}

/// The steps of a case, as they were written.
pub(super) fn done(case: &Case) -> Markup {
    html! {
        @if !case.steps.is_empty() {
            h3 { "What was done" }
            ul.lines { @for step in &case.steps { li { span { (step.procedure) ": " (step.transition) } span.hint { (moment(step.at)) " · " (step.role) @if let Some(because) = &step.because { " · " (because) } } } } }
        }
    }
}

/// Sealed details, for who may see what identifies a person. Each look stands in the ledger.
pub(super) fn sealed(view: &View, case: &Case) -> Markup {
    html! {
        @if !case.details.is_empty() && view.may(Right::Identify) {
            form.fields method="post" action="/case/details" {
                input type="hidden" name="csrf" value=(view.reader.csrf);
                input type="hidden" name="id" value=(case.id);
                p.hint { "There are " (case.details.len()) " sealed details of people. That you looked stands in the ledger." }
                div.row { button { "Show them" } }
            }
        } @else if !case.details.is_empty() {
            p.hint { "There are sealed details of people." }
            (not_yours(view, Right::Identify))
        }
    }
}

pub(crate) async fn one(view: View, Query(Id { id }): Query<Id>) -> Response {
    page(&view, &id, None, None)
}

fn page(view: &View, id: &str, back: Option<&Back>, opened: Option<&[String]>) -> Response {
    let snapshot = &view.snapshot;
    let Some(case) = snapshot.live.cases.get(id) else { return view.no_record() };
    let clocks = |column: &str| {
        snapshot.clocks.iter().filter(|clock| clock.case == id && clock.column == column).collect::<Vec<_>>()
    };
    let scope = match Scope::of(&snapshot.file) {
        Ok(scope) => scope,
        Err(error) => {
            return view
                .page("/incidents", &case.title, "", &html! { div.alert { (error) } })
                .into_response();
        }
    };
    let goes_on = case.subject == Subject::Event && case.joined.is_none();
    let body = html! {
        @if case.exercise { p { (shown(mark("quiet", "◌", "exercise"))) " This did not happen; no duty follows from it." } }
        @if let Some(into) = &case.joined { p { "It goes on as " a href={ "/case?id=" (encoded(into)) } { (into) } "." } }
        div.columns.equal {
            (column("Vigilance", "Safety: MDR Art. 87 to 89", &clocks("vigilance")))
            (column("Breach notification", "Privacy: GDPR Art. 33 and 34", &clocks("breach")))
        }
        div.columns.equal {
            section.card aria-labelledby="known" {
                h2 #known { "What is known" }
                dl.chain {
                    dt { "Happened" } dd { (moment(case.from)) @if let Some(until) = case.until { " to " (moment(until)) } }
                    dt { "Became known" } dd { (moment(case.known)) " · " (case.source.word()) @if case.reports > 1 { ", reported " (case.reports) " times" } }
                    @for ((regime, party), aware) in &case.aware { dt { "Aware, " (regime) } dd { (moment(aware.at)) ", " (party) ": " (aware.because) } }
                    @if !case.links.is_empty() { dt { "Has to do with" } dd { (links(case)) } }
                    @for (field, note) in &case.notes { dt { (field) } dd { (note.text) } }
                }
                @match opened {
                    Some(opened) => { @for text in opened { pre.opened { (text) } } },
                    None => (sealed(view, case)),
                }
                (done(case))
            }
            section.card aria-labelledby="follows" {
                h2 #follows { "What follows from the answers" }
                p.hint { "Proposals, with the article. A person decides." }
                (proposals(case, &scope))
            }
        }
        @if goes_on && view.may(Right::Decide) {
            (forms::triage(view, case, &scope, back))
            (forms::procedures(view, case, &scope, back))
            (forms::awareness(view, case, &scope, back))
        } @else if goes_on {
            section.card aria-labelledby="decide" { h2 #decide { "Triage and decisions" } (not_yours(view, Right::Decide)) }
        }
    };
    view.page("/incidents", &case.title, words::INCIDENTS_LEAD, &body).into_response()
}

/// What the facts lead to, finding by finding, for axes that bind somebody.
fn proposals(case: &Case, scope: &Scope) -> Markup {
    let Ok(regimes) = regimes() else { return html! {} };
    let (bound, holds) = (scope.procedures(), scope.findings(case));
    let of_axis = |axis| bound.iter().any(|(procedure, _)| procedure.axis == axis);
    html! {
        ul.lines {
            @for finding in regimes.findings.iter().filter(|finding| of_axis(finding.axis)) {
                li {
                    span { (finding.id) span.hint { " " (finding.article) } }
                    @match holds(&finding.id) {
                        Holds::Yes => { (shown(mark("bad", "■", "yes"))) span.hint { (finding.yes) } },
                        Holds::No => { (shown(mark("good", "●", "no"))) span.hint { (finding.no) } },
                        Holds::Unsure => (shown(mark("warn", "◐", "unsure: counts as yes"))),
                    }
                }
            }
        }
    }
}

/// Sends a form about one event.
async fn sent(
    view: View,
    form: Form,
    to: &'static str,
    planned: impl for<'d> FnOnce(&'d Device, &Form) -> Result<Plan<'d>, ActError> + Send + 'static,
) -> Response {
    let about = (to, Right::Decide, "/case");
    acted(view, form, about, planned, |view, id, back| page(view, id, Some(back), None)).await
}

pub(crate) async fn answer(view: View, form: Form) -> Response {
    sent(view, form, "/case/answer", |device, given| {
        let mut answers = Answers::new();
        for (question, word) in given.beginning("q.").filter(|(_, word)| !word.is_empty()) {
            answers.entry(question.to_owned()).or_default().push(word.to_owned());
        }
        let plan = incident::answer(device, given.text("id"), &answers)?;
        if plan.is_empty() {
            return Err(ActError::refused("No answer differs from what stands already."));
        }
        Ok(plan)
    })
    .await
}

pub(crate) async fn aware(view: View, form: Form) -> Response {
    sent(view, form, "/case/aware", |device, given| {
        let pair = given.text("whom").split_once('/').unwrap_or_default();
        incident::aware(device, given.text("id"), pair, given.needed("since")?, given.text("because"))
    })
    .await
}

pub(crate) async fn step(view: View, form: Form) -> Response {
    sent(view, form, "/case/step", |device, given| {
        let asked = Asked {
            step: given.text("step"),
            procedure: given.text("procedure"),
            party: given.given("party"),
            done: given.when("done")?,
            because: given.given("because"),
        };
        Ok(incident::step(device, given.text("id"), asked)?.1)
    })
    .await
}

/// Shows the sealed details of a case, once the ledger has it that they are shown.
pub(crate) async fn details(mut view: View, form: Form) -> Response {
    let id = form.text("id").to_owned();
    let Some(case) = view.snapshot.live.cases.get(&id) else { return view.no_record() };
    let (gate, directory, person) =
        (Arc::clone(&view.gate), view.snapshot.directory.clone(), view.reader.person.clone());
    let digests = case.details.clone();
    let open = move |digest: &Digest| -> Result<String, ActError> {
        gate.journal.before(&person, &format!("payload.{digest}"))?;
        let bytes = gate.desk.ledger_key.kept(&directory, digest)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let opened =
        tokio::task::spawn_blocking(move || digests.iter().map(open).collect::<Result<Vec<_>, _>>()).await;
    match opened {
        Ok(Ok(opened)) => page(&view, &id, None, Some(&opened)),
        failed => {
            let reason = match failed {
                Ok(Err(error)) => error.to_string(),
                _ => words::TRY_LATER.to_owned(),
            };
            let wrong = Err(Wrong::new("", reason));
            after(&mut view, (form, "/case/details"), wrong, |view, back| page(view, &id, Some(back), None))
        }
    }
}
