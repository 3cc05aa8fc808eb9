//! Audit messages of a ward at the syslog server of a hospital, which asks for the ward's certificate; each valid by the standard's schema.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_drill::{Client, Ct, POLICIES, Site};
use medward_file::kinds::WardLayer;
use medward_test_peers::{free_port, has};
use medward_ward::Event;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where rsyslog has its TLS driver.
const DRIVER: &str = "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so";

/// A syslog server that takes only whom the site's authority vouches for; ended when dropped.
struct Rsyslog(Child);

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Rsyslog {
    fn start(site: &Site, place: &Path, port: u16) -> Self {
        let pki = |name: &str| site.pki(name).display().to_string();
        let configuration = format!(
            r#"global(workDirectory="{work}" maxMessageSize="64k" defaultNetstreamDriver="gtls"
                defaultNetstreamDriverCAFile="{ca}" defaultNetstreamDriverCertFile="{certificate}"
                defaultNetstreamDriverKeyFile="{key}")
            module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
            input(type="imtcp" address="127.0.0.1" port="{port}")
            template(name="raw" type="string" string="%rawmsg%\n")
            action(type="omfile" file="{received}" template="raw" flushInterval="1" asyncWriting="off")"#,
            work = place.display(),
            ca = pki("ca.pem"),
            certificate = pki("ai.pem"),
            key = pki("ai.key"),
            received = place.join("received").display(),
        );
        std::fs::write(place.join("rsyslog.conf"), configuration).unwrap();
        let mut command = Command::new("rsyslogd");
        command.arg("-n").arg("-f").arg(place.join("rsyslog.conf")).arg("-i").arg(place.join("pid"));
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

async fn received(place: &Path, wanted: &[&str]) -> String {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(place.join("received")).unwrap_or_default();
        let missing: Vec<_> = wanted.iter().filter(|part| !text.contains(**part)).collect();
        if missing.is_empty() {
            return text;
        }
        assert!(begun.elapsed() < Duration::from_secs(50), "{missing:?} did not come, but\n{text}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Every message by itself, as the schema's examiner wants them.
fn assert_valid(place: &Path, text: &str) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/audit_schema/ps3.15-A.5.1.1-audit-message.rnc");
    if !has("jing") || !schema.exists() {
        eprintln!("SKIPPED: jing or shared/data/audit_schema is missing");
        return;
    }
    let message = |(number, line): (usize, &str)| -> PathBuf {
        let path = place.join(format!("{number}.xml"));
        let (_, xml) = line.split_once("<?xml").unwrap();
        std::fs::write(&path, format!("<?xml{xml}")).unwrap();
        path
    };
    let files: Vec<_> = text.lines().enumerate().map(message).collect();
    let output = Command::new("jing").arg("-c").arg(schema).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ward_decided_reaches_the_repository_though_that_was_away() {
    if !has("rsyslogd") || !Path::new(DRIVER).exists() {
        eprintln!("SKIPPED: rsyslogd with gtls is not installed");
        return;
    }
    let mut site = Site::new(POLICIES).unwrap();
    let port = free_port();
    site.send_audit_messages_to(port);
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    // Nobody listens yet: the ward works all the same.
    let ward = site.start(None, None).await.unwrap();
    let ct = Ct::new(4, 1);
    let sender = Client::honest(&site, ward.address);
    assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0));
    // What no message can carry keeps none of the others back, and tells nothing of a name.
    let (came, object, study) = ("0".repeat(64), "1".repeat(64), "Doe^Jane".to_owned());
    let unspeakable = Event::Returned { received: came, object, study, sender: "two\nlines".to_owned() };
    ward.state.watch.record(&unspeakable).unwrap();
    let impostor = Client { title: "NOBODY", ..Client::honest(&site, ward.address) };
    assert!(!matches!(impostor.store(&ct.instance, &ct.data_set()).await, Ok(Some(0))));
    ward.stop().await;
    // With the identity layer off, whom the file does not know gets as far as the policies.
    let ward = site.start(Some(WardLayer::Identity), None).await.unwrap();
    let impostor = Client { ward: ward.address, ..impostor };
    assert!(!matches!(impostor.store(&ct.instance, &ct.data_set()).await, Ok(Some(0))));
    let rsyslog = Rsyslog::start(&site, place, port);
    let wanted = [
        "originalText=\"Application Start\"",
        "originalText=\"DICOM Instances Transferred\"",
        "UserID=\"CT-1\" AlternativeUserID=\"AETITLES=CT_1\"",
        "UserID=\"two?lines\"",
        "ParticipantObjectID=\"not-a-pseudonym\"",
        "originalText=\"Node Authentication\"",
        "originalText=\"Application Stop\"",
        "originalText=\"Security Configuration\"",
        "originalText=\"Use of Restricted Function\"",
        "originalText=\"DICOM Instances Accessed\"",
    ];
    received(place, &wanted).await;
    ward.stop().await;
    let begun = Instant::now();
    // The second run ends as well, and what came before is not told again.
    let text = loop {
        let text = received(place, &wanted).await;
        if text.matches("originalText=\"Application Stop\"").count() == 2 {
            break text;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{text}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    drop(rsyslog);
    assert_eq!(text.matches("originalText=\"Application Start\"").count(), 2, "{text}");
    for of_the_patient in [ct.study.as_str(), ct.instance.as_str(), "NOBODY", "Doe"] {
        assert!(!text.contains(of_the_patient), "{of_the_patient}\n{text}");
    }
    assert_valid(place, &text);
}
