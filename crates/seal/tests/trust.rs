//! Who is believed: roots, revocation, validity, use; time stamps made by openssl; tampering with signed objects.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a tool that cannot be run is a failed test"
)]

mod made;

use made::{Authority, ct, edited, element, has, must, now, signed, verified, with, with_pixel};
use medward_dicom_scan::{Disguise, Tag, Vr};
use medward_seal::stamp_request::{NotStamped, StampAuthority};
use medward_seal::timestamp::StampFault;
use medward_seal::trust::Distrust;
use medward_seal::{
    Authorities, Certificate, Demand, Integrity, KeyError, MacAlgorithm, NotSigned, PrivateKey, Refusal,
    Trust, Verifier,
};

fn trust(authorities: Authorities, at: u64, bytes: &[u8]) -> Trust {
    let mut verifier = Verifier::new(authorities, Authorities::new(), at);
    verified(&mut verifier, bytes).signatures[0].trust.clone()
}

#[test]
fn only_a_chain_that_holds_is_trusted_and_a_missing_or_stale_list_is_a_no() {
    if !has(&["openssl"]) {
        return;
    }
    let (ours, theirs) = (Authority::new(), Authority::new());
    ours.issue("good", "rsa", "signer", &[]);
    ours.issue("server", "rsa", "server", &[]);
    ours.issue("late", "p256", "signer", &["-startdate", "20250101000000Z", "-enddate", "20490101000000Z"]);
    let image = ct(1);
    let good = signed(&ours.signer("good", MacAlgorithm::Sha256), &image);
    let late = signed(&ours.signer("late", MacAlgorithm::Sha256), &image);
    assert_eq!(trust(ours.trusted(), now(), &good), Trust::Trusted);
    let distrusted = |reason| Trust::Distrusted(reason);
    assert_eq!(trust(theirs.trusted(), now(), &good), distrusted(Distrust::UnknownIssuer));
    assert_eq!(trust(Authorities::new(), now(), &good), Trust::NotAsked);
    assert_eq!(trust(ours.trusted(), 2_600_000_000, &late), distrusted(Distrust::OutOfTime));
    let server = signed(&ours.signer("server", MacAlgorithm::Sha256), &image);
    assert_eq!(trust(ours.trusted(), now(), &server), distrusted(Distrust::Usage));
    // Without roots nothing is accepted, and unsigned never.
    let judged = |authorities, bytes: &[u8]| {
        let mut verifier = Verifier::new(authorities, Authorities::new(), now());
        verified(&mut verifier, bytes).judge(&Demand::default())
    };
    assert!(judged(ours.trusted(), &good).is_ok());
    assert_eq!(judged(Authorities::new(), &good), Err(vec![Refusal::NoRoots]));
    assert_eq!(judged(ours.trusted(), &image), Err(vec![Refusal::Unsigned]));

    let with_lists = |names: &[&str]| {
        let mut authorities = ours.trusted();
        authorities.demand_revocation();
        for name in names {
            authorities.add_revocation_lists(&ours.read(name)).unwrap();
        }
        authorities
    };
    let unknown = distrusted(Distrust::RevocationUnknown);
    assert_eq!(trust(with_lists(&[]), now(), &good), unknown, "demanded and absent");
    ours.openssl(&["ca", "-config", "openssl.cnf", "-gencrl", "-crldays", "7", "-out", "fresh.crl"]);
    assert_eq!(trust(with_lists(&["fresh.crl"]), now(), &good), Trust::Trusted);
    assert_eq!(trust(with_lists(&["fresh.crl"]), now() + 8 * 86_400, &good), unknown, "stale");
    assert_eq!(trust(with_lists(&["fresh.crl"]), now() - 86_400 / 2, &good), unknown, "of the future");
    theirs.openssl(&["ca", "-config", "openssl.cnf", "-gencrl", "-crldays", "7", "-out", "theirs.crl"]);
    std::fs::copy(theirs.file("theirs.crl"), ours.file("theirs.crl")).unwrap();
    // The same name, another key: a list that anyone could make.
    let forged = trust(with_lists(&["theirs.crl"]), now(), &good);
    assert!(matches!(forged, Trust::Distrusted(_)), "{forged:?}");
    ours.openssl(&["ca", "-config", "openssl.cnf", "-revoke", "good.pem"]);
    ours.openssl(&["ca", "-config", "openssl.cnf", "-gencrl", "-crldays", "7", "-out", "revoked.crl"]);
    assert_eq!(trust(with_lists(&["revoked.crl"]), now(), &good), distrusted(Distrust::Revoked));
    // Trusted by itself; then no list can speak for it.
    let pinned = |demand: bool| {
        let mut authorities = Authorities::new();
        authorities.add_roots(&ours.read("good.pem")).unwrap();
        if demand {
            authorities.demand_revocation();
        }
        authorities
    };
    assert_eq!(trust(pinned(false), now(), &good), Trust::Trusted);
    assert_eq!(trust(pinned(true), now(), &good), unknown);
}

