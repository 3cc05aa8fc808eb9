//! Approvals: which the policy asks for, which wait for whoever looks, and signing them over exactly the text that was shown.

use super::{View, after};
use crate::desk::{carry_out, once};
use crate::form::{Back, Fields, Form};
use crate::page::{ROWS, moment, shown};
use crate::rights::{self, Right};
use crate::words::{self, Mark, mark};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use medward_acting::{ActError, Deed, Device, Plan, approval};
use medward_evidence::{Asked, Standing, may_approve};
use medward_file::{RecordRef, SecurityFile};

/// Field of a record to approve: what it is called and the fingerprint of what was shown.
const RECORD: &str = "record";

fn standing(standing: &Standing) -> (Mark, Markup) {
    match standing {
        Standing::Given { at, person } => {
            (mark("good", "●", "approved"), html! { "by " (person) ", " (moment(*at)) })
        }
        Standing::Suspect { at } => (
            mark("warn", "◇", "suspect"),
            html! { "given " (moment(*at)) "; what it leans on changed since" },
        ),
        Standing::Outdated { at } => {
            (mark("warn", "◐", "outdated"), html! { "given " (moment(*at)) " over another text" })
        }
        Standing::Missing => (mark("bad", "○", "missing"), html! {}),
    }
}

/// Fingerprints of a record and of all it leans on, as they are signed.
fn fingerprints(file: &SecurityFile, at: RecordRef) -> String {
    let own = file.fingerprint(at).map(|own| own.to_string()).unwrap_or_default();
    format!("{own}{}", file.leans_on(at))
}

/// The text of a record, as the file has it.
fn text(file: &SecurityFile, at: RecordRef) -> String {
    let Some(id) = file.record(at).map(|record| record.id) else { return String::new() };
    let Some(source) = file.sources.get(id.span.source) else { return String::new() };
    let line = file.sources.position(id.span).line.saturating_sub(1);
    let mut lines = source.text.lines().skip(line);
    let first = lines.next().unwrap_or_default();
    let own = first.trim_start_matches('[').split(']').next().unwrap_or_default();
    let is_other = |line: &str| {
        let header = line.trim_start_matches('[');
        line.starts_with('[') && !header.strip_prefix(own).is_some_and(|rest| rest.starts_with('.'))
    };
    let rest = lines.take_while(|line| !is_other(line));
    [first].into_iter().chain(rest).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

pub(crate) async fn show(view: View) -> Response {
    page(&view, None)
}

fn page(view: &View, back: Option<&Back>) -> Response {
    let (file, standings) = (&view.snapshot.file, &view.snapshot.live.standings);
    let mine = rights::by(file, &view.reader.person, Right::Approve);
    let is_mine = |asked: &Asked| {
        mine.iter().any(|role| role.id() == asked.role) && may_approve(file, &asked.role, asked.record.kind)
    };
    let open: Vec<_> = standings.iter().filter(|(_, it)| !matches!(it, Standing::Given { .. })).collect();
    let (waiting, others): (Vec<_>, Vec<_>) = open.into_iter().partition(|(asked, _)| is_mine(asked));
    let given = standings.iter().filter(|(_, it)| matches!(it, Standing::Given { .. })).count();
    let fields = Fields::of(view, "/approvals/sign", back);
    let wrong = back.filter(|back| back.wrong.field == RECORD);
    let chosen = back.map(|back| back.form.several(RECORD)).unwrap_or_default();
    let choose = html! {
        @if let Some(back) = wrong { p.wrong role="alert" { (back.wrong.reason) } }
        @for (asked, it) in waiting.iter().take(ROWS) {
            @let (state, since) = standing(it);
            @let name = approval::name(file, asked.record);
            @let value = format!("{name}@{}", fingerprints(file, asked.record));
            div.choose {
                label.check {
                    input type="checkbox" name=(RECORD) value=(value) checked[chosen.contains(&value)];
                    span { strong { (name) } " " (file.record(asked.record).map_or("", |record| record.title)) }
                }
                (shown(state)) span.hint { "as " (asked.role) " " (since) }
                details { summary.hint { "What is signed" } pre { code { (text(file, asked.record)) } } }
            }
        }
    };
    let body = html! {
        section.card aria-labelledby="mine" {
            h2 #mine { "Waiting for you" }
            @if waiting.is_empty() { p.calm { "No approval waits for you." } }
            @else { (fields.signed(Right::Approve, &choose, "Approve what is chosen", "medward approve RECORD,RECORD --as ROLE --sign KEY")) }
            @if waiting.len() > ROWS { p.hint { (waiting.len()) " wait; the first " (ROWS) " are shown." } }
        }
        section.card aria-labelledby="others" {
            h2 #others { "Waiting for others" }
            p.hint { (given) " approvals stand today." }
            @if others.is_empty() { p.calm { "None." } }
            ul.lines {
                @for (asked, it) in others.iter().take(ROWS) {
                    @let (state, since) = standing(it);
                    li { span { (approval::name(file, asked.record)) } (shown(state)) span.hint { "as " (asked.role) " " (since) } }
                }
            }
            @if others.len() > ROWS { p.hint { (others.len()) " wait; the first " (ROWS) " are shown." } }
        }
    };
    view.page("/approvals", "Approvals", words::APPROVALS_LEAD, &body).into_response()
}

pub(crate) async fn sign(mut view: View, form: Form) -> Response {
    let (given, person) = (form.public(), view.reader.person.clone());
    let work = carry_out(&view, &form, Right::Approve, move |device| planned(device, &given, &person));
    let outcome = once(&view, &form, work).await;
    let outcome = outcome.map(|done| ("/approvals".to_owned(), Some(done.last())));
    after(&mut view, (form, "/approvals/sign"), outcome, |view, back| page(view, Some(back)))
}

fn planned<'d>(device: &'d Device, given: &Form, person: &str) -> Result<Plan<'d>, ActError> {
    let (file, role) = (&device.file, given.text(crate::form::ROLE));
    let chosen = given.several(RECORD);
    if chosen.is_empty() {
        return Err(ActError::of(RECORD, "Choose what to approve."));
    }
    let pairs: Vec<_> = chosen.iter().filter_map(|one| one.split_once('@')).collect();
    let records = approval::records(file, pairs.iter().map(|(name, _)| *name), role)?;
    for (name, seen) in &pairs {
        let is_seen = file.find_any(name).first().is_some_and(|at| fingerprints(file, *at) == *seen);
        if !is_seen {
            let reason = format!("{name} reads otherwise than when you looked; look at it again.");
            return Err(ActError::of(RECORD, reason));
        }
    }
    // Where version control cannot say who wrote a record, the check that counts approvals decides.
    approval::refuse_authors(file, &records, person)?;
    Ok(approval::approve(file, &records, role)?.into_iter().map(Deed::Entry).collect())
}
