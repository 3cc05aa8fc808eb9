//! Messages as others read them: the schema of the standard by `jing`, and a syslog server that takes them over TLS.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be made is a failed test"
)]

use medward_audit_message::{
    Action, Alert, Event, Forwarder, Node, Origin, Outcome, Party, Pseudonym, Reporter, Server, Spool, Study,
    Text,
};
use medward_test_peers::free_port;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Everything that XML has to escape.
const HOSTILE: &str = "<script>&amp;]]>\"' é\u{202e}";

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn node(id: &str) -> Node {
    Node { id: text(id), ae_title: Some(text("CT1")), address: Some("192.0.2.7".parse().unwrap()) }
}

fn reporter() -> Reporter {
    let origin = Origin { host: "ward.example".to_owned(), application: "medward".to_owned(), process: 7 };
    Reporter { source: text("ward"), site: Some(text(HOSTILE)), origin }
}

fn moment() -> jiff::Timestamp {
    "2026-11-23T13:00:00.5Z".parse().unwrap()
}

/// Every kind of message, and every alert.
fn events() -> Vec<Event> {
    let pseudonym = |text: &str| Pseudonym::new(text).unwrap();
    let study = |patient: Option<&str>| Study {
        study: pseudonym("2.25.1"),
        patient: patient.map(pseudonym),
        classes: vec![(pseudonym("1.2.840.10008.5.1.4.1.1.2"), 300)],
    };
    let studies = vec![study(Some("P-17")), study(Some("P-17")), study(None)];
    let (person, other) = (Party::Person(text(HOSTILE)), Party::Node(node("pacs")));
    let (from, to) = (node("ct-1"), Node { ae_title: None, address: None, ..node("ward") });
    let mut events = vec![
        Event::ApplicationStarted { application: to.clone(), by: Some(person.clone()) },
        Event::ApplicationStarted { application: to.clone(), by: None },
        Event::ApplicationStopped { application: to.clone(), by: Some(other.clone()) },
        Event::AuditLogUsed { by: person.clone(), log: text("https://ward.example/log?a=1&b=2") },
        Event::BeginTransferring { from: from.clone(), to: to.clone(), studies: studies.clone() },
        Event::InstancesAccessed { by: person.clone(), action: Action::Read, studies: studies.clone() },
        Event::InstancesAccessed { by: other.clone(), action: Action::Update, studies: Vec::new() },
        Event::InstancesTransferred {
            from: from.clone(),
            to: to.clone(),
            is_sender_requestor: true,
            studies: studies.clone(),
        },
        Event::InstancesTransferred {
            from: from.clone(),
            to: to.clone(),
            is_sender_requestor: false,
            studies: studies.clone(),
        },
        Event::StudyDeleted { by: person.clone(), study: study(Some("P-17")) },
        Event::Exported { by: person.clone(), to: text("file:///media/disc"), studies: studies.clone() },
        Event::Imported { by: person.clone(), from: text(HOSTILE), studies },
        Event::NetworkAttached(to.clone()),
        Event::NetworkDetached(to.clone()),
        Event::Queried {
            from,
            to: to.clone(),
            class: pseudonym("1.2.840.10008.5.1.4.1.2.2.1"),
            digest: [7; 32],
        },
        Event::Login { person: text(HOSTILE), at: to.clone() },
        Event::Logout { person: text("clerk"), at: to },
    ];
    events.extend(Alert::ALL.map(|alert| Event::SecurityAlert {
        alert,
        by: other.clone(),
        about: text(HOSTILE),
        description: (alert != Alert::NodeAuthentication).then(|| text(HOSTILE)),
    }));
    events
}

fn outcome(number: usize) -> Outcome {
    [Outcome::Success, Outcome::MinorFailure, Outcome::SeriousFailure, Outcome::MajorFailure][number % 4]
}

