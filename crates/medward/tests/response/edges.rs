//! What comes in from other systems and what goes out: imports and forms.

use crate::device::{Device, text};
use std::path::Path;
use std::process::Command;

#[test]
fn issues_of_other_systems_come_in_once_and_their_people_stay_out_of_the_ledger() {
    let device = Device::new("");
    let issues = r#"{"issues": [
        {"key": "SUP-1", "fields": {"summary": "Jane Doe cannot log in", "created": "2026-01-05T10:11:12.000+0100", "labels": ["security"]}},
        {"key": "SUP-2", "fields": {"summary": "Coffee machine", "created": "2026-01-06T10:11:12.000+0100", "labels": []}}]}"#;
    std::fs::write(device.path("jira.json"), issues).unwrap();
    let mapping = "format = \"jira\"\nsubject = \"complaint\"\nsource = \"complaint\"\nsystem = \"JIRA\"\nreference = \"key\"\n\
        happened = \"fields.created\"\ndetails = [\"fields.summary\"]\nonly = { \"fields.labels\" = \"security\" }\n";
    std::fs::write(device.path("mapping.toml"), mapping).unwrap();
    let import = ["event", "import", "jira.json", "device", "--mapping", "mapping.toml"];
    assert!(device.written(&import).contains("1 imported, 0 already there"));
    assert!(device.written(&import).contains("0 imported, 1 already there"));
    assert!(device.ok(&["complaint", "list", "device"]).contains("JIRA-SUP-1"));
    assert!(!text(&std::fs::read(device.path("device/ledger/segment")).unwrap()).contains("Jane"));
    let csv =
        "Number,Date,Text\n1,2026-01-05,Scans slow\n2,yesterday,Scans slow\n3,2026-01-05,call 12345678\n";
    std::fs::write(device.path("list.csv"), csv).unwrap();
    let mapping = "format = \"csv\"\nsubject = \"event\"\nsource = \"user\"\nsystem = \"QMS\"\nreference = \"Number\"\nhappened = \"Date\"\ntitle = \"Text\"\n";
    std::fs::write(device.path("mapping.toml"), mapping).unwrap();
    let import = ["event", "import", "list.csv", "device", "--mapping", "mapping.toml"];
    device.refused(&import, "record 2: `yesterday`");
    std::fs::write(device.path("list.csv"), csv.replace("yesterday", "2026-01-05")).unwrap();
    device.refused(&import, "QMS-3: the title holds a long number");
    std::fs::write(device.path("list.csv"), "Number,Date,Text\n1,2026-01-05,Scans slow\n").unwrap();
    assert!(device.written(&import).contains("1 imported"));
    let github = r#"[{"number": 4, "title": "Screen is blank", "created_at": "2026-01-05T10:00:00Z", "labels": [{"name": "incident"}]}]"#;
    std::fs::write(device.path("issues.json"), github).unwrap();
    let mapping = "format = \"github\"\nsubject = \"event\"\nsource = \"user\"\nsystem = \"GH\"\nreference = \"number\"\nhappened = \"created_at\"\n\
        title = \"title\"\nonly = { labels = \"incident\" }\n";
    std::fs::write(device.path("mapping.toml"), mapping).unwrap();
    assert!(
        device
            .written(&["event", "import", "issues.json", "device", "--mapping", "mapping.toml"])
            .contains("1 imported")
    );
}

#[test]
fn forms_take_what_is_known_and_ask_for_the_rest_by_name() {
    let device = Device::new("");
    let case = device.report("Reading stopped", &[]);
    let forms =
        ["incident", "forms", &case, "device", "--form", "mir", "--type", "initial", "--format", "xml"];
    let asked = device.run(&forms);
    assert_eq!(asked.status.code(), Some(1));
    let said = text(&asked.stderr);
    assert!(
        said.contains("`ncaName` is missing: name of the competent authority") && asked.stdout.is_empty(),
        "{said}"
    );
    let values = "ncaName = \"Agency\"\nadverseEventDateTo = 2026-01-05\nreportNextDate = 2026-02-05\n\
        eventClassification = \"All other reportable incidents\"\nreporterContactPersonFirstName = \"A\"\nreporterContactPersonSecondName = \"B\"\n\
        reporterOrgCity = \"C\"\nreporterOrgCountry = \"DE\"\nreporterOrgPostcode = \"1\"\nreporterOrgPhone = \"1\"\nreporterOrgEmailAddress = \"d\"\n\
        mfrContactPersonFirstName = \"A\"\nmfrContactPersonSecondName = \"B\"\nmfrCity = \"C\"\nmfrCountry = \"DE\"\nmfrPostcode = \"1\"\nmfrPhone = \"1\"\n\
        mfrEmailAddress = \"d\"\ndeviceDescription = \"Reads\"\nimdrfCodeChoice1 = \"A27\"\ncurrentDeviceLocation = \"Healthcare facility/carer\"\n\
        manufacturersPrelimAnalysis = \"Ransomware\"\n";
    std::fs::write(device.path("values.toml"), values).unwrap();
    let whole = device.ok(&[&forms[..], &["--values", "values.toml"]].concat());
    assert!(
        whole.contains("<mfrAwarenessDate>")
            && whole.contains("<eventDescription>Reading stopped</eventDescription>"),
        "{whole}"
    );
    let html = device.run(&["incident", "forms", &case, "device", "--form", "gdpr34", "--format", "html"]);
    assert!(text(&html.stdout).contains("MISSING") && html.status.code() == Some(1));
    let unknown = device.run(&["incident", "forms", &case, "device", "--form", "tax"]);
    assert!(text(&unknown.stderr).contains("there is no form `tax`"));
}

