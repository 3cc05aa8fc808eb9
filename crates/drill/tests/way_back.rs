//! Results of an AI on their way back: a real report and a real segmentation, made by others' libraries, through the ward to dcmtk.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_dicom_scan::{Limits, Tag, scan_bytes};
use medward_drill::{AI_1, Answer, Client, Ct, POLICIES, Pseudonymous, Running, Site, TEXT_REPORT, To, WARD};
use medward_test_peers::{Listening, has, python};
use medward_ward::control::{Answer as Answered, Ask, ask};
use std::process::Command;
use std::time::{Duration, Instant};

/// Sends images, and gives what the AI gets of them.
async fn sent(site: &Site, ward: &Running, images: &[Ct]) -> Vec<Vec<u8>> {
    let sender = Client::honest(site, ward.address);
    for ct in images {
        assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0));
    }
    for ct in images {
        ward.dealt_with(&ct.instance).await.unwrap();
    }
    ward.results().unwrap()
}

fn ledger(site: &Site) -> String {
    let segment = site.directory().join("state/ledger/segment");
    String::from_utf8_lossy(&std::fs::read(segment).unwrap()).into_owned()
}

/// A structured report (TID 1500) and a segmentation on images, as highdicom makes them.
const MAKE_RESULTS: &str = r#"
import sys, pathlib, numpy, pydicom, highdicom as hd
from pydicom.sr.codedict import codes
into, files = pathlib.Path(sys.argv[1]), sys.argv[2:]
images = [pydicom.dcmread(file) for file in files]
for image in images:
    image.ImageOrientationPatient, image.SliceThickness = [1, 0, 0, 0, 1, 0], 1
    image.StudyTime = image.get("StudyTime") or ""
    image.setdefault("StudyID", ""); image.setdefault("AccessionNumber", ""); image.setdefault("PatientSex", "")
    image.setdefault("ReferringPhysicianName", ""); image.PatientBirthDate = image.get("PatientBirthDate") or ""
    image.setdefault("PositionReferenceIndicator", "")
algorithm = hd.AlgorithmIdentificationSequence(name="nodules", version="1", family=codes.cid7162.ArtificialIntelligence)
segment = hd.seg.SegmentDescription(1, "nodule", codes.SCT.MorphologicallyAbnormalStructure, codes.SCT.Nodule,
    hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC, algorithm)
mask = numpy.zeros((len(images), 32, 32), dtype=bool); mask[:, 4:9, 4:9] = True
same = dict(series_number=900, instance_number=1, manufacturer="Maker")
seg = hd.seg.Segmentation(images, mask, hd.seg.SegmentationTypeValues.BINARY, [segment], series_instance_uid=hd.UID(),
    sop_instance_uid=hd.UID(), manufacturer_model_name="Nodules", software_versions="1", device_serial_number="1", **same)
seg.save_as(into / "seg.dcm")
person = hd.sr.DeviceObserverIdentifyingAttributes(uid=hd.UID())
observer = hd.sr.ObserverContext(observer_type=codes.DCM.Device, observer_identifying_attributes=person)
finding = hd.sr.MeasurementsAndQualitativeEvaluations(
    tracking_identifier=hd.sr.TrackingIdentifier(uid=hd.UID(), identifier="nodule 1"),
    finding_type=codes.SCT.Nodule, measurements=[hd.sr.Measurement(name=codes.SCT.Diameter, value=7.5, unit=codes.UCUM.Millimeter)])
report = hd.sr.MeasurementReport(observation_context=hd.sr.ObservationContext(observer_device_context=observer),
    procedure_reported=codes.LN.CTUnspecifiedBodyRegion, imaging_measurements=[finding], title=codes.DCM.ImagingMeasurementReport,
    referenced_images=images)
sr = hd.sr.EnhancedSR(evidence=[seg, *images], content=report[0], series_instance_uid=hd.UID(), sop_instance_uid=hd.UID(),
    is_complete=True, **same)
sr.save_as(into / "sr.dcm")
"#;

