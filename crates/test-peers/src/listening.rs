//! Programs that listen on a port they must be told.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Below the range from which the kernel takes ports of outgoing connections (`ip_local_port_range`, from 32768): a port of
/// that range that is free now may be the near end of another test's connection when the program binds it.
const PORTS: Range<u16> = 12_000..32_000;
const TRIES: usize = 4;
const SECONDS_MAX: Duration = Duration::from_secs(30);

/// A port on which nobody listens, for a program that must be told one or for a test that nobody answers.
///
/// # Panics
/// Where all 20,000 ports are taken.
pub fn free_port() -> u16 {
    let start = RandomState::new().hash_one(std::process::id());
    let span = u64::from(PORTS.end - PORTS.start);
    let ports = (0..span).filter_map(|step| u16::try_from(start.wrapping_add(step) % span).ok());
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)).is_ok();
    ports
        .map(|offset| PORTS.start + offset)
        .find(is_free)
        .unwrap_or_else(|| panic!("no free port in {PORTS:?}"))
}

/// Whether somebody listens there, asked of the kernel (`proc_pid_net(5)`): some peers serve one connection and end, and a
/// connection made only to see would be that one.
fn is_listening(port: u16) -> bool {
    const LISTEN: &str = "0A";
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let end = format!(":{port:04X}");
    tables.iter().flat_map(|table| table.lines()).any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        fields.next().is_some_and(|local| local.ends_with(&end)) && fields.nth(1) == Some(LISTEN)
    })
}

/// A program that listens on a port of the loopback interface; killed when dropped.
pub struct Listening {
    child: Child,
    /// Where it listens.
    pub port: u16,
}

impl Listening {
    /// Number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Starts the command that is made for a port, and waits until it listens there; one that ends by itself, as on a
    /// port that was taken meanwhile, is started on another. `None`, said as skipped, where the program is not installed.
    ///
    /// # Panics
    /// When it does not listen in 30 s, or ends by itself four times, with what it wrote on standard error.
    pub fn start(command_on: impl Fn(u16) -> Command) -> Option<Self> {
        let mut said = String::new();
        for _ in 0..TRIES {
            let port = free_port();
            match Self::start_on(port, command_on(port))? {
                Ok(listening) => return Some(listening),
                Err(ended) => said.push_str(&ended),
            }
        }
        panic!("a peer ends by itself; it said: {said}");
    }

    /// Starts the command, which listens on that port, as [`Listening::start`] does; as error what it said if it ended by itself.
    ///
    /// # Panics
    /// When it does not listen in 30 s.
    pub fn start_on(port: u16, mut command: Command) -> Option<Result<Self, String>> {
        let errors = tempfile::NamedTempFile::new().ok()?;
        let said = || std::fs::read_to_string(errors.path()).unwrap_or_default();
        let Ok(child) = command.stdout(Stdio::null()).stderr(errors.reopen().ok()?).spawn() else {
            eprintln!("SKIPPED: no {}; ./test installs it", command.get_program().display());
            return None;
        };
        let mut listening = Self { child, port };
        let began = Instant::now();
        while began.elapsed() < SECONDS_MAX {
            if is_listening(port) {
                return Some(Ok(listening));
            }
            if matches!(listening.child.try_wait(), Ok(Some(_))) {
                return Some(Err(said()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("a peer does not listen; it said: {}", said());
    }

    /// Its address, as `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
