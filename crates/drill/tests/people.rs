//! Who may ask a ward for what: by signatures of people of the file, by roles and policies, and never alone where it takes two.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by ending"
)]

use medward_drill::{Client, Ct, POLICIES, Pseudonymous, Site};
use medward_ledger::Signer;
use medward_ledger::note::KeyKind;
use medward_ward::control::{Answer, Ask, ask};
use medward_ward_ledger::{History, Request};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Security releases, discards and opens in an emergency; privacy erases and re-identifies with security; safety reviews.
const PEOPLE_MAY: &str = r#"
permit (principal is Person, action in [Action::"releaseHeld", Action::"discardHeld", Action::"openEmergency"], resource)
when { context.role == "security" };
permit (principal is Person, action in [Action::"erase", Action::"reidentifyStudy"], resource)
when { ["privacy", "security"].contains(context.role) };
permit (principal is Person, action == Action::"reviewEmergency", resource)
when { ["safety", "security"].contains(context.role) };
"#;

/// P-4 holds two roles, and is one person all the same.
const PEOPLE: [(&str, &[&str]); 4] =
    [("P-1", &["security"]), ("P-2", &["privacy"]), ("P-3", &["safety"]), ("P-4", &["security", "privacy"])];

fn signer(person: &str) -> Signer {
    let secret = person.bytes().last().unwrap();
    Signer::new(person, KeyKind::Log, &[secret; 32]).unwrap()
}

fn site() -> Site {
    let mut records = String::new();
    for role in ["security", "privacy", "safety"] {
        let _ = write!(records, "\n[role.{role}]\ntitle = \"{role}\"\n");
    }
    for (person, roles) in PEOPLE {
        let key = signer(person).verifier().to_string();
        let _ = write!(records, "\n[person.{person}]\nroles = {roles:?}\nkeys = [\"{key}\"]\n");
    }
    let mut site = Site::new(&format!("{POLICIES}{PEOPLE_MAY}")).unwrap();
    site.add_to_file("", &records);
    site
}

fn request(what: &Ask, people: &[(&str, &str)]) -> Request<Ask> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut request = Request::new("W-1".to_owned(), what.clone(), i64::try_from(now).unwrap());
    for (person, role) in people {
        request.sign(person, role, &signer(person)).unwrap();
    }
    request
}

async fn sent(site: &Site, question: Ask) -> Answer {
    let state = site.directory().join("state");
    tokio::task::spawn_blocking(move || ask(&state, &question).unwrap().expect("the ward runs"))
        .await
        .unwrap()
}

async fn asked(site: &Site, what: &Ask, people: &[(&str, &str)]) -> Result<String, String> {
    answered(sent(site, Ask::Signed { request: Box::new(request(what, people)) }).await)
}

fn answered(answer: Answer) -> Result<String, String> {
    match answer {
        Answer::Done { said } => Ok(said),
        Answer::Refused { reason } => Err(reason),
        other => panic!("{other:?}"),
    }
}

