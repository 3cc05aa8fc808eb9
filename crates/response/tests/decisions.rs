//! Findings against published examples, and what must hold of the data whatever they say.

#![allow(clippy::unwrap_used, reason = "an example that cannot be read is a failed test")]

use medward_response::{Axis, Holds, procedures, questions, regimes};
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    id: String,
    what: String,
    serious: Option<bool>,
    authority: Option<bool>,
    people: Option<bool>,
    source_seen: bool,
    #[serde(default)]
    note: String,
    answers: BTreeMap<String, Words>,
}

#[derive(Deserialize)]
struct Examples {
    example: Vec<Example>,
}

fn examples(text: &str) -> Vec<(Example, BTreeMap<String, Vec<String>>)> {
    let read: Examples = toml::from_str(text).unwrap();
    let words = |example: &Example| {
        example
            .answers
            .iter()
            .map(|(id, words)| {
                let words = match words {
                    Words::One(word) => vec![word.clone()],
                    Words::Several(words) => words.clone(),
                };
                medward_response::question(id).unwrap().check(&words).unwrap();
                (id.clone(), words)
            })
            .collect()
    };
    read.example
        .into_iter()
        .map(|example| {
            let answers = words(&example);
            (example, answers)
        })
        .collect()
}

fn holds(finding: &str, answers: &BTreeMap<String, Vec<String>>) -> Holds {
    let found = regimes().unwrap().finding(finding).unwrap();
    found.holds(|question| answers.get(question).map(Vec::as_slice))
}

#[test]
fn incidents_are_serious_as_annex_ii_says() {
    let examples = examples(include_str!("cases/mdcg-2019-16-annex-ii.toml"));
    assert_eq!(examples.len(), 22);
    for (example, answers) in &examples {
        let reported = holds("serious-incident", answers) != Holds::No;
        assert_eq!(Some(reported), example.serious, "{} {} {}", example.id, example.what, example.note);
        assert!(example.source_seen);
        // Seen as a matter of privacy, nothing is known of any of them.
        assert_eq!(holds("breach", answers), Holds::Unsure);
    }
}

#[test]
fn breaches_are_notified_as_the_examples_say() {
    let examples = examples(include_str!("cases/edpb-breaches.toml"));
    assert_eq!(examples.len(), 20);
    for (example, answers) in &examples {
        assert_eq!(holds("breach", answers), Holds::Yes, "{}: each goes into the register", example.id);
        let reported = |finding: &str| Some(holds(finding, answers) == Holds::Yes);
        assert_eq!(reported("breach-with-risk"), example.authority, "{} {}", example.id, example.what);
        assert_eq!(reported("breach-with-high-risk"), example.people, "{} {}", example.id, example.what);
        assert!(!example.source_seen, "{} is from memory and says so", example.id);
        assert_eq!(holds("serious-incident", answers), Holds::Unsure, "safety is not read out of privacy");
    }
}

#[test]
fn every_reference_within_the_data_resolves_and_no_axis_looks_at_another() {
    let (regimes, questions) = (regimes().unwrap(), questions().unwrap());
    for finding in &regimes.findings {
        for condition in finding.any.iter().flatten() {
            let question = questions.iter().find(|one| one.id == condition.question).unwrap();
            assert_eq!(question.axis, finding.axis, "{} asks {}", finding.id, question.id);
            for word in &condition.words {
                assert!(question.answers.contains_key(word), "{}: `{word}`", finding.id);
            }
        }
    }
    let procedures = procedures().unwrap();
    for duty in &regimes.duties {
        let law = duty.law().unwrap();
        assert_eq!(law.regime.replace(' ', "-"), duty.regime, "{}", duty.clock);
        let procedure = procedures.iter().find(|one| one.id == duty.procedure).unwrap();
        let finding = regimes.finding(&duty.finding).unwrap();
        assert_eq!(finding.axis, procedure.axis, "{}", duty.clock);
        assert!(duty.unless.iter().all(|id| regimes.finding(id).is_some()), "{}", duty.clock);
        assert!(duty.starts == "awareness" || procedure.transition(&duty.starts).is_some(), "{}", duty.clock);
        let is_fulfilled = procedure.transitions.iter().any(|one| one.fulfils.contains(&duty.clock));
        assert!(is_fulfilled, "nothing fulfils {}", duty.clock);
    }
}

