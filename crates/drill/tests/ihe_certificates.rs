//! The seven bad certificates that IHE has a secure node try on another (ATNA, ITI-19): none gets an association, each is refused by the
//! layer that knows why, and stands in the ledger.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_drill::{CT_EXPIRED, CT_REVOKED, Client, Identity, POLICIES, Site};
use medward_file::kinds::WardLayer;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn none_of_seven_bad_certificates_gets_an_association() {
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let honest = Client::honest(&site, ward.address);
    let shown = |identity, title| Client { identity, title, ..honest };
    assert!(honest.echo().await.unwrap(), "the right one does");
    let cases = [
        ("corrupted", shown(Identity::Corrupted("ct-1"), honest.title)),
        ("expired", shown(Identity::Of("ct-expired"), CT_EXPIRED)),
        ("revoked", shown(Identity::Of("ct-revoked"), CT_REVOKED)),
        ("self-signed", shown(Identity::SelfSigned("ct-1"), honest.title)),
        ("of an unknown authority", shown(Identity::Foreign("ct-1"), honest.title)),
        ("none", shown(Identity::None, honest.title)),
        ("with a wrong key", shown(Identity::WrongKey("ct-1"), honest.title)),
    ];
    for (count, (name, client)) in (1_u64..).zip(cases) {
        assert!(client.associate().await.unwrap().is_none(), "{name}");
        let refusals = || {
            let totals = ward.state.watch.totals();
            let of_transport = totals.iter().filter(|(refusal, _)| refusal.layer == WardLayer::Transport);
            of_transport.map(|(_, times)| *times).sum::<u64>()
        };
        // Counted after the peer was told.
        for _ in 0..200 {
            if refusals() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert_eq!(refusals(), count, "{name}: written down once");
    }
    assert!(honest.echo().await.unwrap(), "and nobody else suffers");
    ward.stop().await;
    let segment = std::fs::read(site.directory().join("state/ledger/segment")).unwrap();
    assert!(String::from_utf8_lossy(&segment).contains("handshake-failed"));
}
