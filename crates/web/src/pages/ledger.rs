//! The ledger: its entries, the newest first, its head, and verifying it again.

use super::{From, View};
use crate::entries;
use crate::page::{ROWS, pager};
use crate::words;
use axum::extract::Query;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use medward_live::DIRECTORY;
use std::sync::Arc;

pub(crate) async fn show(view: View, Query(From { from }): Query<From>) -> Html<String> {
    page(&view, from, None).await
}

async fn page(view: &View, from: usize, verdict: Option<Markup>) -> Html<String> {
    let snapshot = Arc::clone(&view.snapshot);
    let size = snapshot.head.size;
    let end = size.saturating_sub(u64::try_from(from).unwrap_or(u64::MAX));
    let begin = end.saturating_sub(u64::try_from(ROWS).unwrap_or_default());
    let ledger = snapshot.directory.join(DIRECTORY);
    let read = tokio::task::spawn_blocking(move || entries::range(&ledger, begin, end, size)).await;
    let rows = read.unwrap_or_else(|_| Err(words::TRY_LATER.to_owned()));
    let body = html! {
        section.card aria-labelledby="head" {
            h2 #head { "Head" }
            dl.chain {
                dt { "Origin" } dd { (view.snapshot.head.origin) }
                dt { "Entries" } dd { (size) }
                dt { "Root" } dd { code.long { (view.snapshot.head.root.to_string()) } }
            }
            p.hint { (words::LEDGER_SOUND) }
            @if let Some(verdict) = verdict { div role="status" { (verdict) } }
            form.row method="post" action="/ledger/verify" {
                input type="hidden" name="csrf" value=(view.reader.csrf);
                button { "Verify again now" }
                a.button href="/ledger/checkpoint" download="checkpoint" { "Download the signed head" }
            }
        }
        section.card aria-labelledby="entries" {
            h2 #entries { "Entries, newest first" }
            @match rows {
                Err(reason) => div.alert role="alert" { (reason) },
                Ok(rows) => {
                    div.scroll tabindex="0" role="group" aria-labelledby="entries" {
                        table {
                            thead { tr { th.number scope="col" { "Entry" } th scope="col" { "Received" } th scope="col" { "Kind" } th scope="col" { "Content" } } }
                            tbody { @for (index, entry) in rows.iter().rev() { (row(*index, entry)) } }
                        }
                    }
                }
            }
            (pager("/ledger?", from, usize::try_from(size).unwrap_or(usize::MAX)))
        }
    };
    view.page("/ledger", "Ledger", words::LEDGER_LEAD, &body)
}

fn row(index: u64, entry: &serde_json::Value) -> Markup {
    let text = |key: &str| entry.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let received = entry.get("received").and_then(serde_json::Value::as_i64);
    let received = received.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let subject = ["control", "record", "case", "payload", "manifest", "instance"]
        .map(text)
        .into_iter()
        .find(|it| !it.is_empty());
    html! {
        tr {
            td.number { (index) }
            td { @if let Some(at) = received { (crate::page::moment(at)) } }
            td { (text("kind")) }
            td { details { summary { (subject.unwrap_or_default()) " " (text("outcome")) } pre { code { (serde_json::to_string_pretty(entry).unwrap_or_default()) } } } }
        }
    }
}

pub(crate) async fn checkpoint(view: View) -> Response {
    let path = view.snapshot.directory.join(DIRECTORY).join("checkpoint");
    match tokio::task::spawn_blocking(move || std::fs::read(path)).await {
        Ok(Ok(bytes)) => {
            let named = (header::CONTENT_DISPOSITION, "attachment; filename=\"checkpoint\"");
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), named], bytes).into_response()
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, words::TRY_LATER).into_response(),
    }
}

pub(crate) async fn verify(view: View) -> Html<String> {
    let snapshot = Arc::clone(&view.snapshot);
    let verified =
        tokio::task::spawn_blocking(move || medward_live::verified(&snapshot.file, &snapshot.directory))
            .await;
    let verdict = match verified {
        Ok(Ok(head)) => {
            html! { p.verdict { (crate::page::shown(words::mark("good", "●", "sound"))) " " (head.size) " entries are those that the head signs." } }
        }
        Ok(Err(error)) => html! { div.alert { (error.to_string()) } },
        Err(_) => html! { div.alert { (words::TRY_LATER) } },
    };
    page(&view, 0, Some(verdict)).await
}