#[test]
fn keys_open_with_their_passphrase_alone_and_never_from_the_clear() {
    if !has(&["openssl"]) {
        return;
    }
    let authority = Authority::new();
    authority.issue("one", "rsa", "signer", &[]);
    authority.issue("two", "p256", "signer", &[]);
    let text = |name| String::from_utf8(authority.read(name)).unwrap();
    assert!(matches!(PrivateKey::from_encrypted_pem(&text("one.clear"), ""), Err(KeyError::Clear)));
    assert!(matches!(PrivateKey::from_encrypted_pem(&text("one.key"), "wrong"), Err(KeyError::Sealed)));
    assert!(matches!(PrivateKey::from_encrypted_pem(&text("one.pem"), ""), Err(KeyError::Form)));
    let key = PrivateKey::from_encrypted_pem(&text("one.key"), made::PASSPHRASE).unwrap();
    let of = |name| Certificate::from_pem(&authority.read(name)).unwrap().remove(0);
    assert!(key.is_of(&of("one.pem")) && !key.is_of(&of("two.pem")));
    let refused = medward_seal::Signer::new(key, of("two.pem"), MacAlgorithm::Sha256, None, None);
    assert_eq!(refused.unwrap_err(), medward_seal::SignerError::OtherKey);
}

#[test]
fn whatever_is_changed_added_or_taken_away_after_signing_is_named() {
    if !has(&["openssl"]) {
        return;
    }
    let authority = Authority::new();
    authority.issue("rsa", "rsa", "signer", &[]);
    let mut verifier = authority.verifier();
    let good = signed(&authority.signer("rsa", MacAlgorithm::Sha256), &ct(1));
    assert!(verified(&mut verifier, &good).judge(&Demand::default()).is_ok());
    let mut changed = vec![with_pixel(&good, 1), with_pixel(&good, 8_191)];
    for (tag, value) in
        [(0x0028_1053, "2"), (0x0020_0060, "R"), (0x0010_0020, "F-4712"), (0x0028_0030, "1\\1")]
    {
        changed.push(with(&good, tag, value));
    }
    changed.push(edited(&good, |data_set, edits| {
        edits.remove(data_set.find(None, Tag(0x0020_0060)).unwrap().0);
    }));
    for bytes in &changed {
        let report = verified(&mut verifier, bytes);
        assert_eq!(report.signatures[0].integrity, Integrity::Broken);
        assert!(
            matches!(report.judge(&Demand::default()), Err(refusals) if matches!(refusals[0], Refusal::Broken(_)))
        );
    }
    // What dcmsign does not see: elements that were added.
    let added = edited(&good, |_, edits| edits.set(None, element(0x0020_4000, Vr::LT, "benign")));
    let report = verified(&mut verifier, &added);
    assert_eq!(report.signatures[0].integrity, Integrity::Intact);
    assert_eq!(report.uncovered.iter().map(|one| one.place.as_str()).collect::<Vec<_>>(), ["(0020,4000)"]);
    assert_eq!(report.judge(&Demand::default()), Err(vec![Refusal::Uncovered(1)]));
    // Hidden among the signatures themselves.
    for path in [[(Tag(0x4FFE_0001), 0)], [(Tag(0xFFFA_FFFA), 0)]] {
        let hidden = edited(&good, |data_set, edits| {
            let item = data_set.find_path(&path, Tag(0x0400_0005)).unwrap().1.parent();
            edits.set(item, element(0x0400_0600, Vr::UN, "hidden"));
        });
        let report = verified(&mut verifier, &hidden);
        assert_eq!(report.uncovered.len(), 1, "{:?}", report.uncovered);
        assert!(report.judge(&Demand::default()).is_err());
    }
    // In the preamble, which no signature covers: CVE-2019-11687.
    let mut disguised = good.clone();
    disguised[..2].copy_from_slice(b"MZ");
    let report = verified(&mut verifier, &disguised);
    assert_eq!(report.signatures[0].integrity, Integrity::Intact);
    assert_eq!(report.judge(&Demand::default()), Err(vec![Refusal::Disguised(Disguise::Pe)]));
    let signer = authority.signer("rsa", MacAlgorithm::Sha256);
    let again =
        signer.object(&mut std::io::Cursor::new(&disguised), &[], jiff::Timestamp::now(), &mut Vec::new());
    assert!(matches!(again, Err(NotSigned::Disguised(Disguise::Pe))), "{again:?}");
    // A second signature by a stranger over what was added does not help.
    let stranger = Authority::new();
    stranger.issue("rsa", "rsa", "signer", &[]);
    let covered = signed(&stranger.signer("rsa", MacAlgorithm::Sha256), &added);
    let refusals = verified(&mut verifier, &covered).judge(&Demand::default()).unwrap_err();
    assert!(refusals.iter().any(|one| matches!(one, Refusal::Distrusted(..))), "{refusals:?}");
    assert!(refusals.contains(&Refusal::Uncovered(1)));
    // All signatures taken off: unsigned, which is no word for accepted.
    let bare = edited(&good, |data_set, edits| {
        for tag in [0x4FFE_0001, 0xFFFA_FFFA] {
            edits.remove(data_set.find(None, Tag(tag)).unwrap().0);
        }
    });
    assert_eq!(verified(&mut verifier, &bare).judge(&Demand::default()), Err(vec![Refusal::Unsigned]));
}

