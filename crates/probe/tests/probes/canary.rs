//! `canary` against a gateway of DCMTK: storescp takes the object, a script with dcmodify pseudonymises it, or not.

use crate::bench::{Bench, broken, errs, fails, passes};
use crate::dicom::start;
use medward_probe::Observation;
use medward_test_peers::Listening;
use std::os::unix::fs::PermissionsExt as _;

/// Replaces every identifier but those burned in.
const PSEUDONYMISE: &str = r#"dcmodify -nb -imt -gst -gse -gin \
    -m '(0010,0010)=PSEUDO^A' -m '(0010,0020)=P-1' -m '(0010,0030)=19000101' -m '(0008,0050)=1' -e '(0010,4000)' "$1""#;

/// Blacks out so many bytes of the image from its top; its 64 rows of 256 bytes end the file, and two lines of text take 32 rows.
const BLACK_OUT: &str = r#"size=$(stat -c %s "$1"); dd if=/dev/zero of="$1" bs=1 seek=$((size - 16384)) count=BYTES conv=notrunc 2>/dev/null"#;

/// A gateway that does this with each object before it is moved out.
fn gateway(bench: &Bench, script: &str) -> Option<Listening> {
    bench.write("in/.keep", "");
    bench.write("out/.keep", "of another patient");
    let script = format!("#!/bin/sh\nset -e\ncd \"$(dirname \"$0\")\"\n{script}\n");
    let path = bench.write("pseudonymise", script);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    start(bench, "storescp", &["-od", "in", "-xcr", "./pseudonymise in/#f"])
}

const MOVE: &str = "mv \"$1\" out/result.dcm";

fn run(script: &str, more: &str) -> Option<Observation> {
    let bench = Bench::new();
    let node = gateway(&bench, script)?;
    Some(bench.run(&terms(&node, &format!("directory = \"out\", {more}"))))
}

fn terms(node: &Listening, more: &str) -> String {
    format!(
        "kind = \"canary\"\ntarget = \"{}\"\ntimeout_seconds = 9\ncanary = {{ called = \"GATEWAY\", calling = \"PROBE\", seconds_max = 3, {more} }}",
        node.address()
    )
}

#[test]
fn a_gateway_that_pseudonymises_passes() {
    let good = format!("{PSEUDONYMISE}\n{MOVE}");
    let Some(seen) = run(&good, "pixel = false") else { return };
    passes(&seen);
    assert!(seen.expected().contains("finds all 8 identifiers"), "{}", seen.expected());
    passes(&run(&good, "sop_class = \"1.2.840.10008.5.1.4.1.1.2\"").unwrap());
    let blacked = |bytes| format!("{PSEUDONYMISE}\n{}\n{MOVE}", BLACK_OUT.replace("BYTES", bytes));
    passes(&run(&blacked("8192"), "pixel = true").unwrap());
    // Only the first line: the name can still be read.
    let about = "text burned into the pixels is gone";
    fails(&run(&blacked("4096"), "pixel = true").unwrap(), about);
    fails(&run(&good, "pixel = true").unwrap(), about);
}

#[test]
fn each_identifier_that_comes_out_fails() {
    let leaks = [
        ("-m '(0010,0010)=PSEUDO^A'", "", "family name, given name"),
        ("-m '(0010,0020)=P-1'", "", "patient id"),
        ("-m '(0010,0030)=19000101'", "", "birth date"),
        ("-m '(0008,0050)=1'", "", "accession number"),
        ("-e '(0010,4000)'", "", "family name, given name"),
        ("-gst", "", "study UID"),
        ("-gse", "", "series UID"),
        ("-gin", "", "instance UID"),
    ];
    for (from, to, about) in leaks {
        assert!(PSEUDONYMISE.contains(from));
        let Some(seen) = run(&format!("{}\n{MOVE}", PSEUDONYMISE.replace(from, to)), "pixel = false") else {
            return;
        };
        fails(&seen, &format!("no identifier comes out: {about}"));
    }
    let kept = PSEUDONYMISE.replace("-gst -gse -gin", "");
    passes(&run(&format!("{kept}\n{MOVE}"), "uids_may_stay = true").unwrap());
}

