//! What all pages have in common: head, menu, marks, tables of contents.

use crate::pages::View;
use crate::words::{self, Mark, PAGES};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, html};

/// Rows on one page of a long table.
pub(crate) const ROWS: usize = 100;

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="htmx-config" content=r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0}"#;
            title { (title) " · Medward" }
            link rel="icon" href="/assets/medward.svg" type="image/svg+xml";
            link rel="stylesheet" href="/assets/medward.css";
            script src="/assets/htmx.min.js" defer {}
            script src="/assets/medward.js" defer {}
        }
    }
}

/// A page for somebody signed in.
pub(crate) fn page(view: &View, path: &str, title: &str, lead: &str, body: &Markup) -> Markup {
    let View { gate, reader, snapshot } = view;
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                a.skip href="#main" { (words::SKIP) }
                header.side {
                    a.brand href="/" { (brand()) "Medward" }
                    p.device { (snapshot.name()) }
                    nav aria-label="Pages" {
                        ul {
                            @for (to, name) in PAGES {
                                li { a href=(to) aria-current=[(to == path).then_some("page")] { (name) } }
                            }
                        }
                    }
                    form.leave method="post" action="/sign-out" {
                        input type="hidden" name="csrf" value=(reader.csrf);
                        a.who href="/account" aria-label={ "Your account: " (reader.person) } { (reader.person) }
                        button.plain { (words::SIGN_OUT) }
                    }
                }
                main #main tabindex="-1" {
                    @if let Some(problem) = gate.device.problem() {
                        div.alert role="alert" { strong { (words::STALE_PAGE) } " " (problem) }
                    }
                    div.title {
                        h1 { (title) }
                        p.lead { (lead) }
                    }
                    (body)
                    footer {
                        "As of " (moment(snapshot.live.at)) ". Ledger: " (snapshot.head.size) " entries, root "
                        code { (short(&snapshot.head.root.to_string())) } "."
                    }
                }
            }
        }
    }
}

/// A page for somebody who is not signed in.
pub(crate) fn bare(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body.bare { main #main { div.brand { (brand()) "Medward" } (body) } }
        }
    }
}

/// Three rings, the outer ones open.
fn brand() -> Markup {
    html! {
        svg.brand-sign viewBox="0 0 24 24" aria-hidden="true" {
            circle.outer cx="12" cy="12" r="10" {}
            circle.middle cx="12" cy="12" r="6.2" {}
            circle.core cx="12" cy="12" r="2.4" {}
        }
    }
}

/// A state in sign, word and colour.
pub(crate) fn shown(mark: Mark) -> Markup {
    html! { span class={ "mark " (mark.tone) } { span.sign aria-hidden="true" { (mark.sign) } (mark.word) } }
}

/// A moment to the minute.
pub(crate) fn moment(at: Timestamp) -> Markup {
    let shown = TimeZone::UTC.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string();
    html! { time datetime=(at) { (shown) " UTC" } }
}

/// The beginning of a digest.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(12).collect()
}

/// A value of an address.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Links to the pages of a long table; `from` counts rows from 0.
pub(crate) fn pager(path: &str, from: usize, all: usize) -> Markup {
    let until = from.saturating_add(ROWS).min(all);
    html! {
        @if all > ROWS {
            nav.pager aria-label="Parts of the table" {
                @if from > 0 {
                    a href={ (path) "from=" (from.saturating_sub(ROWS)) } rel="prev" { "← Before" }
                }
                span { (from.saturating_add(1)) "–" (until) " of " (all) }
                @if until < all {
                    a href={ (path) "from=" (until) } rel="next" { "After →" }
                }
            }
        }
    }
}
