//! What a worker that was taken over can still do: nothing but answer wrongly or die.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be made is a failed test"
)]

use medward_containment::{Confined, ContainmentError, Limits, Program, Worker, Workers};
use std::path::PathBuf;
use std::time::Duration;

/// The example `contained`, built beside the tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples/contained")
}

fn program(command: &str) -> Program {
    Program { path: example(), arguments: vec![command.into()] }
}

fn limits() -> Limits {
    Limits {
        request_bytes_max: 1 << 20,
        answer_bytes_max: 1 << 20,
        deadline: Duration::from_secs(5),
        ..Limits::default()
    }
}

fn workers(limits: Limits) -> Workers {
    Workers::start(program("worker"), limits, 1, 4).unwrap().0
}

fn ask(worker: &mut Worker, request: &str) -> String {
    String::from_utf8(worker.ask(request.as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_worker_answers_and_can_do_nothing_else() {
    let (workers, confined) = Workers::start(program("worker"), limits(), 1, 4).unwrap();
    if confined != Confined::Fully {
        eprintln!("this kernel confines workers {confined:?}");
    }
    let mut worker = workers.take().unwrap();
    assert_eq!(ask(&mut worker, "echo hello"), "hello");
    let attempts = [
        "open",
        "write",
        "list",
        "connect",
        "listen",
        "datagram",
        "socket",
        "exec",
        "thread",
        "signal",
        "privileges",
        "limits",
    ];
    for attempt in attempts {
        let answer = ask(&mut worker, attempt);
        // EPERM by seccomp, EACCES by landlock; the standard library gives EAGAIN as it is for threads.
        assert!(["1", "13"].contains(&answer.as_str()), "{attempt}: {answer}");
    }
    assert_eq!(ask(&mut worker, "echo still there"), "still there");
}

/// What the kernel says of the processes that this one started.
fn status_of_children() -> Vec<String> {
    let own = format!("PPid:\t{}\n", std::process::id());
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(entry.ok()?.path().join("status")).ok()
    };
    std::fs::read_dir("/proc").unwrap().filter_map(read).filter(|status| status.contains(&own)).collect()
}

#[test]
fn the_kernel_says_that_it_is_confined() {
    let workers = workers(limits());
    let mut worker = workers.take().unwrap();
    workers.refill().unwrap();
    ask(&mut worker, "echo there");
    let children = status_of_children();
    assert_eq!(children.len(), 2);
    for status in children {
        for line in [
            "CapEff:\t0000000000000000",
            "CapPrm:\t0000000000000000",
            "NoNewPrivs:\t1",
            "Seccomp:\t2",
            "Threads:\t1",
        ] {
            assert!(status.contains(line), "{line} is not in\n{status}");
        }
    }
    drop(worker);
    assert_eq!(status_of_children().len(), 1, "a worker outlives who took it");
}

/// The same attempts succeed outside: the test above has teeth.
#[test]
fn the_same_program_unconfined_can() {
    for attempt in ["open", "list", "listen", "datagram", "exec", "thread"] {
        let output = std::process::Command::new(example()).args(["free", attempt]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "done", "{attempt}");
    }
}

#[test]
fn a_death_costs_one_request() {
    let workers = workers(Limits { memory_bytes: 256 << 20, ..limits() });
    let mut other = workers.take().unwrap();
    let mut worker = workers.take().unwrap();
    for request in ["memory", "panic", "abort", "exit", "stack"] {
        let died = worker.ask(request.as_bytes());
        assert!(matches!(died, Err(ContainmentError::Died(_))), "{request}: {died:?}");
        // The same handle goes on with a new worker, and the neighbour did not notice.
        assert_eq!(ask(&mut worker, "echo next"), "next");
        assert_eq!(ask(&mut other, "echo neighbour"), "neighbour");
    }
}

#[test]
fn who_does_not_answer_in_time_is_ended() {
    let workers = workers(Limits { deadline: Duration::from_millis(300), ..limits() });
    let mut worker = workers.take().unwrap();
    for request in ["spin", "sleep"] {
        assert!(matches!(worker.ask(request.as_bytes()), Err(ContainmentError::Deadline(_))), "{request}");
        assert_eq!(ask(&mut worker, "echo next"), "next");
    }
}

#[test]
fn a_spinning_worker_whose_parent_is_gone_ends_by_itself() {
    let limits = Limits { processor_seconds: 1, deadline: Duration::from_secs(30), ..limits() };
    let mut worker = workers(limits).take().unwrap();
    let died = worker.ask(b"spin");
    assert!(matches!(&died, Err(ContainmentError::Died(how)) if how.contains("signal")), "{died:?}");
}

#[test]
fn requests_and_answers_have_a_length() {
    let workers = workers(limits());
    let mut worker = workers.take().unwrap();
    assert!(matches!(worker.ask(&vec![0; (1 << 20) + 1]), Err(ContainmentError::RequestTooLong(_))));
    assert!(matches!(worker.ask(b"long"), Err(ContainmentError::AnswerTooLong(_))));
    for piece in ["len", "gth", " of pieces"] {
        worker.push(piece.as_bytes()).unwrap();
    }
    assert_eq!(worker.answer().unwrap(), b"16");
    worker.push(&vec![0; 1 << 20]).unwrap();
    assert!(matches!(worker.push(b"x"), Err(ContainmentError::RequestTooLong(_))));
    assert_eq!(ask(&mut worker, "echo next"), "next");
}

#[test]
fn so_many_at_once_and_no_more() {
    let workers = workers(Limits { deadline: Duration::from_millis(500), ..limits() });
    let mut taken: Vec<Worker> = (0..4).map(|_| workers.take().unwrap()).collect();
    assert!(matches!(workers.take(), Err(ContainmentError::Busy(4))));
    // Who waits gets the place of the next that is given back.
    let waits = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| workers.take().map(drop));
        std::thread::sleep(Duration::from_millis(50));
        taken.pop();
        waiting.join().unwrap()
    });
    assert!(waits.is_ok(), "{waits:?}");
    drop(taken);
    workers.refill().unwrap();
    assert_eq!(ask(&mut workers.take().unwrap(), "echo free again"), "free again");
}

