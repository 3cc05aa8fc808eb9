//! What a probe is given to run with: deadline, clock, secrets, permissions and a pace it must keep.

use crate::{Fault, Redactor, Secrets};
use jiff::Timestamp;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Tells the time, so that tests can stand in another year.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The moment by which a probe must have ended.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// A deadline so long from now.
    pub fn after(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// What is left of it.
    pub fn left(self) -> Result<Duration, Fault> {
        let left = self.0.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Fault::TimedOut) } else { Ok(left) }
    }

    /// What is left, but no more than `most`.
    pub fn left_at_most(self, most: Duration) -> Result<Duration, Fault> {
        self.left().map(|left| left.min(most))
    }

    /// Sleeps, unless that would outlast the deadline.
    pub fn sleep(self, duration: Duration) -> Result<(), Fault> {
        if self.left()? <= duration {
            return Err(Fault::TimedOut);
        }
        std::thread::sleep(duration);
        Ok(())
    }
}

/// What all probes of a run have in common.
#[derive(Clone)]
pub struct Environment {
    /// Directory of the security file; relative paths begin here.
    pub directory: PathBuf,
    /// Secrets by name.
    pub secrets: Secrets,
    /// The clock ages are measured by.
    pub clock: Arc<dyn Clock>,
    /// Whether probes may start programs named in the file. Whoever may write the file then runs programs here.
    pub may_run_commands: bool,
    /// Least time between two connections to the same host, so that probing never weighs on it.
    pub gap: Duration,
    pub(crate) next_slots: Arc<Mutex<HashMap<String, Instant>>>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Environment")
            .field("directory", &self.directory)
            .field("secrets", &self.secrets)
            .field("may_run_commands", &self.may_run_commands)
            .finish_non_exhaustive()
    }
}

impl Environment {
    /// An environment that starts no programs and connects at most 50 times a second to one host.
    pub fn new(directory: impl Into<PathBuf>, secrets: Secrets) -> Self {
        Self {
            directory: directory.into(),
            secrets,
            clock: Arc::new(SystemClock),
            may_run_commands: false,
            gap: Duration::from_millis(20),
            next_slots: Arc::default(),
        }
    }

    /// A redactor of all secrets.
    pub fn redactor(&self) -> Redactor {
        Redactor::new(&self.secrets)
    }
}

/// What one probe is given.
#[derive(Debug, Clone)]
pub struct Context {
    /// What it shares with others.
    pub environment: Environment,
    /// When it must have ended.
    pub deadline: Deadline,
}

impl Context {
    /// Now, by the clock of the run.
    pub fn now(&self) -> Timestamp {
        self.environment.clock.now()
    }

    /// A path of the file, from its directory.
    pub fn path(&self, path: &str) -> PathBuf {
        self.environment.directory.join(Path::new(path))
    }

    /// The secret of a name.
    pub fn secret(&self, name: &str) -> Result<&str, Fault> {
        self.environment.secrets.get(name).ok_or_else(|| Fault::MissingSecret { name: name.to_owned() })
    }

    /// Waits for this host's turn.
    pub fn keep_pace(&self, host: &str) -> Result<(), Fault> {
        let wait = {
            let mut slots = self.environment.next_slots.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let slot = slots.get(host).copied().unwrap_or(now).max(now);
            slots.insert(host.to_owned(), slot + self.environment.gap);
            slot - now
        };
        if wait.is_zero() { Ok(()) } else { self.deadline.sleep(wait) }
    }

    /// The addresses of `host:port`, of which there is at least one.
    pub fn addresses(&self, target: &str) -> Result<Vec<SocketAddr>, Fault> {
        self.deadline.left()?;
        let found: Vec<_> =
            target.to_socket_addrs().map_err(|error| Fault::unreachable(target, &error))?.collect();
        if found.is_empty() {
            let why = "the name has no address".to_owned();
            return Err(Fault::Unreachable { target: target.to_owned(), why });
        }
        Ok(found)
    }

    /// Connects to one address at this host's pace.
    pub fn connect_to(&self, address: SocketAddr, most: Duration) -> Result<io::Result<TcpStream>, Fault> {
        self.keep_pace(&address.ip().to_string())?;
        let connected = TcpStream::connect_timeout(&address, self.deadline.left_at_most(most)?);
        if let Ok(stream) = &connected {
            // Small hellos and answers: waiting to fill packets only costs time.
            let _ = stream.set_nodelay(true);
        }
        Ok(connected)
    }

    /// Connects to `host:port`, trying each of its addresses.
    pub fn connect(&self, target: &str, most: Duration) -> Result<TcpStream, Fault> {
        let mut fault = Fault::TimedOut;
        for address in self.addresses(target)? {
            match self.connect_to(address, most)? {
                Ok(stream) => return Ok(stream),
                Err(error) => fault = Fault::unreachable(target, &error),
            }
        }
        Err(fault)
    }
}
