//! The forms of an event: the questions of triage, the next step of each procedure, when somebody became aware.

use super::super::View;
use crate::form::{Back, Fields, may, needed};
use crate::page::shown;
use crate::rights::Right;
use crate::words::{self, mark};
use maud::{Markup, html};
use medward_acting::incident::{Answers, is_useful};
use medward_response::{Axis, Case, Question, Scope, UNSURE, questions};

/// The questions that an answer could still decide something by, those of both axes apart; what is answered below, to be changed.
pub(super) fn triage(view: &View, case: &Case, scope: &Scope, back: Option<&Back>) -> Markup {
    let answers: Answers = case.answers.iter().map(|(id, one)| (id.clone(), one.words.clone())).collect();
    let all = questions().unwrap_or_default();
    let asked: Vec<_> =
        all.iter().filter(|one| is_useful(one, &answers, scope).unwrap_or_default()).collect();
    let answered: Vec<_> = all.iter().filter(|one| answers.contains_key(&one.id)).collect();
    let of = |axis: Axis| asked.iter().filter(move |one| one.axis == axis);
    let fields = Fields::of(view, "/case/answer", back);
    // What was chosen in a form that came back, else what stands.
    let sent = back.filter(|back| back.to == "/case/answer");
    let chosen = |one: &Question| match sent {
        Some(back) => {
            let of_it = back.form.beginning("q.").filter(|(id, _)| *id == one.id);
            of_it.map(|(_, word)| word.to_owned()).collect()
        }
        None => case.answer(&one.id).unwrap_or_default().to_vec(),
    };
    let inner = html! {
        input type="hidden" name="id" value=(case.id);
        @for axis in [Axis::Safety, Axis::Privacy, Axis::Network, Axis::Product, Axis::Rights] {
            @if of(axis).next().is_some() {
                h3 { "Questions of " (axis.word()) }
                @for one in of(axis) { (question(one, &chosen(one))) }
            }
        }
        @if !answered.is_empty() {
            details {
                summary { "Change an answer" }
                @for one in answered { (question(one, &chosen(one))) }
            }
        }
    };
    let by_hand = format!("medward incident triage {} --as ROLE", case.id);
    html! {
        section.card aria-labelledby="triage" {
            h2 #triage { "Triage" }
            p.hint {
                @if asked.is_empty() { "Every question that can decide something is answered." }
                @else { "A question left open counts as unsure, and unsure stops no clock. Further questions appear as answers make them matter." }
            }
            (fields.signed(Right::Decide, &inner, "Write the answers", &by_hand))
        }
    }
}

fn question(one: &Question, before: &[String]) -> Markup {
    let name = format!("q.{}", one.id);
    let is_before = |word: &str| before.iter().any(|known| known == word);
    html! {
        fieldset.question {
            legend { (one.ask) } p.hint { (one.article) }
            @if one.number {
                input type="text" inputmode="numeric" name=(name) aria-label=(one.ask) maxlength="9" value=(before.first().map_or("", String::as_str));
            } @else {
                @let kind = if one.several { "checkbox" } else { "radio" };
                @for (word, meaning) in &one.answers {
                    label.check { input type=(kind) name=(name) value=(word) checked[is_before(word)]; span { strong { (word) } @if word != meaning { " " (meaning) } } }
                }
                label.check { input type=(kind) name=(name) value=(UNSURE) checked[is_before(UNSURE)]; span { strong { (UNSURE) } } }
            }
        }
    }
}

/// Each procedure that runs for a party: where it stands, what is to be done, and the steps from there.
pub(super) fn procedures(view: &View, case: &Case, scope: &Scope, back: Option<&Back>) -> Markup {
    let clocks = scope.clocks(case, view.snapshot.live.at).unwrap_or_default();
    let runs = |procedure: &str, party: &str| {
        clocks.iter().any(|clock| clock.procedure.id == procedure && clock.party == party)
            || case.last_step(procedure, party).is_some()
    };
    html! {
        @for (procedure, party) in scope.procedures().into_iter().filter(|(one, party)| runs(&one.id, party)) {
            @if let Some(state) = case.state(procedure, party) {
                section.card {
                    h2 { (procedure.title) " of " (party) }
                    p { (shown(if state.end { mark("good", "●", "done") } else { mark("warn", "◐", "open") })) " " (state.title) }
                    dl.chain {
                        dt { "Next" } dd { (state.task) }
                        @if let Some(hold) = &state.hold { dt { "Hold" } dd { (hold) } }
                        @if state.owner != "none" { dt { "Answers for it" } dd { (owners(view, &state.owner)) } }
                    }
                    @let steps: Vec<_> = procedure.from(&state.id).collect();
                    @if !steps.is_empty() {
                        @let mine = back.filter(|back| back.form.text("procedure") == procedure.id && back.form.text("party") == party);
                        @let fields = Fields::of(view, "/case/step", mine);
                        @let choices: Vec<_> = steps.iter().map(|one| {
                            let second = if one.other_person { " (takes another person than the step before)" } else { "" };
                            (one.id.clone(), format!("{}{second}", one.title))
                        }).collect();
                        details open[mine.is_some()] {
                            summary { "Take a step" }
                            (fields.signed(Right::Decide, &html! {
                                input type="hidden" name="id" value=(case.id);
                                input type="hidden" name="procedure" value=(procedure.id);
                                input type="hidden" name="party" value=(party);
                                (fields.choice(&needed("step", "Step", ""), &choices))
                                (fields.area(&may("because", "Why, or the number under which it was sent", words::NO_NAMES), 500))
                                (fields.moment(&may("done", "Done at (UTC)", "Now, where empty")))
                            }, "Take the step", &format!("medward incident step {} STEP --procedure {} --party {party} --as ROLE", case.id, procedure.id)))
                        }
                    }
                }
            }
        }
    }
}

fn owners(view: &View, owner: &str) -> String {
    let answers = |role: &&medward_file::Record<medward_file::kinds::Role>| {
        let flag = match owner {
            "safety" => &role.safety,
            "privacy" => &role.privacy,
            _ => &role.security,
        };
        flag.as_ref().is_some_and(|flag| flag.value)
    };
    let roles: Vec<_> =
        view.snapshot.file.roles.iter().filter(answers).map(|role| role.title.to_string()).collect();
    if roles.is_empty() { format!("no role of the file answers for {owner}") } else { roles.join(", ") }
}

/// When a party became aware in the sense of a regime: clocks count from there.
pub(super) fn awareness(view: &View, case: &Case, scope: &Scope, back: Option<&Back>) -> Markup {
    let pairs: Vec<_> = scope
        .awareness()
        .into_iter()
        .map(|(regime, party)| (format!("{regime}/{party}"), format!("{regime}, {party}")))
        .collect();
    if pairs.is_empty() {
        return html! {};
    }
    let fields = Fields::of(view, "/case/aware", back);
    let is_back = back.is_some_and(|back| back.to == "/case/aware");
    html! {
        section.card {
            details open[is_back] {
                summary { "State when somebody became aware" }
                (fields.signed(Right::Decide, &html! {
                    input type="hidden" name="id" value=(case.id);
                    (fields.choice(&needed("whom", "In the sense of", ""), &pairs))
                    (fields.moment(&needed("since", "Aware since (UTC)", "")))
                    (fields.area(&needed("because", "Why then and not before", words::NO_NAMES), 500))
                }, "State it", &format!("medward incident aware {} --regime MDR --party PARTY --since WHEN --because … --as ROLE", case.id)))
            }
        }
    }
}
