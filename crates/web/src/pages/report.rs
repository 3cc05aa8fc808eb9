//! News: an event or a complaint, from anybody who holds a role. It is not signed, so that reporting is easy; deciding is not.

use super::{View, after};
use crate::desk::{once, report};
use crate::form::{Back, Fields, Form, may, needed};
use crate::page::encoded;
use crate::words;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use maud::html;
use medward_acting::{ActError, Deed, event};
use medward_ledger::{Source, Subject};
use medward_response::door::Report;
use std::sync::Arc;

/// Longest sealed details, in characters.
const DETAILS_MAX: usize = 20_000;

/// What is reported.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    subject: String,
}

pub(crate) async fn show(view: View, Query(Wanted { subject }): Query<Wanted>) -> Response {
    page(&view, &subject, None)
}

fn page(view: &View, subject: &str, back: Option<&Back>) -> Response {
    let fields = Fields::of(view, "/report", back);
    let mut subjects =
        [("event", "an event: it happened or was found"), ("complaint", "a complaint of a user")];
    if subject == "complaint" {
        subjects.reverse();
    }
    let subjects = subjects.map(|(value, shown)| (value.to_owned(), shown.to_owned()));
    let is_exercise = back.is_some_and(|back| back.form.text("exercise") == "yes");
    let inner = html! {
        (fields.choice(&needed("subject", "What it is", ""), &subjects))
        (fields.text(&needed("title", "In a few words", words::NO_NAMES)))
        div.signed {
            (fields.moment(&needed("happened", "Happened, or began (UTC)", "")))
            (fields.moment(&may("ended", "Ended (UTC)", "")))
        }
        (fields.moment(&may("known", "Became known (UTC)", "Now, where empty. Clocks count from awareness.")))
        (fields.text(&may("link", "Has to do with", "As risk.R-01, control.C-01, event.E-…; several with commas")))
        (fields.area(&may("details", "Details of people", "Sealed beside the ledger, where they can be erased. Never in the title."), DETAILS_MAX))
        label.check { input type="checkbox" name="exercise" value="yes" checked[is_exercise]; "An exercise: it did not happen, and no duty follows" }
    };
    let body = html! { section.card.narrow { (fields.form(&inner, "Report it")) } };
    view.page("/incidents", "Report", words::REPORT_LEAD, &body).into_response()
}

pub(crate) async fn send(mut view: View, form: Form) -> Response {
    let (gate, given) = (Arc::clone(&view.gate), form.public());
    let subject = if form.text("subject") == "complaint" { Subject::Complaint } else { Subject::Event };
    let work = report(&view.gate, move |device| {
        let mut news = news(&given, subject)?;
        let (case, ..) = event::report(device, news.clone(), None)?;
        if let Some(details) = given.given("details") {
            news.details = Some(gate.desk.ledger_key.keep(&device.directory, details.as_bytes())?);
        }
        Ok((case.to_string(), vec![Deed::Report(news)]))
    });
    let outcome = once(&view, &form, work).await;
    let outcome = outcome.map(|(case, entry)| {
        let page = if subject == Subject::Complaint { "complaint" } else { "case" };
        (format!("/{page}?id={}", encoded(&case)), entry)
    });
    let subject = form.text("subject").to_owned();
    after(&mut view, (form, "/report"), outcome, |view, back| page(view, &subject, Some(back)))
}

fn news(given: &Form, subject: Subject) -> Result<Report, ActError> {
    Ok(Report {
        subject,
        source: if subject == Subject::Complaint { Source::Complaint } else { Source::User },
        id: None,
        reference: None,
        title: given.text("title").to_owned(),
        from: given.needed("happened")?,
        until: given.when("ended")?,
        known: given.when("known")?.unwrap_or_else(jiff::Timestamp::now),
        links: given.several("link"),
        details: None,
        exercise: given.text("exercise") == "yes",
    })
}
