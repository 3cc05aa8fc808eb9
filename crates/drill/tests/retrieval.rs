//! dcmtk and pynetdicom ask the ward: queries at every level, images on the same association and on to a third node, and nobody's name in any of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_drill::{AI_1, CT_1, Client, Ct, POLICIES, Pseudonymous, Running, Site, To, WARD};
use medward_test_peers::{Listening, has, python};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// dcmtk with a certificate and a title.
async fn dcmtk(site: &Site, ward: &Running, tool: &str, who: (&str, &str), more: &[&str]) -> Output {
    let mut command = Command::new(tool);
    command.arg("+tls").arg(site.pki(&format!("{}.key", who.0))).arg(site.pki(&format!("{}.pem", who.0)));
    command.arg("+cf").arg(site.pki("ca.pem"));
    command.args(["-S", "-aet", who.1, "-aec", WARD]).args(more).arg("127.0.0.1");
    command.arg(ward.address.port().to_string()).current_dir(site.directory());
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

const AI: (&str, &str) = ("ai-1", AI_1);

/// Two studies of two series, and what the AI would know of them.
async fn filled(site: &Site, ward: &Running) -> Vec<Pseudonymous> {
    let sender = Client::honest(site, ward.address);
    for (study, number) in [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)] {
        let series = format!("1.2.826.0.1.3680043.9.7701.{study}.{}", number % 2);
        let ct = Ct::new(study, number).with(0x0020_000E, *b"UI", series.as_bytes());
        assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0));
        ward.dealt_with(&ct.instance).await.unwrap();
    }
    ward.results().unwrap().iter().map(|file| Pseudonymous::of(file).unwrap()).collect()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn empty(directory: &Path) {
    for path in files(directory) {
        std::fs::remove_file(path).unwrap();
    }
}

