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
                Ask::QuarantineRelease { .. } => Answer::Refused { reason: "it still does not pass".into() },
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

#[tokio::test]
async fn what_is_held_back_is_decided_with_a_reason_and_by_whom() {
    let state = tempfile::tempdir().unwrap();
    let told = ward(state.path());
    let site = site_with("", &[], |desk| desk.ward = Some(state.path().to_owned()));
    let page = site.get("/quarantine", &site.cookie("clerk")).await.2;
    assert!(
        page.contains("&lt;script&gt;") && !page.contains("<script>alert") && !page.contains(UID),
        "{page}"
    );
    let form = |what| [("id", "7"), ("what", what), ("because", "Looked at with the sender")];
    let (status, _, body) = site.send("clerk", "/quarantine/decide", &form("release")).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && body.contains("still does not pass"), "{body}");
    let (status, _, body) = site.send("clerk", "/quarantine/decide", &form("discard")).await;
    assert!(status == StatusCode::OK && body.contains("destroyed"), "{body}");
    assert_eq!(
        site.send("clerk", "/quarantine/decide", &form("explode")).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let asked: Vec<Ask> = told.try_iter().collect();
    let because = "Looked at with the sender (clerk at the dashboard)".to_owned();
    assert!(asked.contains(&Ask::QuarantineDiscard { id: "7".into(), because }), "{asked:?}");
}

#[tokio::test]
async fn a_ward_that_does_not_run_is_said_to() {
    let state = tempfile::tempdir().unwrap();
    let site = site_with("", &[], |desk| desk.ward = Some(state.path().to_owned()));
    assert!(site.get("/studies", &site.cookie("clerk")).await.2.contains("does not run"));
    let none = super::site();
    assert!(none.get("/quarantine", &none.cookie("clerk")).await.2.contains("without a ward"));
}
