//! Metrics as Prometheus asks for them: at a socket of the owner alone, with bounded labels and nobody in them; and nowhere else. Spans as an
//! OpenTelemetry collector reads them, with nobody in them either.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by ending"
)]

use medward_drill::{Answer, Client, Ct, POLICIES, Pseudonymous, Site, TEXT_REPORT, Web};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
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

/// Spans of a file of OTLP/JSON lines, each held against what the protocol says of it (opentelemetry-proto, `trace.proto`, JSON encoding).
fn spans(text: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let [resource] = line["resourceSpans"].as_array().unwrap().as_slice() else { panic!("{line}") };
        assert!(resource["resource"]["attributes"].to_string().contains("medward-ward"));
        let [scope] = resource["scopeSpans"].as_array().unwrap().as_slice() else { panic!("{line}") };
        all.extend(scope["spans"].as_array().unwrap().clone());
    }
    let known = [
        "traceId",
        "spanId",
        "parentSpanId",
        "name",
        "kind",
        "startTimeUnixNano",
        "endTimeUnixNano",
        "attributes",
        "status",
    ];
    for span in &all {
        assert!(span.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{span}");
        let is_hex = |key: &str, length: usize| {
            let text = span[key].as_str().unwrap();
            text.len() == length
                && text.bytes().all(|byte| byte.is_ascii_hexdigit())
                && text.bytes().any(|byte| byte != b'0')
        };
        assert!(is_hex("traceId", 32) && is_hex("spanId", 16), "{span}");
        assert!(span["parentSpanId"] == "" || is_hex("parentSpanId", 16), "{span}");
        let nanos = |key: &str| span[key].as_str().unwrap().parse::<u64>().unwrap();
        assert!(nanos("startTimeUnixNano") <= nanos("endTimeUnixNano"), "{span}");
        assert!((1..=5).contains(&span["kind"].as_u64().unwrap()), "{span}");
        assert!(span["status"].get("code").is_none_or(|code| code == 2), "{span}");
        for attribute in span["attributes"].as_array().unwrap() {
            assert!(attribute["key"].is_string(), "{span}");
            let value = attribute["value"].as_object().unwrap();
            let number = |value: &Value| value.as_str().unwrap().parse::<u64>().is_ok();
            assert!(
                value.get("stringValue").is_some_and(Value::is_string) || number(&value["intValue"]),
                "{span}"
            );
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_say_what_took_how_long_and_of_nobody() {
    let mut site = Site::new(POLICIES).unwrap();
    site.add_to_file("traces = \"traces.jsonl\"\n", "");
    let ward = site.start(None, None).await.unwrap();
    let (ct, other, sender) = (Ct::new(1, 1), Ct::new(2, 1), Client::honest(&site, ward.address));
    assert_eq!(sender.store(&ct.instance, &ct.data_set()).await.unwrap(), Some(0));
    assert_eq!(Web::honest(&site, &ward).store(&[other.file()]).await.unwrap().unwrap().status, 200);
    for ct in [&ct, &other] {
        ward.dealt_with(&ct.instance).await.unwrap();
    }
    let study = ward.state.results.studies().unwrap()[0].study.clone();
    let object = ward.state.results.objects(&study).unwrap()[0].object.clone();
    let (mut reader, mut bytes) = (ward.state.results.get(&object).unwrap(), Vec::new());
    while let Some(chunk) = reader.next_chunk().unwrap() {
        bytes.extend_from_slice(chunk);
    }
    let answer = Answer::to(&Pseudonymous::of(&bytes).unwrap(), 1);
    let ai = Client::ai(&site, ward.address);
    assert_eq!(ai.store_as(TEXT_REPORT, &answer.instance, &answer.data_set()).await.unwrap(), Some(0));
    // One that is held back, for what it says of itself.
    let bad = Ct::new(3, 1).with(0x0028_0030, *b"DS", b"1\\1");
    let mut twice = bad.data_set();
    twice.extend(bad.data_set());
    assert_eq!(sender.store(&bad.instance, &twice).await.unwrap(), Some(0xC000));
    ward.stop().await;
    let path = site.directory().join("traces.jsonl");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(path).unwrap();
    let spans = spans(&text);
    let names: BTreeSet<_> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
    let wanted = ["association", "intake", "keep", "read", "release", "request", "way-back"];
    assert_eq!(names.into_iter().collect::<Vec<_>>(), wanted);
    // What is inside of something is in its trace: from the association down to the reading, and on to the release.
    let by_id: HashMap<_, _> = spans.iter().map(|span| (span["spanId"].as_str().unwrap(), span)).collect();
    assert_eq!(by_id.len(), spans.len());
    let path_of = |span: &Value| {
        let (mut path, mut at) = (vec![span["name"].as_str().unwrap().to_owned()], span.clone());
        while let Some(parent) = by_id.get(at["parentSpanId"].as_str().unwrap()) {
            assert_eq!(parent["traceId"], at["traceId"]);
            path.push(parent["name"].as_str().unwrap().to_owned());
            at = (*parent).clone();
        }
        path.join(" < ")
    };
    let paths: BTreeSet<_> = spans.iter().map(path_of).collect();
    for wanted in [
        "read < keep < intake < association",
        "read < keep < request",
        "release < keep < request",
        "way-back < keep < intake < association",
    ] {
        assert!(paths.contains(wanted), "{wanted}: {paths:?}");
    }
    let held = spans.iter().find(|span| span["name"] == "keep" && span["status"]["code"] == 2).unwrap();
    assert!(held["attributes"].to_string().contains("medward.reason"), "{held}");
    let mut told =
        vec!["Featherstone", "MRN-", "127.0.0.1", "CT_1", "2.25.", "1.2.826", answer.instance.as_str()];
    for ct in [&ct, &other, &bad] {
        told.extend([ct.study.as_str(), ct.instance.as_str()]);
    }
    for told in told {
        assert!(!text.contains(told), "{told}\n{text}");
    }
}
