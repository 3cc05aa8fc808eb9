//! `openscap` on results that `oscap` itself wrote about a file of the test's own, and on hostile ones.

use crate::bench::{Bench, errs, fails, passes};
use medward_probe::Observation;
use std::fmt::Write as _;
use std::process::Command;

const HOST: &str = "ward-7";
const TERMS: &str = r#"kind = "openscap"
target = "arf.xml"
[control.C-01.probes.openscap]
host = "ward-7"
profile = "xccdf_test.medward_profile_ward"
pass = ["xccdf_test.medward_rule_audit"]
fail = ["xccdf_test.medward_rule_nobody"]
no_other_fails = true
age_hours_max = 24"#;

/// A definition that holds when the file has a line of this pattern.
fn definition(number: u8) -> [String; 3] {
    let id = |kind: &str| format!("id=\"oval:test.medward:{kind}:{number}\" version=\"1\"");
    [
        format!(
            "<definition class=\"compliance\" {}><metadata><title>t</title><description>d</description></metadata><criteria><criterion test_ref=\"oval:test.medward:tst:{number}\"/></criteria></definition>",
            id("def")
        ),
        format!(
            "<ind:textfilecontent54_test check=\"all\" check_existence=\"at_least_one_exists\" comment=\"c\" {}><ind:object object_ref=\"oval:test.medward:obj:{number}\"/></ind:textfilecontent54_test>",
            id("tst")
        ),
        id("obj"),
    ]
}

fn oval(path: &str) -> String {
    let patterns = ["^audit=on$", "^nobody writes this$"];
    let (mut definitions, mut tests, mut objects) = (String::new(), String::new(), String::new());
    for (number, pattern) in (1..).zip(patterns) {
        let [definition, test, id] = definition(number);
        definitions += &definition;
        tests += &test;
        let _ = write!(
            objects,
            "<ind:textfilecontent54_object {id}><ind:filepath>{path}</ind:filepath><ind:pattern operation=\"pattern match\">{pattern}</ind:pattern><ind:instance datatype=\"int\">1</ind:instance></ind:textfilecontent54_object>"
        );
    }
    format!(
        "<oval_definitions xmlns=\"http://oval.mitre.org/XMLSchema/oval-definitions-5\" xmlns:oval=\"http://oval.mitre.org/XMLSchema/oval-common-5\" xmlns:ind=\"http://oval.mitre.org/XMLSchema/oval-definitions-5#independent\"><generator><oval:schema_version>5.11</oval:schema_version><oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator><definitions>{definitions}</definitions><tests>{tests}</tests><objects>{objects}</objects></oval_definitions>"
    )
}

/// Apart on lines: oscap passes over a rule that stands right behind a profile.
fn benchmark() -> String {
    let rule = |name: &str, check: &str| {
        format!(
            "<Rule id=\"xccdf_test.medward_rule_{name}\" selected=\"true\"><title>t</title>{check}</Rule>"
        )
    };
    let check = |number: u8| {
        format!(
            "<check system=\"http://oval.mitre.org/XMLSchema/oval-definitions-5\"><check-content-ref href=\"oval.xml\" name=\"oval:test.medward:def:{number}\"/></check>"
        )
    };
    format!(
        "<Benchmark xmlns=\"http://checklists.nist.gov/xccdf/1.2\" id=\"xccdf_test.medward_benchmark_ward\" resolved=\"1\"><status>draft</status><title>Ward</title><version>1</version><Profile id=\"xccdf_test.medward_profile_ward\"><title>Ward</title><select idref=\"xccdf_test.medward_rule_audit\" selected=\"true\"/></Profile>\n{}\n{}\n{}\n</Benchmark>",
        rule("audit", &check(1)),
        rule("nobody", &check(2)),
        rule("by_hand", "")
    )
}

