//! `medward deidentify` as a user runs it.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a command that cannot be run is a failed test"
)]

use medward_dicom_scan::{Encoding, Limits, NewElement, Tag, Vr, scan_bytes};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn command(arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
    command.arg("deidentify").args(arguments).current_dir(directory).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str], directory: &Path) -> Output {
    command(arguments, directory).output().unwrap()
}

/// A bare data set of a CT image, in explicit little endian.
fn image(number: u32, description: &str, pixels: usize) -> Vec<u8> {
    let text = |tag, vr, value: &str| NewElement::new(Tag(tag), vr, value);
    let elements = vec![
        text(0x0008_0016, Vr::UI, "1.2.840.10008.5.1.4.1.1.2"),
        text(0x0008_0018, Vr::UI, &format!("1.2.3.4.5.6.{number}")),
        text(0x0008_0060, Vr::CS, "CT"),
        text(0x0010_0010, Vr::PN, "Featherstone^Ann"),
        text(0x0010_0020, Vr::LO, "MRN-4711"),
        text(0x0018_1160, Vr::SH, description),
        text(0x0020_000D, Vr::UI, "1.2.3.4.5.6"),
        NewElement::new(Tag(0x7FE0_0010), Vr::OW, vec![3; pixels]),
    ];
    NewElement::sequence(Tag::ITEM, &[elements], Encoding::ExplicitLittle).unwrap().value[8..].to_vec()
}

/// Names of all finished results below a directory, and their bytes.
fn results(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = walkdir::WalkDir::new(directory).into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "dcm"));
    files
        .map(|entry| {
            let name = entry.path().strip_prefix(directory).unwrap().to_owned();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn a_directory_is_deidentified_and_what_may_identify_is_held_back() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("words"), "words of the project\n").unwrap();
    let study = place.path().join("study/deep");
    std::fs::create_dir_all(&study).unwrap();
    std::fs::write(study.join("Featherstone_1.dcm"), image(1, "filter", 64)).unwrap();
    std::fs::write(study.join("2"), image(2, "Featherstone", 64)).unwrap();
    std::fs::write(study.join("notes.txt"), "no image").unwrap();
    let nothing_said = run(&["study", "out"], place.path());
    assert_eq!(nothing_said.status.code(), Some(2));
    let said = String::from_utf8_lossy(&nothing_said.stderr).into_owned();
    assert!(said.contains("--create-key") && said.contains("--anonymise"), "{said}");
    assert!(!place.path().join("out").exists());
    let no_key = run(&["study", "out", "--key", "project.key"], place.path());
    assert_eq!(no_key.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&no_key.stderr).contains("--create-key"));

    let arguments = [
        "study",
        "out",
        "--key",
        "project.key",
        "--passphrase-file",
        "words",
        "--create-key",
        "--report",
        "report.json",
    ];
    let output = run(&arguments, place.path());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said} {}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 file de-identified, 0 already there, 1 held back, 1 refused"), "{said}");
    assert!(said.contains("(0010,0010), or a part of it, is still in (0018,1160)"), "{said}");
    let made = results(&place.path().join("out"));
    assert_eq!(made.len(), 1);
    let (name, bytes) = made.iter().next().unwrap();
    assert!(!name.to_string_lossy().contains("Featherstone"));
    assert!(!bytes.windows(8).any(|part| part.eq_ignore_ascii_case(b"MRN-4711")));
    scan_bytes(bytes, &Limits::default()).unwrap();
    // Originals as they were, reasons without images, a report a line.
    assert_eq!(std::fs::read(study.join("2")).unwrap(), image(2, "Featherstone", 64));
    let reasons: Vec<_> = std::fs::read_dir(place.path().join("out-quarantine")).unwrap().collect();
    assert_eq!(reasons.len(), 1);
    let report = std::fs::read_to_string(place.path().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(report.trim()).unwrap();
    assert!(report["elements"].as_array().unwrap().iter().any(|one| one["tag"] == "(0010,0010)"));

    // Again: there already. With other options: another directory is asked for.
    let again = run(&arguments, place.path());
    assert!(String::from_utf8_lossy(&again.stdout).contains("0 files de-identified, 1 already there"));
    let other = run(
        &["study", "out", "--key", "project.key", "--passphrase-file", "words", "--option", "retain-uids"],
        place.path(),
    );
    assert_eq!(other.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&other.stderr).contains("another policy or key"));
    let inside = run(&["study", "study/out", "--anonymise"], place.path());
    assert_eq!(inside.status.code(), Some(2));
    let slip = run(&["study", "out3", "--anonymise", "--option", "retain-uid"], place.path());
    assert!(String::from_utf8_lossy(&slip.stderr).contains("did you mean `retain-uids`?"));
}

