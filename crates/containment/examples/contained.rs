//! A worker that does what it is asked to, as one would that was taken over by the bytes it read; and the parent for
//! comparison, when its first argument is `free`. The tests of the crate start it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what fails here is what the tests look for"
)]

use medward_containment::Object;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::{Command, ExitCode};
use std::time::Duration;

fn attempt(what: &str) -> String {
    let outcome = match what {
        "open" => std::fs::File::open("/etc/passwd").map(drop),
        "write" => std::fs::write("/tmp/medward-containment", b"").map(drop),
        "list" => std::fs::read_dir("/").map(drop),
        "connect" => std::net::TcpStream::connect("127.0.0.1:9").map(drop),
        "listen" => std::net::TcpListener::bind("127.0.0.1:0").map(drop),
        "datagram" => std::net::UdpSocket::bind("127.0.0.1:0").map(drop),
        "socket" => std::os::unix::net::UnixListener::bind("/tmp/medward-containment-socket").map(drop),
        "exec" => Command::new("/bin/true").status().map(drop),
        "thread" => std::thread::Builder::new().spawn(|| ()).map(drop),
        "signal" => rustix::process::kill_process(rustix::process::Pid::INIT, rustix::process::Signal::TERM)
            .map_err(Into::into),
        "privileges" => rustix::thread::set_no_new_privs(false).map_err(Into::into),
        "limits" => rustix::process::setrlimit(
            rustix::process::Resource::As,
            rustix::process::Rlimit { current: None, maximum: None },
        )
        .map_err(Into::into),
        other => return format!("unknown: {other}"),
    };
    match outcome {
        Ok(()) => "done".to_owned(),
        Err(error) => format!("{:?}", error.raw_os_error().unwrap_or_default()),
    }
}

fn see(wanted: &str, object: &mut Object<'_>) -> Vec<u8> {
    let (offset, count) = wanted.split_once(' ').unwrap();
    object.seek(SeekFrom::Start(offset.parse().unwrap())).unwrap();
    let mut seen = Vec::new();
    object.take(count.parse().unwrap()).read_to_end(&mut seen).unwrap();
    seen
}

fn answer(request: &[u8], object: &mut Object<'_>) -> Vec<u8> {
    let text = String::from_utf8_lossy(request).into_owned();
    let (what, rest) = text.split_once(' ').unwrap_or((&text, ""));
    match what {
        "echo" => rest.as_bytes().to_vec(),
        "process" => std::process::id().to_string().into_bytes(),
        "see" => see(rest, object),
        "length" => request.len().to_string().into_bytes(),
        "memory" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(vec![1_u8; 1 << 20]);
            }
        }
        "panic" => panic!("of the request"),
        "abort" => std::process::abort(),
        "exit" => std::process::exit(3),
        "stack" => vec![u8::try_from(deep(0) % 251).unwrap()],
        "spin" => loop {
            std::hint::spin_loop();
        },
        "sleep" => {
            std::thread::sleep(Duration::from_mins(1));
            Vec::new()
        }
        "long" => vec![7; 2 << 20],
        other => attempt(other).into_bytes(),
    }
}

#[expect(unconditional_recursion, reason = "exhausts the stack")]
fn deep(level: u64) -> u64 {
    let room = std::hint::black_box([level; 512]);
    deep(level + 1) + room[usize::try_from(level % 512).unwrap()]
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        // Confining a process with threads is refused; one is started first here.
        Some("threads") => {
            let _thread = std::thread::spawn(|| std::thread::sleep(Duration::from_mins(1)));
            medward_containment::serve(&arguments[2], answer)
        }
        Some("worker") => medward_containment::serve(&arguments[2], answer),
        // As the parent does, and then what the kernel says of it.
        Some("give-up") => {
            medward_containment::give_up_privileges(arguments[2] == "low").unwrap();
            println!("{}", std::fs::read_to_string("/proc/self/status").unwrap());
            ExitCode::SUCCESS
        }
        Some("free") => {
            println!("{}", attempt(&arguments[2]));
            ExitCode::SUCCESS
        }
        _ => ExitCode::FAILURE,
    }
}
