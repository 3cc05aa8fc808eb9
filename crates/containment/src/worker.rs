//! The parent's side: workers that stand ready, one for each who asks, and the end of those that died.

use crate::confine::Confined;
use crate::frame;
use crate::limits::Limits;
use crate::serve::{READY, REFUSED, confined};
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time for a worker to start and confine itself.
const START: Duration = Duration::from_secs(10);
/// Longest greeting, in bytes.
const GREETING_BYTES_MAX: u32 = 1_000;

/// Why a worker gave no answer. Each costs one request: the next one is asked of a new worker.
#[derive(Debug, thiserror::Error)]
pub enum ContainmentError {
    /// It did not start.
    #[error("cannot start a worker: {0}")]
    Start(io::Error),
    /// It could not confine itself, and read nothing.
    #[error("a worker could not confine itself: {0}")]
    NotConfined(String),
    /// As many work as may.
    #[error("all {0} workers are at work")]
    Busy(usize),
    /// The request is too long.
    #[error("a request has at most {0} bytes")]
    RequestTooLong(u32),
    /// The answer is too long.
    #[error("the worker answered with more than {0} bytes")]
    AnswerTooLong(u32),
    /// It did not answer in time, and was ended.
    #[error("the worker did not answer within {} s, and was ended", .0.as_secs_f32())]
    Deadline(Duration),
    /// It ended while it worked.
    #[error("the worker died of the request ({0})")]
    Died(String),
}

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

/// Starts workers, and keeps some ready.
#[derive(Debug, Clone)]
pub struct Workers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    program: Program,
    limits: Limits,
    ready_max: usize,
    at_work_max: usize,
    ready: Mutex<Vec<Process>>,
    at_work: AtomicUsize,
}

/// A process; ended when dropped.
#[derive(Debug)]
struct Process {
    child: Child,
    socket: UnixStream,
    confined: Confined,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; in any case no zombie stays.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start(program: &Program, limits: &Limits) -> Result<Self, ContainmentError> {
        let (socket, theirs) = UnixStream::pair().map_err(ContainmentError::Start)?;
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).arg(limits.to_string()).env_clear().current_dir("/");
        // Nothing that a worker prints may end up among the messages of the ward.
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(ContainmentError::Start)?;
        // Holds the other end of the socket, whose closing shows that the worker died.
        drop(command);
        let mut process = Self { child, socket, confined: Confined::WithoutLandlock };
        let greeting =
            process.until(Instant::now(), START, |socket| frame::read(socket, GREETING_BYTES_MAX))?;
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

    /// Does something with the socket in the time that is left of a deadline.
    fn until<T>(
        &mut self,
        began: Instant,
        deadline: Duration,
        act: impl FnOnce(&mut Timed<'_>) -> io::Result<T>,
    ) -> Result<T, ContainmentError> {
        let mut timed = Timed { socket: &self.socket, began, deadline };
        act(&mut timed).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => ContainmentError::Deadline(deadline),
            _ => self.death(),
        })
    }

    /// How it ended.
    fn death(&mut self) -> ContainmentError {
        // The socket is closed, or it talks nonsense: either way it is over.
        let _ = self.child.kill();
        let how = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        ContainmentError::Died(how)
    }
}

/// A socket of which each read and write has only the time that is left.
struct Timed<'s> {
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

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Workers {
    /// Starts so many workers that stand ready, and says how far they are confined; more are started when they are taken, up to so
    /// many at work at once.
    pub fn start(
        program: Program,
        limits: Limits,
        ready: usize,
        at_work_max: usize,
    ) -> Result<(Self, Confined), ContainmentError> {
        let first = Process::start(&program, &limits)?;
        let confined = first.confined;
        let (ready_max, ready) = (ready, Mutex::new(vec![first]));
        let at_work = AtomicUsize::new(0);
        let workers = Self(Arc::new(Shared { program, limits, ready_max, at_work_max, ready, at_work }));
        workers.refill()?;
        Ok((workers, confined))
    }

    /// Starts what is missing of those that stand ready. To be called when there is time, so that who takes one need not wait.
    pub fn refill(&self) -> Result<(), ContainmentError> {
        while self.0.ready().len() < self.0.ready_max {
            let process = Process::start(&self.0.program, &self.0.limits)?;
            self.0.ready().push(process);
        }
        Ok(())
    }

    /// A worker for one who asks: nobody asked it before, and nobody will after.
    pub fn take(&self) -> Result<Worker, ContainmentError> {
        let shared = Arc::clone(&self.0);
        let more = |at_work: usize| (at_work < shared.at_work_max).then_some(at_work.saturating_add(1));
        if shared.at_work.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_err() {
            return Err(ContainmentError::Busy(shared.at_work_max));
        }
        let mut worker = Worker { shared, process: None, request: Vec::new() };
        worker.process()?;
        Ok(worker)
    }
}

impl Shared {
    fn ready(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker of one's own. When it dies of a request, the next is asked of a new one.
#[derive(Debug)]
pub struct Worker {
    shared: Arc<Shared>,
    process: Option<Process>,
    /// Pieces of a request that is not sent yet.
    request: Vec<u8>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.at_work.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Worker {
    fn process(&mut self) -> Result<&mut Process, ContainmentError> {
        let there = self.process.take().or_else(|| self.shared.ready().pop());
        let process = there.map_or_else(|| Process::start(&self.shared.program, &self.shared.limits), Ok)?;
        Ok(self.process.insert(process))
    }

    /// Takes a piece of a request whose bytes arrive bit by bit. The deadline runs from the last piece, so that a slow sender does
    /// not end the worker.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), ContainmentError> {
        let most = self.shared.limits.request_bytes_max;
        if self.request.len().saturating_add(piece.len()) > most as usize {
            self.request.clear();
            return Err(ContainmentError::RequestTooLong(most));
        }
        self.request.extend_from_slice(piece);
        Ok(())
    }

    /// Sends what was pushed, and waits for the answer.
    pub fn answer(&mut self) -> Result<Vec<u8>, ContainmentError> {
        let request = std::mem::take(&mut self.request);
        self.ask(&request)
    }

    /// Asks, and waits for the answer. It comes from a process that may have been taken over by the bytes it read: believe nothing
    /// of it unchecked.
    pub fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, ContainmentError> {
        let limits = self.shared.limits.clone();
        if request.len() > limits.request_bytes_max as usize {
            return Err(ContainmentError::RequestTooLong(limits.request_bytes_max));
        }
        let began = Instant::now();
        let process = self.process()?;
        let mut is_too_long = false;
        let answer = process.until(began, limits.deadline, |socket| {
            frame::write(socket, request)?;
            socket.flush()?;
            frame::read(socket, limits.answer_bytes_max).inspect_err(|error| {
                is_too_long = error.kind() == io::ErrorKind::FileTooLarge;
            })
        });
        let answer = match answer {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => process.death(),
            Err(_) if is_too_long => ContainmentError::AnswerTooLong(limits.answer_bytes_max),
            Err(error) => error,
        };
        self.process = None;
        Err(answer)
    }
}