/// Scans a file of this content; leaves `arf.xml` and `xccdf-results.xml` behind. Nothing where `oscap` is absent.
fn scanned(configuration: &str) -> Option<Bench> {
    let bench = Bench::new();
    let path = bench.write("ward.conf", configuration);
    bench.write("oval.xml", oval(&path.display().to_string()));
    bench.write("benchmark.xml", benchmark());
    let ended = Command::new("oscap")
        .args(["xccdf", "eval", "--profile", "xccdf_test.medward_profile_ward"])
        .args(["--results", "xccdf-results.xml", "--results-arf", "arf.xml", "benchmark.xml"])
        .current_dir(bench.directory.path())
        .output();
    let Ok(ended) = ended else {
        eprintln!("SKIPPED: oscap (openscap-scanner) is not installed");
        return None;
    };
    // Exit code 2: a rule failed, as one must.
    assert_eq!(ended.status.code(), Some(2), "{}", String::from_utf8_lossy(&ended.stderr));
    for name in ["arf.xml", "xccdf-results.xml"] {
        let text = std::fs::read_to_string(bench.directory.path().join(name)).unwrap();
        let begin = text.find("<target>").unwrap() + "<target>".len();
        let end = begin + text[begin..].find('<').unwrap();
        bench.write(name, format!("{}{HOST}{}", &text[..begin], &text[end..]));
    }
    Some(bench)
}

#[test]
fn a_scan_by_oscap_passes_in_both_formats_and_fails_when_the_host_is_wrong() {
    let Some(bench) = scanned("audit=on\n") else { return };
    passes(&bench.run(TERMS));
    passes(&bench.run(&TERMS.replace("arf.xml", "xccdf-results.xml")));
    passes(&bench.run(&TERMS.replace(HOST, "WARD-7")));
    fails(&scanned("audit=off\n").unwrap().run(TERMS), "rule_audit passed: fail");
    // A scanner that calls everything passed says so of the rule nobody can keep, too.
    let arf = std::fs::read_to_string(bench.directory.path().join("arf.xml")).unwrap();
    bench.write("arf.xml", arf.replace("<result>fail</result>", "<result>pass</result>"));
    fails(&bench.run(TERMS), "rule_nobody, which nobody can keep, failed: pass");
}

#[test]
fn a_rule_nobody_checked_another_host_and_an_old_scan_are_no_proof() {
    let Some(bench) = scanned("audit=on\n") else { return };
    errs(&bench.run(&TERMS.replace("rule_audit", "rule_by_hand")), "rule_by_hand passed: notchecked");
    errs(&bench.run(&TERMS.replace("rule_audit", "rule_absent")), "not in the result");
    errs(&bench.run(&TERMS.replace(HOST, "ward-8")), "no result of ward-8");
    errs(&bench.run(&TERMS.replace("profile_ward", "profile_other")), "profile_other");
    let later = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(25)).to_string();
    fails(&bench.at(&later).run(TERMS), "at most 24 hours old: 25 hours");
    let bench = scanned("audit=on\n").unwrap();
    fails(&bench.at("2020-01-01T00:00:00Z").run(TERMS), "not from the future");
}

fn result(rules: &str) -> String {
    format!(
        "<TestResult end-time=\"2030-05-02T06:00:00Z\"><profile idref=\"xccdf_test.medward_profile_ward\"/><target>{HOST}</target>{rules}</TestResult>"
    )
}

fn rule(name: &str, result: &str) -> String {
    format!("<rule-result idref=\"xccdf_test.medward_rule_{name}\">{result}</rule-result>")
}

fn read(document: &str) -> Observation {
    let bench = Bench::new().at("2030-05-02T12:00:00Z");
    bench.write("arf.xml", document);
    bench.run(TERMS)
}

