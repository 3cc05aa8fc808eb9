//! Documents: what there is, making one, fetching it. A program of its own makes them, one after another, and is ended when it takes too
//! long.

use super::{View, after};
use crate::desk::{Offered, once};
use crate::form::{Fields, Form, Wrong};
use crate::page::shown;
use crate::words::{self, mark};
use crate::work::{Kind, Progress, Work};
use axum::extract::Query;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest that making a document may take.
const PATIENCE: Duration = Duration::from_mins(10);
/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(100);
/// Most bytes of what the program says that are kept.
const SAID_BYTES_MAX: u64 = 4 << 10;
/// Forms of a document: ending, content type.
const FORMS: [(&str, &str); 4] = [
    ("pdf", "application/pdf"),
    ("html", "text/html; charset=utf-8"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("json", "application/json"),
];

fn is_document(work: &Work) -> bool {
    matches!(work.kind, Kind::Document { .. })
}

pub(crate) async fn list(view: View) -> Response {
    page(&view)
}

fn page(view: &View) -> Response {
    let works = view.gate.works.of(is_document);
    let body = html! {
        @if !works.is_empty() {
            section.card aria-labelledby="made" {
                h2 #made { "Made here" }
                ul.lines { @for work in &works { (made(work)) } }
                p.hint { "Kept until newer ones take their place, or the dashboard ends." }
            }
        }
        section.card aria-labelledby="offered" {
            h2 #offered { "Documents" }
            @for document in &view.gate.desk.press.documents {
                div.offer {
                    div { strong { (document.title) } p.hint { (document.purpose) " " (document.basis) } }
                    (make_form(view, document))
                }
            }
        }
    };
    view.page("/documents", "Documents", words::DOCUMENTS_LEAD, &body).into_response()
}

fn make_form(view: &View, document: &Offered) -> Markup {
    let fields = Fields::of(view, "/documents", None);
    let forms: Vec<_> = FORMS
        .iter()
        .filter(|(form, _)| *form != "xlsx" || document.is_sheet)
        .map(|(form, _)| ((*form).to_owned(), form.to_uppercase()))
        .collect();
    let inner = html! {
        input type="hidden" name="name" value=(document.name);
        label.unseen for={ "form-" (document.name) } { "Form of " (document.title) }
        select id={ "form-" (document.name) } name="form" { @for (form, shown) in &forms { option value=(form) { (shown) } } }
    };
    fields.form(&inner, "Make")
}

fn made(work: &Work) -> Markup {
    let Kind::Document { name, form } = &work.kind else { return html! {} };
    html! {
        li {
            span { (name) "." (form) }
            @match &work.progress {
                Progress::Runs(..) => { (shown(mark("warn", "◐", "being made"))) span.hint { (work.seconds()) " s" } },
                Progress::Ended(Ok(said)) => {
                    // The last line is of the file.
                    @let (before, last) = said.trim().rsplit_once('\n').unwrap_or(("", said));
                    (shown(mark("good", "●", "made"))) span.hint { (last) }
                    a href={ "/documents/file?number=" (work.number) } download { "Download" }
                    @if !before.is_empty() { details { summary.hint { "What was said while it was made" } pre { code { (before) } } } }
                },
                Progress::Ended(Err(said)) => { (shown(mark("bad", "✕", "not made"))) span.hint { (said) } },
            }
        }
    }
}

pub(crate) async fn make(mut view: View, form: Form) -> Response {
    let outcome = once(&view, &form, async { begin(&view, &form) }).await;
    let outcome = outcome.map(|()| ("/documents".to_owned(), None));
    after(&mut view, (form, "/documents"), outcome, |view, _| page(view))
}

fn begin(view: &View, form: &Form) -> Result<(), Wrong> {
    let press = &view.gate.desk.press;
    let document = press.documents.iter().find(|document| document.name == form.text("name"));
    let (ending, _) = FORMS
        .into_iter()
        .find(|(ending, _)| *ending == form.text("form"))
        .ok_or_else(|| Wrong::new("", "There is no such form of a document."))?;
    let document = document.ok_or_else(|| Wrong::new("", "There is no such document."))?;
    let place = tempfile::tempdir().map_err(|error| Wrong::new("", error.to_string()))?;
    let out = place.path().join(format!("{}.{ending}", document.name));
    let kind = Kind::Document { name: document.name.to_owned(), form: ending };
    let number = view.gate.works.begin(kind, 1, Some(place)).map_err(|said| Wrong::new("", said))?;
    let mut command = Command::new(&press.program);
    command.arg("report").arg(document.name).arg(&view.snapshot.directory).arg("-o").arg(&out);
    let gate = Arc::clone(&view.gate);
    std::thread::spawn(move || {
        let outcome = run(&mut command, &out.with_extension("said"));
        gate.works.end(number, outcome.map(|said| said.replace(&place_of(&out), "")));
    });
    Ok(())
}

/// What stands before the name of a file.
fn place_of(path: &Path) -> String {
    path.parent().map_or_else(String::new, |parent| format!("{}/", parent.display()))
}

/// Runs the program to its end, or ends it; gives what it said, for which it has a file.
fn run(command: &mut Command, said: &Path) -> Result<String, String> {
    let words = |error: std::io::Error| error.to_string();
    let stderr = File::create(said).map_err(words)?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
    let mut child = command.spawn().map_err(|error| format!("the program cannot be started: {error}"))?;
    let began = Instant::now();
    let ended = loop {
        match child.try_wait().map_err(words)? {
            Some(ended) => break ended,
            None if began.elapsed() < PATIENCE => std::thread::sleep(LOOK),
            None => {
                // It may have ended just now.
                let _ = child.kill();
                child.wait().map_err(words)?;
                return Err(format!("it took longer than {} minutes and was ended", PATIENCE.as_secs() / 60));
            }
        }
    };
    let mut text = Vec::new();
    File::open(said).and_then(|file| file.take(SAID_BYTES_MAX).read_to_end(&mut text)).map_err(words)?;
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    if ended.success() { Ok(text) } else { Err(text) }
}

/// Which work.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    number: u64,
}

pub(crate) async fn file(view: View, Query(Wanted { number }): Query<Wanted>) -> Response {
    let found = view.gate.works.of(|work| work.number == number && is_document(work));
    let Some(Work { kind: Kind::Document { name, form }, place: Some(place), .. }) = found.first() else {
        return view.no_record();
    };
    let path = place.path().join(format!("{name}.{form}"));
    let kind = FORMS.iter().find(|(ending, _)| ending == form).map_or("", |(_, kind)| *kind);
    match tokio::task::spawn_blocking(move || std::fs::read(path)).await {
        // Never shown as a page of ours.
        Ok(Ok(bytes)) => (
            [
                (header::CONTENT_TYPE, kind.to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{form}\"")),
            ],
            bytes,
        )
            .into_response(),
        _ => view.no_record(),
    }
}
