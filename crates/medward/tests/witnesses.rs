//! Witnesses: a foreign one in a process of its own, and hostile ones.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a command that cannot be run is a failed test"
)]

use medward_ledger::note::KeyKind;
use medward_ledger::witness::request;
use medward_ledger::{Hash, Log, Note, Signer, Tree, key};
use medward_test_peers::free_port;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const NAME: &str = "ledger.example/device";

struct Device(tempfile::TempDir);

impl Device {
    fn new() -> Self {
        let device = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(device.path("device")).unwrap();
        std::fs::write(device.path("device/device.toml"), "[device]\nname = \"Reader\"\n").unwrap();
        drop(key::create(&device.path("key"), NAME, "pass").unwrap());
        device.append(2, "entry");
        std::fs::write(device.path("device/ledger/key.pub"), device.verifier() + "\n").unwrap();
        device
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn verifier(&self) -> String {
        key::open(&self.path("key"), "pass").unwrap().verifier().to_string()
    }

    fn append(&self, count: usize, word: &str) {
        let signer = key::open(&self.path("key"), "pass").unwrap();
        let log = Log::open(&self.path("device/ledger"), signer).unwrap();
        for number in 0..count {
            log.append(format!("{word} {number}").as_bytes()).unwrap();
        }
    }

    fn name_witness(&self, key: &str, url: &str) {
        let text = format!("[witness.W-1]\ntitle = \"Elsewhere\"\nkey = \"{key}\"\nurl = \"{url}\"\n");
        std::fs::write(self.path("device/witness.toml"), text).unwrap();
    }

    fn ask(&self) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_medward"));
        let output = command.args(["ledger", "witness"]).arg(self.path("device")).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    }

    fn copy(&self, from: &str, to: &str) {
        let _ = std::fs::remove_dir_all(self.path(to));
        let copied = Command::new("cp").arg("-r").arg(self.path(from)).arg(self.path(to)).status();
        assert!(copied.unwrap().success());
    }
}

/// A witness that nobody here wrote.
struct Foreign {
    process: Child,
    key: String,
    url: String,
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Foreign {
    fn start(directory: &Path, log: Option<&str>) -> Option<Self> {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../examiners/python/bin/aics-witness");
        if !program.exists() {
            eprintln!("SKIPPED: `./test` puts aics-witness into target/examiners; it is not there");
            return None;
        }
        let free = std::net::SocketAddr::from(([127, 0, 0, 1], free_port()));
        let witness = |arguments: &[&str]| {
            let mut command = Command::new(&program);
            command.args(arguments).current_dir(directory).stderr(Stdio::null());
            command
        };
        let listen = free.to_string();
        let made = witness(&["init", "--name", "witness.example/w1", "--listen", &listen]).output().unwrap();
        let key = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        assert!(key.starts_with("witness.example/w1+"), "{key}");
        if let Some(log) = log {
            let added = witness(&["add-log", "--origin", NAME, "--vkey", log]).output().unwrap();
            assert!(added.status.success());
        }
        let process = witness(&["serve"]).stdout(Stdio::null()).spawn().unwrap();
        let foreign = Self { process, key, url: format!("http://{free}") };
        let began = Instant::now();
        while TcpStream::connect(free).is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "the witness does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(foreign)
    }
}

#[test]
fn a_foreign_witness_cosigns_and_refuses_rollback_and_fork() {
    let device = Device::new();
    let place = tempfile::tempdir().unwrap();
    let Some(foreign) = Foreign::start(place.path(), Some(&device.verifier())) else { return };
    device.name_witness(&foreign.key, &foreign.url);
    let (code, text) = device.ask();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("witness.W-1: 2 entries cosigned"), "{text}");
    device.copy("device/ledger", "yesterday");
    device.append(300, "later");
    assert!(device.ask().1.starts_with("witness.W-1: 302 entries cosigned"));

    // The whole directory of yesterday comes back, also what was cosigned then.
    device.copy("yesterday", "device/ledger");
    let (code, text) = device.ask();
    assert_eq!(code, Some(1));
    assert!(text.contains("it cosigned 302 entries, the ledger has 2: the ledger was rolled back"), "{text}");
    // And goes on with other entries, past what the witness knows.
    device.append(400, "other");
    let (code, text) = device.ask();
    assert_eq!(code, Some(1));
    assert!(text.contains("rolled back or forked: keep both heads"), "{text}");
}