async fn run(mut command: Command) {
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_and_a_segmentation_reach_the_hospital_with_their_patient() {
    let Some(python) = python() else { return };
    if !has("storescu") || !has("storescp") {
        return;
    }
    let mut site = Site::new(POLICIES).unwrap();
    let out = site.directory().join("pacs");
    std::fs::create_dir(&out).unwrap();
    let peer = Listening::start(|port| {
        let path = |name: &str| site.pki(name).display().to_string();
        let mut command = Command::new("storescp");
        command.args(["+tls", &path("ai.key"), &path("ai.pem"), "+cf", &path("ca.pem"), "+xa"]);
        command.args(["-aet", "PACS", "-od", out.to_str().unwrap(), &port.to_string()]);
        command
    });
    let Some(peer) = peer else { return };
    site.send_results_to(To::association("PACS", peer.port));
    let ward = site.start(None, None).await.unwrap();
    let image = |number: u32| {
        let position = format!("-100\\-100\\{number}");
        let ct = Ct::new(1, number).with(0x0020_0032, *b"DS", position.as_bytes());
        ct.with(0x0020_0052, *b"UI", b"1.2.826.0.1.3680043.9.7702")
    };
    let images: Vec<Ct> = (1..=3).map(image).collect();
    let files = sent(&site, &ward, &images).await;
    assert_eq!(files.len(), 3);
    let mut make = Command::new(python);
    make.arg("-c").arg(MAKE_RESULTS).arg(site.directory());
    for (number, bytes) in files.iter().enumerate() {
        let path = site.directory().join(format!("ai-{number}.dcm"));
        std::fs::write(&path, bytes).unwrap();
        make.arg(path);
    }
    run(make).await;
    for name in ["seg.dcm", "sr.dcm"] {
        let (pki, port) = (|name: &str| site.pki(name), ward.address.port().to_string());
        let mut sender = Command::new("storescu");
        sender.arg("+tls").arg(pki("ai-1.key")).arg(pki("ai-1.pem")).arg("+cf").arg(pki("ca.pem"));
        sender
            .args(["-R", "-xe", "-aet", AI_1, "-aec", WARD, "127.0.0.1", &port])
            .arg(site.directory().join(name));
        run(sender).await;
    }
    let begun = Instant::now();
    while !ward.state.queue.waiting().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", ward.state.queue.waiting());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let received: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(received.len(), 2, "{received:?}");
    for path in received {
        let bytes = std::fs::read(&path).unwrap();
        let data_set = scan_bytes(&bytes, &Limits::default()).unwrap();
        let text = |tag| {
            let (_, element) = data_set.find(None, Tag(tag)).unwrap();
            data_set.text(element).unwrap().trim_matches(['\0', ' ']).to_owned()
        };
        assert_eq!(text(0x0010_0010), "Featherstone^Josephine");
        assert_eq!(text(0x0010_0020), "MRN-0047110");
        assert_eq!(text(0x0020_000D), images[0].study);
        assert!(data_set.find(None, Tag(0x0012_0062)).is_none(), "it is identified again");
        // Every image that it refers to is called as the hospital calls it, and no pseudonym is left.
        for ct in &images {
            assert!(bytes.windows(ct.instance.len()).any(|window| window == ct.instance.as_bytes()));
        }
        for file in &files {
            let names = Pseudonymous::of(file).unwrap();
            for needle in [names.patient, names.study, names.series, names.instance] {
                assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{needle}");
            }
        }
    }
    let ledger = ledger(&site);
    assert_eq!(ledger.matches("\"kind\":\"returned\"").count(), 2);
    assert!(!ledger.contains(&images[0].study) && !ledger.contains("Featherstone"));
    ward.stop().await;
}

async fn asked(site: &Site, question: Ask) -> Answered {
    let state = site.directory().join("state");
    tokio::task::spawn_blocking(move || ask(&state, &question).unwrap().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_answers_nothing_waits_in_the_quarantine_and_passes_once_its_study_was_sent() {
    let site = Site::new(POLICIES).unwrap();
    // What the images will be called is the same in every ward with this key.
    let ct = Ct::new(5, 1);
    let ward = site.start(None, None).await.unwrap();
    let about = Pseudonymous::of(&sent(&site, &ward, std::slice::from_ref(&ct)).await[0]).unwrap();
    ward.stop().await;
    std::fs::remove_dir_all(site.directory().join("state")).unwrap();

    let ward = site.start(None, None).await.unwrap();
    let ai = Client::ai(&site, ward.address);
    let answer = Answer::to(&about, 1);
    let send = || async { ai.store_as(TEXT_REPORT, &answer.instance, &answer.data_set()).await.unwrap() };
    assert_eq!(send().await, Some(0xC000));
    let held = match asked(&site, Ask::QuarantineList).await {
        Answered::Quarantined { objects } => objects,
        other => panic!("{other:?}"),
    };
    assert_eq!(held.len(), 1);
    assert!(held[0].reason.contains("answers no study that was sent"), "{}", held[0].reason);
    let release = || Ask::QuarantineRelease { id: held[0].id.clone(), because: "the study came".to_owned() };
    assert!(matches!(asked(&site, release()).await, Answered::Refused { .. }));

    sent(&site, &ward, std::slice::from_ref(&ct)).await;
    let answered = asked(&site, release()).await;
    assert!(matches!(answered, Answered::Done { .. }), "{answered:?}");
    let id = answer.instance.parse().unwrap();
    let kept = ward.state.identified.find(&id).unwrap().unwrap();
    assert_eq!(kept.study.as_str(), ct.study);
    assert!(ward.state.originals.find(&id).unwrap().is_none(), "a result is no original");
    assert_eq!(ward.state.queue.waiting().unwrap(), [("PACS".to_owned(), 1)]);
    // The same again is taken and changes nothing; another under its name is held back.
    assert_eq!(send().await, Some(0));
    let mut forged = answer.data_set();
    let at = forged.windows(9).position(|window| window == b"CONTAINER").unwrap();
    forged[at..at + 9].copy_from_slice(b"CONTAINED");
    assert_eq!(ai.store_as(TEXT_REPORT, &answer.instance, &forged).await.unwrap(), Some(0xC000));
    assert_eq!(ward.state.queue.waiting().unwrap(), [("PACS".to_owned(), 1)]);

    // Erased, there is no way back any more, and what went back is gone here too.
    let erase = Ask::Erase { study: ct.study.clone(), because: "asked for by a test".to_owned() };
    let answered = asked(&site, erase).await;
    assert!(matches!(&answered, Answered::Done { said } if said.starts_with("3 objects")), "{answered:?}");
    assert!(ward.state.identified.get(&id).is_err());
    assert!(ward.state.queue.waiting().unwrap().is_empty());
    let late = Answer::to(&about, 2);
    let status = ai.store_as(TEXT_REPORT, &late.instance, &late.data_set()).await.unwrap();
    assert_eq!(status, Some(0xC000));
    ward.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_signed_once_and_dcmsign_finds_that_it_holds() {
    if !has("dcmsign") {
        eprintln!("SKIPPED: dcmsign is not installed");
        return;
    }
    let mut site = Site::new(POLICIES).unwrap();
    site.add_to_file("sign_results = { key = \"pki/ct-1.key\", certificate = \"pki/ct-1.pem\" }\n", "");
    let ward = site.start(None, None).await.unwrap();
    let ct = Ct::new(5, 1);
    let about = Pseudonymous::of(&sent(&site, &ward, std::slice::from_ref(&ct)).await[0]).unwrap();
    let (ai, answer) = (Client::ai(&site, ward.address), Answer::to(&about, 1));
    // A signature of the AI over its pseudonyms holds for nothing that goes to the hospital.
    let signed_by_ai = |value: &[u8]| {
        let mut data_set = answer.data_set();
        data_set.extend(b"\xFA\xFF\xFA\xFFSQ\0\0");
        data_set.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        data_set.extend(value);
        data_set
    };
    let data_set = signed_by_ai(b"\xFE\xFF\x00\xE0\x08\0\0\0\x00\x04\x05\x00US\0\0");
    let send = || async { ai.store_as(TEXT_REPORT, &answer.instance, &data_set).await.unwrap() };
    assert_eq!(send().await, Some(0));
    let id = answer.instance.parse().unwrap();
    let kept = || {
        let (mut reader, mut bytes) = (ward.state.identified.get(&id).unwrap(), Vec::new());
        while let Some(chunk) = reader.next_chunk().unwrap() {
            bytes.extend_from_slice(chunk);
        }
        bytes
    };
    let first = kept();
    let path = site.directory().join("result.dcm");
    std::fs::write(&path, &first).unwrap();
    let verified = |path: &std::path::Path| {
        let mut dcmsign = Command::new("dcmsign");
        dcmsign.arg("--verify").arg("+cf").arg(site.pki("ca.pem")).arg(path);
        let output = dcmsign.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let (holds, said) = verified(&path);
    assert!(holds, "{said}");
    let at = first.windows(9).position(|window| window == b"CONTAINER").unwrap();
    let mut changed = first.clone();
    changed[at..at + 9].copy_from_slice(b"CONTAINED");
    std::fs::write(&path, &changed).unwrap();
    assert!(!verified(&path).0, "a changed one does not hold");
    // Sent again it is what it was, with the signature that it had; another under its name is another.
    assert_eq!(send().await, Some(0));
    assert_eq!(kept(), first);
    let mut forged = data_set.clone();
    let at = forged.windows(9).position(|window| window == b"CONTAINER").unwrap();
    forged[at..at + 9].copy_from_slice(b"CONTAINED");
    assert_eq!(ai.store_as(TEXT_REPORT, &answer.instance, &forged).await.unwrap(), Some(0xC000));
    assert_eq!(ward.state.identified.quarantined().unwrap().len(), 0, "nothing half made is left");
    ward.stop().await;
}

#[test]
fn the_file_must_say_where_results_go_and_no_destination_gets_both() {
    let site = Site::new(POLICIES).unwrap();
    let to = To::association("AI", 11112);
    site.write_file("127.0.0.1:0", None, Some(&to)).unwrap();
    let path = site.directory().join("ward.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    for (with, said) in [("", "names nowhere"), ("results_to = [\"AI\"]\n", "behind a pseudonym")] {
        std::fs::write(&path, text.replace("results_to = [\"PACS\"]\n", with)).unwrap();
        let refused = site.configuration().unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
}
