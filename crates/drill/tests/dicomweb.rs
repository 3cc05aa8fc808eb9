//! DICOMweb at the ward: who is let in, what becomes of what is stored, and tools that nobody here wrote.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by ending")]

use medward_drill::{ARCHIVE, Client, Ct, Identity, POLICIES, Running, Site, TEXT_REPORT, Web, body, file};
use medward_ward::control::{Answer, Ask, ask};
use std::time::{Duration, Instant};

async fn dealt_with(ward: &Running, ct: &Ct) {
    let begun = Instant::now();
    while ward.state.queue.is_open(&ct.instance).unwrap() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{} is not dealt with", ct.instance);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_kept(ward: &Running, ct: &Ct) -> bool {
    ward.state.originals.find(&ct.instance.parse().unwrap()).unwrap().is_some()
}

async fn asked(site: &Site, question: Ask) -> Answer {
    let state = site.directory().join("state");
    tokio::task::spawn_blocking(move || ask(&state, &question).unwrap().unwrap()).await.unwrap()
}

async fn token(site: &Site, name: &str, sender: &str) -> String {
    let question = Ask::TokenIssue { name: name.to_owned(), sender: sender.to_owned(), days: 1 };
    match asked(site, question).await {
        Answer::Issued { token, .. } => token.reveal().to_owned(),
        other => panic!("{other:?}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_goes_the_way_of_a_c_store_and_is_told_part_by_part() {
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let web = Web::honest(&site, &ward);
    let images: Vec<Ct> = (1..=9).map(|number| Ct::new(1, number)).collect();
    let files: Vec<_> = images.iter().map(Ct::file).collect();
    let reply = web.store(&files).await.unwrap().unwrap();
    assert_eq!(reply.status, 200, "{}", text(&reply.bytes));
    for ct in &images {
        assert!(text(&reply.bytes).contains(&format!("\"{}\"", ct.instance)));
        dealt_with(&ward, ct).await;
    }
    assert_eq!(ward.state.results.studies().unwrap()[0].objects, 9, "released as after a C-STORE");
    // The same by C-STORE is the same object; the data set is kept byte for byte.
    let sender = Client::honest(&site, ward.address);
    assert_eq!(sender.store(&images[0].instance, &images[0].data_set()).await.unwrap(), Some(0));
    let mut reader = ward.state.originals.get(&images[0].instance.parse().unwrap()).unwrap();
    let mut kept = Vec::new();
    while let Some(chunk) = reader.next_chunk().unwrap() {
        kept.extend_from_slice(chunk);
    }
    assert!(kept.ends_with(&images[0].data_set()));
    // One that is good, one of a class that is not taken, one under another name, one that is no file: told apart.
    let good = Ct::new(2, 1);
    let report = Ct::new(2, 2).with(0x0008_0016, *b"UI", TEXT_REPORT.as_bytes());
    let other_name = file("1.2.840.10008.5.1.4.1.1.2", "1.2.3.4", &Ct::new(2, 3).data_set());
    let report = file(TEXT_REPORT, &report.instance, &report.data_set());
    let reply = web.store(&[good.file(), report, other_name, b"no file".to_vec()]).await.unwrap().unwrap();
    assert_eq!(reply.status, 202, "{}", text(&reply.bytes));
    let said = text(&reply.bytes);
    let json: serde_json::Value = serde_json::from_str(&said[said.find('{').unwrap()..]).unwrap();
    let reasons: Vec<_> = json["00081198"]["Value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["00081197"]["Value"][0])
        .collect();
    assert_eq!(reasons.len(), 3, "{json}");
    for reason in [0x0122, 0xC000, 0xC000] {
        assert!(reasons.contains(&&reason.into()), "{json}");
    }
    assert!(is_kept(&ward, &good));
    // Into another study than its own.
    let reply = web.post("/studies/1.2.3", "", &body(&[Ct::new(3, 1).file()])).await.unwrap().unwrap();
    assert_eq!(reply.status, 409);
    assert!(!is_kept(&ward, &Ct::new(3, 1)));
    ward.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lets_in_whom_it_was_issued_to_as_long_as_it_holds() {
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let secret = token(&site, "archive-1", ARCHIVE).await;
    let archive = Web::bearer(&site, &ward, &secret);
    let status = |reply: Option<medward_drill::Reply>| reply.map(|reply| reply.status);
    assert_eq!(status(archive.store(&[Ct::new(1, 1).file()]).await.unwrap()), Some(200));
    // Both are wanted of CT-2, from its own network.
    let of_ct_2 = token(&site, "ct-2", "CT-2").await;
    let both = Web {
        client: Client { identity: Identity::Of("ct-2"), source: "127.0.0.2", ..archive.client },
        token: Some(of_ct_2.clone()),
    };
    assert_eq!(status(both.store(&[Ct::new(1, 2).file()]).await.unwrap()), Some(200));
    let one = Web { token: None, ..both.clone() };
    assert_eq!(status(one.store(&[Ct::new(1, 3).file()]).await.unwrap()), Some(401));
    let other = Web { client: Client { identity: Identity::None, ..both.client }, token: Some(of_ct_2) };
    assert_eq!(status(other.store(&[Ct::new(1, 3).file()]).await.unwrap()), Some(401));
    // No association without a certificate, whatever the record.
    let association =
        Client { identity: Identity::None, title: "ARCHIVE", ..Client::honest(&site, ward.address) };
    assert_eq!(association.store("1.2.3", &Ct::new(1, 3).data_set()).await.unwrap(), None);
    match asked(&site, Ask::TokenRevoke { name: "archive-1".to_owned() }).await {
        Answer::Done { .. } => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(status(archive.store(&[Ct::new(1, 3).file()]).await.unwrap()), Some(401));
    assert!(!is_kept(&ward, &Ct::new(1, 3)));
    let ledger = std::fs::read(site.directory().join("state/ledger/segment")).unwrap();
    assert!(text(&ledger).contains("\"kind\":\"token_issued\"") && text(&ledger).contains("token-revoked"));
    for place in walkdir::WalkDir::new(site.directory()).into_iter().filter_map(Result::ok) {
        if place.file_type().is_file() {
            let bytes = std::fs::read(place.path()).unwrap();
            let secret = secret.rsplit_once('.').unwrap().1.as_bytes();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{:?}", place.path());
        }
    }
    ward.stop().await;
}
