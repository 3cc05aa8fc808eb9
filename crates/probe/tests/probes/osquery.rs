//! `osquery` with a stand-in for `osqueryi` that answers as its documentation shows, and with recorded results.

use crate::bench::{Bench, errs, fails, passes};
use medward_probe::Observation;

const ENCRYPTED: &str =
    r#"[{"encrypted":"1","name":"/dev/sda1","uid":"0"},{"encrypted":"1","name":"/dev/sda2","uid":"7"}]"#;

const TERMS: &str = r#"kind = "osquery"
timeout_seconds = 5
[control.C-01.probes.osquery]
program = "./osqueryi"
query = "SELECT name, encrypted, uid FROM disk_encryption;"
rows_min = 2
equals = { encrypted = "1" }
least = { uid = "0" }
most = { uid = "10" }
none = "SELECT name FROM disk_encryption WHERE type = 'XTS-AES' AND encrypted = 0""#;

fn stand_in(bench: &Bench, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = bench
        .write("osqueryi", format!("#!/bin/sh\n[ \"$1\" = --json ] && [ $# = 2 ] || exit 64\n{script}\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the probe sees when osquery answers both queries so.
fn answered(query: &str, none: &str) -> Observation {
    let bench = Bench::new();
    bench.write("query.json", query);
    bench.write("none.json", none);
    stand_in(&bench, "case \"$2\" in *WHERE*) cat none.json;; *) cat query.json;; esac");
    bench.run(TERMS)
}

#[test]
fn rows_as_they_must_be_pass_and_others_fail() {
    passes(&answered(ENCRYPTED, "[\n\n]\n"));
    fails(&answered(&ENCRYPTED.replacen("\"1\"", "\"0\"", 1), "[]"), "encrypted is 1: 2 rows, otherwise: 0");
    fails(&answered(&ENCRYPTED.replace("\"7\"", "\"11\""), "[]"), "uid is from -inf to 10");
    fails(&answered(&ENCRYPTED.replace("\"7\"", "\"-1\""), "[]"), "uid is from 0 to inf");
    fails(&answered(ENCRYPTED, r#"[{"name":"/dev/sdb"}]"#), "/dev/sdb");
    let one = r#"[{"encrypted":"1","name":"/dev/sda1","uid":"0"}]"#;
    fails(&answered(one, "[]"), "returns 2 rows at least: 1 rows");
}

#[test]
fn no_rows_absent_columns_and_nonsense_are_errors() {
    errs(&answered("[]", "[]"), "returns no row");
    errs(&answered(&ENCRYPTED.replace("encrypted", "crypted"), "[]"), "no encrypted");
    errs(&answered(&ENCRYPTED.replace("\"7\"", "\"seven\""), "[]"), "seven");
    errs(&answered("Error: no such table", "[]"), "the answer of osquery");
    errs(&answered(ENCRYPTED, ""), "the answer of osquery");
    errs(&answered(ENCRYPTED, r#"{"status": 1}"#), "unixTime");
    errs(&answered(ENCRYPTED, "[7]"), "a row that is no object");
}

#[test]
fn a_program_that_fails_hangs_floods_or_is_absent_is_an_error() {
    let bench = Bench::new();
    errs(&bench.run(TERMS), "cannot start ./osqueryi");
    stand_in(&bench, "echo 'Error: near \"FORM\": syntax error' >&2; echo '[]'; exit 1");
    errs(&bench.run(TERMS), "exit code 1: Error: near");
    stand_in(&bench, "sleep 600");
    errs(&bench.run(&TERMS.replace("timeout_seconds = 5", "timeout_seconds = 1")), "out of time");
    stand_in(&bench, "echo '[{\"a\":\"b\"}'; head -c 2000000 /dev/zero | tr '\\0' ' '; echo ']'");
    errs(&bench.run(TERMS), "ask for fewer");
    let mut forbidden = Bench::new();
    forbidden.environment.may_run_commands = false;
    errs(&forbidden.run(TERMS), "not permitted");
}

#[test]
fn recorded_results_count_while_they_are_young() {
    let terms =
        TERMS.replace("program = \"./osqueryi\"", "results = \"query.json\"\nnone_results = \"none.json\"");
    let snapshot = |rows: &str, taken: &str| {
        let taken: jiff::Timestamp = taken.parse().unwrap();
        let taken = taken.as_second();
        format!(
            "{{\"snapshot\":{rows},\"action\":\"snapshot\",\"name\":\"pack_ward\",\"hostIdentifier\":\"ws-7\",\"unixTime\":{taken}}}"
        )
    };
    let run = |query: String, none: String| {
        let bench = Bench::new().at("2030-05-02T12:00:00Z");
        bench.write("query.json", query);
        bench.write("none.json", none);
        bench.run(&terms)
    };
    let young = "2030-05-02T06:00:00Z";
    passes(&run(snapshot(ENCRYPTED, young), snapshot("[]", young)));
    fails(&run(snapshot(ENCRYPTED, young), snapshot(ENCRYPTED, young)), "returns nothing");
    let old = "2030-05-01T11:00:00Z";
    errs(&run(snapshot(ENCRYPTED, old), snapshot("[]", young)), "says nothing of now");
    errs(&run(snapshot(ENCRYPTED, young), snapshot("[]", old)), "says nothing of now");
    errs(&run(snapshot(ENCRYPTED, "2030-05-03T00:00:00Z"), snapshot("[]", young)), "says nothing of now");
    errs(&run(snapshot(ENCRYPTED, young), String::new()), "none.json");
    // Rows alone are as old as their file.
    errs(&run(ENCRYPTED.to_owned(), "[]".to_owned()), "says nothing of now");
    let bench = Bench::new();
    bench.write("query.json", ENCRYPTED);
    bench.write("none.json", "[]");
    passes(&bench.run(&terms));
}

#[test]
fn queries_that_cannot_fail_or_do_more_than_select_are_refused() {
    for (from, to, about) in [
        ("FROM disk_encryption WHERE", "FROM users WHERE", "shares no table"),
        ("SELECT name FROM", "DELETE FROM", "not one SELECT"),
        ("AND encrypted = 0", "; ATTACH 'x' AS y", "not one SELECT"),
        ("most = { uid = \"10\" }", "most = { uid = \"ten\" }", "no decimal number"),
        ("program = \"./osqueryi\"", "results = \"query.json\"", "needs `osquery.none_results`"),
    ] {
        assert!(TERMS.contains(from));
        let said = Bench::refuse(&TERMS.replace(from, to));
        assert!(said.contains(about), "{said}");
    }
}
