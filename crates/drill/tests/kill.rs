//! The running ward, killed: every image that was acknowledged is there, and nobody had to mend anything.
//!
//! The ward that is killed is a process of its own: this test program, started anew as the ward of a site.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_drill::{Client, Ct, PASSPHRASE, POLICIES, Site};
use medward_ward::{Configuration, Gateway, State};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Directory whose ward the program runs as, instead of testing.
const RUN_AS_WARD: &str = "MEDWARD_DRILL_RUN_AS_WARD";

/// Not a test of its own: what [`Ward::start`] starts.
#[tokio::test(flavor = "multi_thread")]
async fn runs_as_a_ward_when_asked() {
    let Some(directory) = std::env::var_os(RUN_AS_WARD) else { return };
    let (file, _) = medward_file::load(directory.as_ref(), medward_file::Limits::default());
    let configuration = Configuration::of(&file, None, "2026-01-01".parse().unwrap()).unwrap();
    let gateway = Gateway::open(configuration, PASSPHRASE).await.unwrap();
    eprintln!("listening on {}", gateway.address().unwrap());
    gateway.run(std::future::pending()).await;
}

struct Ward(Child);

impl Ward {
    /// Starts a ward on the site, and waits until it listens.
    fn start(site: &Site) -> (Self, SocketAddr) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "runs_as_a_ward_when_asked", "--nocapture"])
            .env(RUN_AS_WARD, site.directory())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        while let Some(line) = lines.next() {
            let line = line.unwrap();
            if let Some(address) = line.strip_prefix("listening on ") {
                // What it says later is read and dropped, so that it is never kept from saying it.
                std::thread::spawn(move || lines.for_each(drop));
                return (Self(child), address.parse().unwrap());
            }
            said.push_str(&line);
        }
        panic!("the ward does not start: {said}");
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn kill_9_while_receiving_loses_no_acknowledged_image() {
    const CYCLES: u32 = 20;
    let site = Site::new(POLICIES).unwrap();
    site.write_file("127.0.0.1:0", None, None).unwrap();
    let mut acknowledged = Vec::new();
    for cycle in 1..=CYCLES {
        let (ward, address) = Ward::start(&site);
        let senders = (0..4_u32).map(|sender| {
            let client = Client::honest(&site, address);
            async move {
                let mut taken = Vec::new();
                for number in 1..=200_u32 {
                    let ct = Ct::new(cycle * 10 + sender, number);
                    match client.store(&ct.instance, &ct.data_set()).await {
                        Ok(Some(0)) => taken.push(ct),
                        _ => break,
                    }
                }
                taken
            }
        });
        let senders: Vec<_> = senders.collect();
        let mut senders = senders.into_iter();
        let (a, b, c, d) = (
            senders.next().unwrap(),
            senders.next().unwrap(),
            senders.next().unwrap(),
            senders.next().unwrap(),
        );
        let wait = Duration::from_millis(150 + u64::from(cycle * 37 % 300));
        let killing = async {
            tokio::time::sleep(wait).await;
            ward.kill();
        };
        let (a, b, c, d, ()) = tokio::join!(a, b, c, d, killing);
        acknowledged.extend([a, b, c, d].concat());
    }
    assert!(acknowledged.len() >= CYCLES as usize, "too few to mean anything: {}", acknowledged.len());
    eprintln!("{} images were acknowledged in {CYCLES} cycles", acknowledged.len());

    let state = State::open(&site.configuration().unwrap(), PASSPHRASE).unwrap();
    for ct in &acknowledged {
        let mut reader = state.originals.get(&ct.instance.parse().unwrap()).unwrap();
        let mut bytes = Vec::new();
        while let Some(chunk) = reader.next_chunk().unwrap() {
            bytes.extend_from_slice(chunk);
        }
        assert!(bytes.ends_with(&ct.data_set()), "{} is not what was sent", ct.instance);
    }
    // Each has its entry in the ledger, which verifies.
    drop(state);
    let ledger = site.directory().join("state/ledger");
    let mut reader = medward_ledger::segment::Reader::open(&ledger.join("segment")).unwrap();
    let mut first_time = 0;
    while let medward_ledger::segment::Step::Entry(bytes) = reader.step().unwrap() {
        let entry: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        if entry["kind"] == "received" && entry["again"] == false {
            first_time += 1;
        }
    }
    assert!(first_time >= acknowledged.len(), "{first_time} entries for {} images", acknowledged.len());
    let key = std::fs::read_to_string(ledger.join("key.pub")).unwrap();
    let verified =
        medward_ledger::verify(&ledger, &medward_ledger::VerifierKey::parse(key.trim()).unwrap(), &[]);
    assert!(verified.is_ok(), "{verified:?}");
}
