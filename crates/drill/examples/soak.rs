//! Whether a ward stays as it is under load: `cargo run --release -p medward-drill --example soak STUDY SECONDS [SENDERS]`.
//!
//! STUDY is a directory of CT files, as `bench/study STUDY --passes` writes it. So many of dcmtk's `storescu` at once, over mutual TLS, send them
//! again and again, each time as a new study; every layer is on, and results go on to dcmtk's `storescp`. All the while others send rubbish,
//! come with a revoked certificate, or are killed while they send; and studies that are done with are erased, as a site does that
//! keeps nothing for longer than it must. The ward is this process, with its readers beside it.
//!
//! It fails where a sender does, where an image is held back, or where the median of memory, threads or descriptors of the last quarter is above that
//! of the second by more than a little.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program for measuring"
)]

use medward_drill::{CT_1, CT_REVOKED, POLICIES, Running, Site, To, WARD};
use medward_test_peers::Listening;
use medward_ward::control::{Answer, Ask, ask};
use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

mod process;

/// Images of a study.
const IMAGES: usize = 100;
/// Senders wait while so many originals have no result yet: longer load than the ward can bear is no load of a hospital.
const WAITING_MAX: u64 = 500;
/// Between samples; erasing and what is wrong go by the same clock.
const EVERY: Duration = Duration::from_secs(5);
/// Further kilobytes, threads and descriptors that are no growth.
const LITTLE: Sample =
    Sample { memory: 8 << 10, of_readers: 8 << 10, threads: 4, descriptors: 8, segments: 0 };

/// How the ward is at one moment.
#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    /// Resident kilobytes of the ward.
    memory: u64,
    /// Kilobytes of its readers that are not shared with the program's file.
    of_readers: u64,
    threads: u64,
    /// Open descriptors, without those of segments.
    descriptors: u64,
    /// Descriptors of segments of its vaults, which keep up to 128 each.
    segments: u64,
}

impl Sample {
    fn new(readers: &[String]) -> Self {
        let links = std::fs::read_dir("/proc/self/fd").unwrap();
        let links = links.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
        let (segments, others): (Vec<_>, Vec<_>) =
            links.partition(|link| link.parent().is_some_and(|directory| directory.ends_with("segments")));
        Self {
            memory: process::status("self", "VmRSS"),
            of_readers: readers.iter().map(|one| process::status(one, "RssAnon")).sum(),
            threads: process::status("self", "Threads"),
            descriptors: others.len() as u64,
            segments: segments.len() as u64,
        }
    }

    fn fields(self) -> [(&'static str, u64); 4] {
        let Self { memory, of_readers, threads, descriptors, .. } = self;
        [("memory", memory), ("of readers", of_readers), ("threads", threads), ("descriptors", descriptors)]
    }
}

/// Who sends, and what they share with who watches.
struct Load {
    site: Site,
    port: u16,
    files: Vec<PathBuf>,
    waiting: AtomicU64,
    ends: AtomicBool,
}

impl Load {
    fn goes_on(&self) -> bool {
        !self.ends.load(Ordering::Relaxed)
    }

