//! Metrics as Prometheus asks for them: at a socket of the owner alone, with bounded labels and nobody in them; and nowhere else.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_drill::{Client, Ct, POLICIES, Site};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

fn get(socket: &Path, path: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: ward\r\n\r\n").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ward_did_is_counted_and_names_nobody() {
    let mut site = Site::new(POLICIES).unwrap();
    site.add_to_file("metrics = \"unix:metrics\"\n", "");
    let ward = site.start(None, None).await.unwrap();
    let (ct, sender) = (Ct::new(1, 1), Client::honest(&site, ward.address));
    for _ in 0..2 {
        assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0));
    }
    let stranger = Client { title: "NOBODY", ..Client::honest(&site, ward.address) };
    assert!(!stranger.echo().await.unwrap_or(false));
    let socket = site.directory().join("metrics");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let text = tokio::task::spawn_blocking(move || {
        assert!(get(&socket, "/").starts_with("HTTP/1.1 404"));
        get(&socket, "/metrics")
    });
    let text = text.await.unwrap();
    let wanted = ["medward_ward_received_total{sender=\"CT-1\"} 2", "medward_ward_ledger_owed 0", "# EOF"];
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    assert!(text.contains("medward_ward_refused_total{layer=\"identity\""), "{text}");
    for told in ["NOBODY", "127.0.0.1", ct.study.as_str(), ct.instance.as_str()] {
        assert!(!text.contains(told), "{told}\n{text}");
    }
    ward.stop().await;
    // Past the loopback interface they are asked for nowhere.
    let mut site = Site::new(POLICIES).unwrap();
    site.add_to_file("metrics = \"0.0.0.0:9464\"\n", "");
    site.write_file("127.0.0.1:0", None, None).unwrap();
    assert!(site.configuration().unwrap_err().to_string().contains("loopback"));
}
