//! Bytes that get the better of their reader cost their own object, and nothing else: the ward goes on, and says what happened.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_drill::{Client, Ct, POLICIES, Site};
use std::time::Duration;

/// Status of an object that is held back.
const HELD: u16 = 0xC000;

fn image(number: u32, word: &str) -> (String, Vec<u8>) {
    let ct = Ct::new(1, number).with(0x0008_1030, *b"LO", word.as_bytes());
    (ct.instance.clone(), ct.data_set())
}

/// Numbers of the processes that this one started.
fn children() -> Vec<i32> {
    let mut found: Vec<i32> = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let text = std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        found.extend(text.split_whitespace().map(|number| number.parse::<i32>().unwrap()));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_fails_costs_the_object_that_it_read() {
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let honest = Client::honest(&site, ward.address);
    let words = [
        ("READER-PANIC", "reader-died"),
        ("READER-ALLOCATE", "reader-died"),
        ("READER-LOOP", "reader-too-slow"),
        ("READER-LIE", "reader-talks-nonsense"),
        ("READER-FLOOD", "reader-talks-nonsense"),
    ];
    let mut association = honest.associate().await.unwrap().unwrap();
    let class = "1.2.840.10008.5.1.4.1.1.2".parse().unwrap();
    for (number, (word, reason)) in (1..).zip(words) {
        // Another association meanwhile is served as ever, by a reader of its own or a new one.
        let beside = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let (instance, data_set) = image(100 + number, "nothing odd");
            honest.store(&instance, &data_set).await.unwrap()
        };
        let (instance, data_set) = image(number, word);
        let (instance, length) = (instance.parse().unwrap(), data_set.len() as u64);
        let mut source = data_set.as_slice();
        let hostile = association.store(3, &class, &instance, &mut source, length);
        let (hostile, beside) = tokio::join!(hostile, beside);
        assert_eq!((hostile.unwrap(), beside), (HELD, Some(0)), "{word}");
        // The same association goes on as well.
        let (instance, data_set) = image(200 + number, "nothing odd");
        let (instance, length) = (instance.parse().unwrap(), data_set.len() as u64);
        let stored = association.store(3, &class, &instance, &mut data_set.as_slice(), length).await;
        assert_eq!(stored.unwrap(), 0, "after {word}");
        let held = ward.state.originals.quarantined().unwrap();
        let said = format!("content: {}", reason.replace('-', " "));
        assert!(held.iter().any(|held| held.reason == said), "{word}: {held:?}");
    }
    let _ = association.release().await;
    ward.stop().await;
    assert!(children().is_empty(), "readers outlive the ward");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_killed_from_outside_is_replaced() {
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let honest = Client::honest(&site, ward.address);
    for number in 1..=5 {
        let (instance, data_set) = image(number, "nothing odd");
        let status = honest.store(&instance, &data_set).await.unwrap();
        assert_eq!(status, Some(0), "an object is held back for what somebody did to a reader");
        for child in children() {
            let _ = std::process::Command::new("kill").args(["-9", &child.to_string()]).status();
        }
    }
    ward.stop().await;
}

/// Without a reader that is confined nothing listens.
#[tokio::test]
async fn without_a_reader_the_ward_does_not_start() {
    let mut site = Site::new(POLICIES).unwrap();
    site.read_by(medward_containment::Program { path: "/bin/true".into(), arguments: Vec::new() });
    let started = site.start(None, None).await;
    assert!(started.is_err_and(|error| error.to_string().contains("nothing can be read")));
}
