//! A ledger that cannot be written while something is sent: the destination is not flooded with what it has already.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_drill::{Client, Ct, POLICIES, Site, To};
use medward_test_peers::{free_port, has};
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
