//! Probes of what is written down: `password-policy`, `accounts`, `review`, `sbom-age`.

use crate::bench::{Bench, errs, fails, passes};
use crate::web::serve_web;

#[test]
fn a_password_policy_of_a_host() {
    let terms = "kind = \"password-policy\"\npassword_policy = { length_min = 14, login_defs = \"login.defs\", pwquality = \"pwquality.conf\" }";
    let run = |login: &str, quality: &str| {
        let bench = Bench::new();
        bench.write("login.defs", login);
        bench.write("pwquality.conf", quality);
        bench.run(terms)
    };
    passes(&run("# UMASK\nENCRYPT_METHOD YESCRYPT\n", "minlen = 14\n"));
    fails(&run("ENCRYPT_METHOD MD5\n", "minlen = 14\n"), "MD5");
    fails(&run("# ENCRYPT_METHOD SHA512\n", "minlen = 14\n"), "DES");
    fails(&run("ENCRYPT_METHOD SHA512\n", "minlen = 13\n"), "demands 14 characters: 13");
    fails(&run("ENCRYPT_METHOD SHA512\n", "# minlen = 14\n"), "demands 14 characters: 8");
    fails(&run("ENCRYPT_METHOD SHA512\n", "minlen = 14\nenforcing = 0\n"), "merely warn");
    fails(&run("ENCRYPT_METHOD SHA512\n", "minlen = 14\ndcredit = 2\n"), "credits");
    errs(&run("ENCRYPT_METHOD SHA512\n", "minlen = many\n"), "minlen");
    errs(&Bench::new().run(terms), "login.defs");
    let said = Bench::refuse(
        "kind = \"password-policy\"\npassword_policy = { length_min = 14, login_defs = \"x\" }",
    );
    assert!(said.contains("least length"), "{said}");
}

/// The stack of a Debian host.
const PAM: &str = "# set by the administrator
password\trequisite\t\t\tpam_pwquality.so retry=3
password\t[success=1 default=ignore]\tpam_unix.so obscure use_authtok yescrypt
password\trequisite\t\t\tpam_deny.so
password\trequired\t\t\tpam_permit.so
";

#[test]
fn a_password_policy_that_pam_asks_for() {
    let terms = "kind = \"password-policy\"\npassword_policy = { length_min = 14, pwquality = \"pwquality.conf\", pam = \"common-password\" }";
    let run = |from: &str, to: &str| {
        assert!(PAM.contains(from));
        let bench = Bench::new();
        bench.write("pwquality.conf", "minlen = 14\n");
        bench.write("common-password", PAM.replacen(from, to, 1));
        bench.run(terms)
    };
    passes(&run("", ""));
    passes(&run("requisite", "[success=ok ignore=ignore default=bad]"));
    fails(&run("pam_pwquality.so", "pam_permit.so"), "pam_pwquality is not asked");
    fails(&run("password\trequisite\t\t\tpam_pwq", "#password\trequisite\t\t\tpam_pwq"), "is not asked");
    fails(&run("requisite", "optional"), "its refusal is passed over");
    fails(&run("retry=3", "retry=3 minlen=8"), "demands 14 characters: 8");
    fails(&run("yescrypt", "md5"), "no weaker hash than YESCRYPT or SHA512: md5");
    fails(&run("obscure", "nullok"), "no empty password stand: nullok");
    errs(&run("yescrypt", ""), "it does not say; name `login_defs` too");
    let late = PAM.lines().rev().collect::<Vec<_>>().join("\n");
    fails(&run(PAM, &late), "asked after the password is stored");
    errs(&run(PAM, "@include common-password\n"), "name the file that it includes");
}