fn ledger(site: &Site) -> String {
    let segment = std::fs::read(site.directory().join("state/ledger/segment")).unwrap();
    String::from_utf8_lossy(&segment).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_insider_alone_is_refused_and_named_and_two_of_different_roles_are_not() {
    let site = site();
    let ward = site.start(None, None).await.unwrap();
    let (ct, sender) = (Ct::new(1, 1), Client::honest(&site, ward.address));
    assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0));
    ward.dealt_with(&ct.instance).await.unwrap();
    let results = &ward.state.results;
    let study = results.studies().unwrap()[0].study.clone();
    let object = results.objects(&study).unwrap()[0].object.clone();
    let (mut reader, mut bytes) = (results.get(&object).unwrap(), Vec::new());
    while let Some(chunk) = reader.next_chunk().unwrap() {
        bytes.extend_from_slice(chunk);
    }
    let pseudonym = Pseudonymous::of(&bytes).unwrap().study;
    let because = "asked for by a test".to_owned();
    let who = Ask::Reidentify { study: pseudonym, because: because.clone() };

    // The one who may use the socket, and no more.
    let said = answered(sent(&site, who.clone()).await).unwrap_err();
    assert!(said.contains("--sign"), "{said}");
    let said = asked(&site, &who, &[("P-2", "privacy")]).await.unwrap_err();
    assert!(said.contains("one alone"), "{said}");
    assert!(ledger(&site).contains("\"people\":[\"P-2\"],\"reason\":\"one-alone\""), "{}", ledger(&site));
    // One person in two roles is one person, and two in one role are not two.
    let mut twice = request(&who, &[("P-4", "security")]);
    let mut other = request(&who, &[("P-4", "privacy")]);
    other.at = twice.at;
    twice.people.append(&mut other.people);
    assert!(answered(sent(&site, Ask::Signed { request: Box::new(twice) }).await).is_err());
    let said = asked(&site, &who, &[("P-1", "security"), ("P-4", "security")]).await.unwrap_err();
    assert!(said.contains("different roles"), "{said}");
    // A role that no policy names, one that is not held, a forged signature, another question under a good one.
    let said = asked(&site, &who, &[("P-2", "privacy"), ("P-3", "safety")]).await.unwrap_err();
    assert!(said.contains("no policy lets `P-3`"), "{said}");
    assert!(asked(&site, &who, &[("P-2", "privacy"), ("P-3", "security")]).await.is_err());
    let good = request(&who, &[("P-1", "security"), ("P-2", "privacy")]);
    let mut forged = good.clone();
    forged.people[1].signature = forged.people[0].signature.clone();
    assert!(answered(sent(&site, Ask::Signed { request: Box::new(forged) }).await).is_err());
    let erase = Ask::Erase { study: ct.study.clone(), because: because.clone() };
    let other = Request { ask: erase.clone(), ..good.clone() };
    assert!(answered(sent(&site, Ask::Signed { request: Box::new(other) }).await).is_err());
    let old = Request { at: good.at - 100_000, ..good.clone() };
    assert!(answered(sent(&site, Ask::Signed { request: Box::new(old) }).await).is_err());
    assert!(!ledger(&site).contains("reidentified"));

    let again = Ask::Signed { request: Box::new(good.clone()) };
    let said = answered(sent(&site, again.clone()).await).unwrap();
    assert!(said.contains(&ct.study), "{said}");
    let said = answered(sent(&site, again).await).unwrap_err();
    assert!(said.contains("used before"), "{said}");
    // Nor with the same signatures in another order, or one of them beside a new one.
    let mut turned = good.clone();
    turned.people.reverse();
    let mut beside = Request::new(good.ward.clone(), who.clone(), good.at);
    beside.sign("P-4", "security", &signer("P-4")).unwrap();
    beside.people.push(good.people[1].clone());
    for again in [turned, beside] {
        let said = answered(sent(&site, Ask::Signed { request: Box::new(again) }).await).unwrap_err();
        assert!(said.contains("used before"), "{said}");
    }
    assert!(asked(&site, &erase, &[("P-2", "privacy")]).await.is_err());
    assert!(ward.state.originals.get(&ct.instance.parse().unwrap()).is_ok());
    asked(&site, &erase, &[("P-2", "privacy"), ("P-1", "security")]).await.unwrap();
    assert!(ward.state.originals.get(&ct.instance.parse().unwrap()).is_err());
    assert!(ledger(&site).contains("\"kind\":\"reidentified\"") && !ledger(&site).contains(&ct.study));
    ward.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_is_opened_by_one_shut_again_and_reviewed_by_another() {
    let site = site();
    let ward = site.start(None, None).await.unwrap();
    let (ct, sender) = (Ct::new(1, 1), Client::honest(&site, ward.address));
    assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0));
    let out = site.directory().join("out");
    std::fs::create_dir(&out).unwrap();
    let because = "the reading could not wait".to_owned();
    let open = Ask::Emergency { study: ct.study.clone(), out: out.clone(), because: because.clone() };
    assert!(answered(sent(&site, open.clone()).await).is_err());
    assert!(asked(&site, &open, &[("P-2", "privacy")]).await.unwrap_err().contains("no policy"));
    assert!(std::fs::read_dir(&out).unwrap().next().is_none());
    asked(&site, &open, &[("P-1", "security")]).await.unwrap();
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
    // Another one into the same place would lose track of what the first one put there.
    let other =
        Ask::Emergency { study: ct.study.clone(), out: out.clone(), because: "another one".to_owned() };
    assert!(asked(&site, &other, &[("P-1", "security")]).await.unwrap_err().contains("another emergency"));
    // Under load the head of the ledger is signed ten times a second, and what stands behind it is not read yet.
    let until = async |is_so: fn(&History) -> bool| {
        let begun = Instant::now();
        loop {
            let history = History::read(&site.directory().join("state"), None).unwrap();
            if is_so(&history) || begun.elapsed() > Duration::from_secs(10) {
                return history;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let opened = until(|history| !history.emergencies.is_empty()).await.emergencies;
    assert_eq!(opened.len(), 1, "what was not handed out is no emergency");
    answered(sent(&site, Ask::EmergencyShut { out: out.clone() }).await).unwrap();
    assert!(!out.exists());
    assert!(answered(sent(&site, Ask::EmergencyShut { out }).await).is_err());
    let history = || History::read(&site.directory().join("state"), None).unwrap();
    let emergency = history().emergencies[0].number;
    let review = |emergency| Ask::EmergencyReview { emergency, is_justified: true, because: because.clone() };
    assert!(
        asked(&site, &review(emergency + 1), &[("P-3", "safety")])
            .await
            .unwrap_err()
            .contains("no emergency")
    );
    let said = asked(&site, &review(emergency), &[("P-1", "security")]).await.unwrap_err();
    assert!(said.contains("another person"), "{said}");
    assert!(history().emergencies[0].reviews.is_empty());
    asked(&site, &review(emergency), &[("P-3", "safety")]).await.unwrap();
    let reviewed = until(|history| !history.emergencies[0].reviews.is_empty()).await;
    assert_eq!(reviewed.emergencies[0].reviews.len(), 1);
    ward.stop().await;
}
