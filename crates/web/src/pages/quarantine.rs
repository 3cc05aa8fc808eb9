//! What the ward holds back: why, from whom, and having it judged again or destroyed, with a reason that stays.

use super::View;
use super::studies::{ask_ward, asked, size};
use crate::desk::{Desk, Sealed, once, with_key};
use crate::form::{Back, Fields, Form, Wrong, needed};
use crate::page::{ROWS, moment, shown};
use crate::rights::Right;
use crate::words::{self, mark};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use medward_acting::whole_file;
use medward_evidence::moment as of_entry;
use medward_ward::control::{Answer, Ask, Held};
use medward_ward_ledger::Request;
use std::path::Path;

/// Which object.
const ID: &str = "id";

pub(crate) async fn show(view: View) -> Response {
    page(&view, None, None).await
}

/// The sender in what is known of an object; the rest of it names an image.
fn sender(held: &Held) -> &str {
    held.note.split(", said to be").next().unwrap_or_default()
}

async fn page(view: &View, back: Option<&Back>, said: Option<&str>) -> Response {
    let body = match asked(view, Ask::QuarantineList).await {
        Err(reason) => html! { div.alert role="alert" { (reason) } },
        Ok(Answer::Quarantined { objects }) => objects_of(view, objects, back),
        Ok(_) => html! { div.alert role="alert" { (words::TRY_LATER) } },
    };
    let body = html! {
        @if let Some(said) = said { p.done role="status" { (shown(mark("good", "●", "done"))) " " (said) } }
        (body)
    };
    view.page("/quarantine", "Quarantine", words::QUARANTINE_LEAD, &body).into_response()
}

fn objects_of(view: &View, mut objects: Vec<Held>, back: Option<&Back>) -> Markup {
    objects.sort_by_key(|held| std::cmp::Reverse(held.received));
    let count = objects.len();
    html! {
        section.card aria-labelledby="held" {
            h2 #held { @if count == 1 { "1 object" } @else { (count) " objects" } }
            @if objects.is_empty() { p.calm { "Nothing is held back." } }
            @for held in objects.iter().take(ROWS) {
                @let mine = back.filter(|back| back.form.text(ID) == held.id);
                div.choose {
                    strong { (held.reason) }
                    p.hint { (sender(held)) " · " (size(held.bytes)) " · " (moment(of_entry(held.received))) " · object " (held.id) }
                    @if view.may(Right::Quarantine) { (decide_form(view, held, mine)) }
                }
            }
            @if count > ROWS { p.hint { "The newest " (ROWS) " are shown." } }
        }
    }
}

fn decide_form(view: &View, held: &Held, back: Option<&Back>) -> Markup {
    let fields = Fields::of(view, "/quarantine/decide", back);
    let choices = [
        ("release", "judge it again by what the file says today; what still does not pass stays"),
        ("discard", "destroy it"),
    ];
    let choices = choices.map(|(value, shown)| (value.to_owned(), shown.to_owned()));
    html! {
        details open[back.is_some()] {
            summary { "Decide" }
            (fields.signed(Right::Quarantine, &html! {
                input type="hidden" name=(ID) value=(held.id);
                (fields.choice(&needed("what", "What to do", ""), &choices))
                (fields.text(&needed("because", "Why", words::NO_NAMES)))
            }, "Do it", &format!("medward ward quarantine release {} --because … --as ROLE --sign KEY", held.id)))
        }
    }
}

pub(crate) async fn decide(mut view: View, form: Form) -> Response {
    let (id, because) = (form.text(ID).to_owned(), form.text("because").to_owned());
    let question = match form.text("what") {
        "release" => Some(Ask::QuarantineRelease { id, because }),
        "discard" => Some(Ask::QuarantineDiscard { id, because }),
        _ => None,
    };
    let outcome = once(&view, &form, async {
        let question = question.ok_or_else(|| Wrong::new("what", "Choose what to do."))?;
        with_key(&view, &form, Right::Quarantine, move |desk, directory, sealed| {
            signed(desk, directory, sealed, question)
        })
        .await
    })
    .await;
    match outcome {
        Ok(Answer::Done { said }) => page(&view, None, Some(&said)).await,
        Ok(_) => page(&view, None, None).await,
        Err(wrong) => {
            view.refused(&wrong);
            let back = Back { to: "/quarantine/decide", form, wrong };
            let mut page = page(&view, Some(&back), None).await;
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            page
        }
    }
}

/// Asks the ward as a person, in a role. The ward decides by its policies whether they may.
fn signed(desk: &Desk, directory: &Path, sealed: &Sealed, question: Ask) -> Result<Answer, Wrong> {
    let file = whole_file(directory)?;
    let ward = desk.ward_of(&file, directory).ok_or_else(|| Wrong::new("", words::NO_WARD))?;
    let mut request = Request::new(ward.to_owned(), question, Timestamp::now().as_second());
    sealed.open(desk, &file)?.request(&mut request, &sealed.role)?;
    ask_ward(desk.ward.as_deref(), &Ask::Signed { request: Box::new(request) }).map_err(|reason| {
        let field = if reason.starts_with("a reason") { "because" } else { "" };
        Wrong::new(field, reason)
    })
}