#[test]
fn a_password_policy_of_a_provider_and_a_judge() {
    // Counts letters, as a provider would.
    let judge = |least: u32| format!("judge = [\"sh\", \"-c\", \"read word; test ${{#word}} -ge {least}\"]");
    let run = |body: &'static str, judge: &str| {
        let address = serve_web(move |_| (200, String::new(), body.to_owned()));
        Bench::new().run(&format!("kind = \"password-policy\"\ntimeout_seconds = 5\npassword_policy = {{ length_min = 12, provider = \"http://{address}/realm\", length_pointer = \"/passwordPolicy\", {judge} }}"))
    };
    let good = r#"{"passwordPolicy": "length(12) and notUsername"}"#;
    passes(&run(good, &judge(12)));
    passes(&run(r#"{"passwordPolicy": 15}"#, &judge(12)));
    fails(&run(r#"{"passwordPolicy": "length(8)"}"#, &judge(12)), "demands 12 characters: 8");
    // The policy says 12, the machine behind it takes 11.
    fails(&run(good, &judge(11)), "too short a password is refused");
    fails(&run(good, &judge(99)), "a strong password is accepted");
    errs(&run("{}", &judge(12)), "no length at /passwordPolicy");
    errs(&run(good, "judge = [\"no-such-judge\"]"), "no-such-judge");
}

const ACCOUNTS: &str = "account,enabled,last_used,second_factor,roles
svc-ward,true,2030-05-31,true,service
a.author,true,2030-05-20T08:00:00Z,true,author
b.boss,true,2030-05-01,yes,approver; reader
l.leaver,false,2029-01-01,no,author;approver
";
const ACCOUNT_TERMS: &str = "kind = \"accounts\"\ntarget = \"accounts.csv\"\naccounts = { export_days_max = 7, unused_days_max = 90, second_factor = true, apart = [[\"author\", \"approver\"]], present = [\"svc-ward\"], gone = [\"l.leaver\"] }";

#[test]
fn accounts_of_an_export() {
    let run = |from: &str, to: &str| {
        assert!(ACCOUNTS.contains(from));
        let bench = Bench::new().at("2030-06-01T00:00:00Z");
        let path = bench.write("accounts.csv", ACCOUNTS.replacen(from, to, 1));
        written(&path, "2030-05-30T00:00:00Z");
        bench.run(ACCOUNT_TERMS)
    };
    passes(&run("", ""));
    fails(&run("b.boss,true,2030-05-01", "b.boss,true,2030-01-01"), "90 days: b.boss");
    fails(&run("b.boss,true,2030-05-01", "b.boss,true,"), "90 days: b.boss");
    fails(&run("b.boss,true,2030-05-01,yes", "b.boss,true,2030-05-01,no"), "second factor: b.boss");
    fails(&run("true,author", "true,author|approver"), "must not meet: a.author");
    fails(&run("l.leaver,false", "l.leaver,true"), "must be gone is enabled: l.leaver");
    fails(&run("svc-ward,", "svc-other,"), "accounts that must be there are");
    errs(&run("b.boss,true,2030-05-01", "b.boss,true,last week"), "cannot be judged: b.boss");
    errs(&run("b.boss,true,2030-05-01,yes", "b.boss,true,2030-05-01,perhaps"), "cannot be judged: b.boss");
    errs(&run("second_factor", "mfa"), "no column `second_factor`");
    errs(&run(ACCOUNTS, "account,enabled,last_used,second_factor,roles\n"), "has no row");
    errs(&Bench::new().run(ACCOUNT_TERMS), "accounts.csv");
}

#[test]
fn accounts_of_a_database() {
    if std::process::Command::new("sqlite3").arg("-version").output().is_err() {
        eprintln!("SKIPPED: sqlite3 is not installed");
        return;
    }
    let terms = ACCOUNT_TERMS
        .replace("accounts.csv", "accounts.sqlite")
        .replace("export_days_max = 7", "client = \"sqlite\", query = \"SELECT * FROM account\"");
    let run = |terms: &str, statement: &str| {
        let bench = Bench::new().at("2030-06-01T00:00:00Z");
        bench.write("accounts.csv", ACCOUNTS);
        let path = bench.directory.path().to_owned();
        let script =
            ["-cmd", ".mode csv", "-cmd", ".import accounts.csv account", "accounts.sqlite", statement];
        let made = std::process::Command::new("sqlite3").args(script).current_dir(path).status().unwrap();
        assert!(made.success());
        bench.run(terms)
    };
    passes(&run(&terms, ""));
    fails(
        &run(&terms, "UPDATE account SET second_factor = 'no' WHERE account LIKE 'b.%'"),
        "second factor: b.boss",
    );
    errs(&run(&terms, "DELETE FROM account"), "has no row");
    errs(&run(&terms.replace("FROM account", "FROM no_such"), ""), "no such table");
    errs(&run(&terms.replace("SELECT *", "SELECT account"), ""), "no column `");
    // A query that would write is rolled back, and gives no accounts.
    errs(
        &run(&terms.replace("SELECT * FROM account", "DELETE FROM account"), ""),
        "the answer of the database",
    );
    let said = Bench::refuse(&terms.replace("client = \"sqlite\", ", ""));
    assert!(said.contains("accounts.client"), "{said}");
    let said = Bench::refuse(&terms.replace("SELECT * FROM account", "SELECT 1; SELECT 2"));
    assert!(said.contains("not one plain statement"), "{said}");
}

#[test]
fn an_old_export_fails() {
    let bench = Bench::new().at("2030-06-01T00:00:00Z");
    let path = bench.write("accounts.csv", ACCOUNTS);
    written(&path, "2030-05-20T00:00:00Z");
    fails(&bench.run(ACCOUNT_TERMS), "at most 7 days old: 12 days");
}

fn written(path: &std::path::Path, time: &str) {
    let time: jiff::Timestamp = time.parse().unwrap();
    std::fs::File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(time.as_second().unsigned_abs()))
        .unwrap();
}

#[test]
fn reviews_of_each_person() {
    let records = "who,subject,date,result,by
ana,phishing,2030-03-01,passed,trainer
ana,phishing,2028-03-01,passed,trainer
ben,phishing,2029-09-01,passed,trainer
";
    let run = |from: &str, to: &str| {
        assert!(records.contains(from));
        let bench = Bench::new().at("2030-06-01T00:00:00Z");
        bench.write("training.csv", records.replacen(from, to, 1));
        bench.run("kind = \"review\"\ntarget = \"training.csv\"\nreview = { age_days_max = 365, people = [\"ana\", \"ben\"], subjects = [\"phishing\"], columns = { person = \"who\" } }")
    };
    passes(&run("", ""));
    fails(&run("2029-09-01", "2029-01-01"), "ben/phishing: 516 days");
    fails(
        &run("ben,phishing,2029-09-01,passed", "ben,phishing,2029-09-01,failed"),
        "ben/phishing: no good record",
    );
    fails(&run("ben,", "bea,"), "ben/phishing: no good record");
    fails(&run("2030-03-01", "2031-03-01"), "no record is from the future: ana/phishing");
    fails(&run("passed,trainer\nana", "passed,ana\nana"), "signed a record of their own: ana/phishing");
    errs(&run("2029-09-01", "recently"), "`recently` is no date");
    errs(&run("who,", "name,"), "no column `who`");
}

#[test]
fn a_bill_of_materials() {
    let bill = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"timestamp": "2030-05-20T10:00:00Z"},
        "components": [{"name": "rustls", "version": "0.23.46", "components": [{"name": "subtle", "version": "2.6.1"}]}]}"#;
    let run = |from: &str, to: &str| {
        assert!(bill.contains(from));
        let bench = Bench::new().at("2030-06-01T00:00:00Z");
        bench.write("bom.json", bill.replacen(from, to, 1));
        bench.run("kind = \"sbom-age\"\ntarget = \"bom.json\"\nsbom_age = { age_days_max = 30, components_min = 2, forbidden = [\"openssl\", \"rustls@0.20.0\"] }")
    };
    passes(&run("", ""));
    fails(&run("2030-05-20", "2030-04-20"), "at most 30 days old: 41 days");
    fails(&run("2030-05-20", "2031-05-20"), "not from the future");
    fails(&run(r#""subtle""#, r#""openssl""#), "forbidden component is in it: openssl@2.6.1");
    fails(&run("0.23.46", "0.20.0"), "forbidden component");
    fails(&run(r#", "version": "2.6.1""#, ""), "without name or version: subtle");
    fails(&run(r#""name": "subtle""#, r#""name": """#), "without name or version");
    fails(&run(r#", "components": [{"name": "subtle", "version": "2.6.1"}]"#, ""), "lists 2 components: 1");
    errs(&run("CycloneDX", "Unknown"), "neither CycloneDX nor SPDX");
    errs(&run(r#""timestamp""#, r#""time""#), "no time");
    errs(
        &run(bill, r#"{"bomFormat": "CycloneDX", "metadata": {"timestamp": "2030-05-20T10:00:00Z"}}"#),
        "lists no component",
    );
    errs(
        &Bench::new().run("kind = \"sbom-age\"\ntarget = \"bom.json\"\nsbom_age = { age_days_max = 30 }"),
        "bom.json",
    );
}
