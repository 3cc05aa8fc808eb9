//! A small device with a ledger, and how tests speak to it.

use std::process::{Command, Output};

/// A small device with a ledger.
pub(crate) struct Device {
    pub(crate) directory: tempfile::TempDir,
}

pub(crate) const FILE: &str = r#"[device]
name = "Reader"
manufacturer = "maker"

[party.maker]
name = "Maker"
role = "manufacturer"
other_roles = ["controller"]
time_zone = "Europe/Berlin"

[policy.surveillance]
observation_days = 30
baseline_days = 300

[policy.surveillance.thresholds]
security = 1

[role.safety]
title = "Clinical safety"
safety = true
mail = "safety@maker.example"

[role.quality]
title = "Quality"

[risk.R-01]
title = "Reading stops"

[control.C-01]
title = "Backups are restored"
state = "implemented"
"#;

impl Device {
    pub(crate) fn new(more: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let device = Self { directory };
        std::fs::create_dir(device.path("device")).unwrap();
        std::fs::write(device.path("pass"), "correct horse\n").unwrap();
        std::fs::write(device.path("device/device.toml"), format!("{FILE}{more}")).unwrap();
        device.ok(&[
            "ledger",
            "init",
            "device",
            "--name",
            "ledger.example/device",
            "--key",
            "ledger.key",
            "--passphrase-file",
            "pass",
        ]);
        device
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_medward"))
            .args(arguments)
            .current_dir(self.directory.path())
            .output()
            .unwrap()
    }

    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// With the key of the ledger.
    pub(crate) fn write(&self, arguments: &[&str]) -> Output {
        self.run(&[arguments, &["--key", "ledger.key", "--passphrase-file", "pass"]].concat())
    }

    pub(crate) fn written(&self, arguments: &[&str]) -> String {
        let output = self.write(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    pub(crate) fn refused(&self, arguments: &[&str], because: &str) {
        let output = self.write(arguments);
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(because), "{arguments:?}: {said}");
    }

    pub(crate) fn report(&self, title: &str, more: &[&str]) -> String {
        let start = ["event", "report", "device", "--title", title, "--happened", "2026-01-05T10:00Z"];
        let said = self.written(&[&start, more].concat());
        said.trim_start_matches("EXERCISE ").split(':').next().unwrap().to_owned()
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