#[test]
fn only_pass_is_a_pass() {
    let nobody = rule("nobody", "<result>fail</result>");
    let with = |audit: &str| read(&result(&(rule("audit", audit) + &nobody)));
    passes(&with("<result>pass</result>"));
    passes(&with("<result> p&#97;ss<!-- as it is --> </result>"));
    for word in [
        "notchecked",
        "notapplicable",
        "notselected",
        "informational",
        "unknown",
        "error",
        "fixed",
        "",
        "PASS",
    ] {
        errs(&with(&format!("<result>{word}</result>")), "rule_audit passed");
    }
    errs(&with(""), "rule_audit passed");
    let overridden = "<result>pass</result><override time=\"t\" authority=\"a\"><old-result>fail</old-result><new-result>pass</new-result></override>";
    errs(&with(overridden), "overridden");
    // Two instances of a rule, of which one failed.
    let twice = rule("audit", "<result>pass</result>") + &rule("audit", "<result>fail</result>");
    fails(&read(&result(&(twice + &nobody))), "rule_audit passed: fail");
    let other = rule("audit", "<result>pass</result>") + &nobody + &rule("other", "<result>fail</result>");
    fails(&read(&result(&other)), "no other rule failed: failed: xccdf_test.medward_rule_other");
    errs(&read(&result("")), "no result of ward-7");
}

#[test]
fn the_newest_scan_counts_and_a_time_without_zone_is_the_earliest_it_can_be() {
    let all = |audit: &str| {
        result(
            &(rule("audit", &format!("<result>{audit}</result>")) + &rule("nobody", "<result>fail</result>")),
        )
    };
    let earlier = all("fail").replace("06:00:00Z", "05:00:00Z");
    passes(&read(&format!("<a>{earlier}{}</a>", all("pass"))));
    fails(&read(&format!("<a>{}{earlier}</a>", all("fail"))), "rule_audit");
    fails(
        &read(&format!("<a>{}{}</a>", all("fail"), all("pass").replace("06:00:00Z", "05:00:00Z"))),
        "rule_audit",
    );
    passes(&read(&all("pass").replace("06:00:00Z", "06:00:00")));
    fails(
        &read(&all("pass").replace("05-02T06:00:00Z", "05-02T01:00:00").replace("05-02T01", "05-01T23")),
        "24 hours",
    );
    errs(&read(&all("pass").replace("2030-05-02T06:00:00Z", "yesterday")), "end-time");
}

#[test]
fn hostile_documents_are_refused() {
    let bomb = "<!DOCTYPE a [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><a>&b;</a>";
    errs(&read(bomb), "document type declaration");
    errs(&read("<a>&b;</a>"), "an entity of its own");
    errs(&read(&"<a>".repeat(1_000_000)), "within each other");
    let whole = result(&(rule("audit", "<result>pass</result>") + &rule("nobody", "<result>fail</result>")));
    passes(&read(&whole));
    for end in 1..whole.len() {
        assert_ne!(read(&whole[..end]).outcome, medward_probe::Outcome::Passed, "cut at {end}");
    }
    errs(&read(&format!("<a>{whole}")), "cut off");
    errs(&read(&whole.replace(HOST, &"h".repeat(5000))), "a text of more than");
    errs(&read(&result(&whole)), "within a TestResult");
    let mut many = String::from("<a");
    for number in 0..300_000 {
        let _ = write!(many, " a{number}=\"\"");
    }
    errs(&read(&(many + "/>")), "no result of ward-7");
    errs(&read(&format!("<a>{}</a>", "x".repeat(65 << 20))), "larger than 64 MiB");
    errs(&read("\u{0}\u{1}<"), "arf.xml");
}

#[test]
fn terms_that_cannot_fail_are_refused() {
    let said = Bench::refuse(
        &TERMS
            .replace("no_other_fails = true", "")
            .replace("fail = [\"xccdf_test.medward_rule_nobody\"]", ""),
    );
    assert!(said.contains("needs `openscap.fail`"), "{said}");
    let said = Bench::refuse(&TERMS.replace("rule_nobody", "rule_audit"));
    assert!(said.contains("stands in `pass` too"), "{said}");
}