fn has(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn schema() -> Option<PathBuf> {
    let root = std::env::var_os("MEDWARD_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let schema = root.join("data/audit_schema/ps3.15-A.5.1.1-audit-message.rnc");
    schema.exists().then_some(schema)
}

fn is_valid(schema: &Path, files: &[PathBuf]) -> (bool, String) {
    let output = Command::new("jing").arg("-c").arg(schema).args(files).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn every_message_is_valid_by_the_schema_of_the_standard() {
    let Some(schema) = schema().filter(|_| has("jing", "-h")) else {
        eprintln!("SKIPPED: jing or shared/data/audit_schema is missing");
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (number, event) in events().iter().enumerate() {
        let path = place.path().join(format!("{number}.xml"));
        std::fs::write(&path, reporter().xml(event, outcome(number), moment()).unwrap()).unwrap();
        files.push(path);
    }
    let (is_valid_all, said) = is_valid(&schema, &files);
    assert!(is_valid_all, "{said}");
    // The examiner can say no.
    let xml = std::fs::read_to_string(&files[0]).unwrap();
    std::fs::write(&files[0], xml.replace("EventOutcomeIndicator=\"0\"", "EventOutcomeIndicator=\"1\""))
        .unwrap();
    assert!(!is_valid(&schema, &files[..1]).0);
}

#[test]
fn a_message_reads_like_this() {
    let event = &events()[7];
    let line = String::from_utf8(reporter().line(event, Outcome::Success, moment()).unwrap()).unwrap();
    let (head, xml) = line.split_once("<?xml").unwrap();
    assert_eq!(head, "<85>1 2026-11-23T13:00:00.500Z ward.example medward 7 DICOM+RFC3881 - ");
    for part in [
        r#"<EventIdentification EventActionCode="C" EventDateTime="2026-11-23T13:00:00.500Z" EventOutcomeIndicator="0">"#,
        r#"<EventID csd-code="110104" codeSystemName="DCM" originalText="DICOM Instances Transferred"/>"#,
        r#"UserID="ct-1" AlternativeUserID="AETITLES=CT1" UserIsRequestor="true" NetworkAccessPointID="192.0.2.7""#,
        r#"<RoleIDCode csd-code="110153" codeSystemName="DCM" originalText="Source Role ID"/>"#,
        r#"<SOPClass UID="1.2.840.10008.5.1.4.1.1.2" NumberOfInstances="300"/>"#,
        r#"ParticipantObjectID="P-17""#,
    ] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
    // One patient of two studies stands there once.
    assert_eq!(xml.matches(r#"ParticipantObjectID="P-17""#).count(), 1);
}

/// A certificate authority, a server's certificate and key as files, and how a client trusts them.
fn certificates(place: &Path) -> Arc<rustls::ClientConfig> {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["log.example".to_owned()]).unwrap();
    let certificate = server.signed_by(&key, &issuer).unwrap();
    std::fs::write(place.join("ca.pem"), authority_certificate.pem()).unwrap();
    std::fs::write(place.join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(place.join("key.pem"), key.serialize_pem()).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority_certificate.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

/// A syslog server that appends what it gets to a file; ended when dropped.
struct Rsyslog(Child);

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Rsyslog {
    fn start(place: &Path, port: u16) -> Self {
        let at = |name: &str| place.join(name).display().to_string();
        let configuration = format!(
            r#"global(workDirectory="{work}" maxMessageSize="64k" defaultNetstreamDriver="gtls"
                defaultNetstreamDriverCAFile="{ca}" defaultNetstreamDriverCertFile="{certificate}"
                defaultNetstreamDriverKeyFile="{key}")
            module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
            input(type="imtcp" address="127.0.0.1" port="{port}")
            template(name="raw" type="string" string="%rawmsg%\n")
            action(type="omfile" file="{received}" template="raw" flushInterval="1" asyncWriting="off")"#,
            work = place.display(),
            ca = at("ca.pem"),
            certificate = at("cert.pem"),
            key = at("key.pem"),
            received = at("received"),
        );
        std::fs::write(place.join("rsyslog.conf"), configuration).unwrap();
        let _ = std::fs::remove_file(place.join("pid"));
        let mut command = Command::new("rsyslogd");
        command.arg("-n").arg("-f").arg(place.join("rsyslog.conf")).arg("-i").arg(place.join("pid"));
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Ends it in order, so that it writes what it read.
    fn stop(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.0.wait().unwrap();
    }
}

fn received(place: &Path) -> String {
    std::fs::read_to_string(place.join("received")).unwrap_or_default()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_mins(1), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn message(number: usize) -> Vec<u8> {
    let event = Event::NetworkAttached(node(&format!("node-{number}-")));
    reporter().line(&event, outcome(number), moment()).unwrap()
}

#[test]
fn a_syslog_server_gets_every_message_though_it_was_away() {
    if !has("rsyslogd", "-v") || !Path::new("/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so").exists() {
        eprintln!("SKIPPED: rsyslogd with gtls is not installed");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let port = free_port();
    let server = Server {
        address: ([127, 0, 0, 1], port).into(),
        name: "log.example".try_into().unwrap(),
        tls: certificates(place),
    };
    let all_of = |count: usize| {
        let received = received(place);
        (0..count).all(|number| received.contains(&format!("\"node-{number}-\"")))
    };
    // Put while there is no server.
    {
        let spool = Spool::open(&place.join("spool"), 1 << 20).unwrap();
        (0..20).for_each(|number| spool.put(&[&message(number)]).unwrap());
    }
    let spool = Arc::new(Spool::open(&place.join("spool"), 1 << 20).unwrap());
    let forwarder = Forwarder::start(Arc::clone(&spool), server.clone()).unwrap();
    wait_until("the server is missed", || forwarder.status().error.is_some());
    let rsyslog = Rsyslog::start(place, port);
    wait_until("the first 20 arrive", || all_of(20));
    // The server goes away while messages are made.
    rsyslog.stop();
    for number in 20..40 {
        spool.put(&[&message(number)]).unwrap();
    }
    let rsyslog = Rsyslog::start(place, port);
    wait_until("40 arrive", || all_of(40));
    let status = forwarder.status();
    assert!(status.is_connected && status.connections >= 2 && status.error.is_none(), "{status:?}");
    drop(forwarder);
    // Closed in order: the server has all, and nothing is sent again.
    assert_eq!(spool.waiting_bytes(), 0);
    let before = received(place).len();
    drop(Forwarder::start(Arc::clone(&spool), server).unwrap());
    rsyslog.stop();
    assert_eq!(received(place).len(), before);
    // What arrived is what was made.
    let line = String::from_utf8(message(39)).unwrap();
    assert!(received(place).lines().any(|got| got == line), "{line}\nis not in\n{}", received(place));
}

#[test]
fn a_server_with_another_certificate_gets_nothing() {
    let place = tempfile::tempdir().unwrap();
    let tls = certificates(place.path());
    // A listener that is no TLS server, and a name that the certificate does not have: the messages stay.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let spool = Arc::new(Spool::open(&place.path().join("spool"), 1 << 20).unwrap());
    spool.put(&[&message(1)]).unwrap();
    let waiting = spool.waiting_bytes();
    let forwarder = Forwarder::start(
        Arc::clone(&spool),
        Server { address, name: "log.example".try_into().unwrap(), tls },
    )
    .unwrap();
    let (mut socket, _) = listener.accept().unwrap();
    std::io::Write::write_all(&mut socket, b"220 hello\r\n").unwrap();
    wait_until("it is said", || forwarder.status().error.is_some());
    drop(socket);
    let mut got = Vec::new();
    let _ = std::io::Read::read_to_end(&mut listener.accept().unwrap().0, &mut got);
    assert!(!String::from_utf8_lossy(&got).contains("AuditMessage"));
    assert_eq!(spool.waiting_bytes(), waiting);
}
