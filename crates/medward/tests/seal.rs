//! `medward seal` as a user runs it.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a command that cannot be run is a failed test"
)]

use medward_dicom_scan::{Encoding, NewElement, Tag, Vr};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str], directory: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
    let Output { status, stdout, stderr } =
        command.args(arguments).current_dir(directory).stdin(Stdio::null()).output().unwrap();
    (status.code(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

/// A bare data set of a CT image, in explicit little endian.
fn image(number: u32, patient: &str, pixels: u8) -> Vec<u8> {
    let text = |tag, vr, value: &str| NewElement::new(Tag(tag), vr, value);
    let elements = vec![
        text(0x0008_0016, Vr::UI, "1.2.840.10008.5.1.4.1.1.2"),
        text(0x0008_0018, Vr::UI, &format!("1.2.3.4.5.6.{number}")),
        text(0x0008_0060, Vr::CS, "CT"),
        text(0x0010_0010, Vr::PN, patient),
        text(0x0020_000D, Vr::UI, "1.2.3.4.5"),
        text(0x0020_000E, Vr::UI, "1.2.3.4.5.6"),
        text(0x0020_0013, Vr::IS, &number.to_string()),
        NewElement::new(Tag(0x7FE0_0010), Vr::OW, vec![pixels; 4_000]),
    ];
    NewElement::sequence(Tag::ITEM, &[elements], Encoding::ExplicitLittle).unwrap().value[8..].to_vec()
}

/// A study of three images; the pixels of each are of its number.
fn study(place: &Path) {
    fs::create_dir_all(place.join("study/deep")).unwrap();
    for number in 1..=3_u8 {
        let name = place.join(format!("study/deep/{number}.dcm"));
        fs::write(name, image(number.into(), "Fiction^Jane", number)).unwrap();
    }
    fs::write(place.join("secret"), "four lazy otters\n").unwrap();
}

#[test]
fn a_series_is_recorded_and_every_change_of_it_is_named() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    study(here);
    let key = ["--key", "ledger.key", "--passphrase-file", "secret"];
    assert_eq!(run(&["init", "device"], here).0, Some(0));
    let begun = run(&[&["ledger", "init", "device", "--name", "ledger.example/ct"], &key[..]].concat(), here);
    assert_eq!(begun.0, Some(0), "{}", begun.1);
    let record = [&["seal", "record", "study", "manifests", "--device", "device"], &key[..]].concat();
    let (code, said) = run(&record, here);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("in the ledger as entry 0") && said.contains("1 series with 3 images sealed"),
        "{said}"
    );
    assert!(run(&["ledger", "show", "device"], here).1.contains("series of 3 images"));

    let verify = |more: &[&str]| {
        run(
            &[&["seal", "verify", "study", "--manifest", "manifests", "--device", "device"], more].concat(),
            here,
        )
    };
    let (code, said) = verify(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("3 images as sealed") && said.contains("3 files: 3 accepted, 0 not"), "{said}");
    let (code, said) = verify(&["--format", "json"]);
    assert_eq!(code, Some(0));
    let last: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((&last["unchanged"], &last["ledger_entry"]), (&true.into(), &0.into()));
    // A manifest without the key of whoever is believed proves nothing.
    let (code, said) = run(&["seal", "verify", "study", "--manifest", "manifests"], here);
    assert_eq!(code, Some(2));
    assert!(said.contains("--public-key or --device"), "{said}");

    // Swapped pixels, another patient, one more; then one gone.
    fs::write(here.join("study/deep/1.dcm"), image(1, "Fiction^Jane", 2)).unwrap();
    fs::write(here.join("study/deep/2.dcm"), image(2, "Other^Jane", 2)).unwrap();
    fs::write(here.join("study/4.dcm"), image(4, "Fiction^Jane", 4)).unwrap();
    fs::remove_file(here.join("study/deep/3.dcm")).unwrap();
    let (code, said) = verify(&[]);
    assert_eq!(code, Some(1), "{said}");
    for named in [
        "image number 1: the pixels are those of image number 2",
        "image number 2: the header was changed: patient",
        "1.2.3.4.5.6.4 was not sealed with the series",
        "image number 3 was sealed and is not there",
    ] {
        assert!(said.contains(named), "{named}: {said}");
    }
    // A manifest made anew by someone else, or changed.
    let manifest = fs::read_dir(here.join("manifests")).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("images 3", "images 2", 1)).unwrap();
    assert_eq!(verify(&[]).0, Some(2));
    // Sealed with the right key and never recorded: the ledger does not know it.
    fs::remove_file(&manifest).unwrap();
    let aside = [&["seal", "record", "study", "manifests"], &key[..]].concat();
    assert_eq!(run(&aside, here).0, Some(0));
    let (code, said) = verify(&[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("the ledger does not hold this manifest"), "{said}");
}

