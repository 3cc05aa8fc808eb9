//! Power cuts of the whole ward, on a real file system: vault, ledger and queue together have all that was acknowledged.
//!
//! dcmtk's `storescp` on the same disk shows that the test can fail.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says so by ending")]

mod kept;
// The disk of the ledger's tests: one file, since tests of one crate cannot use those of another.
#[path = "../../ledger/tests/served_disk/mod.rs"]
mod served_disk;

use kept::{Kept, configuration};
use medward_drill::{Client, Ct, PASSPHRASE, POLICIES, Site, reader_beside};
use medward_test_peers::Listening;
use medward_ward::Gateway;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Set in the children that receive.
const CHILD: &str = "MEDWARD_DRILL_POWERCUT";
/// Room for the segments of three vaults; most of it is never written.
const DISK_BYTES: u64 = 256 << 20;
const IMAGES: usize = 100;
const LINES: usize = 120;
/// Senders at once.
const SENDERS: u32 = 3;

/// Where a child leaves the made-up site: everything but what the ward keeps, which is on the disk that loses its power.
fn site_of(work: &Path) -> PathBuf {
    work.parent().unwrap().parent().unwrap().join("site")
}

fn image(line: &str) -> Ct {
    let (study, number) = line.split_once(' ').unwrap();
    Ct::new(study.parse().unwrap(), number.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn child_that_receives() {
    let Some(work) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let site = Site::new(POLICIES).unwrap();
    site.write_file("127.0.0.1:0", None, None).unwrap();
    std::os::unix::fs::symlink(site.directory(), site_of(&work)).unwrap();
    let mut configuration = configuration(site.directory());
    configuration.state = work;
    let gateway = Gateway::open(configuration, PASSPHRASE, &reader_beside()).await.unwrap();
    let client = Client::honest(&site, gateway.address().unwrap());
    tokio::spawn(gateway.run(std::future::pending()));
    let send = |study: u32| async move {
        let mut association = client.associate().await.unwrap().unwrap();
        for number in 1.. {
            let ct = Ct::new(study, number);
            let (class, instance) = ("1.2.840.10008.5.1.4.1.1.2".parse(), ct.instance.parse());
            let data_set = ct.data_set();
            let (mut source, length) = (data_set.as_slice(), data_set.len() as u64);
            let stored = association.store(3, &class.unwrap(), &instance.unwrap(), &mut source, length).await;
            assert_eq!(stored.unwrap(), 0);
            println!("\nacknowledged {study} {number}");
        }
    };
    let [a, b, c] = [1, 2, SENDERS].map(send);
    tokio::join!(a, b, c);
}

#[test]
fn a_power_cut_loses_no_acknowledged_image_and_no_entry() {
    let Some(recorded) = served_disk::recorded(DISK_BYTES, "child_that_receives", CHILD, LINES) else {
        return;
    };
    let mut site = None;
    recorded.for_each_crash(IMAGES, |crashed| {
        let directory = site.get_or_insert_with(|| {
            // The child was killed and could not take it away.
            site_of(&crashed.directory).canonicalize().unwrap()
        });
        let mut configuration = configuration(directory);
        configuration.state = crashed.directory.clone();
        let kept = Kept::open(&configuration);
        for line in &crashed.acknowledged {
            kept.has(&image(line), &crashed.what);
        }
    });
    let _ = site.map(std::fs::remove_dir_all);
}

#[test]
fn child_that_is_storescp() {
    let Some(work) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    std::fs::create_dir(&work).unwrap();
    let place = tempfile::tempdir().unwrap();
    let made = |port: u16| {
        // It ends with this program, which is killed.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "storescp", "+xa", "-od"])
            .arg(&work)
            .arg(port.to_string())
            .stdout(Stdio::null());
        command
    };
    let Some(peer) = Listening::start(made) else { return };
    for number in 1.. {
        let ct = Ct::new(1, number);
        let path = place.path().join("image");
        std::fs::write(&path, ct.data_set()).unwrap();
        let sent = Command::new("storescu")
            .args(["-xe", "127.0.0.1", &peer.port.to_string()])
            .arg(&path)
            .stderr(Stdio::null())
            .status();
        assert!(sent.unwrap().success());
        println!("\nacknowledged {}", ct.instance);
    }
}

/// Whether a file of a directory holds a text.
fn holds(directory: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(directory).into_iter().flatten();
    let mut contents = files.filter_map(|file| std::fs::read(file.ok()?.path()).ok());
    contents.any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
}

/// The positive control: a receiver that does not wait for the disk loses what it acknowledged.
#[test]
fn the_same_power_cuts_take_images_from_storescp() {
    if Command::new("storescp").arg("--version").output().is_err() {
        eprintln!("SKIPPED: storescp is not installed");
        return;
    }
    let Some(recorded) = served_disk::recorded(DISK_BYTES, "child_that_is_storescp", CHILD, 20) else {
        return;
    };
    let (mut lost, mut of) = (0, 0);
    recorded.for_each_crash(5, |crashed| {
        of += crashed.acknowledged.len();
        lost += crashed.acknowledged.iter().filter(|instance| !holds(&crashed.directory, instance)).count();
    });
    println!("storescp: {lost} of {of} acknowledged images are not there");
    assert!(lost > 0, "the cuts take nothing: the test of the ward shows nothing");
}