#[test]
fn proposals_are_there_and_off() {
    let proposals: Vec<_> = regimes().unwrap().duties.iter().filter(|duty| duty.proposal.is_some()).collect();
    assert_eq!(proposals.len(), 2);
    let far = jiff::civil::date(2090, 1, 1);
    assert!(proposals.iter().all(|duty| !duty.is_law(far).unwrap()));
    let known = medward_catalog::clocks().unwrap();
    for duty in proposals {
        assert!(known.proposals.iter().any(|one| Some(&one.id) == duty.proposal.as_ref()));
    }
    let rights = regimes().unwrap().duties.iter().find(|duty| duty.clock == "AIA-73-10").unwrap();
    assert!(!rights.is_law(jiff::civil::date(2028, 8, 1)).unwrap());
    assert!(rights.is_law(jiff::civil::date(2028, 8, 2)).unwrap());
}

#[test]
fn every_state_is_reached_and_every_denial_takes_two_people() {
    for procedure in procedures().unwrap() {
        let mut reached = vec![procedure.begin.as_str()];
        let mut next = 0;
        while let Some(at) = reached.get(next).copied() {
            for one in procedure.from(at) {
                let to = if one.to == "=" { at } else { one.to.as_str() };
                assert!(procedure.state(to).is_some(), "{}: {to}", procedure.id);
                if !reached.contains(&to) {
                    reached.push(to);
                }
                if procedure.state(to).unwrap().stops {
                    assert!(one.other_person, "{}: {} stops clocks", procedure.id, one.id);
                }
            }
            next += 1;
        }
        assert_eq!(reached.len(), procedure.states.len(), "{}: some state is never reached", procedure.id);
        for one in &procedure.transitions {
            assert!(one.from.iter().all(|from| procedure.state(from).is_some()), "{}", one.id);
            for clock in &one.fulfils {
                let law = medward_catalog::clocks().unwrap();
                assert!(law.clocks.iter().any(|known| known.id == *clock), "{clock}");
            }
        }
        if procedure.axis != Axis::Quality {
            assert!(procedure.states.iter().any(|state| state.stops), "{}", procedure.id);
        }
        assert!(procedure.drawing().contains(&procedure.begin));
    }
}

fn any_answers() -> impl Strategy<Value = BTreeMap<String, Vec<String>>> {
    let one = |question: &'static medward_response::Question| {
        let mut words: Vec<Option<String>> = question.answers.keys().cloned().map(Some).collect();
        words.extend([None, Some("unsure".to_owned())]);
        proptest::sample::select(words).prop_map(|word| word.map(|word| (question.id.clone(), vec![word])))
    };
    let all: Vec<_> =
        questions().unwrap().iter().filter(|one| !one.number).map(|question| one(question).boxed()).collect();
    all.prop_map(|answers| answers.into_iter().flatten().collect())
}

proptest! {
    #[test]
    fn knowing_more_never_turns_a_decision_round(answers in any_answers(), more in any_answers()) {
        // What holds or does not hold with some questions open still does when they are answered.
        for finding in &regimes().unwrap().findings {
            let before = holds(&finding.id, &answers);
            let mut known = answers.clone();
            for (question, words) in &more {
                let is_open = known.get(question).is_none_or(|words| words.iter().any(|word| word == "unsure"));
                if is_open {
                    known.insert(question.clone(), words.clone());
                }
            }
            prop_assert!(before == Holds::Unsure || holds(&finding.id, &known) == before, "{}", finding.id);
        }
    }

    #[test]
    fn what_is_unsure_says_which_questions_are_open(answers in any_answers()) {
        for finding in &regimes().unwrap().findings {
            let open = finding.open(|question| answers.get(question).map(Vec::as_slice));
            if holds(&finding.id, &answers) == Holds::Unsure {
                prop_assert!(!open.is_empty(), "{}", finding.id);
            }
        }
    }
}
