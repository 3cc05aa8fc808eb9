//! Clocks of one case by party and regime, as the acts on it say.

#![allow(clippy::unwrap_used, reason = "a case that cannot be made is a failed test")]

use jiff::Timestamp;
use medward_evidence::{Acted, History, Voucher};
use medward_file::load_texts;
use medward_ledger::{Act, Reason, RecordId, Source, Subject};
use medward_response::{Cases, Scope, Standing};

const FILE: &str = "[device]\nname = \"Gateway\"\nmanufacturer = \"maker\"\n[party.maker]\nname = \"Maker\"\nrole = \"manufacturer\"\n\
    under = [\"cra\", \"nis2\", \"ai-act\"]\ntime_zone = \"Europe/Berlin\"\n[party.clinic]\nname = \"Clinic\"\nrole = \"controller\"\n";

fn id(text: &str) -> RecordId {
    RecordId::try_from(text).unwrap()
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn reason(text: &str) -> Reason {
    Reason::try_from(text).unwrap()
}

struct Told(History);

impl Told {
    fn of(known: &str) -> Self {
        let mut told = Self(History::default());
        let known = moment(known).as_second();
        let act = Act::Opened {
            subject: Subject::Event,
            source: Source::User,
            title: reason("Something"),
            from: known,
            until: None,
            known,
            links: Vec::new(),
            details: None,
        };
        told.act(act, Timestamp::from_second(known).unwrap(), Voucher::Role);
        told
    }

    fn act(&mut self, act: Act, received: Timestamp, voucher: Voucher) {
        let index = self.0.acts.len() as u64;
        let acted = Acted {
            case: "E-1".into(),
            act,
            exercise: false,
            received,
            role: Some("safety".into()),
            voucher,
            index,
        };
        self.0.acts.push(acted);
    }

    fn answer(&mut self, question: &str, word: &str, at: &str) {
        self.act(
            Act::Answered { question: id(question), answers: vec![id(word)] },
            moment(at),
            Voucher::Role,
        );
    }

    fn step(&mut self, procedure: &str, step: &str, at: &str, person: &str) {
        let act = Act::Moved {
            procedure: id(procedure),
            entity: id("maker"),
            transition: id(step),
            at: moment(at).as_second(),
            because: Some(reason("number 1")),
        };
        self.act(act, moment(at), Voucher::Person(person.to_owned()));
    }

    /// The standing and limit of a clock of a party at a moment.
    fn clock(&self, clock: &str, party: &str, at: &str) -> Option<(Standing, Option<Timestamp>)> {
        let (file, problems) = load_texts([("device.toml", FILE)]);
        assert!(problems.is_empty());
        let cases = Cases::at(&self.0, moment(at)).unwrap();
        let scope = Scope::of(&file).unwrap();
        let clocks = scope.clocks(cases.get("E-1").unwrap(), moment(at)).unwrap();
        let found = clocks.iter().find(|one| one.duty.clock == clock && one.party == party)?;
        Some((found.standing, found.limit.as_ref().map(|limit| limit.at)))
    }
}

#[test]
fn a_vulnerability_in_a_product_that_is_no_device_counts_its_final_report_from_the_measure() {
    let mut told = Told::of("2026-11-02T09:00:00Z");
    told.answer("other-product", "yes", "2026-11-02T10:00:00Z");
    told.answer("exploited", "yes", "2026-11-02T10:00:00Z");
    told.answer("severe", "no", "2026-11-02T10:00:00Z");
    let at = "2026-11-02T11:00:00Z";
    assert_eq!(
        told.clock("CRA-14-2-a", "maker", at),
        Some((Standing::Running, Some(moment("2026-11-03T09:00:00Z"))))
    );
    assert_eq!(told.clock("CRA-14-2-c", "maker", at), Some((Standing::Waiting, None)));
    // An incident it is not: no clock of it beside those of the vulnerability.
    assert_eq!(told.clock("CRA-14-4-b", "maker", at), None);
    told.step("product", "submit-notification", "2026-11-03T08:00:00Z", "P-1");
    told.step("product", "measure-available", "2026-11-20T08:00:00Z", "P-1");
    let at = "2026-11-21T00:00:00Z";
    assert_eq!(
        told.clock("CRA-14-2-c", "maker", at),
        Some((Standing::Running, Some(moment("2026-12-04T22:59:59Z"))))
    );
    assert_eq!(
        told.clock("CRA-14-2-b", "maker", at).unwrap().0,
        Standing::Met(moment("2026-11-03T08:00:00Z"))
    );
}

#[test]
fn before_a_law_applies_its_clock_is_not_there() {
    let mut told = Told::of("2026-09-10T20:00:00Z");
    told.answer("other-product", "yes", "2026-09-10T21:00:00Z");
    told.answer("exploited", "yes", "2026-09-10T21:00:00Z");
    assert_eq!(told.clock("CRA-14-2-a", "maker", "2026-09-12T00:00:00Z"), None);
    // Two hours later it is the 11th in Berlin.
    let mut told = Told::of("2026-09-10T22:30:00Z");
    told.answer("other-product", "yes", "2026-09-10T23:00:00Z");
    told.answer("exploited", "yes", "2026-09-10T23:00:00Z");
    assert!(told.clock("CRA-14-2-a", "maker", "2026-09-12T00:00:00Z").is_some());
    assert_eq!(told.clock("AIA-73-10", "maker", "2026-09-12T00:00:00Z"), None);
    let told = Told::of("2028-08-02T10:00:00Z");
    assert!(told.clock("AIA-73-10", "maker", "2028-08-02T11:00:00Z").is_some());
}

#[test]
fn the_clock_of_another_party_waits_for_its_own_awareness_and_the_earliest_limit_of_threat_and_death_counts()
{
    let mut told = Told::of("2026-11-02T09:00:00Z");
    let at = "2026-11-03T00:00:00Z";
    assert_eq!(told.clock("GDPR-33-1", "clinic", at), Some((Standing::Waiting, None)));
    let aware = Act::Aware {
        regime: id("GDPR"),
        entity: id("clinic"),
        at: moment("2026-11-02T18:15:00Z").as_second(),
        because: reason("its own team confirmed it"),
    };
    told.act(aware, moment("2026-11-02T19:00:00Z"), Voucher::Role);
    assert_eq!(told.clock("GDPR-33-1", "clinic", at).unwrap().1, Some(moment("2026-11-05T18:15:00Z")));
    for (question, word) in [("device", "yes"), ("causal", "possible"), ("harm", "death"), ("threat", "no")] {
        told.answer(question, word, "2026-11-02T20:00:00Z");
    }
    assert_eq!(told.clock("MDR-87-5", "maker", at).unwrap().1, Some(moment("2026-11-12T22:59:59Z")));
    assert_eq!(told.clock("MDR-87-3", "maker", at), None);
    told.answer("threat", "yes", "2026-11-02T21:00:00Z");
    assert_eq!(told.clock("MDR-87-4", "maker", at).unwrap().1, Some(moment("2026-11-04T22:59:59Z")));
    assert_eq!(told.clock("MDR-87-5", "maker", at), None);
}

#[test]
fn a_decision_not_to_report_takes_two_people_and_ends_with_new_facts() {
    let mut told = Told::of("2026-11-02T09:00:00Z");
    told.answer("device", "no", "2026-11-02T10:00:00Z");
    let standing = |told: &Told, at: &str| told.clock("MDR-87-3", "maker", at).unwrap().0;
    assert_eq!(standing(&told, "2026-11-02T11:00:00Z"), Standing::Running);
    told.step("vigilance", "not-reportable", "2026-11-02T12:00:00Z", "P-1");
    assert_eq!(standing(&told, "2026-11-02T12:30:00Z"), Standing::Running);
    told.step("vigilance", "confirm", "2026-11-02T13:00:00Z", "P-1");
    let cases = Cases::at(&told.0, moment("2026-11-02T14:00:00Z")).unwrap();
    assert_eq!(cases.doubtful.len(), 1, "{:?}", cases.doubtful);
    assert_eq!(standing(&told, "2026-11-02T14:00:00Z"), Standing::Running);
    told.step("vigilance", "confirm", "2026-11-02T15:00:00Z", "P-2");
    assert_eq!(standing(&told, "2026-11-02T16:00:00Z"), Standing::Stopped);
    // A moment before still answers as it did.
    assert_eq!(standing(&told, "2026-11-02T14:30:00Z"), Standing::Running);
    told.answer("device", "yes", "2026-11-03T09:00:00Z");
    assert_eq!(standing(&told, "2026-11-03T10:00:00Z"), Standing::Running);
    assert_eq!(standing(&told, "2026-11-18T00:00:00Z"), Standing::Overdue);
}

#[test]
fn time_before_the_ledger_began_is_no_time_without_events() {
    let (file, problems) = load_texts([("device.toml", FILE)]);
    assert!(problems.is_empty());
    let plan = medward_response::Plan::of(&medward_file::kinds::Surveillance::default());
    let at = moment("2026-11-25T00:00:00Z");
    let trend = |first: &str| {
        let mut told = Told::of(first);
        for day in 1..=5 {
            let mut more = Told::of(&format!("2026-11-0{day}T09:00:00Z")).0.acts;
            for acted in &mut more {
                acted.case = format!("E-{day}{day}");
            }
            told.0.acts.extend(more);
        }
        let cases = Cases::at(&told.0, at).unwrap();
        let trends = medward_response::trends(&cases, &Scope::of(&file).unwrap(), &plan, at);
        trends.into_iter().find(|one| one.group == "all").unwrap()
    };
    // A new ledger has nothing to compare with; one of a year has.
    assert_eq!(trend("2026-11-01T09:00:00Z").probability, None);
    assert!(trend("2025-11-01T09:00:00Z").probability.unwrap() < 0.01);
}

#[test]
fn who_can_only_append_moves_no_clock() {
    let mut told = Told::of("2026-11-02T09:00:00Z");
    let at = "2026-11-03T00:00:00Z";
    let before = told.clock("MDR-87-3", "maker", at);
    // With the key of the ledger and no role: a later day of the news, an answer, a decision.
    let later = Act::Noted { field: id("known"), text: reason("2026-11-20T09:00:00Z") };
    let answered = Act::Answered { question: id("device"), answers: vec![id("no")] };
    let moved = Act::Moved {
        procedure: id("vigilance"),
        entity: id("maker"),
        transition: id("submit-initial"),
        at: moment("2026-11-02T12:00:00Z").as_second(),
        because: Some(reason("number 1")),
    };
    for act in [later, answered, moved] {
        told.act(act, moment("2026-11-02T12:00:00Z"), Voucher::Probe);
        told.0.acts.last_mut().unwrap().role = None;
    }
    assert_eq!(told.clock("MDR-87-3", "maker", at), before);
    assert_eq!(Cases::at(&told.0, moment(at)).unwrap().doubtful.len(), 3);
}
