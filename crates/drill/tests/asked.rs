//! What people ask of a ward: held back, judged again, erased, handed out in an emergency; and what the file may not say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by ending"
)]

use medward_drill::{Client, Ct, POLICIES, Site};
use medward_file::kinds::WardLayer;
use medward_ward::control::{Answer, Ask, Held, ask};
use std::path::Path;
use std::time::Duration;

async fn asked(site: &Site, question: Ask) -> Answer {
    let state = site.directory().join("state");
    tokio::task::spawn_blocking(move || ask(&state, &question).unwrap().expect("the ward runs"))
        .await
        .unwrap()
}

async fn quarantined(site: &Site) -> Vec<Held> {
    match asked(site, Ask::QuarantineList).await {
        Answer::Quarantined { objects } => objects,
        other => panic!("{other:?}"),
    }
}

fn ledger(site: &Site) -> String {
    let segment = site.directory().join("state/ledger/segment");
    String::from_utf8_lossy(&std::fs::read(segment).unwrap()).into_owned()
}

fn because() -> String {
    "asked for by a test".to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_back_is_listed_judged_again_by_the_same_rules_and_destroyed() {
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let sender = Client::honest(&site, ward.address);
    let ct = Ct::new(1, 1).with(0x0028_0301, *b"CS", b"YES");
    assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0), "it is kept");
    ward.dealt_with(&ct.instance).await.unwrap();
    let other = Ct::new(1, 2);
    let refused = sender.store(&other.instance, &Ct::new(1, 3).data_set()).await.unwrap();
    assert_eq!(refused, Some(0xC000), "another instance than the command said");

    let held = quarantined(&site).await;
    assert_eq!(held.len(), 2, "{held:?}");
    assert!(held[0].reason.contains("burned into the pixels"), "{}", held[0].reason);
    assert!(held[1].reason.contains("instance is not what was said"), "{}", held[1].reason);
    let id = held[0].id.clone();
    let answer = asked(&site, Ask::QuarantineDiscard { id: id.clone(), because: String::new() }).await;
    assert!(matches!(answer, Answer::Refused { .. }), "without a reason nothing is done: {answer:?}");
    let answer = asked(&site, Ask::QuarantineDiscard { id: id.clone(), because: because() }).await;
    assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    let answer = asked(&site, Ask::QuarantineShow { id }).await;
    assert!(matches!(answer, Answer::Refused { .. }), "{answer:?}");
    // The other is a good image under its own name, which the command had wrong: judged by itself it passes.
    let id = quarantined(&site).await[0].id.clone();
    let answer = asked(&site, Ask::QuarantineRelease { id, because: because() }).await;
    assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    ward.dealt_with(&Ct::new(1, 3).instance).await.unwrap();
    assert!(quarantined(&site).await.is_empty());
    assert!(ledger(&site).contains("discarded"));
    ward.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_study_is_gone_with_its_results_and_does_not_come_back() {
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let sender = Client::honest(&site, ward.address);
    let ct = Ct::new(2, 1);
    assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0));
    ward.dealt_with(&ct.instance).await.unwrap();
    let result = ward.state.results.studies().unwrap()[0].study.clone();
    let result = ward.state.results.objects(&result).unwrap()[0].object.clone();
    let answer = asked(&site, Ask::Erase { study: ct.study.clone(), because: because() }).await;
    assert!(matches!(&answer, Answer::Done { said } if said.starts_with("2 objects")), "{answer:?}");
    assert!(ward.state.originals.get(&ct.instance.parse().unwrap()).is_err());
    assert!(ward.state.results.get(&result).is_err());
    assert_eq!(ledger(&site).matches("\"kind\":\"erased\"").count(), 2);
    assert!(!ledger(&site).contains(&ct.study));
    // Sent again it is refused: what was erased is not kept anew behind anybody's back.
    assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0x0110));
    ward.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_hands_out_one_study_and_is_in_the_ledger() {
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let sender = Client::honest(&site, ward.address);
    let images: Vec<_> = (1..=3).map(|number| Ct::new(3, number)).chain([Ct::new(4, 1)]).collect();
    for ct in &images {
        assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0));
    }
    let out = site.directory().join("emergency");
    let question = |because: &str| Ask::Emergency {
        study: images[0].study.clone(),
        out: out.clone(),
        because: because.to_owned(),
    };
    assert!(matches!(asked(&site, question("")).await, Answer::Refused { .. }));
    assert!(matches!(asked(&site, question("provider down, reading needed")).await, Answer::Done { .. }));
    let files: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "one study and no other");
    assert!(files.iter().any(|path| std::fs::read(path).unwrap().ends_with(&images[0].data_set())));
    assert!(ledger(&site).contains("\"kind\":\"emergency\""));
    ward.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_ends_an_association_that_is_open() {
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let sender = Client::honest(&site, ward.address);
    let mut open = sender.associate().await.unwrap().unwrap();
    assert_eq!(open.echo(1).await.unwrap(), 0);
    medward_ward::Authority::open(&site.directory().join("pki")).unwrap().revoke("ct-1").unwrap();
    let mut is_over = false;
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        // The ward answers that this sender may no longer do that, or ends the association.
        if !matches!(open.echo(1).await, Ok(0)) {
            is_over = true;
            break;
        }
    }
    assert!(is_over, "still served 30 seconds after the revocation");
    assert!(sender.associate().await.unwrap().is_none(), "a new association is refused as well");
    ward.stop().await;
}