    fn peer(&self, program: &str, certificate: &str, title: &str) -> Command {
        let mut command = Command::new(program);
        let pki = |name: &str, ending: &str| self.site.pki(&format!("{name}{ending}"));
        command.arg("+tls").arg(pki(certificate, ".key")).arg(pki(certificate, ".pem"));
        command.arg("+cf").arg(pki("ca", ".pem")).args(["-aet", title, "-aec", WARD, "127.0.0.1"]);
        command.arg(self.port.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Sends images from some place on as a new study.
    fn study(&self, from: usize) -> Child {
        let files = self.files.iter().cycle().skip(from).take(IMAGES);
        let mut sender = self.peer("storescu", "ct-1", CT_1);
        let images = IMAGES.to_string();
        sender.args(["-xe", "-pdu", "131072", "+IR", &images, "+IS", "1"]).args(files).spawn().unwrap()
    }

    /// Sends study after study.
    fn send(&self, number: usize) {
        let mut from = number * 7;
        while self.goes_on() {
            if self.waiting.load(Ordering::Relaxed) > WAITING_MAX {
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
            let ended = self.study(from).wait().unwrap();
            assert!(ended.success(), "a sender failed: {ended}");
            from += IMAGES;
        }
    }

    /// What goes wrong on a network, one after the other.
    fn go_wrong(&self) {
        for number in 0_usize.. {
            std::thread::sleep(EVERY);
            if !self.goes_on() {
                return;
            }
            let rubbish =
                TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut one| one.write_all(&[7; 400]));
            rubbish.unwrap();
            let refused = self.peer("echoscu", "ct-revoked", CT_REVOKED).status().unwrap();
            assert!(!refused.success(), "a revoked certificate is let in");
            let mut killed = self.study(number);
            std::thread::sleep(Duration::from_millis(300 + number as u64 * 70 % 500));
            let _ = killed.kill();
            killed.wait().unwrap();
        }
    }

    /// Erases the studies that came first, but for some; counts what came and what was made of it.
    fn erase(&self, ward: &Running, keep: usize) -> (u64, u64) {
        let studies = ward.state.originals.studies().unwrap();
        let made = ward.state.results.studies().unwrap();
        let total = |studies: &[medward_vault::Study]| studies.iter().map(|study| study.objects).sum::<u64>();
        let (came, made) = (total(&studies), total(&made));
        self.waiting.store(came.saturating_sub(made), Ordering::Relaxed);
        let mut kept: Vec<_> = studies.into_iter().filter(|study| study.erased.is_none()).collect();
        kept.truncate(kept.len().saturating_sub(keep));
        for study in kept {
            let erase = Ask::Erase { study: study.study.to_string(), because: "its time is over".to_owned() };
            let answer = ask(&self.site.directory().join("state"), &erase).unwrap();
            assert!(matches!(answer, Some(Answer::Done { .. })), "{answer:?}");
        }
        (came, made)
    }
}

/// dcmtk's receiver, which keeps nothing.
fn receiver(site: &Site, port: u16) -> Command {
    let mut command = Command::new("storescp");
    command.arg("+tls").arg(site.pki("ai.key")).arg(site.pki("ai.pem")).arg("+cf").arg(site.pki("ca.pem"));
    command.args(["+xa", "--ignore", "-aet", "AI", &port.to_string()]).stdout(Stdio::null());
    command
}

fn median(samples: &[Sample], of: usize) -> u64 {
    let mut values: Vec<u64> =
        samples.iter().filter_map(|sample| sample.fields().get(of).map(|(_, value)| *value)).collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Says what grew between the second and the last quarter.
fn grown(samples: &[Sample]) -> Vec<&'static str> {
    let quarter = samples.len() / 4;
    let second = samples.get(quarter..quarter * 2).unwrap_or_default();
    let last = samples.get(quarter * 3..).unwrap_or_default();
    let compare = |(of, (name, little)): (usize, (&'static str, u64))| {
        let (before, after) = (median(second, of), median(last, of));
        let most = samples.iter().filter_map(|sample| sample.fields().get(of).map(|(_, value)| *value)).max();
        println!(
            "{name}: {before} in the second quarter, {after} in the last, {} at most",
            most.unwrap_or_default()
        );
        (after > before + little).then_some(name)
    };
    LITTLE.fields().into_iter().enumerate().filter_map(compare).collect()
}

/// Watches until the time is over.
fn watch(load: &Load, ward: &Running, seconds: u64, senders: usize) -> Vec<Sample> {
    let (begun, mut samples, mut spent) = (Instant::now(), Vec::new(), 0.0);
    println!(
        "seconds, images in, results, erased as well; kB of the ward and of its readers; threads; descriptors, and of segments; processor seconds"
    );
    let mut of_ended = std::collections::HashMap::new();
    while begun.elapsed() < Duration::from_secs(seconds) {
        std::thread::sleep(EVERY);
        let (came, made) = load.erase(ward, senders * 3);
        // Peers are children too, and of other programs.
        let own = std::fs::read_link("/proc/self/exe").unwrap().with_file_name("reader");
        let mut readers = process::children();
        readers.retain(|one| std::fs::read_link(format!("/proc/{one}/exe")).is_ok_and(|exe| exe == own));
        for reader in &readers {
            if let Some(seconds) = process::processor_seconds(reader, false) {
                of_ended.insert(reader.clone(), seconds);
            }
        }
        spent = process::processor_seconds("self", false).unwrap() + of_ended.values().sum::<f64>();
        let sample = Sample::new(&readers);
        samples.push(sample);
        if samples.len() % 12 == 0 {
            let Sample { memory, of_readers, threads, descriptors, segments } = sample;
            let elapsed = begun.elapsed().as_secs();
            println!(
                "{elapsed}, {came}, {made}; {memory}, {of_readers}; {threads}; {descriptors}, {segments}; {spent:.0}"
            );
        }
    }
    println!("{spent:.0} processor seconds");
    samples
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [study, seconds, senders @ ..] = arguments.as_slice() else {
        eprintln!("soak DIRECTORY SECONDS [SENDERS]: a directory of CT files");
        return ExitCode::from(2);
    };
    let senders: usize = senders.first().map_or(4, |number| number.parse().unwrap());
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(study).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let site = Site::new(POLICIES).unwrap();
    let Some(peer) = Listening::start(|port| receiver(&site, port)) else { return ExitCode::SUCCESS };
    let ward = site.start(None, Some(&To::association("AI", peer.port))).await.unwrap();
    let (waiting, ends) = (AtomicU64::new(0), AtomicBool::new(false));
    let load = Arc::new(Load { site, port: ward.address.port(), files, waiting, ends });
    let mut threads = Vec::new();
    for number in 0..senders {
        let load = Arc::clone(&load);
        threads.push(std::thread::spawn(move || load.send(number)));
    }
    let wrong = Arc::clone(&load);
    threads.push(std::thread::spawn(move || wrong.go_wrong()));
    let samples = tokio::task::block_in_place(|| watch(&load, &ward, seconds.parse().unwrap(), senders));
    load.ends.store(true, Ordering::Relaxed);
    let failed = threads.into_iter().map(std::thread::JoinHandle::join).filter(Result::is_err).count();
    let held = ward.state.originals.quarantined().unwrap().len();
    let grown = grown(&samples);
    println!("{failed} senders failed, {held} objects held back, grown: {grown:?}");
    ward.stop().await;
    if failed + held + grown.len() > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
