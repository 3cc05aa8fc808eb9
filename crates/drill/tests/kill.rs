//! The running ward, killed: every image that was acknowledged is there, and nobody had to mend anything.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on says so by ending"
)]

mod kept;
mod process;

use kept::{Kept, configuration};
use medward_deid::ProjectKey;
use medward_drill::{Client, Ct, POLICIES, Site};
use process::Ward;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How often it is killed.
const CYCLES: u32 = 200;
/// On a machine that has other things to do it is over earlier, but in `bench/ward-kills`, which sets this variable.
const TIME_MAX: Duration = Duration::from_mins(1);
const WHOLE: &str = "MEDWARD_DRILL_ALL_KILLS";

/// Memory that is a file system: a kill leaves what was written there as it leaves what was written to a disk, and no cycle waits for
/// one. What a power cut takes is another test's.
fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() }
}

/// Sends images of a study until the ward is no more; tells which were acknowledged.
async fn send(client: Client<'_>, study: u32, count: &AtomicU32) -> Vec<(u32, u32)> {
    let mut taken = Vec::new();
    let Ok(Some(mut association)) = client.associate().await else { return taken };
    let class = "1.2.840.10008.5.1.4.1.1.2".parse().unwrap();
    for number in 1..=500_u32 {
        let ct = Ct::new(study, number);
        let data_set = ct.data_set();
        let (instance, length) = (ct.instance.parse().unwrap(), data_set.len() as u64);
        match association.store(3, &class, &instance, &mut data_set.as_slice(), length).await {
            Ok(0) => taken.push((study, number)),
            _ => break,
        }
        count.fetch_add(1, Ordering::Relaxed);
    }
    taken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn kill_9_while_receiving_loses_no_acknowledged_image() {
    let site = Site::within(&place(), POLICIES).unwrap();
    site.write_file("127.0.0.1:0", None, None).unwrap();
    // Not sealed: a sealed key file takes 64 MiB of Argon2 to open, at every start.
    let key = ProjectKey::new([7; 32]).to_text().unwrap();
    std::fs::write(site.directory().join("pseudonyms.key"), key.as_bytes()).unwrap();
    let mut acknowledged = Vec::new();
    let (begun, is_whole, mut cycles) = (Instant::now(), std::env::var_os(WHOLE).is_some(), 0);
    for cycle in 1..=CYCLES {
        if !is_whole && begun.elapsed() > TIME_MAX {
            break;
        }
        cycles = cycle;
        let (ward, address) = Ward::start(&site, &[]);
        let count = AtomicU32::new(0);
        let sent = |sender: u32| send(Client::honest(&site, address), cycle * 10 + sender, &count);
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
        let (a, b, c, d, ()) = tokio::join!(sent(0), sent(1), sent(2), sent(3), killing);
        acknowledged.extend([a, b, c, d].concat());
    }
    assert!(acknowledged.len() >= 3 * cycles as usize, "too few to mean anything: {}", acknowledged.len());
    eprintln!("{} images were acknowledged in {cycles} cycles", acknowledged.len());

    let kept = Kept::open(&configuration(site.directory()));
    for (study, number) in &acknowledged {
        kept.has(&Ct::new(*study, *number), "after the kills");
    }
}
