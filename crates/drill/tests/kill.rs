//! The running ward, killed: every image that was acknowledged is there, and nobody had to mend anything.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by ending")]

mod process;

use medward_drill::{Client, Ct, PASSPHRASE, POLICIES, Site};
use medward_ward::State;
use process::Ward;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn kill_9_while_receiving_loses_no_acknowledged_image() {
    const CYCLES: u32 = 20;
    let site = Site::new(POLICIES).unwrap();
    site.write_file("127.0.0.1:0", None, None).unwrap();
    let mut acknowledged = Vec::new();
    for cycle in 1..=CYCLES {
        let (ward, address) = Ward::start(&site, &[]);
        let count = AtomicU32::new(0);
        let send = |sender: u32| {
            let (client, count) = (Client::honest(&site, address), &count);
            async move {
                let mut taken = Vec::new();
                let Ok(Some(mut association)) = client.associate().await else { return taken };
                let class = "1.2.840.10008.5.1.4.1.1.2".parse().unwrap();
                for number in 1..=500_u32 {
                    let ct = Ct::new(cycle * 10 + sender, number);
                    let data_set = ct.data_set();
                    let (instance, length) = (ct.instance.parse().unwrap(), data_set.len() as u64);
                    match association.store(3, &class, &instance, &mut data_set.as_slice(), length).await {
                        Ok(0) => taken.push(ct),
                        _ => break,
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                }
                taken
            }
        };
        // Each time after another number of images, somewhere in the middle of the next ones.
        let killing = async {
            let begun = Instant::now();
            while count.load(Ordering::Relaxed) < 3 + cycle * 7 % 23
                && begun.elapsed() < Duration::from_secs(30)
            {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_millis(u64::from(cycle * 5 % 17))).await;
            ward.kill();
        };
        let (a, b, c, d, ()) = tokio::join!(send(0), send(1), send(2), send(3), killing);
        acknowledged.extend([a, b, c, d].concat());
    }
    assert!(acknowledged.len() >= 3 * CYCLES as usize, "too few to mean anything: {}", acknowledged.len());
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