#[test]
fn killed_at_any_moment_leaves_whole_results_and_the_next_run_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let study = place.path().join("study");
    std::fs::create_dir_all(&study).unwrap();
    for number in 1..=600 {
        std::fs::write(study.join(number.to_string()), image(number, "filter", 100_000)).unwrap();
    }
    // The plain form of a key, which opens in no time: a run is to be killed while it writes.
    let key = place.path().join("plain.key");
    std::fs::write(&key, format!("medward-deid-key-1 {}\n", "a7".repeat(32))).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let arguments = |out| ["study", out, "--key", "plain.key"];
    let open = run(&arguments("open"), place.path());
    assert!(String::from_utf8_lossy(&open.stderr).contains("chmod 600"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::create_dir(place.path().join("killed")).unwrap();
    assert_eq!(run(&arguments("whole"), place.path()).status.code(), Some(0));
    let whole = results(&place.path().join("whole"));
    assert_eq!(whole.len(), 600);
    let mut left_out = 0;
    for round in 0..4_u64 {
        let mut child = command(&arguments("killed"), place.path()).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(30 + 60 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let partial = results(&place.path().join("killed"));
        left_out += 600 - partial.len();
        for (name, bytes) in &partial {
            assert_eq!(Some(bytes), whole.get(name), "{}", name.display());
        }
    }
    assert!(left_out > 0, "no run was killed before its end: the test proves nothing");
    assert_eq!(run(&arguments("killed"), place.path()).status.code(), Some(0));
    assert_eq!(results(&place.path().join("killed")), whole);
    let rest =
        std::fs::read_dir(place.path().join("killed")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(
        rest.into_iter().all(|name| !name.to_string_lossy().contains("part")),
        "unfinished files are left"
    );
}

#[test]
fn another_image_under_the_same_uid_takes_the_place_of_none() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    std::fs::write(place.join("pass"), "correct horse\n").unwrap();
    let arguments = ["input", "out", "--key", "key", "--create-key", "--passphrase-file", "pass"];
    std::fs::create_dir(place.join("input")).unwrap();
    let one = image(1, "chest", 2048);
    let mut other = one.clone();
    *other.last_mut().unwrap() ^= 1;
    std::fs::write(place.join("input/a.dcm"), &one).unwrap();
    std::fs::write(place.join("input/b.dcm"), &one).unwrap();
    std::fs::write(place.join("input/c.dcm"), &other).unwrap();
    let output = run(&arguments, place);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("1 file de-identified, 1 already there, 1 held back"), "{said}");
    assert!(said.contains("another object with this SOP Instance UID"), "{said}");
    assert_eq!(output.status.code(), Some(1));
    let first = results(&place.join("out"));
    // Nor in another run.
    std::fs::remove_file(place.join("input/a.dcm")).unwrap();
    std::fs::remove_file(place.join("input/b.dcm")).unwrap();
    let said = String::from_utf8_lossy(&run(&arguments, place).stdout).into_owned();
    assert!(said.contains("0 files de-identified, 0 already there, 1 held back"), "{said}");
    assert_eq!(results(&place.join("out")), first);
}

#[test]
fn two_roles_bring_a_result_back_and_one_does_not() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("words"), "words of the project\n").unwrap();
    std::fs::write(place.path().join("image"), image(1, "filter", 64)).unwrap();
    let reidentify = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
        command.arg("reidentify").args(arguments).current_dir(place.path()).output().unwrap()
    };
    for role in ["privacy", "clinical"] {
        std::fs::write(place.path().join(format!("{role}.words")), format!("words of {role}\n")).unwrap();
        let (file, words) = (format!("{role}.key"), format!("{role}.words"));
        assert_eq!(reidentify(&["key", role, &file, "--passphrase-file", &words]).status.code(), Some(0));
        assert!(std::fs::read_to_string(place.path().join(file)).unwrap().contains("sealed-file"));
    }
    let roles = ["--role", "privacy.key.pub", "--role", "clinical.key.pub", "--mapping", "map"];
    let arguments =
        [&["image", "out", "--key", "project.key", "--passphrase-file", "words", "--create-key"][..], &roles]
            .concat();
    let output = run(&arguments, place.path());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));

    let open = |roles: &[&str]| {
        let mut arguments = vec!["open", "out", "back", "--mapping", "map"];
        let (files, words): (Vec<_>, Vec<_>) =
            roles.iter().map(|role| (format!("{role}.key"), format!("{role}.words"))).unzip();
        arguments.extend(files.iter().flat_map(|file| ["--role", file]));
        arguments.extend(words.iter().flat_map(|file| ["--passphrase-file", file]));
        reidentify(&arguments)
    };
    for alone in [&["privacy"][..], &["privacy", "privacy"]] {
        assert_eq!(open(alone).status.code(), Some(2));
    }
    // The other's words do not open a key.
    std::fs::copy(place.path().join("privacy.key"), place.path().join("stolen.key")).unwrap();
    std::fs::copy(place.path().join("clinical.words"), place.path().join("stolen.words")).unwrap();
    assert_eq!(open(&["clinical", "stolen"]).status.code(), Some(2));
    let output = open(&["clinical", "privacy"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("1 file brought back"), "{said} {}", String::from_utf8_lossy(&output.stderr));
    let back = results(&place.path().join("back")).into_values().next().unwrap();
    let back = scan_bytes(&back, &Limits::default()).unwrap();
    let text = |tag| back.text(back.find(None, Tag(tag)).unwrap().1).unwrap().into_owned();
    assert_eq!(text(0x0010_0020), "MRN-4711");
    assert_eq!(text(0x0010_0010), "Featherstone^Ann");
    assert_eq!(text(0x0008_0018), "1.2.3.4.5.6.1");
}
