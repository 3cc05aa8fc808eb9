//! Triage as a person does it: answers typed at the prompts of a terminal.

use crate::device::{Device, text};
use std::process::{Command, Output};

/// Types at the prompts of `incident triage`: what to wait for, and what to type then.
fn type_at(device: &Device, case: &str, script: &[(&str, &str)]) -> Output {
    let lines: Vec<_> = script.iter().map(|(wait, keys)| format!("{wait}\t{keys}\n")).collect();
    std::fs::write(device.path("script"), lines.concat()).unwrap();
    let peer = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/response/peers/terminal.py");
    Command::new("python3")
        .args([peer, "script", env!("CARGO_BIN_EXE_medward"), "incident", "triage", case, "device"])
        .args(["--as", "safety", "--key", "ledger.key", "--passphrase-file", "pass"])
        .current_dir(device.directory.path())
        .output()
        .unwrap()
}

fn answers(device: &Device, case: &str) -> serde_json::Value {
    let shown = device.ok(&["incident", "show", case, "device", "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    shown["answers"].clone()
}

#[test]
fn answers_typed_are_kept_one_by_one_and_whoever_stops_goes_on_later() {
    if !medward_test_peers::has("python3") {
        return;
    }
    let device = Device::new("");
    let case = device.report("Reading stopped", &[]);
    // A wrong word, an empty line, then the key for interrupt.
    let script = [
        ("Did a device", "perhaps"),
        ("is no answer to", ""),
        ("Is there a causal link", "possible"),
        ("What happened to the health", "no"),
        ("is no answer to", "none"),
        ("death or serious illness to many", "^C"),
    ];
    let stopped = type_at(&device, &case, &script);
    let screen = text(&stopped.stdout);
    assert_eq!(stopped.status.code(), Some(128 + 2), "{screen}{}", text(&stopped.stderr));
    assert!(screen.contains("`perhaps`") && screen.contains("Each answer is kept at once"), "{screen}");
    let kept = answers(&device, &case);
    assert_eq!(kept["causal"], serde_json::json!(["possible"]), "{kept}");
    assert_eq!(kept["harm"], serde_json::json!(["none"]));
    assert!(kept.get("device").is_none(), "what was left open stays open: {kept}");

    // Later: what is answered is not asked again; the end of input ends it with what follows from the facts so far.
    let script = [
        ("Did a device", "yes"),
        ("death or serious illness to many", "no"),
        ("What did the device do to care", "unavailable, delayed"),
        ("here or where it happens again", "^D"),
    ];
    let ended = type_at(&device, &case, &script);
    let screen = text(&ended.stdout);
    assert_eq!(ended.status.code(), Some(0), "{screen}{}", text(&ended.stderr));
    assert!(!screen.contains("Is there a causal link"), "{screen}");
    assert!(screen.contains("3 answers written") && screen.contains("open: could-harm"), "{screen}");
    assert_eq!(answers(&device, &case)["effect"], serde_json::json!(["unavailable", "delayed"]));
}
