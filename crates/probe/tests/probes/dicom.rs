//! `dicom` against DCMTK: dcmqrscp knows its senders, storescp serves everybody.

use crate::bench::{Bench, broken, errs, fails, passes};
use crate::certificates::{Authority, NOW, serve};
use medward_probe::Observation;
use medward_test_peers::Listening;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Starts a DCMTK server with these arguments and the port behind them; skipped where it is not installed.
pub fn start(bench: &Bench, program: &str, arguments: &[&str]) -> Option<Listening> {
    Listening::start(|port| {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .arg(port.to_string())
            .env("TCP_NODELAY", "1")
            .current_dir(bench.directory.path());
        command
    })
}

fn knowing(bench: &Bench) -> Option<Listening> {
    bench.write("database/empty", "");
    let database = bench.directory.path().join("database");
    bench.write(
        "dcmqrscp.cfg",
        format!(
            "MaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\nprobe = (PROBE, localhost, 104)\nct = (CT01, 192.0.2.7, 104)\nHostTable END\nVendorTable BEGIN\nVendorTable END\nAETable BEGIN\nWARD {} RW (9, 1024mb) probe, ct\nAETable END\n",
            database.display()
        ),
    );
    start(bench, "dcmqrscp", &["-c", "dcmqrscp.cfg"])
}

fn run(bench: &Bench, target: &str, rest: &str) -> Observation {
    bench.run(&format!(
        "kind = \"dicom\"\ntarget = \"{target}\"\ntimeout_seconds = 10\ndicom = {{ called = \"WARD\", known = \"PROBE\", {rest} }}"
    ))
}

#[test]
fn a_node_that_knows_its_senders_passes() {
    let bench = Bench::new();
    let Some(node) = knowing(&bench) else { return };
    let seen = run(
        &bench,
        &node.address(),
        "unknown = \"STRANGER\", wrong_called = true, storage = [\"1.2.840.10008.5.1.4.1.1.2\"]",
    );
    passes(&seen);
    assert!(seen.seen().contains("rejected: "), "{}", seen.seen());
    let named = "kind = \"dicom\"\ntarget = \"T\"\ndicom = { called = \"WARD\", known = \"STRANGER\", unknown = \"NOBODY\" }";
    fails(
        &bench.run(&named.replace("\"T\"", &format!("\"{}\"", node.address()))),
        "STRANGER is answered by WARD",
    );
    let foreign = "unknown = \"STRANGER\", storage = [\"1.2.3.4\"]";
    fails(&run(&bench, &node.address(), foreign), "may store 1.2.3.4");
}

#[test]
fn a_node_that_serves_everybody_fails() {
    let bench = Bench::new();
    let Some(node) = start(&bench, "storescp", &[]) else { return };
    fails(&run(&bench, &node.address(), "unknown = \"STRANGER\""), "an unknown sender");
    fails(&run(&bench, &node.address(), "impostor = \"CT01\""), "an impostor under the title of another");
    fails(&run(&bench, &node.address(), "wrong_called = true"), "a call for another node");
}

/// storescp over TLS, which demands certificates unless told to ignore them.
fn over_tls(options: &[&str]) -> Option<Observation> {
    over_tls_with(options, "wrong_called = false")
}

fn over_tls_with(options: &[&str], more: &str) -> Option<Observation> {
    let authority = Authority::new("ward authority");
    let bench = authority.bench();
    let issued = authority.issue("localhost", (2035, 1, 1));
    bench.write("server.pem", &issued.certificate_pem);
    bench.write("server.key", &issued.key_pem);
    let arguments = [&["+tls", "server.key", "server.pem", "+cf", "ca.pem"], options].concat();
    let node = start(&bench, "storescp", &arguments)?;
    Some(run(
        &bench,
        &node.address(),
        &format!(
            "tls = true, server_name = \"localhost\", trust = \"ca.pem\", certificate = \"client.pem\", key = \"client.key\", {more}"
        ),
    ))
}

#[test]
fn dicom_over_tls_refuses_plain_and_uncertified_associations() {
    let Some(seen) = over_tls(&[]) else { return };
    passes(&seen);
    for about in ["a plain association", "no certificate", "a certificate nobody issued"] {
        assert!(seen.expected().contains(about), "{}", seen.expected());
    }
    fails(&over_tls(&["-ic"]).unwrap(), "PROBE with no certificate is refused: accepted");
}

#[test]
fn a_plain_node_where_tls_is_due_fails() {
    let authority = Authority::new("ward authority");
    let bench = authority.bench().at(NOW);
    let Some(node) = start(&bench, "storescp", &[]) else { return };
    let seen = run(&bench, &node.address(), "tls = true, trust = \"ca.pem\"");
    fails(&seen, "");
}

