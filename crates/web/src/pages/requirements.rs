//! Requirements: how the file answers each catalogue, and where it does not.

use super::{Id, View};
use crate::page::{encoded, shown};
use crate::summary::{CatalogRow, GAPS};
use crate::words;
use axum::extract::Query;
use axum::response::{Html, IntoResponse as _, Response};
use maud::{Markup, html};

pub(crate) async fn list(view: View) -> Html<String> {
    let catalogs = &view.snapshot.catalogs;
    let of = |applies: Option<bool>| catalogs.iter().filter(move |catalog| catalog.applies == applies);
    let body = html! {
        section.card aria-labelledby="applicable" {
            h2 #applicable { "Applicable" }
            div.scroll tabindex="0" role="group" aria-labelledby="applicable" {
                table {
                    thead { tr { th scope="col" { "Catalogue" } th scope="col" { "Answered" } th.number scope="col" { "Gaps" } } }
                    tbody { @for catalog in of(Some(true)) { (row(catalog)) } }
                }
            }
        }
        (rest("Not yet said whether applicable", of(None)))
        (rest("Not applicable", of(Some(false))))
    };
    view.page("/requirements", "Requirements", words::REQUIREMENTS_LEAD, &body)
}

fn rest<'c>(title: &str, catalogs: impl Iterator<Item = &'c CatalogRow>) -> Markup {
    html! {
        details.card {
            summary { (title) }
            ul.lines { @for catalog in catalogs { li { a href={ "/catalog?id=" (encoded(&catalog.id)) } { (catalog.title) } } } }
        }
    }
}

fn row(catalog: &CatalogRow) -> Markup {
    let (gaps, all) = (catalog.count(&GAPS), catalog.entries.len());
    html! {
        tr {
            th scope="row" { a href={ "/catalog?id=" (encoded(&catalog.id)) } { (catalog.title) } }
            td { meter min="0" max=(all) value=(all.saturating_sub(gaps)) aria-label={ "answered of " (catalog.title) } {} " " span.hint { (all.saturating_sub(gaps)) " of " (all) } }
            td.number { (gaps) }
        }
    }
}

pub(crate) async fn one(view: View, Query(Id { id }): Query<Id>) -> Response {
    let Some(catalog) = view.snapshot.catalogs.iter().find(|catalog| catalog.id == id) else {
        return view.no_record();
    };
    let body = html! {
        section.card {
            div.scroll tabindex="0" role="group" aria-label="Entries" {
                table {
                    thead { tr { th scope="col" { "Entry" } th scope="col" { "Obligation" } th scope="col" { "Answer" } } }
                    tbody {
                        @for entry in &catalog.entries {
                            tr { th scope="row" { span.id { (entry.id) } (entry.title) } td { (entry.obligation) } td { (shown(words::answer(entry.answer))) } }
                        }
                    }
                }
            }
        }
    };
    view.page("/requirements", &catalog.title, words::REQUIREMENTS_LEAD, &body).into_response()
}
