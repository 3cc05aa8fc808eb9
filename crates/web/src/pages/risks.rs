//! Risks: both heat maps, the register, and one risk with its chain and what is left of it today.

use super::{From, Id, View};
use crate::drawing::heat_map::heat_map;
use crate::page::{ROWS, encoded, pager, shown};
use crate::summary::{Place, RiskRow};
use crate::words;
use axum::extract::Query;
use axum::response::{Html, IntoResponse as _, Response};
use maud::{Markup, html};
use medward_file::kinds::{Control, Risk};
use medward_file::{Record, SecurityFile, Text};

/// Severity, exploitability and level on one axis.
pub(crate) fn place(place: Option<&Place>) -> Markup {
    let Some(place) = place else { return html! { span.mark.quiet { "none" } } };
    let mark = words::acceptance(place.acceptance);
    html! {
        span class={ "mark " (mark.tone) } title={ "severity " (place.severity) ", exploitability " (place.column) ": " (mark.word) } {
            span.sign aria-hidden="true" { (mark.sign) } (place.code)
            span.unseen { ", " (mark.word) }
        }
    }
}

fn places(before: Option<&Place>, left: Option<&Place>) -> Markup {
    html! { td { (place(before)) } td { (place(left)) } }
}

pub(crate) async fn list(view: View, Query(From { from }): Query<From>) -> Html<String> {
    let snapshot = &view.snapshot;
    let [safety, privacy] = &snapshot.maps;
    let body = html! {
        div.columns.equal {
            section.card aria-labelledby="safety" { h2 #safety { "Safety" } (heat_map("safety", safety)) }
            section.card aria-labelledby="privacy" { h2 #privacy { "Privacy" } (heat_map("privacy", privacy)) }
        }
        section.card aria-labelledby="register" {
            h2 #register { "Register, worst first" }
            @if snapshot.risks.is_empty() { p.calm { (words::RISKS_NONE) } }
            div.scroll tabindex="0" role="group" aria-labelledby="register" {
                table {
                    thead {
                        tr { th rowspan="2" scope="col" { "Risk" } th colspan="2" scope="colgroup" { "Safety" } th colspan="2" scope="colgroup" { "Privacy" } th rowspan="2" scope="col" { "Decides" } th rowspan="2" scope="col" { "Not in force" } }
                        tr { th scope="col" { "before" } th scope="col" { "today" } th scope="col" { "before" } th scope="col" { "today" } }
                    }
                    tbody {
                        @for risk in snapshot.risks.iter().skip(from).take(ROWS) { (row(risk)) }
                    }
                }
            }
            (pager("/risks?", from, snapshot.risks.len()))
        }
    };
    view.page("/risks", "Risks", words::RISKS_LEAD, &body)
}

fn row(risk: &RiskRow) -> Markup {
    html! {
        tr {
            th scope="row" { a href={ "/risk?id=" (encoded(&risk.id)) } { span.id { (risk.id) } (risk.title) } }
            (places(risk.before[0].as_ref(), risk.left[0].as_ref()))
            (places(risk.before[1].as_ref(), risk.left[1].as_ref()))
            td { (risk.deciding) }
            td.ids { @for id in &risk.missing { a href={ "/control?id=" (encoded(id)) } { (id) } " " } }
        }
    }
}

/// A line of a chain; nothing where there is nothing to say.
fn said(name: &str, text: Option<&Text>) -> Markup {
    html! { @if let Some(text) = text { dt { (name) } dd { (**text) } } }
}

fn listed(name: &str, titles: &[String]) -> Markup {
    html! { @if !titles.is_empty() { dt { (name) } dd { @for title in titles { span.item { (title) } } } } }
}

pub(crate) async fn one(view: View, Query(Id { id }): Query<Id>) -> Response {
    let Some(risk) = view.snapshot.file.by_id::<Risk>(&id) else { return view.no_record() };
    let ranked = view.snapshot.risks.iter().find(|row| row.id == id);
    let title = format!("{} {}", risk.id(), &**risk.title);
    let body = html! {
        div.columns {
            section.card aria-labelledby="chain" { h2 #chain { "Chain" } (chain(&view.snapshot.file, risk)) }
            div.stack {
                section.card aria-labelledby="left" { h2 #left { "What is left today" } (left(ranked)) }
                section.card aria-labelledby="controls" { h2 #controls { "Controls" } (controls(&view, risk)) }
            }
        }
    };
    view.page("/risks", &title, words::RISKS_LEAD, &body).into_response()
}

fn chain(file: &SecurityFile, risk: &Record<Risk>) -> Markup {
    let assets: Vec<_> = risk
        .assets
        .iter()
        .filter_map(|link| file.follow(link))
        .map(|it| format!("{} {}", it.id(), &**it.title))
        .collect();
    let threats: Vec<_> = risk
        .threats
        .iter()
        .filter_map(|link| file.follow(link))
        .map(|it| format!("{} {}", it.id(), &**it.title))
        .collect();
    let weak: Vec<_> = risk
        .vulnerabilities
        .iter()
        .filter_map(|link| file.follow(link))
        .map(|it| format!("{} {}", it.id(), &**it.title))
        .collect();
    html! {
        dl.chain {
            (listed("Assets", &assets)) (listed("Threats", &threats)) (listed("Vulnerabilities", &weak))
            (said("Sequence of events", risk.sequence.as_ref()))
            @if let Some(safety) = &risk.safety {
                (said("Safety: none, because", safety.none.as_ref())) (said("Hazard", safety.hazard.as_ref()))
                (said("Hazardous situation", safety.situation.as_ref())) (said("Harm", safety.harm.as_ref()))
            }
            @if let Some(privacy) = &risk.privacy {
                (said("Privacy: none, because", privacy.none.as_ref())) (said("Feared event", privacy.event.as_ref()))
                (said("Impact on persons", privacy.impact.as_ref()))
            }
            @if let Some(exploitability) = &risk.exploitability { (said("Exploitability because", exploitability.because.as_ref())) }
            @if let Some(residual) = &risk.residual { (said("Effect of the controls", residual.because.as_ref())) }
            @if let Some(acceptance) = &risk.acceptance {
                (said("Accepted on safety, because", acceptance.safety.as_ref()))
                (said("Accepted on privacy, because", acceptance.privacy.as_ref()))
            }
            @if let Some(response) = &risk.response {
                (said("If it happens: vigilance", response.vigilance.as_ref())) (said("If it happens: breach", response.breach.as_ref()))
            }
        }
    }
}

fn left(ranked: Option<&RiskRow>) -> Markup {
    let Some(risk) = ranked else { return html! { p.calm { (words::RISKS_NONE) } } };
    let detail = |it: Option<&Place>| {
        it.map_or_else(String::new, |it| format!("severity {} × exploitability {}", it.severity, it.column))
    };
    html! {
        table {
            thead { tr { th scope="col" { "Axis" } th scope="col" { "Before" } th scope="col" { "Today" } } }
            tbody {
                @for (number, axis) in ["Safety", "Privacy"].iter().enumerate() {
                    @let (before, left) = (risk.before.get(number).and_then(Option::as_ref), risk.left.get(number).and_then(Option::as_ref));
                    tr { th scope="row" { (axis) } td { (place(before)) br; span.hint { (detail(before)) } } td { (place(left)) br; span.hint { (detail(left)) } } }
                }
            }
        }
    }
}

fn controls(view: &View, risk: &Record<Risk>) -> Markup {
    let file = &view.snapshot.file;
    let controls = risk.controls.iter().filter_map(|link| file.follow::<Control>(link));
    html! {
        ul.lines {
            @for control in controls {
                li {
                    a href={ "/control?id=" (encoded(control.id())) } { (control.id()) " " (**control.title) }
                    (shown(super::controls::state(view, control)))
                }
            }
        }
    }
}
