//! Studies and quarantine, asked of a ward that stands behind a socket.

use super::*;
use medward_ward::control::{Answer, Ask, Held, Kept, SOCKET};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::sync::mpsc::{Receiver, channel};

const UID: &str = "1.2.840.113619.2.55.3.604688119";

/// A ward with a study and an object held back, in a directory; what it was asked is told.
fn ward(directory: &std::path::Path) -> Receiver<Ask> {
    let listener = UnixListener::bind(directory.join(SOCKET)).unwrap();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map(Result::unwrap) {
            let mut question = Vec::new();
            stream.read_to_end(&mut question).unwrap();
            let question: Ask = serde_json::from_slice(&question).unwrap();
            let answer = match &question {
                Ask::Studies => Answer::Studies {
                    studies: vec![Kept {
                        study: UID.into(),
                        objects: 3,
                        bytes: 4_000_000,
                        opened: 1,
                        erased: None,
                    }],
                    waiting: vec![("AI".to_owned(), 2)],
                },
                Ask::QuarantineList => Answer::Quarantined {
                    objects: vec![Held {
                        id: "7".into(),
                        reason: format!("refused: {HOSTILE}"),
                        note: format!("from {HOSTILE}, said to be {UID} of class 1.2"),
                        bytes: 9,
                        digest: String::new(),
                        received: 1,
                    }],
                },
                Ask::Signed { request } if matches!(request.ask, Ask::QuarantineRelease { .. }) => {
                    Answer::Refused { reason: "it still does not pass".into() }
                }
                _ => Answer::Done { said: "destroyed".into() },
            };
            let _ = tell.send(question);
            stream.write_all(&serde_json::to_vec(&answer).unwrap()).unwrap();
        }
    });
    told
}

#[tokio::test]
async fn studies_have_names_of_this_page_and_their_own_only_after_the_ledger_has_it() {
    let state = tempfile::tempdir().unwrap();
    let _told = ward(state.path());
    let site = site_with("", &[], |desk| desk.ward = Some(state.path().to_owned()));
    let page = site.get("/studies", &site.cookie("officer")).await.2;
    assert!(page.contains("S-") && page.contains("4 MB") && !page.contains(UID), "{page}");
    let page = site.send("officer", "/studies/identified", &[]).await.2;
    assert!(page.contains(UID));
    let entries = site.entries();
    let text = serde_json::to_string(&entries).unwrap();
    assert!(
        entries.iter().any(|entry| entry["came"] == "identified" && entry["what"] == "studies"),
        "{text}"
    );
    assert!(!text.contains(UID));
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_shown() {
    let state = tempfile::tempdir().unwrap();
    let _told = ward(state.path());
    let site = site_with("", &[], |desk| desk.ward = Some(state.path().to_owned()));
    std::fs::remove_file(site.directory.path().join("key")).unwrap();
    let page = site.send("officer", "/studies/identified", &[]).await.2;
    assert!(!page.contains(UID) && page.contains("class=\"alert\""), "{page}");
}

/// A ward of the file; only its id matters here.
const WARD: &str = "[ward.W-1]\ntitle = \"w\"\nlisten = \"w\"\nae_title = \"W\"\ncertificate = \"w\"\nkey = \"w\"\n\
    trust = \"w\"\nrevocation = \"w\"\nstate = \"w\"\nvault_key = \"w\"\npolicies = \"w\"\ndeidentification = \"w\"\n\
    pseudonym_key = \"w\"\nsop_classes = []\n";

#[tokio::test]
async fn what_is_held_back_is_decided_with_a_reason_and_a_signature() {
    let state = tempfile::tempdir().unwrap();
    let told = ward(state.path());
    let site = site_with(WARD, &["clerk"], |desk| desk.ward = Some(state.path().to_owned()));
    let page = site.get("/quarantine", &site.cookie("clerk")).await.2;
    assert!(
        page.contains("&lt;script&gt;") && !page.contains("<script>alert") && !page.contains(UID),
        "{page}"
    );
    let form = |what, sign| {
        [
            ("id", "7"),
            ("what", what),
            ("because", "Looked at with the sender"),
            ("as", "security"),
            ("sign", sign),
        ]
    };
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    for (what, sign, said) in [
        ("release", PASSPHRASE, "still does not pass"),
        ("discard", "guess guess guess", "does not open your key"),
        ("explode", PASSPHRASE, "Choose what to do"),
    ] {
        let (status, _, body) = site.send("clerk", "/quarantine/decide", &form(what, sign)).await;
        assert!(status == unprocessable && body.contains(said), "{said}: {body}");
    }
    let (status, _, body) = site.send("clerk", "/quarantine/decide", &form("discard", PASSPHRASE)).await;
    assert!(status == StatusCode::OK && body.contains("destroyed"), "{body}");
    let snapshot = site.gate.device.now();
    let key = &snapshot.file.by_id::<medward_file::kinds::Person>("clerk").unwrap().keys[0];
    let key = medward_ledger::VerifierKey::parse(key).unwrap();
    let decided = told.try_iter().filter_map(|ask| match ask {
        Ask::Signed { request } => Some(request),
        _ => None,
    });
    let decided: Vec<_> = decided.collect();
    assert_eq!(decided.len(), 2, "one to release, one to discard: {decided:?}");
    for request in decided {
        let vouchers = request.vouchers().unwrap();
        assert_eq!((vouchers.ward.as_str(), vouchers.ids()), ("W-1", vec!["clerk".to_owned()]));
        assert!(vouchers.is_signed(&vouchers.people[0], &key));
    }
}

#[tokio::test]
async fn a_ward_that_does_not_run_is_said_to() {
    let state = tempfile::tempdir().unwrap();
    let site = site_with("", &[], |desk| desk.ward = Some(state.path().to_owned()));
    assert!(site.get("/studies", &site.cookie("clerk")).await.2.contains("does not run"));
    let none = super::site();
    assert!(none.get("/quarantine", &none.cookie("clerk")).await.2.contains("without a ward"));
}
