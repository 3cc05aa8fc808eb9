//! Attacks on the machine under the ward, which is a process of its own for it: its clock jumps, its disk is full. With every layer on,
//! and with each off that could be what holds.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by ending"
)]

mod process;

use medward_drill::{Client, Ct, POLICIES, Site};
use medward_file::kinds::WardLayer;
use medward_ward::control::{Answer, Ask, ask};
use process::Ward;
use std::fs::File;
use std::io::Write as _;
use std::process::Command;

fn works(command: &[&str]) -> bool {
    let works = Command::new(command[0]).args(&command[1..]).output().is_ok_and(|done| done.status.success());
    if !works {
        eprintln!("SKIPPED: `{}` does not work here", command.join(" "));
    }
    works
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_lets_nobody_in_who_was_out() {
    if !works(&["faketime", "-f", "+1d", "true"]) {
        return;
    }
    // The command would stand between this and the ward: its library does without.
    let library = Command::new("faketime").args(["-f", "+1d", "printenv", "LD_PRELOAD"]).output().unwrap();
    let preload = format!("LD_PRELOAD={}", String::from_utf8(library.stdout).unwrap().trim());
    let site = Site::new(POLICIES).unwrap();
    let today = Ct::new(1, 1);
    // Certificates last 397 days and revocation lists 30: past the list, past both, and before either.
    for (jump, off) in [
        ("+0", None),
        ("+40d", None),
        ("+400d", None),
        ("-400d", None),
        ("+40d", Some(WardLayer::Transport)),
        ("-400d", Some(WardLayer::Transport)),
        ("+40d", Some(WardLayer::Identity)),
        ("-400d", Some(WardLayer::Identity)),
    ] {
        site.write_file("127.0.0.1:0", off, None).unwrap();
        let (_ward, address) = Ward::start(&site, &["env", &preload, &format!("FAKETIME={jump}")]);
        let client = Client::honest(&site, address);
        let status = client.store(&today.instance, &today.data_set()).await.unwrap();
        let expected = if jump == "+0" { Some(0) } else { None };
        assert_eq!(status, expected, "{jump} without {off:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_loses_nothing_and_goes_on_by_itself() {
    const ROOM: &str = "size=150m";
    const IMAGES_MAX: u32 = 60;
    let own_room = ["unshare", "--user", "--map-root-user", "--mount"];
    if !works(&[&own_room[..], &["mount", "-t", "tmpfs", "-o", ROOM, "room", "/mnt"]].concat()) {
        return;
    }
    for off in [None, Some(WardLayer::Content)] {
        let site = Site::new(POLICIES).unwrap();
        site.write_file("127.0.0.1:0", off, None).unwrap();
        let state = site.directory().join("state");
        std::fs::create_dir(&state).unwrap();
        let mount = format!("mount -t tmpfs -o {ROOM},mode=700 room {} && exec \"$@\"", state.display());
        let (ward, address) = Ward::start(&site, &[&own_room[..], &["sh", "-c", &mount, "sh"]].concat());
        let client = Client::honest(&site, address);
        let pixels = vec![5; 8 << 20];
        let image = |number| Ct::new(1, number).with(0x7FE0_0010, *b"OW", &pixels);
        let (mut taken, mut refused) = (0, None);
        for number in 1..=IMAGES_MAX {
            let ct = image(number);
            match client.store(&ct.instance, &ct.data_set()).await.unwrap() {
                Some(0) => taken = number,
                other => {
                    refused = other;
                    break;
                }
            }
        }
        assert!(taken > 1, "without {off:?}: the room is too small to mean anything");
        assert_eq!(refused, Some(0xA700), "without {off:?}: no room, said as DICOM says it");
        // Nothing at all fits any more: small images are refused as well, or taken and kept.
        let inside = |path: &std::path::Path| format!("/proc/{}/root{}", ward.id(), path.display());
        let filler = inside(&state.join("filler"));
        let mut file = File::create(&filler).unwrap();
        while file.write_all(&[1; 4_096]).is_ok() {}
        drop(file);
        let small = Ct::new(1, IMAGES_MAX + 1);
        let status = client.store(&small.instance, &small.data_set()).await.unwrap();
        if status == Some(0) {
            taken += 1;
        } else {
            assert_eq!(status, Some(0xA700));
        }
        // In an emergency every image that was acknowledged is handed out whole, with the disk still full.
        let (out, asked) = (site.directory().join("out"), inside(&state));
        let question = Ask::Emergency {
            study: small.study.clone(),
            out: out.clone(),
            because: "the disk is full".to_owned(),
        };
        let answer = tokio::task::spawn_blocking(move || ask(asked.as_ref(), &question).unwrap().unwrap());
        let answer = answer.await.unwrap();
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
        let handed = (1..=taken).map(|number| std::fs::read(out.join(format!("{number:06}.dcm"))).unwrap());
        for (number, bytes) in (1..).zip(handed) {
            let sent = if number == taken && status == Some(0) { small.clone() } else { image(number) };
            assert!(
                bytes.ends_with(&sent.data_set()),
                "without {off:?}: image {number} is not what was sent"
            );
        }
        // With room again it goes on, untouched by hand.
        std::fs::remove_file(&filler).unwrap();
        let later = Ct::new(1, IMAGES_MAX + 2);
        let status = client.store(&later.instance, &later.data_set()).await.unwrap();
        assert_eq!(status, Some(0), "without {off:?}: it does not recover");
    }
}