/// What stands in a file, as dcmdump of DCMTK reads it.
fn dumped(path: &Path) -> String {
    let output = Command::new("dcmdump").arg("+L").arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The DICOM files that stand in or under the directory of a bench.
fn dicom_files(bench: &Bench) -> Vec<PathBuf> {
    let (mut found, mut waiting) = (Vec::new(), vec![bench.directory.path().to_path_buf()]);
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if std::fs::read(&path).unwrap().get(128..132) == Some(b"DICM") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn an_object_is_really_stored_and_marked_synthetic() {
    let bench = Bench::new();
    let Some(node) = knowing(&bench) else { return };
    let stranger = "unknown = \"STRANGER\"";
    passes(&run(&bench, &node.address(), stranger));
    assert_eq!(dicom_files(&bench).len(), 0, "negotiation alone stores nothing");
    let seen = run(&bench, &node.address(), &format!("{stranger}, store = true"));
    passes(&seen);
    for about in ["PROBE stores a synthetic object", "(STRANGER) cannot store an object"] {
        assert!(seen.expected().contains(about), "{}", seen.expected());
    }
    let ct = "storage = [\"1.2.840.10008.5.1.4.1.1.2\"]";
    passes(&run(&bench, &node.address(), &format!("{stranger}, store = true, {ct}")));
    let stored = dicom_files(&bench);
    assert_eq!(stored.len(), 2, "{stored:?}");
    for path in stored {
        let dump = dumped(&path);
        for line in
            ["(0010,0010) PN [SYNTHETIC", "^PROBE", "(0010,0020) LO [MEDWARD", "SYNTHETIC PROBE OBJECT"]
        {
            assert!(dump.contains(line), "{line} is not in {dump}");
        }
    }
}

#[test]
fn a_node_that_stores_for_everybody_fails_plain_and_over_tls() {
    let bench = Bench::new();
    let Some(node) = start(&bench, "storescp", &["-od", "."]) else { return };
    let terms = "unknown = \"STRANGER\", impostor = \"CT01\", store = true";
    let seen = run(&bench, &node.address(), terms);
    fails(&seen, "an unknown sender (STRANGER) cannot store an object: C-STORE status 0x0000");
    fails(&seen, "an impostor under the title of another sender (CT01) cannot store an object");
    assert_eq!(dicom_files(&bench).len(), 3);
    let Some(seen) = over_tls_with(&[], "unknown = \"STRANGER\", store = true") else { return };
    fails(&seen, "(STRANGER) cannot store an object");
    assert!(!broken(&seen).contains("stores a synthetic object"), "{seen:#?}");
    passes(&over_tls_with(&[], "store = true").unwrap());
}

#[test]
fn a_store_that_nobody_answers_is_no_refusal() {
    let bench = Bench::new();
    // Takes the association, then goes away or is out of resources.
    let terms = "unknown = \"STRANGER\", store = true";
    let Some(node) = start(&bench, "storescp", &["--abort-after"]) else { return };
    let seen = run(&bench, &node.address(), terms);
    fails(&seen, "PROBE stores a synthetic object: aborted");
    let said = Bench::refuse(
        "kind = \"dicom\"\ntarget = \"ward:104\"\ndicom = { called = \"W\", known = \"P\", unknown = \"X\", store = true, storage = [\"1.2.3\"] }",
    );
    assert!(said.contains("cannot be stored by the probe"), "{said}");
}

#[test]
fn silence_nonsense_and_absence_are_errors() {
    let bench = Bench::new();
    let rest = "unknown = \"STRANGER\"";
    errs(&run(&bench, "127.0.0.1:1", rest), "cannot reach");
    let silent = serve(|mut socket| {
        let _ = socket.read_to_end(&mut Vec::new());
    });
    let terms = format!(
        "kind = \"dicom\"\ntarget = \"{silent}\"\ntimeout_seconds = 1\ndicom = {{ called = \"WARD\", known = \"PROBE\", {rest} }}"
    );
    errs(&bench.run(&terms), "out of time");
    let web = serve(|mut socket| {
        let _ = socket.read(&mut [0; 1024]);
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    errs(&run(&bench, &web, rest), "Foreign");
    let huge = serve(|mut socket| {
        let _ = socket.read(&mut [0; 1024]);
        let _ = socket.write_all(&[2, 0, 0xff, 0xff, 0xff, 0xff]);
    });
    errs(&run(&bench, &huge, rest), "PDU of 4294967295 bytes");
    // Too busy for anybody, which is no judgement of the stranger.
    let busy = serve(|mut socket| {
        let _ = socket.read(&mut [0; 1024]);
        let _ = socket.write_all(&[3, 0, 0, 0, 0, 4, 0, 2, 3, 1]);
    });
    let seen = run(&bench, &busy, rest);
    assert!(seen.checks.iter().any(|check| check.seen.contains("congestion")), "{seen:#?}");
    assert!(seen.outcome != medward_probe::Outcome::Passed);
}

#[test]
fn a_title_that_is_none_is_refused() {
    let said = Bench::refuse(
        "kind = \"dicom\"\ntarget = \"ward:104\"\ndicom = { called = \"WARD\", known = \"MORE_THAN_SIXTEEN\", unknown = \"X\" }",
    );
    assert!(said.contains("is no AE title"), "{said}");
    let said = Bench::refuse(
        "kind = \"dicom\"\ntarget = \"ward:104\"\ndicom = { called = \"WARD\", known = \"PROBE\" }",
    );
    assert!(said.contains("needs `dicom.unknown`"), "{said}");
}