#[test]
fn what_de_identification_makes_is_sealed_and_chained_to_what_it_was_made_from() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    study(here);
    let key = ["--key", "ledger.key", "--passphrase-file", "secret"];
    assert_eq!(run(&["init", "device"], here).0, Some(0));
    let begun = run(&[&["ledger", "init", "device", "--name", "ledger.example/ct"], &key[..]].concat(), here);
    assert_eq!(begun.0, Some(0), "{}", begun.1);
    let record = |study: &str, manifests: &str, more: &[&str]| {
        run(&[&["seal", "record", study, manifests, "--device", "device"], &key[..], more].concat(), here)
    };
    let manifest = |directory: &str| {
        let mut entries = fs::read_dir(here.join(directory)).unwrap().map(|entry| entry.unwrap().path());
        entries.next().unwrap().to_str().unwrap().to_owned()
    };
    assert_eq!(record("study", "manifests", &[]).0, Some(0));
    assert_eq!(run(&["deidentify", "study", "clean", "--anonymise"], here).0, Some(0));
    let old = manifest("manifests");
    let (code, said) = record("clean", "clean-manifests", &["--made-from", &old]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("is chained to none"), "{said}");
    let name = |path: &str| fs::read_to_string(path).unwrap();
    let (before, after) = (name(&old), name(&manifest("clean-manifests")));
    assert!(!after.contains("Fiction") && !after.contains("1.2.3.4.5") && before != after);
    let verified =
        run(&["seal", "verify", "clean", "--manifest", "clean-manifests", "--device", "device"], here);
    assert_eq!(verified.0, Some(0), "{}", verified.1);
    // A preamble that makes a sealed image a program as well.
    let result =
        walkdir::WalkDir::new(here.join("clean")).into_iter().map(|entry| entry.unwrap().into_path());
    let result = result.into_iter().find(|path| path.is_file() && path.extension().is_some()).unwrap();
    let mut disguised = fs::read(&result).unwrap();
    disguised[..2].copy_from_slice(b"MZ");
    fs::write(&result, disguised).unwrap();
    let (code, said) =
        run(&["seal", "verify", "clean", "--manifest", "clean-manifests", "--device", "device"], here);
    assert_eq!(code, Some(1));
    assert!(said.contains("also makes it a Windows program"), "{said}");
    // An image whose pixels are of none there is named.
    fs::remove_dir_all(here.join("clean")).unwrap();
    fs::write(here.join("study/deep/2.dcm"), image(2, "Fiction^Jane", 77)).unwrap();
    assert_eq!(run(&["deidentify", "study", "clean", "--anonymise"], here).0, Some(0));
    let (_, said) = record("clean", "other-manifests", &["--made-from", &old]);
    assert!(said.contains("image 2 is chained to none"), "{said}");
}

#[test]
fn files_are_signed_into_another_directory_and_what_is_unsigned_is_never_accepted() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("SKIPPED: openssl is not installed");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    study(here);
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).current_dir(here).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let rsa = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "clear.pem"];
    openssl(&rsa);
    openssl(&[
        "req",
        "-x509",
        "-new",
        "-key",
        "clear.pem",
        "-days",
        "2",
        "-subj",
        "/CN=Device",
        "-out",
        "device.pem",
    ]);
    openssl(&[
        "pkcs8",
        "-topk8",
        "-v2",
        "aes-256-cbc",
        "-in",
        "clear.pem",
        "-out",
        "key.pem",
        "-passout",
        "file:secret",
    ]);
    let sign = |output: &str, key: &str| {
        let more = ["--certificate", "device.pem", "--passphrase-file", "secret", "--profile", "creator-rsa"];
        run(&[&["seal", "sign", "study", output, "--key", key], &more[..]].concat(), here)
    };
    let (code, said) = sign("signed", "clear.pem");
    assert_eq!(code, Some(2));
    assert!(said.contains("lies in the clear"), "{said}");
    fs::write(here.join("study/notes.txt"), "no image").unwrap();
    let (code, said) = sign("signed", "key.pem");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("3 files signed, 0 already there, 1 not signed"), "{said}");
    assert_eq!(fs::read(here.join("study/deep/1.dcm")).unwrap(), image(1, "Fiction^Jane", 1));
    assert!(sign("signed", "key.pem").1.contains("0 files signed, 3 already there"));
    assert_eq!(sign("study/inside", "key.pem").0, Some(2), "results among originals");

    let nowhere = "seal sign study stamped --key key.pem --certificate device.pem --passphrase-file secret \
        --timestamp http://127.0.0.1:9/";
    let (code, said) = run(&nowhere.split_ascii_whitespace().collect::<Vec<_>>(), here);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("the time-stamp authority does not answer"), "{said}");
    assert_eq!(
        fs::read_dir(here.join("stamped")).unwrap().count(),
        0,
        "signed without the stamp that was asked for"
    );

    let verify = |path: &str, more: &[&str]| run(&[&["seal", "verify", path], more].concat(), here);
    let roots = ["--trust-roots", "device.pem"];
    let (code, said) = verify("signed", &roots);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("signed by CN=Device\n3 files: 3 accepted, 0 not"), "{said}");
    let (code, said) = verify("signed", &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("no trust roots were given"), "{said}");
    let (code, said) = verify("study/deep", &roots);
    assert_eq!(code, Some(1));
    assert!(said.contains("1.dcm: unsigned") && said.contains("0 accepted, 3 not"), "{said}");
    fs::create_dir(here.join("empty")).unwrap();
    assert_eq!(verify("empty", &roots).0, Some(1), "nothing is not everything");
    let mut changed = fs::read(here.join("signed/deep/2.dcm")).unwrap();
    let middle = changed.iter().position(|&byte| byte == 2).unwrap();
    changed[middle + 1_000] ^= 1;
    fs::write(here.join("signed/deep/2.dcm"), changed).unwrap();
    let (code, said) = verify("signed", &[&roots[..], &["--format", "json"]].concat());
    assert_eq!(code, Some(1));
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let broken: Vec<_> = lines.iter().filter(|line| line["accepted"] == false).collect();
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0]["signatures"][0]["integrity"], "broken");
    assert_eq!(
        lines[0]["signatures"][0]["profiles"],
        serde_json::json!(["base-rsa", "creator-rsa", "authorization"])
    );
}
