//! dcmtk's sender through the ward to dcmtk's receiver, all over mutual TLS: what arrives is the same image of nobody.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_dicom_scan::{Limits, Tag, scan_bytes};
use medward_drill::{CT_1, Ct, POLICIES, Site, To, WARD};
use medward_test_peers::Listening;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn has(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("SKIPPED: {tool} is not installed");
    }
    found
}

/// The command of a receiver over mutual TLS that keeps in `out` what it takes.
fn storescp(site: &Site, out: &Path, port: u16) -> Command {
    let path = |name: &str| site.pki(name).display().to_string();
    let mut command = Command::new("storescp");
    command.args(["+tls", &path("ai.key"), &path("ai.pem"), "+cf", &path("ca.pem"), "+xa"]);
    command.args(["-aet", "AI", "-od", out.to_str().unwrap(), &port.to_string()]);
    command
}

fn to(peer: &Listening) -> To {
    To::association("AI", peer.port)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_of_dcmtk_reaches_dcmtk_without_its_patient() {
    if !has("storescu") || !has("storescp") {
        return;
    }
    let site = Site::new(POLICIES).unwrap();
    let out = site.directory().join("received");
    std::fs::create_dir(&out).unwrap();
    let Some(peer) = Listening::start(|port| storescp(&site, &out, port)) else { return };
    let ward = site.start(None, Some(&to(&peer))).await.unwrap();
    let images: Vec<Ct> = (1..=3).map(|number| Ct::new(1, number)).collect();
    let mut paths = Vec::new();
    for (number, ct) in images.iter().enumerate() {
        let path = site.directory().join(format!("{number}.dcm"));
        std::fs::write(&path, ct.file()).unwrap();
        paths.push(path);
    }
    let (pki, port) = (|name: &str| site.pki(name), ward.address.port().to_string());
    let mut sender = Command::new("storescu");
    sender.arg("+tls").arg(pki("ct-1.key")).arg(pki("ct-1.pem")).arg("+cf").arg(pki("ca.pem"));
    sender.args(["-xe", "-aet", CT_1, "-aec", WARD, "127.0.0.1", &port]).args(&paths);
    let output = tokio::task::spawn_blocking(move || sender.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");

    let begun = Instant::now();
    let received = loop {
        let found: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
        if found.len() == images.len() {
            break found;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{} of {} arrived", found.len(), images.len());
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    // The last one may still be being written.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut studies = std::collections::BTreeSet::new();
    for path in received {
        let bytes = std::fs::read(&path).unwrap();
        for needle in ["Featherstone", "MRN-0047110", &images[0].study] {
            assert!(
                !bytes.windows(needle.len()).any(|window| window == needle.as_bytes()),
                "{needle} in {path:?}"
            );
        }
        let data_set = scan_bytes(&bytes, &Limits::default()).unwrap();
        let text = |tag| {
            let (_, element) = data_set.find(None, tag).unwrap();
            data_set.text(element).unwrap().into_owned()
        };
        assert_eq!(text(Tag::new(0x0012, 0x0062)), "YES");
        assert!(text(Tag::new(0x0010, 0x0020)).starts_with("DRILL-"));
        studies.insert(text(Tag::new(0x0020, 0x000D)));
        let pixels = &images[0].data_set()[images[0].data_set().len() - 64..];
        assert!(
            images.iter().any(|ct| bytes.ends_with(&ct.data_set()[ct.data_set().len() - 2048..])),
            "{pixels:?}"
        );
    }
    assert_eq!(studies.len(), 1, "one study stays one study");
    ward.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_is_away_gets_everything_once_it_is_back() {
    if !has("storescp") {
        return;
    }
    let site = Site::new(POLICIES).unwrap();
    let out = site.directory().join("received");
    std::fs::create_dir(&out).unwrap();
    let Some(peer) = Listening::start(|port| storescp(&site, &out, port)) else { return };
    let to = to(&peer);
    drop(peer);
    let ward = site.start(None, Some(&to)).await.unwrap();
    let ct = Ct::new(2, 1);
    let sender = medward_drill::Client::honest(&site, ward.address);
    assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0));
    let waiting = || ward.state.queue.waiting().unwrap();
    let begun = Instant::now();
    while waiting().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _peer = Listening::start_on(to.port, storescp(&site, &out, to.port));
    while !waiting().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(90), "{:?}", waiting());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
    ward.stop().await;
}