impl Foreign {
    /// What it answers when it is told a head with a proof from the size it knows, as any client might.
    fn told(&self, known: u64, proof: &[Hash], head: &Note) -> (u16, String) {
        let body = request(known, proof, head);
        let host = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let length = body.len();
        let head = format!("POST /add-checkpoint HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n");
        stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

#[test]
fn a_foreign_witness_refuses_rollback_bad_proof_and_fork_whatever_the_client() {
    let device = Device::new();
    let place = tempfile::tempdir().unwrap();
    let Some(foreign) = Foreign::start(place.path(), Some(&device.verifier())) else { return };
    let ledger = device.path("device/ledger");
    let head = || Note::parse(&std::fs::read(ledger.join("checkpoint")).unwrap()).unwrap();
    let small = head();
    assert_eq!(foreign.told(0, &[], &small).0, 200);
    device.copy("device/ledger", "small");
    device.append(300, "later");
    let large = head();
    let proof = Tree::new(&ledger, 302).consistency(2).unwrap();
    // It knows 2 entries, not none.
    assert_eq!(foreign.told(0, &[], &large), (409, "2\n".to_owned()));
    for at in 0..proof.len() {
        let mut bad = proof.clone();
        bad[at].0[at] ^= 1;
        assert_eq!(foreign.told(2, &bad, &large).0, 422, "hash {at}");
    }
    assert_eq!(foreign.told(2, &proof[1..], &large).0, 422);
    assert_eq!(foreign.told(2, &proof, &large).0, 200);
    // Rolled back to the head of before.
    assert_eq!(foreign.told(2, &[], &small), (409, "302\n".to_owned()));
    // Forked behind the second entry: as long as what it knows, and longer.
    device.copy("small", "device/ledger");
    device.append(300, "other");
    assert_eq!(foreign.told(302, &[], &head()).0, 422);
    device.append(100, "other");
    let proof = Tree::new(&ledger, 402).consistency(302).unwrap();
    assert_eq!(foreign.told(302, &proof, &head()).0, 422);
}

#[test]
fn a_foreign_witness_that_does_not_know_the_log_is_named() {
    let device = Device::new();
    let place = tempfile::tempdir().unwrap();
    let Some(foreign) = Foreign::start(place.path(), None) else { return };
    device.name_witness(&foreign.key, &foreign.url);
    let (code, text) = device.ask();
    assert_eq!(code, Some(1));
    assert!(text.contains("does not know this log"), "{text}");
}

/// A server that gives every question the same answer; counts the questions.
fn answering(answer: String) -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or_default() <= 2 {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            let _ = reader.read_exact(&mut body);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, asked)
}

fn http(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} -\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

#[test]
fn hostile_answers_are_refused_and_nothing_is_kept() {
    let device = Device::new();
    let witness = Signer::new("witness.example/w1", KeyKind::Witness, &[3; 32]).unwrap();
    let stranger = Signer::new("witness.example/w1", KeyKind::Witness, &[4; 32]).unwrap();
    let head = std::fs::read(device.path("device/ledger/checkpoint")).unwrap();
    let head = medward_ledger::Note::parse(&head).unwrap();
    let mut forged = head.clone();
    forged.add(stranger.sign(head.text(), 1_763_900_000));
    let forged = forged.to_string().strip_prefix(&head.to_string()).unwrap().to_owned();
    for (answer, said, questions) in [
        (http(409, "1\n"), "does not stay with the size", 2),
        (http(409, "99\n"), "the ledger was rolled back", 1),
        (http(409, "many\n"), "answered 409, which means nothing here: many", 1),
        (http(200, &forged), "the witness's cosignature does not hold", 1),
        (http(200, ""), "the witness's cosignature does not hold", 1),
        (http(200, &"x".repeat(1 << 20)), "does not hold", 1),
        (http(403, "no\u{1b}[2J"), "it knows another key of this log", 1),
        (http(302, "Location: elsewhere"), "answered 302", 1),
        ("HTTP/1.1 ".to_owned(), "no answer from", 1),
    ] {
        let (url, asked) = answering(answer);
        device.name_witness(&witness.verifier().to_string(), &url);
        let (code, text) = device.ask();
        assert_eq!(code, Some(1), "{said}: {text}");
        assert!(text.contains(said), "{said}: {text}");
        assert!(!text.contains('\u{1b}'));
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), questions, "{said}");
        assert!(!device.path("device/ledger/witnessed/W-1").exists(), "{said}");
    }
}

#[test]
fn without_a_witness_or_with_a_broken_ledger_nobody_is_asked() {
    let device = Device::new();
    let (code, text) = device.ask();
    assert_eq!(code, Some(2));
    assert!(text.contains("names no witness"), "{text}");
    let witness = Signer::new("witness.example/w1", KeyKind::Witness, &[3; 32]).unwrap();
    let (url, asked) = answering(http(200, ""));
    device.name_witness(&witness.verifier().to_string(), &url);
    let segment = device.path("device/ledger/segment");
    let mut bytes = std::fs::read(&segment).unwrap();
    let at = bytes.windows(7).position(|part| part == b"entry 1").unwrap();
    bytes[at] = b'E';
    std::fs::write(segment, bytes).unwrap();
    let (code, text) = device.ask();
    assert_eq!(code, Some(2));
    assert!(text.contains("the ledger does not hold"), "{text}");
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 0);
}
