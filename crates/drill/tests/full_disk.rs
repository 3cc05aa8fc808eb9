//! A full disk: the ward says so with a status, loses nothing, and goes on by itself once there is room.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says so by ending")]

mod kept;

use kept::{Kept, configuration};
use medward_drill::{Client, Ct, POLICIES, Site};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// Out of resources (PS3.4 section B.2.3), and a failure to process (PS3.7 section C.5.2).
const REFUSALS: [u16; 2] = [0xA700, 0x0110];

/// A file system in memory with little room; taken away when dropped.
struct Small(tempfile::TempDir);

impl Small {
    fn new() -> Option<Self> {
        let at = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", "size=288m", "small"]).arg(at.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Takes all room that there is.
fn fill(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    for piece in [1 << 20, 4 << 10, 1] {
        while file.write_all(&vec![1; piece]).is_ok() {}
    }
}

async fn store(client: &Client<'_>, ct: &Ct) -> u16 {
    client.store(&ct.instance, &ct.data_set()).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_a_status_and_passes() {
    let Some(small) = Small::new() else {
        eprintln!("SKIPPED: this machine mounts nothing for this user");
        return;
    };
    let site = Site::within(small.0.path(), POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let client = Client::honest(&site, ward.address);
    let mut acknowledged = vec![Ct::new(1, 1)];
    assert_eq!(store(&client, &acknowledged[0]).await, 0);
    let filler = small.0.path().join("filler");
    fill(&filler);
    let mut refused = Vec::new();
    // What was set aside before takes some images still.
    for number in 2..500 {
        let ct = Ct::new(1, number);
        match store(&client, &ct).await {
            0 => acknowledged.push(ct),
            status => {
                assert!(REFUSALS.contains(&status), "{status:04x}");
                refused.push(ct);
            }
        }
        if refused.len() == 3 {
            break;
        }
    }
    eprintln!("{} acknowledged, {} refused", acknowledged.len(), refused.len());
    assert_eq!(refused.len(), 3, "the disk was never full");
    std::fs::remove_file(filler).unwrap();
    for ct in refused {
        assert_eq!(store(&client, &ct).await, 0, "there is room again");
        acknowledged.push(ct);
    }
    ward.stop().await;
    let kept = Kept::open(&configuration(site.directory()));
    for ct in &acknowledged {
        kept.has(ct, "after the disk was full");
    }
}
