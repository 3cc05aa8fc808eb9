//! DICOMweb at the ward: who is let in, what becomes of what is stored, and tools that nobody here wrote.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by ending")]

use medward_drill::{
    ARCHIVE, ARCHIVE_SUBJECT, Client, Ct, Identity, POLICIES, Pseudonymous, Running, Site, TEXT_REPORT, To,
    WEB_ROOT, Web, body, file,
};
use medward_test_peers::{Listening, has, python};
use medward_ward::control::{Answer, Ask, ask};
use std::process::Command;
use std::time::{Duration, Instant};

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
        ward.dealt_with(&ct.instance).await.unwrap();
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
    for reason in [0x0124, 0xC000, 0xC000] {
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
    // One of the provider about the same sender, and about nobody here.
    let of_provider = |subject| Web::bearer(&site, &ward, &site.provider.token(subject).unwrap());
    let file = [Ct::new(1, 4).file()];
    assert_eq!(status(of_provider(ARCHIVE_SUBJECT).store(&file).await.unwrap()), Some(200));
    assert_eq!(status(of_provider("somebody").store(&file).await.unwrap()), Some(401));
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

/// Two studies, and what the AI would know of their images.
async fn filled(site: &Site, ward: &Running) -> Vec<Pseudonymous> {
    let web = Web::honest(site, ward);
    for study in 1..=2 {
        let images: Vec<Ct> = (1..=3).map(|number| Ct::new(study, number)).collect();
        let files: Vec<_> = images.iter().map(Ct::file).collect();
        assert_eq!(web.store(&files).await.unwrap().map(|reply| reply.status), Some(200));
        for ct in &images {
            ward.dealt_with(&ct.instance).await.unwrap();
        }
    }
    ward.results().unwrap().iter().map(|file| Pseudonymous::of(file).unwrap()).collect()
}

/// dicomweb-client and curl, with the certificate of the AI: searched, retrieved as files and as metadata, stored and answered.
const CLIENT: &str = r#"
import sys
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session
from io import BytesIO
import pydicom
url, pki, study, series, instance, image = sys.argv[1:]
session = create_session()
# No authorities but those of the site, whatever the environment says.
session.trust_env = False
session.verify = f"{pki}/ca.pem"
session.cert = (f"{pki}/ai-1.pem", f"{pki}/ai-1.key")
client = DICOMwebClient(url, session=session)
studies = client.search_for_studies()
assert len(studies) == 2, studies
found = [one for one in studies if one["0020000D"]["Value"] == [study]][0]
assert found["00201208"]["Value"] == [3] and found["00080061"]["Value"] == ["CT"], found
# By the name that the client called it, which for this one is without its port.
assert found["00081190"]["Value"][0].endswith(f"/dicom-web/studies/{study}"), found
assert client.search_for_studies(search_filters={"StudyInstanceUID": "1.2.3"}) == []
assert len(client.search_for_studies(limit=1, offset=1)) == 1
assert len(client.search_for_studies(search_filters={"PatientID": "DRILL-*"})) == 2
assert client.search_for_studies(search_filters={"PatientName": "Feather*"}) == []
assert len(client.search_for_series(study)) == 1
assert len(client.search_for_series()) == 2
assert len(client.search_for_instances()) == 6
assert len(client.search_for_instances(study, series, fields=["Rows"])) == 3
files = client.retrieve_study(study)
assert len(files) == 3 and all(f.StudyInstanceUID == study and f.PixelData for f in files)
assert len(client.retrieve_series(study, series)) == 3
one = client.retrieve_instance(study, series, instance)
assert one.SOPInstanceUID == instance
about = client.retrieve_instance_metadata(study, series, instance)
about = about[0] if isinstance(about, list) else about
read = pydicom.Dataset.from_json(about)
for element in read:
    assert one[element.tag] == element, (element, one[element.tag])
assert len(client.retrieve_study_metadata(study)) == 3
for path in (f"/studies/{study}", "/instances?includefield=all"):
    text = session.get(url + path).content
    assert b"Featherstone" not in text and b"MRN-" not in text
scanner = create_session()
scanner.trust_env = False
scanner.verify = session.verify
scanner.cert = (f"{pki}/ct-1.pem", f"{pki}/ct-1.key")
assert scanner.get(url + "/studies").status_code == 403
answer = DICOMwebClient(url, session=scanner).store_instances([pydicom.dcmread(image)])
assert len(answer.ReferencedSOPSequence) == 1 and "FailedSOPSequence" not in answer
print("ok")
"#;

#[tokio::test(flavor = "multi_thread")]
async fn dicomweb_client_searches_retrieves_and_stores() {
    let Some(python) = python() else { return };
    let has_client = Command::new(&python).args(["-c", "import dicomweb_client"]).output();
    if !has_client.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: no dicomweb-client; ./test installs it");
        return;
    }
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let known = filled(&site, &ward).await;
    let image = site.directory().join("image.dcm");
    std::fs::write(&image, Ct::new(3, 1).file()).unwrap();
    let mut command = Command::new(python);
    command.arg("-c").arg(CLIENT).arg(format!("https://127.0.0.1:{}{WEB_ROOT}", ward.web.port()));
    command.arg(site.pki("")).args([&known[0].study, &known[0].series, &known[0].instance]).arg(image);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(text(&output.stdout).contains("ok"), "{output:?}");
    let ledger = text(&std::fs::read(site.directory().join("state/ledger/segment")).unwrap());
    assert!(ledger.contains("\"kind\":\"queried\"") && ledger.contains("\"level\":\"METADATA\""));
    assert_eq!(ledger.matches("\"kind\":\"handed_out\"").count(), 10);
    ward.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_is_told_what_it_may_not_do() {
    if !has("curl") {
        return;
    }
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let study = filled(&site, &ward).await.swap_remove(0).study;
    let url = format!("https://127.0.0.1:{}{WEB_ROOT}", ward.web.port());
    let curl = |who: Option<&str>, more: &[&str], path: &str| {
        let mut command = Command::new("curl");
        command.args(["-s", "-o", "/dev/null", "-w", "%{http_code} %{content_type}"]);
        command.arg("--cacert").arg(site.pki("ca.pem"));
        if let Some(who) = who {
            command.arg("--cert").arg(site.pki(&format!("{who}.pem")));
            command.arg("--key").arg(site.pki(&format!("{who}.key")));
        }
        command.args(more).arg(format!("{url}{path}"));
        async move {
            let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
            text(&output.stdout)
        }
    };
    let ai = Some("ai-1");
    let (json, plain) = ("application/dicom+json", "text/plain; charset=utf-8");
    let said = |status: u16, kind: &str| format!("{status} {kind}");
    assert_eq!(curl(ai, &[], "/studies").await, said(200, json));
    assert_eq!(curl(None, &[], "/studies").await, said(401, plain));
    assert_eq!(curl(None, &["--oauth2-bearer", "medward.a.b"], "/studies").await, said(401, plain));
    assert_eq!(curl(ai, &["-X", "DELETE"], &format!("/studies/{study}")).await, said(405, plain));
    assert_eq!(curl(ai, &[], "/elsewhere").await, said(404, plain));
    assert_eq!(curl(ai, &[], "/studies/1.2.3").await, said(404, plain));
    assert_eq!(curl(ai, &[], "/studies?PatientNaem=x").await, said(400, plain));
    assert_eq!(curl(ai, &["-H", "Accept: text/html"], "/studies").await, said(406, plain));
    let syntax =
        |uid: &str| format!("Accept: multipart/related; type=\"application/dicom\"; transfer-syntax={uid}");
    let study = format!("/studies/{study}");
    let explicit = curl(ai, &["-H", &syntax("1.2.840.10008.1.2.1")], &study).await;
    assert!(explicit.starts_with("200 multipart/related"), "{explicit}");
    // Nothing is transcoded.
    assert_eq!(curl(ai, &["-H", &syntax("1.2.840.10008.1.2.4.90")], &study).await, said(406, plain));
    assert_eq!(curl(Some("ct-1"), &["--data", "x"], "/studies").await, said(415, plain));
    ward.stop().await;
}

/// A STOW-RS server of the standard library: it wants a certificate, sends the first object away, closes after each answer to the second
/// and third, and keeps what it takes in a directory.
const SERVER: &str = r#"
import json, re, ssl, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
port, pki, out = int(sys.argv[1]), sys.argv[2], sys.argv[3]
count = 0
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        global count
        count += 1
        kind = self.headers["Content-Type"]
        assert kind.startswith('multipart/related; type="application/dicom"'), kind
        assert self.path == "/dicom-web/studies", self.path
        boundary = re.search('boundary="([^"]+)"', kind)[1].encode()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        before, part, after = body.split(b"\r\n--" + boundary)
        assert before == b"" and after == b"--\r\n"
        head, file = part.split(b"\r\n\r\n", 1)
        assert b"Content-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2.1" in head, head
        if count == 1:
            return self.answer(503, b"{}")
        with open(f"{out}/{count}.dcm", "wb") as kept:
            kept.write(file)
        self.close_connection = count < 4
        self.answer(200, b"{}")
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/dicom+json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
server = HTTPServer(("127.0.0.1", port), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{pki}/ai.pem", f"{pki}/ai.key")
context.load_verify_locations(f"{pki}/ca.pem")
context.verify_mode = ssl.CERT_REQUIRED
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"#;

#[tokio::test(flavor = "multi_thread")]
async fn results_reach_a_stow_server_again_and_again_until_it_takes_them() {
    let site = Site::new(POLICIES).unwrap();
    let out = site.directory().join("received");
    std::fs::create_dir(&out).unwrap();
    let peer = Listening::start(|port| {
        let mut command = Command::new("python3");
        command.arg("-c").arg(SERVER).arg(port.to_string()).arg(site.pki("")).arg(&out);
        command
    });
    let Some(peer) = peer else { return };
    let ward = site.start(None, Some(&To::web(peer.port))).await.unwrap();
    let known = filled(&site, &ward).await;
    let begun = Instant::now();
    while !ward.state.queue.waiting().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", ward.state.queue.waiting().unwrap());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut received = Vec::new();
    for entry in std::fs::read_dir(&out).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(12).any(|window| window == b"Featherstone"));
        received.push(Pseudonymous::of(&bytes).unwrap().instance);
    }
    received.sort();
    let mut instances: Vec<_> = known.iter().map(|one| one.instance.clone()).collect();
    instances.sort();
    assert_eq!(received, instances, "each once");
    let ledger = text(&std::fs::read(site.directory().join("state/ledger/segment")).unwrap());
    assert_eq!(ledger.matches("\"kind\":\"sent\"").count(), 6);
    ward.stop().await;
}