#[test]
fn what_hides_in_free_text_trailing_bytes_or_file_names_is_found() {
    let name = r#"name=$(dcmdump +P 0010,0020 "$1" | sed 's/.*\[\(.*\)\].*/\1/')"#;
    for hidden in [
        format!(
            "{name}\n{PSEUDONYMISE}\ndcmodify -nb -i \"(0020,4000)=seen: $(echo $name | tr A-Z a-z)\" \"$1\"\n{MOVE}"
        ),
        format!("{name}\n{PSEUDONYMISE}\nprintf %s \"$name\" | iconv -t UTF-16BE >> \"$1\"\n{MOVE}"),
        format!("{name}\n{PSEUDONYMISE}\nmv \"$1\" out/$name.dcm"),
        format!("{name}\n{PSEUDONYMISE}\necho \"$name\" > out/list.csv\n{MOVE}"),
    ] {
        let Some(seen) = run(&hidden, "pixel = false") else { return };
        fails(&seen, "no identifier comes out: patient id");
    }
}

#[test]
fn a_result_that_never_comes_comes_compressed_or_was_there_before_is_no_pass() {
    let Some(seen) = run("rm \"$1\"", "pixel = false") else { return };
    fails(&seen, "nothing with its mark among 0 new objects");
    // Another patient's object, or one whose pixels cannot be read, says nothing of this one.
    let seen = run("echo other > out/other.dcm; rm \"$1\"", "pixel = true").unwrap();
    fails(&seen, "nothing with its mark among 1 new objects");
    let compressed = format!("{PSEUDONYMISE}\ndcmconv +td \"$1\" out/result.dcm");
    fails(&run(&compressed, "pixel = false").unwrap(), "nothing with its mark");
    // What leaks is said even where the result itself never comes.
    let seen = run("dcmdump \"$1\" > out/log; rm \"$1\"", "pixel = false").unwrap();
    assert!(broken(&seen).contains("no identifier comes out: family name"), "{seen:#?}");
}

#[test]
fn a_command_fetches_the_result() {
    let bench = Bench::new();
    let Some(node) = gateway(&bench, &format!("{PSEUDONYMISE}\nsleep 1\n{MOVE}")) else { return };
    passes(&bench.run(&terms(&node, r#"fetch = ["cat", "out/result.dcm"]"#)));
    let given = r#"fetch = ["sh", "-c", "cat out/result.dcm; echo $0 $1 $2", "{patient_id}", "{accession}", "{instance}"]"#;
    fails(&bench.run(&terms(&node, given)), "patient id, accession number, instance UID");
    fails(&bench.run(&terms(&node, r#"fetch = ["false"]"#)), "nothing with its mark");
    errs(&bench.run(&terms(&node, r#"fetch = ["no-such-program"]"#)), "no-such-program");
    let mut forbidden = bench;
    forbidden.environment.may_run_commands = false;
    errs(&forbidden.run(&terms(&node, r#"fetch = ["cat", "out/result.dcm"]"#)), "not permitted");
}

#[test]
fn an_absent_gateway_or_directory_is_an_error_and_a_refusing_one_fails() {
    let bench = Bench::new();
    bench.write("out/.keep", "");
    let nobody = "kind = \"canary\"\ntarget = \"127.0.0.1:1\"\ncanary = { called = \"G\", calling = \"P\", seconds_max = 1, directory = \"out\" }";
    errs(&bench.run(nobody), "cannot reach");
    errs(&bench.run(&nobody.replace("\"out\"", "\"absent\"")), "absent");
    let Some(node) = start(&bench, "storescp", &["--refuse"]) else { return };
    fails(&bench.run(&terms(&node, "directory = \"out\"")), "the gateway takes the synthetic patient");
    for (from, to, about) in [
        ("directory = \"out\"", "", "needs `canary.directory`"),
        ("directory", "fetch = [\"x\"], directory", "name one place"),
        ("seconds_max = 1", "seconds_max = 60", "out of range"),
        ("directory", "sop_class = \"1.2\", directory", "cannot be sent"),
    ] {
        let said = Bench::refuse(&nobody.replace(from, to).replace(", }", " }"));
        assert!(said.contains(about), "{said}");
    }
}