/// Forms of authorities with their schemas.
const SCHEMAS: [(&str, &str, &str); 8] = [
    ("mir", "initial", "incident-Initial-v7.2.1"),
    ("mir", "follow-up", "incident-Followup-v7.2.1"),
    ("mir", "combined", "incident-InitialFinal-v7.2.1"),
    ("mir", "final", "incident-FinalRep-v7.2.1"),
    ("mir", "final-not-reportable", "incident-FinalNonRep-v7.2.1"),
    ("fsca", "initial", "FSCA_Initial_v2.6"),
    ("fsca", "follow-up", "FSCA_Followup_v2.6"),
    ("fsca", "final", "FSCA_Final_v2.6"),
];

/// What a person writes behind a name of the file of values, by what stands above it.
fn written(above: &str, name: &str) -> String {
    let code = |annex: &str| above.contains(&format!("a code of annex {annex}"));
    let one_of = above.split_once("one of: ").map(|(_, words)| words.split(" | ").next().unwrap());
    let codes = [("A", "A27"), ("B", "B22"), ("C", "C22"), ("D", "D17")];
    let code = codes.iter().find(|(annex, _)| code(annex)).map(|(_, code)| *code);
    let value = one_of.or(code).unwrap_or(match above {
        _ if above.contains("a day such as") => "2026-11-21",
        _ if above.contains("two capital letters") => "AT",
        _ => "As the form asks",
    });
    format!("{name} = [\"{value}\"]\n")
}

#[test]
fn every_report_to_an_authority_is_filled_from_what_is_asked_for_and_valid_by_its_schema() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/regulatory/mir-7.2.1-fsca-2.6-xsd.tar.gz");
    if !archive.is_file() || !medward_test_peers::has("xmllint") {
        eprintln!("SKIPPED: no schemas at {}", archive.display());
        return;
    }
    let parties = "[party.agent]\nname = \"Agent\"\nrole = \"representative\"\ncountry = \"AT\"\n[party.seller]\nname = \"Seller\"\nrole = \"supplier\"\n";
    let device = Device::new(parties);
    let unpacked =
        Command::new("tar").arg("-xzf").arg(&archive).current_dir(device.directory.path()).status();
    assert!(unpacked.unwrap().success());
    let case = device.report("Reading stopped", &[]);
    for (form, kind, schema) in SCHEMAS {
        for party in ["maker", "agent", "seller"] {
            let forms =
                ["incident", "forms", &case, "device", "--form", form, "--type", kind, "--party", party];
            let asked = text(&device.run(&[&forms[..], &["--format", "values"]].concat()).stdout);
            let lines: Vec<_> = asked.lines().collect();
            let pairs = lines.windows(2).filter_map(|pair| Some((pair[0], pair[1].split_once(" = ")?.0)));
            let values: String = pairs.map(|(above, name)| written(above, name)).collect();
            std::fs::write(device.path("values.toml"), values).unwrap();
            let sent = device.ok(&[&forms[..], &["--values", "values.toml", "--format", "xml"]].concat());
            std::fs::write(device.path("report.xml"), sent).unwrap();
            let schema = format!("schema/{schema}.xsd");
            let lint = Command::new("xmllint")
                .args(["--noout", "--schema", &schema, "report.xml"])
                .current_dir(device.directory.path())
                .output();
            let lint = lint.unwrap();
            assert!(lint.status.success(), "{form} {kind} {party}: {}", text(&lint.stderr));
        }
    }
}