#[test]
fn the_file_must_say_how_a_sender_comes_and_where_a_destination_is() {
    let site = Site::new(POLICIES).unwrap();
    let path = site.directory().join("ward.toml");
    let refused = |edits: &[(&str, &str)], to: &To| {
        site.write_file("127.0.0.1:0", None, Some(to)).unwrap();
        let mut written = std::fs::read_to_string(&path).unwrap();
        for (from, into) in edits {
            assert!(written.contains(from), "{from}");
            written = written.replace(from, into);
        }
        std::fs::write(&path, written).unwrap();
        site.configuration().map_or_else(|error| error.to_string(), |_| String::new())
    };
    let web = To::web(9);
    assert_eq!(refused(&[], &web), "");
    assert!(refused(&[("web_listen = \"127.0.0.1:0\"\n", "")], &web).contains("give the ward `web_listen`"));
    assert!(refused(&[("https://127.0.0.1:9/dicom-web", "http://127.0.0.1:9")], &web).contains("not a URL"));
    assert!(refused(&[("stow = ", "address = \"a:1\"\nstow = ")], &web).contains("and not both"));
    assert!(refused(&[("ae_title = \"AI\"\n", "")], &To::association("AI", 9)).contains("and not both"));
    let without_token = [("web = \"token\"", "web = \"certificate\"")];
    assert!(refused(&without_token, &web).contains("impostor"), "no certificate, and none needed");
}