#[test]
fn time_stamps_of_openssl_in_files_of_dcmsign_hold_and_others_do_not() {
    if !has(&["openssl", "dcmsign"]) {
        return;
    }
    let authority = Authority::new();
    let here = authority.path();
    authority.issue("stamp", "rsa", "stamp", &[]);
    for kind in ["rsa", "p256"] {
        authority.issue(kind, kind, "signer", &[]);
        std::fs::write(authority.file("image.dcm"), ct(1)).unwrap();
        let (key, pem) = (format!("{kind}.clear"), format!("{kind}.pem"));
        must("dcmsign", &["+s", &key, &pem, "+m2", "+ts", "a.tsq", "a.uid", "image.dcm", "signed.dcm"], here);
        must(
            "openssl",
            &["ts", "-reply", "-config", "openssl.cnf", "-queryfile", "a.tsq", "-out", "a.tsr"],
            here,
        );
        must("dcmsign", &["+t", "a.tsq", "a.tsr", "a.uid", "signed.dcm", "stamped.dcm"], here);
        let mut verifier = authority.verifier();
        let stamped = authority.read("stamped.dcm");
        let report = verified(&mut verifier, &stamped);
        let stamp = report.signatures[0].time_stamp.clone().unwrap().unwrap();
        assert!(now().abs_diff(stamp.moment) < 60);
        assert_eq!(stamp.authority, "CN=Fictional stamp");
        let demand = Demand { is_stamped: true, ..Demand::default() };
        report.judge(&demand).unwrap();
        assert_eq!(
            verified(&mut verifier, &authority.read("signed.dcm")).judge(&demand),
            Err(vec![Refusal::NotStamped])
        );
        // The certificate of the signer has run out: with the stamp it counts, for it was valid then; without it does not.
        let later = 2_600_000_000;
        let mut verifier = Verifier::new(authority.trusted(), authority.trusted(), later);
        assert_eq!(verified(&mut verifier, &stamped).signatures[0].trust, Trust::Trusted);
        let unstamped = verified(&mut verifier, &authority.read("signed.dcm"));
        assert_eq!(unstamped.signatures[0].trust, Trust::Distrusted(Distrust::OutOfTime));
        // Nobody, or a stranger, is believed on time.
        let stamp_of = |authorities| {
            let mut verifier = Verifier::new(authority.trusted(), authorities, now());
            verified(&mut verifier, &stamped).signatures[0].time_stamp.clone().unwrap()
        };
        assert_eq!(stamp_of(Authorities::new()), Err(StampFault::NoRoots));
        let stranger = Authority::new();
        assert_eq!(stamp_of(stranger.trusted()), Err(StampFault::Distrusted(Distrust::UnknownIssuer)));
        // From the future.
        let mut earlier = Verifier::new(authority.trusted(), authority.trusted(), now() - 3_600);
        let stamp = verified(&mut earlier, &stamped).signatures[0].time_stamp.clone().unwrap();
        assert_eq!(stamp, Err(StampFault::Distrusted(Distrust::OutOfTime)));
        // A stamp of one signature under another, and one bit of the token.
        let token = made::scan(&stamped);
        let (_, element) = token.find_path(&[(Tag(0xFFFA_FFFA), 0)], Tag(0x0400_0310)).unwrap();
        let token_bytes = token.value(element).unwrap().to_vec();
        let other = signed(&authority.signer(kind, MacAlgorithm::Sha256), &ct(2));
        let moved = edited(&other, |data_set, edits| {
            let item = data_set.find_path(&[(Tag(0xFFFA_FFFA), 0)], Tag(0x0400_0005)).unwrap().1.parent();
            edits.set(item, made::element(0x0400_0305, Vr::CS, "CMS_TSP"));
            edits.set(item, made::element(0x0400_0310, Vr::OB, token_bytes.clone()));
        });
        let mut verifier = authority.verifier();
        let report = verified(&mut verifier, &moved);
        assert_eq!(report.signatures[0].time_stamp, Some(Err(StampFault::Imprint)));
        let from = usize::try_from(element.value).unwrap();
        let mut survived = 0;
        for at in (from..from + token_bytes.len()).step_by(11) {
            let mut changed = stamped.clone();
            changed[at] ^= 0x10;
            let report = verified(&mut verifier, &changed);
            survived += usize::from(report.judge(&demand).is_ok());
        }
        // A few bits are of nothing that is signed or read.
        assert!(survived * 11 < token_bytes.len() / 16, "{survived} changes of the token went unseen");
    }
}

