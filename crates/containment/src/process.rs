//! A worker's process as its parent holds it: started, greeted, asked under a deadline, and ended for certain.

use crate::confine::Confined;
use crate::frame;
use crate::limits::Limits;
use crate::serve::{READY, REFUSED, confined};
use crate::worker::ContainmentError;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Time for a worker to start and confine itself.
const START: Duration = Duration::from_secs(10);
/// Longest greeting, in bytes.
const GREETING_BYTES_MAX: u32 = 1_000;

/// What a worker is started as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// Arguments before that with the limits.
    pub arguments: Vec<OsString>,
}

impl Program {
    /// This program itself, as it runs, even if another version has taken its place on the disk.
    pub fn itself(command: impl IntoIterator<Item = OsString>) -> Self {
        Self { path: "/proc/self/exe".into(), arguments: command.into_iter().collect() }
    }
}

/// A process; ended when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    socket: UnixStream,
    /// How far it said that it is confined.
    pub(crate) confined: Confined,
    /// Requests that it answered.
    pub(crate) answered: u32,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; in any case no zombie stays.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    pub(crate) fn start(program: &Program, limits: &Limits) -> Result<Self, ContainmentError> {
        let (socket, theirs) = UnixStream::pair().map_err(ContainmentError::Start)?;
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).arg(limits.to_string()).env_clear().current_dir("/");
        command.envs(medward_sabotage::environment());
        // Nothing that a worker prints may end up among the messages of the ward.
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(ContainmentError::Start)?;
        // Holds the other end of the socket, whose closing shows that the worker died.
        drop(command);
        let mut process = Self { child, socket, confined: Confined::WithoutLandlock, answered: 0 };
        let mut left = START;
        let greeting = process.until(&mut left, |socket| frame::read(socket, GREETING_BYTES_MAX));
        let greeting = greeting.map_err(|error| process.end(&error, START))?;
        match greeting.as_deref() {
            Some([READY, code]) => {
                let confined = confined(*code);
                process.confined = confined
                    .ok_or_else(|| ContainmentError::NotConfined("it says something else".to_owned()))?;
                Ok(process)
            }
            Some([REFUSED, why @ ..]) => {
                Err(ContainmentError::NotConfined(String::from_utf8_lossy(why).into_owned()))
            }
            Some(_) => Err(ContainmentError::NotConfined("it says something else".to_owned())),
            None => Err(process.death()),
        }
    }

    /// Does something with the socket in the time that is left for it. What the parent does in between takes none of that time.
    pub(crate) fn until<T>(
        &self,
        left: &mut Duration,
        act: impl FnOnce(&mut Timed<'_>) -> io::Result<T>,
    ) -> io::Result<T> {
        let began = Instant::now();
        let acted = act(&mut Timed { socket: &self.socket, began, deadline: *left });
        *left = left.saturating_sub(began.elapsed());
        acted
    }

    /// What an error of the socket means.
    pub(crate) fn end(&mut self, error: &io::Error, deadline: Duration) -> ContainmentError {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => ContainmentError::Deadline(deadline),
            _ => self.death(),
        }
    }

    /// How it ended.
    pub(crate) fn death(&mut self) -> ContainmentError {
        // The socket is closed, or it talks nonsense: either way it is over.
        let _ = self.child.kill();
        let how = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        ContainmentError::Died(how)
    }
}

/// A socket of which each read and write has only the time that is left.
pub(crate) struct Timed<'s> {
    socket: &'s UnixStream,
    began: Instant,
    deadline: Duration,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_sub(self.began.elapsed());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl io::Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buffer)
    }
}

impl io::Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