fn ledger(site: &Site) -> String {
    let segment = site.directory().join("state/ledger/segment");
    String::from_utf8_lossy(&std::fs::read(segment).unwrap()).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn findscu_finds_studies_series_and_images_of_nobody() {
    if !has("findscu") {
        return;
    }
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let known = filled(&site, &ward).await;
    let keys = |keys: &[&str]| {
        let flags = keys.iter().flat_map(|key| ["-k".to_owned(), (*key).to_owned()]);
        flags.collect::<Vec<_>>()
    };
    let find = |wanted: &[&str]| {
        let flags = keys(wanted);
        let (site, ward) = (&site, &ward);
        async move {
            let flags: Vec<_> = flags.iter().map(String::as_str).collect();
            text(&dcmtk(site, ward, "findscu", AI, &flags).await)
        }
    };
    let all = [
        "QueryRetrieveLevel=STUDY",
        "StudyInstanceUID",
        "PatientName",
        "PatientID",
        "NumberOfStudyRelatedInstances",
        "NumberOfStudyRelatedSeries",
        "ModalitiesInStudy",
    ];
    let said = find(&all).await;
    for one in &known {
        assert!(said.contains(&one.study), "{said}");
    }
    assert_eq!(said.matches("(0020,1208) IS [3 ]").count(), 2, "{said}");
    assert_eq!(said.matches("(0020,1206) IS [2 ]").count(), 2, "{said}");
    assert!(said.contains("DRILL-") && !said.contains("Featherstone") && !said.contains("MRN-"), "{said}");

    let study = format!("StudyInstanceUID={}", known[0].study);
    let said = find(&["QueryRetrieveLevel=SERIES", &study, "SeriesInstanceUID", "Modality=CT"]).await;
    assert_eq!(said.matches("(0020,000e) UI [2.25.").count(), 2, "{said}");
    let series = format!("SeriesInstanceUID={}", known[0].series);
    let said = find(&["QueryRetrieveLevel=IMAGE", &study, &series, "SOPInstanceUID"]).await;
    let of_series = known.iter().filter(|one| one.series == known[0].series).count();
    assert_eq!(said.matches("(0008,0018) UI [2.25.").count(), of_series, "{said}");
    // Nothing matches, which is an answer; a level without its study is not a question.
    assert!(!find(&["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "Modality=MR"]).await.contains("2.25."));
    assert!(!find(&["QueryRetrieveLevel=SERIES", "SeriesInstanceUID"]).await.contains("2.25."));
    // A scanner may not ask.
    let flags = keys(&all);
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let said = text(&dcmtk(&site, &ward, "findscu", ("ct-1", CT_1), &flags).await);
    assert!(!said.contains("2.25.") && said.contains("No Acceptable Presentation Contexts"), "{said}");
    let ledger = ledger(&site);
    assert!(ledger.contains("\"kind\":\"queried\"") && ledger.contains("\"sender\":\"AI-1\""));
    ward.stop().await;
}

/// C-GET, or C-MOVE to a title, by pynetdicom, since Debian's getscu and movescu speak no TLS: writes what comes to a directory, and
/// prints the last status.
const RETRIEVE: &str = r#"
import ssl, sys
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import CTImageStorage, StudyRootQueryRetrieveInformationModelGet as GET
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelMove as MOVE
from pydicom.dataset import Dataset
port, pki, out, to, level, keys = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5], sys.argv[6:]
context = ssl.create_default_context(cafile=f"{pki}/ca.pem")
context.load_cert_chain(f"{pki}/ai-1.pem", f"{pki}/ai-1.key")
def store(event):
    image = event.dataset
    image.file_meta = event.file_meta
    image.save_as(f"{out}/{image.SOPInstanceUID}.dcm", enforce_file_format=True)
    return 0
ae = AE("AI_1")
ae.add_requested_context(MOVE if to else GET)
ae.add_requested_context(CTImageStorage, "1.2.840.10008.1.2.1")
role = build_role(CTImageStorage, scp_role=True)
link = ae.associate("127.0.0.1", port, ae_title="WARD", ext_neg=[role], tls_args=(context, "127.0.0.1"),
    evt_handlers=[(evt.EVT_C_STORE, store)])
assert link.is_established
query = Dataset()
query.QueryRetrieveLevel = level
for key in keys:
    name, value = key.split("=")
    setattr(query, name, value)
asked = link.send_c_move(query, to, MOVE) if to else link.send_c_get(query, GET)
answers = [status for status, _ in asked]
link.release()
print(hex(answers[-1].Status))
"#;

/// The last status of a C-GET, or of a C-MOVE where it names a title.
async fn retrieve(site: &Site, ward: &Running, to: &str, level: &str, keys: &[&str]) -> String {
    let Some(python) = python() else { return String::new() };
    let mut command = Command::new(python);
    command.arg("-c").arg(RETRIEVE).arg(ward.address.port().to_string()).arg(site.pki(""));
    command.arg(site.directory().join("got")).arg(to).arg(level).args(keys);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    text(&output).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn pynetdicom_gets_a_study_and_moves_one_to_a_destination_of_the_file() {
    if !has("storescp") || python().is_none() {
        return;
    }
    let site = Site::new(POLICIES).unwrap();
    let (got, moved) = (site.directory().join("got"), site.directory().join("moved"));
    for directory in [&got, &moved] {
        std::fs::create_dir(directory).unwrap();
    }
    let peer = Listening::start(|port| {
        let path = |name: &str| site.pki(name).display().to_string();
        let mut command = Command::new("storescp");
        command.args(["+tls", &path("ai.key"), &path("ai.pem"), "+cf", &path("ca.pem"), "+xa"]);
        command.args(["-aet", "AI", "-od", moved.to_str().unwrap(), &port.to_string()]);
        command
    });
    let Some(peer) = peer else { return };
    let ward = site.start(None, Some(&To::association("AI", peer.port))).await.unwrap();
    let known = filled(&site, &ward).await;
    let begun = Instant::now();
    while !ward.state.queue.waiting().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    empty(&moved);
    let study = format!("StudyInstanceUID={}", known[0].study);
    assert_eq!(retrieve(&site, &ward, "", "STUDY", &[&study]).await, "0x0");
    assert_eq!(files(&got).len(), 3);
    for path in files(&got) {
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(Pseudonymous::of(&bytes).unwrap().study, known[0].study);
        assert!(!bytes.windows(12).any(|window| window == b"Featherstone"));
    }
    assert_eq!(retrieve(&site, &ward, "AI", "STUDY", &[&study]).await, "0x0");
    assert_eq!(files(&moved).len(), 3);
    // The picture archive gets results with names, and no pseudonyms to lay beside them.
    for title in ["ELSEWHERE", "PACS"] {
        assert_eq!(retrieve(&site, &ward, title, "STUDY", &[&study]).await, "0xa801");
    }
    // One image of one series, and nothing without a name.
    let series = format!("SeriesInstanceUID={}", known[0].series);
    let image = format!("SOPInstanceUID={}", known[0].instance);
    empty(&got);
    assert_eq!(retrieve(&site, &ward, "", "IMAGE", &[&study, &series, &image]).await, "0x0");
    assert_eq!(files(&got).len(), 1);
    assert_eq!(retrieve(&site, &ward, "", "STUDY", &["StudyInstanceUID="]).await, "0xa900");
    assert_eq!(files(&got).len(), 1, "a retrieval without a name gets nothing");
    assert_eq!(ledger(&site).matches("\"kind\":\"handed_out\"").count(), 7);
    ward.stop().await;
}
