//! Warnings of limits that come near, by each way there is, to peers that others wrote.

use crate::device::{Device, FILE, text};
use medward_test_peers::Listening;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/response/peers/");
const SECRET: &str = "a secret of the test";

fn policy(device: &Device, escalation: &str) {
    // Only the manufacturer's duty: one limit.
    let file = FILE.replace("other_roles = [\"controller\"]\n", "");
    let file = format!("{file}[policy.escalation]\nhours_before = [24]\n{escalation}");
    std::fs::write(device.path("device/device.toml"), file).unwrap();
}

/// An event whose limit passed long ago.
fn overdue(device: &Device) -> String {
    let case = device.report("Files of the ward encrypted", &["--known", "2026-01-05T12:00Z"]);
    for answer in ["device=yes", "causal=yes", "harm=serious", "anticipated=yes", "threat=no"] {
        device.written(&["incident", "triage", &case, "device", "--answer", answer, "--as", "safety"]);
    }
    case
}

fn read(device: &Device, name: &str) -> String {
    std::fs::read_to_string(device.path(name)).unwrap_or_default()
}

fn escalate(device: &Device, more: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_medward"))
        .args(["incident", "escalate", "device", "--secrets", "secrets.toml", "--key", "ledger.key"])
        .args(["--passphrase-file", "pass"])
        .args(more)
        .envs(environment.iter().copied())
        .current_dir(device.directory.path())
        .output()
        .unwrap()
}

/// The name of this machine, by which a mail server is another host as far as the policy goes.
fn this_host() -> String {
    text(&Command::new("hostname").output().unwrap().stdout).trim().to_owned()
}

#[test]
fn mail_goes_out_by_starttls_after_a_login_and_to_nobody_whose_certificate_is_unknown() {
    let python = "/usr/bin/python3";
    if !Command::new(python).args(["-c", "import aiosmtpd"]).status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no aiosmtpd; ./test installs it");
        return;
    }
    let device = Device::new("");
    let host = this_host();
    let config = format!(
        "[req]\ndistinguished_name = name\nx509_extensions = extensions\nprompt = no\n[name]\nCN = mail\n[extensions]\n\
         subjectAltName = DNS:{host}\nbasicConstraints = critical, CA:FALSE\n"
    );
    std::fs::write(device.path("openssl.cnf"), config).unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-config", "openssl.cnf"])
        .args(["-keyout", "mail.key", "-out", "mail.pem"])
        .current_dir(device.directory.path())
        .output();
    assert!(made.unwrap().status.success());
    let server = Listening::start(|port| {
        let mut command = Command::new(python);
        command.arg(format!("{PEERS}mail.py")).args([
            &host,
            &port.to_string(),
            "mail.pem",
            "mail.key",
            "taken",
        ]);
        command.current_dir(device.directory.path());
        command
    });
    let Some(server) = server else { return };
    policy(&device, &format!("smtp = \"smtp://{host}:{}\"\nfrom = \"medward@maker.example\"\n", server.port));
    let secrets = "smtp_user = \"medward\"\nsmtp_password = \"a password of the test\"\n";
    std::fs::write(device.path("secrets.toml"), secrets).unwrap();
    let case = overdue(&device);
    let stranger = escalate(&device, &[], &[]);
    assert_eq!(stranger.status.code(), Some(2), "{}", text(&stranger.stdout));
    assert_eq!(read(&device, "taken"), "");
    let told = escalate(&device, &[], &[("SSL_CERT_FILE", "mail.pem")]);
    assert_eq!(told.status.code(), Some(1), "{}", text(&told.stderr));
    let taken = read(&device, "taken");
    assert!(taken.contains("TLS True\nTO safety@maker.example\n") && taken.contains(&case), "{taken}");
    assert!(!taken.contains("Files of the ward") && taken.matches("TLS").count() == 1, "{taken}");
    assert_eq!(escalate(&device, &[], &[("SSL_CERT_FILE", "mail.pem")]).status.code(), Some(0));
    assert_eq!(read(&device, "taken"), taken);
}

#[test]
fn each_way_is_told_once_whatever_another_one_does() {
    if !medward_test_peers::has("python3") {
        return;
    }
    let device = Device::new("");
    let server = Listening::start(|port| {
        let mut command = Command::new("python3");
        command.arg(format!("{PEERS}hook.py")).args([&port.to_string(), SECRET, "taken", "refuse"]);
        command.current_dir(device.directory.path());
        command
    });
    let Some(server) = server else { return };
    policy(&device, &format!("webhook = \"http://127.0.0.1:{}/hook\"\n", server.port));
    std::fs::write(device.path("secrets.toml"), format!("webhook_secret = \"{SECRET}\"\n")).unwrap();
    // A desktop that notes down what it is shown, in the place of the program of that name.
    std::fs::create_dir(device.path("bin")).unwrap();
    let shown = device.path("shown");
    let program = format!("#!/bin/sh\nfor one in \"$@\"; do echo \"$one\" >> '{}'; done\n", shown.display());
    std::fs::write(device.path("bin/notify-send"), program).unwrap();
    std::fs::set_permissions(device.path("bin/notify-send"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let bin = device.path("bin");
    let path = [("PATH", bin.to_str().unwrap())];
    let case = overdue(&device);

    std::fs::write(device.path("refuse"), "").unwrap();
    let refused = escalate(&device, &["--desktop"], &path);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("it answered 503"), "{}", text(&refused.stderr));
    std::fs::remove_file(device.path("refuse")).unwrap();
    let told = escalate(&device, &["--desktop"], &path);
    assert_eq!(told.status.code(), Some(1), "{}", text(&told.stderr));
    assert_eq!(escalate(&device, &["--desktop"], &path).status.code(), Some(0));

    // The desktop worked the first time: it is not told again when the webhook is.
    let shown = read(&device, "shown");
    assert!(shown.starts_with("--app-name=Medward\n--urgency=critical\n--\n"), "{shown}");
    assert_eq!(shown.matches("--app-name").count(), 1, "{shown}");
    let taken = read(&device, "taken");
    let message: serde_json::Value = serde_json::from_str(&taken).unwrap();
    assert!(
        message["case"] == *case && message["overdue"] == true && message["exercise"] == false,
        "{taken}"
    );
    assert!(!taken.contains("Files of the ward"), "{taken}");

    // Another secret than the receiver's: not believed, and said.
    std::fs::write(device.path("secrets.toml"), "webhook_secret = \"another secret of it\"\n").unwrap();
    device.report("Another thing", &["--known", "2026-01-06T10:00Z"]);
    let stranger = escalate(&device, &[], &path);
    assert!(stranger.status.code() == Some(2) && text(&stranger.stderr).contains("401"));
}