#[test]
fn what_is_not_confined_reads_nothing() {
    let started = Workers::start(program("threads"), limits(), 1, 1);
    assert!(
        matches!(&started, Err(ContainmentError::NotConfined(why)) if why.contains("threads")),
        "{started:?}"
    );
    let none = Program { path: "/nonexistent".into(), arguments: Vec::new() };
    assert!(matches!(Workers::start(none, limits(), 1, 1), Err(ContainmentError::Start(_))));
    let mute = Program { path: "/bin/true".into(), arguments: Vec::new() };
    assert!(matches!(Workers::start(mute, limits(), 1, 1), Err(ContainmentError::Died(_))));
}

#[test]
fn a_worker_serves_one_again_and_never_another() {
    let workers = workers(limits());
    let of = |whom: &str| ask(&mut workers.take_for(whom).unwrap(), "process");
    let first = of("CT-1");
    assert_eq!(of("CT-1"), first);
    let other = of("CT-2");
    assert_ne!(other, first);
    assert_eq!((of("CT-1"), of("CT-2")), (first.clone(), other));
    assert_ne!(ask(&mut workers.take().unwrap(), "process"), first);
    // One that died is replaced, also by one of its own.
    let mut worker = workers.take_for("CT-1").unwrap();
    assert!(worker.ask(b"abort").is_err());
    drop(worker);
    assert_ne!(of("CT-1"), first);
}

#[test]
fn a_worker_sees_what_it_wants_of_an_object_and_only_that() {
    let workers = workers(limits());
    let mut worker = workers.take().unwrap();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let mut object = std::io::Cursor::new(&bytes);
    let mut at = |request: &str| worker.ask_about(request.as_bytes(), &mut object).unwrap();
    assert_eq!(at("see 0 10"), bytes[..10]);
    assert_eq!(at("see 2999990 100"), bytes[2_999_990..]);
    assert_eq!(at("see 3000000 100"), b"");
    assert_eq!(at("see 9000000 100"), b"");
    assert!(worker.ask_about(b"see 100 2900000", &mut object).is_err(), "the answer is too long");
    let mut at = |request: &str| worker.ask_about(request.as_bytes(), &mut object).unwrap();
    assert_eq!(at("see 1000 700000"), bytes[1_000..701_000]);
}

/// A disk that fails costs the object, and is not laid to the worker.
#[test]
fn an_object_that_cannot_be_read_is_said() {
    struct Broken(std::io::Cursor<Vec<u8>>);
    impl std::io::Read for Broken {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            if self.0.position() > 50_000 { Err(std::io::Error::other("the disk")) } else { self.0.read(out) }
        }
    }
    impl std::io::Seek for Broken {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }
    let workers = workers(limits());
    let mut worker = workers.take().unwrap();
    let mut object = Broken(std::io::Cursor::new(vec![1; 100_000]));
    assert_eq!(worker.ask_about(b"see 0 3", &mut object).unwrap(), [1, 1, 1]);
    let failed = worker.ask_about(b"see 60000 3", &mut object);
    assert!(matches!(failed, Err(ContainmentError::Object(_))), "{failed:?}");
    assert_eq!(ask(&mut worker, "echo next"), "next");
}

#[test]
fn the_parent_gives_up_what_it_does_not_need() {
    let own = std::fs::read_to_string("/proc/self/status").unwrap();
    let may_bind_low = own.contains("CapEff:\t000001ffffffffff");
    for (listens, kept) in [("high", "0000000000000000"), ("low", "0000000000000400")] {
        let output = std::process::Command::new(example()).args(["give-up", listens]).output().unwrap();
        let status = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(status.contains("NoNewPrivs:\t1"), "{status}");
        if listens == "high" || may_bind_low {
            assert!(status.contains(&format!("CapEff:\t{kept}")), "{listens}: {status}");
            assert!(status.contains(&format!("CapPrm:\t{kept}")), "{listens}: {status}");
        }
    }
}
