//! A ledger that cannot be written while something is sent: the destination is not flooded with what it has already. And one that lacks
//! what was written into it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_drill::{Client, Ct, PASSPHRASE, POLICIES, Running, Site, To, Web};
use medward_test_peers::{free_port, has};
use medward_ward::State;
use medward_ward::control::{Answer, Ask, ask};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A picture archive of dcmtk that notes each object it takes; ended when dropped.
struct Archive(Child);

impl Drop for Archive {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Archive {
    fn start(site: &Site, port: u16, place: &Path) -> Self {
        let path = |name: &str| site.pki(name).display().to_string();
        let mut command = Command::new("storescp");
        command.args(["+tls", &path("ai.key"), &path("ai.pem"), "+cf", &path("ca.pem"), "+xa", "--ignore"]);
        command.args(["-aet", "AI", "-v", &port.to_string()]);
        let log = std::fs::File::create(place).unwrap();
        Self(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_mins(1), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_is_sent_again_later_and_later() {
    if !has("storescp") {
        eprintln!("SKIPPED: storescp is not installed");
        return;
    }
    let site = Site::new(POLICIES).unwrap();
    let (port, log) = (free_port(), site.directory().join("storescp.log"));
    let ward = site.start(None, Some(&To::association("AI", port))).await.unwrap();
    let (ct, sender) = (Ct::new(1, 1), Client::honest(&site, ward.address));
    assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0));
    until("it is released", || !ward.state.queue.is_open(&ct.instance).unwrap()).await;
    // Its head cannot be put in place any more, whoever the user is that runs the test.
    let head = site.directory().join("state/ledger/checkpoint");
    let kept = std::fs::read(&head).unwrap();
    std::fs::remove_file(&head).unwrap();
    std::fs::create_dir_all(head.join("in the way")).unwrap();
    let archive = Archive::start(&site, port, &log);
    let taken = || std::fs::read_to_string(&log).unwrap_or_default().matches("Store SCP RSP").count();
    let received =
        || std::fs::read_to_string(&log).unwrap_or_default().matches("Received Store Request").count();
    until("it is taken", || received().max(taken()) > 0).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(received() <= 3, "it was sent {} times in a few seconds", received());
    std::fs::remove_dir_all(&head).unwrap();
    std::fs::write(&head, kept).unwrap();
    let is_written = || {
        let segment = std::fs::read(site.directory().join("state/ledger/segment")).unwrap();
        String::from_utf8_lossy(&segment).contains("\"destination\":\"AI\"")
    };
    until("it is written down", is_written).await;
    until("nothing waits any more", || ward.state.queue.waiting().unwrap().is_empty()).await;
    ward.stop().await;
    drop(archive);
}

fn ledger(site: &Site) -> String {
    let segment = std::fs::read(site.directory().join("state/ledger/segment")).unwrap();
    String::from_utf8_lossy(&segment).into_owned()
}

/// How often something of a kind is in the ledger.
fn written(site: &Site, kind: &str) -> usize {
    ledger(site).matches(&format!("\"kind\":\"{kind}\"")).count()
}

/// The ledger as it is now, to be put back later.
fn earlier(site: &Site) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let files = walkdir::WalkDir::new(site.directory().join("state/ledger")).into_iter().flatten();
    let files = files.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn put_back(site: &Site, files: &[(std::path::PathBuf, Vec<u8>)]) {
    std::fs::remove_dir_all(site.directory().join("state/ledger")).unwrap();
    for (path, bytes) in files {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

async fn stored(site: &Site, ward: &Running, ct: &Ct) {
    let sender = Client::honest(site, ward.address);
    assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0), "images are taken");
}

async fn released(ward: &Running, ct: &Ct) {
    until("it is released", || !ward.state.queue.is_open(&ct.instance).unwrap()).await;
}

async fn asked(site: &Site, question: Ask) -> Answer {
    let state = site.directory().join("state");
    tokio::task::spawn_blocking(move || ask(&state, &question).unwrap().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_was_put_back_is_noticed_and_nothing_leaves_until_somebody_looked() {
    let site = Site::new(POLICIES).unwrap();
    let images: Vec<Ct> = (1..=4).map(|number| Ct::new(number, 1)).collect();
    let ward = site.start(None, None).await.unwrap();
    stored(&site, &ward, &images[0]).await;
    released(&ward, &images[0]).await;
    ward.stop().await;
    let before = earlier(&site);
    let ward = site.start(None, None).await.unwrap();
    stored(&site, &ward, &images[1]).await;
    released(&ward, &images[1]).await;
    ward.stop().await;

    // Sound in itself, and of yesterday; whoever followed it does not remember either.
    put_back(&site, &before);
    std::fs::remove_dir_all(site.directory().join("state/alarms")).unwrap();
    let ward = site.start(None, None).await.unwrap();
    assert_eq!((written(&site, "rolled_back"), written(&site, "found")), (1, 0));
    stored(&site, &ward, &images[2]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(ward.state.queue.is_open(&images[2].instance).unwrap());
    let looked = Web::ai(&site, &ward).get("/studies").await.unwrap().unwrap();
    assert_eq!(looked.status, 503, "what cannot be written down is not answered");
    // A restart changes nothing about it.
    ward.stop().await;
    let ward = site.start(None, None).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(ward.state.queue.is_open(&images[2].instance).unwrap());
    let because = "restored from an old copy by mistake".to_owned();
    let answer = asked(&site, Ask::Resume { because: because.clone() }).await;
    assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    released(&ward, &images[2]).await;
    // The second image, and its result.
    assert_eq!((written(&site, "rolled_back"), written(&site, "found")), (1, 2));
    assert!(matches!(asked(&site, Ask::Resume { because }).await, Answer::Refused { .. }));
    ward.stop().await;

    // Only the last entries are gone, and with them no image.
    let before = earlier(&site);
    let ward = site.start(None, None).await.unwrap();
    asked(&site, Ask::Mark { text: "what somebody wants gone".to_owned() }).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    ward.stop().await;
    put_back(&site, &before);
    let ward = site.start(None, None).await.unwrap();
    assert_eq!(written(&site, "rolled_back"), 2);
    assert_eq!(ledger(&site).matches("\"detector\":\"rollback\"").count(), 2, "and an alarm each time");
    asked(&site, Ask::Resume { because: "looked at".to_owned() }).await;
    ward.stop().await;

    // What a kill left between vault and ledger is no sign of anything.
    let state = State::open(&site.configuration().unwrap(), PASSPHRASE).unwrap();
    let ct = &images[3];
    let mut put = state.originals.put(&ct.study.parse().unwrap(), &ct.instance.parse().unwrap()).unwrap();
    put.push(&ct.file()).unwrap();
    put.finish().unwrap();
    drop(state);
    let ward = site.start(None, None).await.unwrap();
    released(&ward, ct).await;
    assert_eq!((written(&site, "rolled_back"), written(&site, "found")), (2, 3));
    ward.stop().await;
}
