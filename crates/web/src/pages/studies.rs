//! What the ward keeps: studies by names made for this page, and by their own only for who may, and after the ledger has it.

use super::View;
use crate::desk::Desk;
use crate::page::{ROWS, moment, shown};
use crate::rights::Right;
use crate::words::{self, mark};
use axum::response::{IntoResponse as _, Response};
use hmac::{Hmac, KeyInit as _, Mac as _};
use maud::{Markup, html};
use medward_evidence::moment as of_entry;
use medward_ward::control::{Answer, Ask, Kept, ask};
use std::path::Path;
use std::sync::Arc;

/// Digits of a name.
const DIGITS: usize = 12;

/// Asks the ward of a directory; what is wrong in words.
pub(super) fn ask_ward(ward: Option<&Path>, question: &Ask) -> Result<Answer, String> {
    match ask(ward.ok_or(words::NO_WARD)?, question) {
        Ok(Some(Answer::Refused { reason })) => Err(reason),
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(words::WARD_STOPPED.to_owned()),
        Err(error) => Err(format!("the ward does not answer: {error}")),
    }
}

/// The same, apart from the requests.
pub(super) async fn asked(view: &View, question: Ask) -> Result<Answer, String> {
    let ward = view.gate.desk.ward.clone();
    let answer = tokio::task::spawn_blocking(move || ask_ward(ward.as_deref(), &question)).await;
    answer.unwrap_or_else(|_| Err(words::TRY_LATER.to_owned()))
}

/// The name of a study on these pages: keyed, so that nobody finds the study by trying numbers.
fn name(desk: &Desk, study: &str) -> String {
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(desk.study_key.as_slice()) else {
        return String::new();
    };
    mac.update(study.as_bytes());
    let hex = medward_ledger::Digest::of(mac.finalize().into_bytes().into());
    format!("S-{}", hex.as_str().chars().take(DIGITS).collect::<String>())
}

pub(crate) async fn show(view: View) -> Response {
    page(&view, false).await
}

/// The same with the names that senders know.
pub(crate) async fn identified(view: View) -> Response {
    let (gate, person) = (Arc::clone(&view.gate), view.reader.person.clone());
    let written = tokio::task::spawn_blocking(move || gate.journal.before(&person, "studies")).await;
    match written {
        Ok(Ok(_)) => page(&view, true).await,
        Ok(Err(error)) => failed(&view, &error.to_string()),
        Err(_) => failed(&view, words::TRY_LATER),
    }
}

fn failed(view: &View, reason: &str) -> Response {
    let body = html! { div.alert role="alert" { (reason) } };
    view.page("/studies", "Studies", words::STUDIES_LEAD, &body).into_response()
}

async fn page(view: &View, is_identified: bool) -> Response {
    let (mut studies, waiting) = match asked(view, Ask::Studies).await {
        Ok(Answer::Studies { studies, waiting }) => (studies, waiting),
        Ok(_) => return failed(view, words::TRY_LATER),
        Err(reason) => return failed(view, &reason),
    };
    studies.sort_by_key(|study| std::cmp::Reverse(study.opened));
    let row = |study: &Kept| -> Markup {
        html! {
            tr {
                th scope="row" { code { (name(&view.gate.desk, &study.study)) } @if is_identified { br; code.hint { (study.study) } } }
                td.number { (study.objects) } td.number { (size(study.bytes)) }
                td { (moment(of_entry(study.opened))) }
                td { @match study.erased {
                    Some(at) => { (shown(mark("quiet", "–", "erased"))) " " (moment(of_entry(at))) },
                    None => (shown(mark("good", "●", "kept"))),
                } }
            }
        }
    };
    let body = html! {
        @if !waiting.is_empty() {
            p { @for (destination, count) in &waiting { (shown(mark("warn", "◐", "waiting"))) " " (count) " results for " (destination) " " } }
        }
        section.card aria-labelledby="studies" {
            h2 #studies { (studies.len()) " studies" }
            @if studies.is_empty() { p.calm { "No study is kept." } } @else {
                div.scroll tabindex="0" role="group" aria-labelledby="studies" {
                    table {
                        thead { tr { th scope="col" { "Study" } th.number scope="col" { "Objects" } th.number scope="col" { "Size" } th scope="col" { "Came" } th scope="col" { "State" } } }
                        tbody { @for study in studies.iter().take(ROWS) { (row(study)) } }
                    }
                }
                @if studies.len() > ROWS { p.hint { "The newest " (ROWS) " are shown." } }
            }
            @if view.may(Right::Identify) && !is_identified && !studies.is_empty() {
                form.fields method="post" action="/studies/identified" {
                    input type="hidden" name="csrf" value=(view.reader.csrf);
                    p.hint { "Senders know studies by their own numbers. That you looked stands in the ledger." }
                    div.row { button { "Show their numbers" } }
                }
            }
        }
    };
    let lead = if is_identified { words::STUDIES_NAMED_LEAD } else { words::STUDIES_LEAD };
    view.page("/studies", "Studies", lead, &body).into_response()
}

/// Bytes for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}
