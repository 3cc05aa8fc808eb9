//! A disk whose power is cut: served by a program that logs writes and flushes, rebuilt from that log up to some moment.
//!
//! Shared by the tests of the ledger and of the vault. Needs root, loop devices, FUSE and the program; skipped loudly without.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be made is a failed test"
)]

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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

/// Each line that a child acknowledged, with the length of the disk's log when that was known.
type Acknowledged = Vec<(usize, String)>;

/// What a child did on the served disk.
pub struct Recorded {
    place: tempfile::TempDir,
    log: Vec<u8>,
    acknowledged: Acknowledged,
}

/// A disk after a power cut, mounted.
pub struct Crashed<'r> {
    /// Where.
    pub directory: PathBuf,
    /// What had been acknowledged before the cut.
    pub acknowledged: Vec<&'r str>,
    /// Which image, for messages.
    pub what: String,
    _mounted: Mounted,
}

/// Runs a test of this program as a child that works in a directory of a served disk, named by a variable of its environment. It prints
/// lines that begin with `acknowledged `, and is killed after so many of them.
pub fn recorded(disk_bytes: u64, child: &str, variable: &str, lines: usize) -> Option<Recorded> {
    let Some(harness) = harness() else {
        eprintln!(
            "SKIPPED: no root, no FUSE, no harness/powercut, or no Python with mfusepy in target/examiners"
        );
        return None;
    };
    let place = tempfile::tempdir().unwrap();
    let base = place.path().join("base");
    std::fs::File::create(&base).unwrap().set_len(disk_bytes).unwrap();
    assert!(run("mkfs.ext4", &["-q", "-F", text(&base)]).is_some());
    let Some((log, acknowledged)) = played(place.path(), &base, &harness, child, variable, lines) else {
        eprintln!("SKIPPED: this machine serves no block device, or mounts none");
        return None;
    };
    assert!(acknowledged.len() >= lines, "only {} lines were acknowledged", acknowledged.len());
    Some(Recorded { place, log, acknowledged })
}

fn played(
    place: &Path,
    base: &Path,
    harness: &(PathBuf, PathBuf),
    child: &str,
    variable: &str,
    lines: usize,
) -> Option<(Vec<u8>, Acknowledged)> {
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
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([child, "--exact", "--nocapture"]).env(variable, disk.join("work"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let Some(what) = line.strip_prefix("acknowledged ") else { continue };
        let length = usize::try_from(std::fs::metadata(&log).unwrap().len()).unwrap();
        acknowledged.push((length, what.to_owned()));
        if acknowledged.len() == lines {
            let _ = child.kill();
        }
    }
    let _ = child.wait();
    let bytes = std::fs::read(&log).unwrap();
    drop(mounted);
    drop(served);
    Some((bytes, acknowledged))
}

impl Recorded {
    /// Disks as power cuts leave them: all that was flushed, and by chance parts of what was not. The first is cut at the very
    /// end, the others at any moment since something was acknowledged.
    pub fn for_each_crash(&self, images: usize, mut look: impl FnMut(Crashed<'_>)) {
        let operations = operations(&self.log);
        let first = self.acknowledged[0].0;
        let moments: Vec<usize> = (0..operations.len()).filter(|at| operations[*at].0 >= first).collect();
        assert!(
            operations.iter().any(|(_, it)| matches!(it, Operation::Flush)),
            "the disk was never flushed"
        );
        let mut chance = Chance(0x6d65_6477_6172_6421);
        let (mut held, mut late) = (0, 0);
        for image in 0..images {
            let cut = if image == 0 { operations.len() - 1 } else { moments[chance.below(moments.len())] };
            let flushed =
                operations[..=cut].iter().rposition(|(_, it)| matches!(it, Operation::Flush)).unwrap_or(0);
            let (crash, at) = (self.place.path().join("crash"), self.place.path().join("crashed"));
            let base = self.place.path().join("base");
            assert!(run("cp", &["--sparse=always", text(&base), text(&crash)]).is_some());
            let disk = std::fs::File::options().write(true).open(&crash).unwrap();
            for (number, (_, operation)) in operations[..=cut].iter().enumerate() {
                let Operation::Write(offset, content) = operation else { continue };
                if number <= flushed || chance.below(2) == 0 {
                    disk.write_all_at(content, *offset).unwrap();
                }
            }
            let mounted = Mounted::new(&crash, &at).unwrap();
            let before = self.acknowledged.iter().filter(|(known, _)| *known <= operations[cut].0);
            let acknowledged: Vec<&str> = before.map(|(_, what)| what.as_str()).collect();
            held += acknowledged.len();
            late += usize::from(cut > flushed);
            let what = format!("image {image}, cut at {cut}");
            look(Crashed { directory: at.join("work"), acknowledged, what, _mounted: mounted });
        }
        println!(
            "{images} crash images, {late} of them with a part not flushed: {held} acknowledged, all there"
        );
    }
}