/// Asks openssl for a stamp, and gives what `change` makes of the answer.
fn answer(
    authority: &Authority,
    change: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
) -> impl Fn(&[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static {
    let here = authority.path().to_owned();
    move |request| {
        std::fs::write(here.join("ours.tsq"), request).unwrap();
        let reply = ["ts", "-reply", "-config", "openssl.cnf", "-queryfile", "ours.tsq", "-out", "ours.tsr"];
        must("openssl", &reply, &here);
        Ok(change(std::fs::read(here.join("ours.tsr")).unwrap()))
    }
}

#[test]
fn a_stamp_is_asked_for_while_signing_and_one_that_does_not_fit_signs_nothing() {
    if !has(&["openssl", "dcmsign"]) {
        return;
    }
    let authority = Authority::new();
    authority.issue("stamp", "rsa", "stamp", &[]);
    authority.issue("p256", "p256", "signer", &[]);
    let sign = |stamps: StampAuthority| {
        let signer = authority.signer("p256", MacAlgorithm::Sha256).stamped_by(stamps);
        let mut out = Vec::new();
        let made = signer.object(&mut std::io::Cursor::new(ct(1)), &[], jiff::Timestamp::now(), &mut out);
        made.map(|_| out)
    };
    let stamped = sign(StampAuthority::new(answer(&authority, |same| same), authority.trusted())).unwrap();
    let request = authority.openssl(&["ts", "-query", "-in", "ours.tsq", "-text"]);
    assert!(
        request.contains("Hash Algorithm: sha256") && request.contains("Certificate required: yes"),
        "{request}"
    );
    let report = verified(&mut authority.verifier(), &stamped);
    let stamp = report.signatures[0].time_stamp.clone().unwrap().unwrap();
    assert!(now().abs_diff(stamp.moment) < 60);
    report.judge(&Demand { is_stamped: true, ..Demand::default() }).unwrap();
    std::fs::write(authority.file("stamped.dcm"), &stamped).unwrap();
    must("dcmsign", &["--verify", "+rg", "+tr", "+cf", "root.pem", "stamped.dcm"], authority.path());

    let first = authority.read("ours.tsr");
    let refused = |stamps| match sign(stamps) {
        Err(NotSigned::NotStamped(reason)) => reason,
        other => panic!("{other:?}"),
    };
    let replayed = StampAuthority::new(move |_: &[u8]| Ok(first.clone()), Authorities::new());
    // Asked under way: later than the moment at which signing began.
    let slow = answer(&authority, |same| same);
    let slow = move |request: &[u8]| {
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        slow(request)
    };
    sign(StampAuthority::new(slow, authority.trusted())).unwrap();
    assert_eq!(refused(replayed), NotStamped::Fault(StampFault::Imprint), "the stamp of another signature");
    let stranger = Authority::new();
    let distrusted = NotStamped::Fault(StampFault::Distrusted(Distrust::UnknownIssuer));
    assert_eq!(refused(StampAuthority::new(answer(&authority, |same| same), stranger.trusted())), distrusted);
    let changed = answer(&authority, |mut bytes| {
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    });
    assert_eq!(
        refused(StampAuthority::new(changed, Authorities::new())),
        NotStamped::Fault(StampFault::Signature)
    );
    let page = StampAuthority::new(|_: &[u8]| Ok(b"<html>".to_vec()), Authorities::new());
    assert!(matches!(refused(page), NotStamped::Form(_)));
    let closed = StampAuthority::new(|_: &[u8]| Err("closed".to_owned()), Authorities::new());
    assert_eq!(refused(closed), NotStamped::Unreachable("closed".to_owned()));
}