fn refused(site: &Site) -> String {
    site.configuration().unwrap_err().to_string()
}

fn edit(directory: &Path, from: &str, to: &str) {
    let path = directory.join("ward.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(&path, text.replace(from, to)).unwrap();
}

#[test]
fn a_ward_runs_by_the_file_and_a_layer_is_off_by_a_waiver_only() {
    let site = Site::new(POLICIES).unwrap();
    let at = site.directory();
    site.write_file("127.0.0.1:0", Some(WardLayer::Privacy), None).unwrap();
    assert!(!site.configuration().unwrap().is_on(WardLayer::Privacy));
    edit(at, "until = 2999-12-31", "until = 2025-12-31");
    assert!(
        refused(&site).contains("the waiver for the layer `privacy` ended on 2025-12-31"),
        "{}",
        refused(&site)
    );
    site.write_file("127.0.0.1:0", Some(WardLayer::Privacy), None).unwrap();
    edit(at, "records = [\"W-1\"]", "records = [\"W-2\"]");
    assert!(refused(&site).contains("does not say"), "{}", refused(&site));
    for layer in [WardLayer::Vault, WardLayer::Watch] {
        site.write_file("127.0.0.1:0", Some(layer), None).unwrap();
        assert!(refused(&site).contains("cannot be off"), "{}", refused(&site));
    }
    site.write_file("127.0.0.1:0", None, None).unwrap();
    edit(at, "networks = [\"127.0.0.2/32\"]", "networks = []");
    edit(at, "ae_title = \"CT_REVOKED\"", "ae_title = \"CT_1\"");
    let all = refused(&site);
    assert!(all.contains("impostor") && all.contains("the same AE title"), "every problem at once: {all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ward_does_not_start_on_policies_that_do_not_fit_or_keys_that_are_open() {
    use std::os::unix::fs::PermissionsExt as _;
    for policies in ["permit (principal", "permit (principal, action == Action::\"export\", resource);"] {
        let site = Site::new(policies).unwrap();
        let error = site.start(None, None).await.unwrap_err().to_string();
        assert!(error.contains("policies cannot be used"), "{error}");
    }
    let site = Site::new(POLICIES).unwrap();
    for key in ["pki/ward.key", "pseudonyms.key"] {
        let path = site.directory().join(key);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = site.start(None, None).await.unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    // A list past its next update trusts nobody: here, one that there never was.
    std::fs::write(site.pki("crl.pem"), "").unwrap();
    let error = site.start(None, None).await.unwrap_err().to_string();
    assert!(error.contains("revocation"), "{error}");
}
