//! Power cuts: the disk keeps what was flushed and any part of what was not; every acknowledged entry is there all the same.
//!
//! A block device is served by a program that logs writes and flushes. Crash images are rebuilt from that log: everything up to
//! some flush, and a random part of what came after it. Needs root, loop devices, FUSE and the program; skipped loudly without.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be made is a failed test"
)]

use medward_ledger::note::KeyKind;
use medward_ledger::segment::{Reader, Step};
use medward_ledger::{Log, Signer};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Set in the child that appends.
const CHILD: &str = "MEDWARD_LEDGER_POWERCUT";
const DISK_BYTES: u64 = 24 << 20;
const IMAGES: u64 = 100;
const ACKNOWLEDGED: usize = 300;

fn signer() -> Signer {
    Signer::new("ledger.example/powercut", KeyKind::Log, &[7; 32]).unwrap()
}

#[test]
fn child_that_appends() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    let log = Log::open(Path::new(&directory), signer()).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let log = &log;
            scope.spawn(move || {
                for number in 0.. {
                    let text = format!("{writer}/{number}");
                    let Ok(receipt) = log.append(text.as_bytes()) else { return };
                    let line = format!("\nacknowledged {} {text}\n", receipt.index);
                    if std::io::stdout().lock().write_all(line.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

/// The program that serves the block device, and the Python that has what it needs.
fn harness() -> Option<(PathBuf, PathBuf)> {
    let root = std::env::var_os("MEDWARD_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let program = root.join("harness/powercut/blockdev.py");
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../examiners/python/bin/python");
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|it| it.stdout == b"0\n");
    let all = [&program, &python, Path::new("/dev/fuse")].iter().all(|path| path.exists());
    (all && is_root).then_some((program, python))
}

fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A mounted image; taken apart again when dropped.
struct Mounted {
    device: String,
    at: PathBuf,
}

impl Mounted {
    fn new(image: &Path, at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let device = run("losetup", &["-f", "--show", text(image)])?;
        let mounted = Self { device, at: at.to_path_buf() };
        run("mount", &["-t", "ext4", &mounted.device, text(at)])?;
        Some(mounted)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = run("umount", &[text(&self.at)]);
        let _ = run("losetup", &["-d", &self.device]);
    }
}

struct Served(Child, PathBuf);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = run("fusermount3", &["-u", "-z", text(&self.1)])
            .or_else(|| run("umount", &["-l", text(&self.1)]));
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

enum Operation<'l> {
    Write(u64, &'l [u8]),
    Flush,
}

/// The operations of a log, each with its end in the log; an unfinished one at the end is left out.
fn operations(log: &[u8]) -> Vec<(usize, Operation<'_>)> {
    let (mut operations, mut at) = (Vec::new(), 0);
    while let Some(kind) = log.get(at) {
        let operation = if *kind == b'F' {
            at += 1;
            Operation::Flush
        } else {
            let (Some(offset), Some(length)) = (log.get(at + 1..at + 9), log.get(at + 9..at + 13)) else {
                break;
            };
            let offset = u64::from_le_bytes(offset.try_into().unwrap());
            let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
            let Some(bytes) = log.get(at + 13..at + 13 + length) else { break };
            at += 13 + length;
            Operation::Write(offset, bytes)
        };
        operations.push((at, operation));
    }
    operations
}

/// Numbers that are the same in each run (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end as u64).unwrap()
    }
}

/// Length of the disk's log when it was known, position, and the entry.
type Acknowledged = (usize, usize, String);

/// Appends on a served disk; gives the log of the disk, and every acknowledged entry with the length of that log when it was
/// known to be acknowledged.
fn played(place: &Path, base: &Path, harness: &(PathBuf, PathBuf)) -> Option<(Vec<u8>, Vec<Acknowledged>)> {
    let (served_at, disk, log) = (place.join("served"), place.join("disk"), place.join("log"));
    let image = place.join("image");
    std::fs::copy(base, &image).unwrap();
    std::fs::create_dir(&served_at).unwrap();
    let mut serve = Command::new(&harness.1);
    let serve =
        serve.arg(&harness.0).args([&image, &served_at, &log]).stderr(Stdio::null()).stdout(Stdio::null());
    let served = Served(serve.spawn().unwrap(), served_at.clone());
    let began = Instant::now();
    while !served_at.join("disk").exists() {
        if began.elapsed() > Duration::from_secs(10) {
            return None;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let mounted = Mounted::new(&served_at.join("disk"), &disk)?;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["child_that_appends", "--exact", "--nocapture"]).env(CHILD, disk.join("ledger"));
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let Some((index, entry)) = line.strip_prefix("acknowledged ").and_then(|it| it.split_once(' '))
        else {
            continue;
        };
        let length = usize::try_from(std::fs::metadata(&log).unwrap().len()).unwrap();
        acknowledged.push((length, index.parse().unwrap(), entry.to_owned()));
        if acknowledged.len() == ACKNOWLEDGED {
            let _ = child.kill();
        }
    }
    let _ = child.wait();
    let bytes = std::fs::read(&log).unwrap();
    drop(mounted);
    drop(served);
    Some((bytes, acknowledged))
}

fn entries(directory: &Path) -> Vec<String> {
    let Ok(mut reader) = Reader::open(&directory.join("segment")) else { return Vec::new() };
    let mut entries = Vec::new();
    while let Step::Entry(entry) = reader.step().unwrap() {
        entries.push(String::from_utf8(entry).unwrap());
    }
    entries
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let Some(harness) = harness() else {
        eprintln!(
            "SKIPPED: no root, no FUSE, no harness/powercut, or no Python with mfusepy in target/examiners"
        );
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let base = place.path().join("base");
    std::fs::File::create(&base).unwrap().set_len(DISK_BYTES).unwrap();
    assert!(run("mkfs.ext4", &["-q", "-F", text(&base)]).is_some());
    let Some((log, acknowledged)) = played(place.path(), &base, &harness) else {
        eprintln!("SKIPPED: this machine serves no block device, or mounts none");
        return;
    };
    assert!(acknowledged.len() >= ACKNOWLEDGED, "only {} entries were acknowledged", acknowledged.len());
    let operations = operations(&log);
    let first = acknowledged[0].0;
    let crashes: Vec<usize> = (0..operations.len()).filter(|at| operations[*at].0 >= first).collect();
    assert!(operations.iter().any(|(_, it)| matches!(it, Operation::Flush)), "the disk was never flushed");
    let mut chance = Chance(0x6d65_6477_6172_6421);
    let (mut held, mut late) = (0, 0);
    for image in 0..IMAGES {
        // The last image is the cut right at the end.
        let cut = if image == 0 { operations.len() - 1 } else { crashes[chance.below(crashes.len())] };
        let flushed =
            operations[..=cut].iter().rposition(|(_, it)| matches!(it, Operation::Flush)).unwrap_or(0);
        let mut bytes = std::fs::read(&base).unwrap();
        for (at, (_, operation)) in operations[..=cut].iter().enumerate() {
            let Operation::Write(offset, content) = operation else { continue };
            if at <= flushed || chance.below(2) == 0 {
                let offset = usize::try_from(*offset).unwrap();
                bytes[offset..offset + content.len()].copy_from_slice(content);
            }
        }
        let crash = place.path().join("crash");
        std::fs::write(&crash, bytes).unwrap();
        let at = place.path().join("crashed");
        let mounted = Mounted::new(&crash, &at).unwrap();
        let directory = at.join("ledger");
        let opened = Log::open(&directory, signer());
        let log = opened.unwrap_or_else(|error| unreachable!("image {image}, cut at {cut}: {error}"));
        log.append(b"after the cut").unwrap();
        drop(log);
        let verified = medward_ledger::verify(&directory, signer().verifier(), &[]);
        assert!(verified.is_ok(), "image {image}, cut at {cut}: {verified:?}");
        let entries = entries(&directory);
        let length = operations[cut].0;
        for (_, index, entry) in acknowledged.iter().filter(|(known, ..)| *known <= length) {
            assert_eq!(entries.get(*index), Some(entry), "image {image}, cut at {cut}");
            held += 1;
        }
        late += usize::from(cut > flushed);
        drop(mounted);
    }
    println!(
        "{IMAGES} crash images, {late} of them with a part not flushed: {held} acknowledged entries, all there"
    );
}
