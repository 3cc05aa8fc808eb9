//! Forwarding to a syslog server over TLS (RFC 5425). A thread of its own: the ward never waits for the server.
//!
//! The protocol has no acknowledgement. A message counts as received when the connection it was written to lived on for a while, or was
//! closed by both sides in order; whatever else was written is sent again on the next connection. So a message may arrive twice,
//! and is never lost.

use crate::spool::{Place, Spool};
use crate::syslog::frame;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Time for connecting, for the handshake, and for each write.
const NETWORK: Duration = Duration::from_secs(10);
/// How long a connection has to live on before what was written to it counts as received.
const LIVED_ON: Duration = Duration::from_secs(30);
/// Pauses between tries to connect.
const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How often it looks whether the server is still there, while there is nothing to send.
const IDLE: Duration = Duration::from_millis(200);
/// Messages written at once.
const AT_ONCE: usize = 100;

/// The server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its address.
    pub address: SocketAddr,
    /// Its name, as its certificate has it.
    pub name: ServerName<'static>,
    /// How to speak TLS with it, with the client's certificate in it.
    pub tls: Arc<ClientConfig>,
}

/// How it goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The server is connected.
    pub is_connected: bool,
    /// Messages written to the server since the start, those sent again too.
    pub sent: u64,
    /// Connections since the start.
    pub connections: u64,
    /// Why it is not connected, or what went wrong last.
    pub error: Option<String>,
    /// Bytes that wait.
    pub waiting_bytes: u64,
}

/// Sends what a spool holds until it is dropped.
#[derive(Debug)]
pub struct Forwarder {
    spool: Arc<Spool>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    status: Mutex<Status>,
    ends: AtomicBool,
}

impl Shared {
    fn note(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn ends(&self) -> bool {
        self.ends.load(Ordering::Acquire)
    }
}

impl Forwarder {
    /// Starts sending.
    pub fn start(spool: Arc<Spool>, server: Server) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (for_thread, its_spool) = (Arc::clone(&shared), Arc::clone(&spool));
        let thread = std::thread::Builder::new()
            .name("audit messages".to_owned())
            .spawn(move || forward(&its_spool, &server, &for_thread))?;
        Ok(Self { spool, shared, thread: Some(thread) })
    }

    /// How it goes: for metrics, and an alarm when messages wait too long.
    pub fn status(&self) -> Status {
        let status = self.shared.status.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Status { waiting_bytes: self.spool.waiting_bytes(), ..status }
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // What is not sent stays in the spool.
            let _ = thread.join();
        }
    }
}

fn forward(spool: &Spool, server: &Server, shared: &Shared) {
    let mut pause = PAUSE_MIN;
    while !shared.ends() {
        let result = Connection::open(server).and_then(|mut connection| {
            shared.note(|status| {
                status.is_connected = true;
                status.connections = status.connections.saturating_add(1);
                status.error = None;
            });
            pause = PAUSE_MIN;
            connection.run(spool, shared)
        });
        shared.note(|status| {
            status.is_connected = false;
            status.error = result.as_ref().err().map(ToString::to_string);
        });
        if result.is_err() {
            sleep(pause, shared);
            pause = pause.saturating_mul(2).min(PAUSE_MAX);
        }
    }
}

/// Sleeps, unless the end comes first.
fn sleep(pause: Duration, shared: &Shared) {
    let began = Instant::now();
    while began.elapsed() < pause && !shared.ends() {
        std::thread::sleep(IDLE.min(pause));
    }
}

struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
    /// What was written and may be lost yet: when, and the place behind it.
    written: VecDeque<(Instant, Place)>,
}

impl Connection {
    fn open(server: &Server) -> io::Result<Self> {
        let socket = TcpStream::connect_timeout(&server.address, NETWORK)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(NETWORK))?;
        socket.set_write_timeout(Some(NETWORK))?;
        let tls = ClientConnection::new(Arc::clone(&server.tls), server.name.clone());
        let mut stream = StreamOwned::new(tls.map_err(io::Error::other)?, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self { stream, written: VecDeque::new() })
    }

    fn run(&mut self, spool: &Spool, shared: &Shared) -> io::Result<()> {
        let mut place = spool.settled();
        while !shared.ends() {
            let messages = spool.after(place, AT_ONCE, IDLE).map_err(io::Error::other)?;
            let frames: Vec<u8> = messages.iter().flat_map(|(line, _)| frame(line)).collect();
            if let Some((_, behind)) = messages.last() {
                self.stream.write_all(&frames)?;
                self.stream.flush()?;
                place = *behind;
                self.written.push_back((Instant::now(), place));
                shared.note(|status| status.sent = status.sent.saturating_add(messages.len() as u64));
            }
            // After the write: a server that is gone shows itself here.
            self.look(Duration::from_millis(1))?;
            self.settle_older_than(spool, LIVED_ON)?;
        }
        self.close(spool)
    }

    /// Looks whether the server is still there. It has nothing to say: only its end can be read.
    fn look(&mut self, patience: Duration) -> io::Result<()> {
        self.stream.sock.set_read_timeout(Some(patience))?;
        match self.stream.read(&mut [0; 64]) {
            Ok(0) => Err(io::ErrorKind::ConnectionReset.into()),
            Ok(_) => Ok(()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn settle_older_than(&mut self, spool: &Spool, age: Duration) -> io::Result<()> {
        let mut settled = None;
        while self.written.front().is_some_and(|(at, _)| at.elapsed() >= age) {
            settled = self.written.pop_front();
        }
        settled.map_or(Ok(()), |(_, place)| spool.settle(place).map_err(io::Error::other))
    }

    /// Closes in order: once the server closes too, it has read everything.
    fn close(&mut self, spool: &Spool) -> io::Result<()> {
        self.stream.conn.send_close_notify();
        self.stream.flush()?;
        self.stream.sock.shutdown(std::net::Shutdown::Write)?;
        self.stream.sock.set_read_timeout(Some(NETWORK))?;
        let mut rest = [0; 64];
        loop {
            match self.stream.read(&mut rest) {
                Ok(0) => return self.settle_older_than(spool, Duration::ZERO),
                Ok(_) => {}
                // Closed without a last word of TLS: read to the end all the same.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return self.settle_older_than(spool, Duration::ZERO);
                }
                Err(error) => return Err(error),
            }
        }
    }
}
