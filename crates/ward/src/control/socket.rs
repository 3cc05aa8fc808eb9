//! The socket of a ward: a question and its answer a connection, one after the other.

use super::{Answer, Ask, Control, SOCKET};
use std::fs::Permissions;
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Most bytes of a question, and of an answer.
const BYTES_MAX: u64 = 16 << 20;
/// For a question to come whole.
const QUESTION: Duration = Duration::from_secs(5);

/// Takes questions at the socket of a directory, on a thread of its own, until told to end and woken.
pub(crate) fn serve(
    directory: &Path,
    control: Control,
    ends: &Arc<AtomicBool>,
) -> io::Result<JoinHandle<()>> {
    let path = directory.join(SOCKET);
    // Of a ward that did not end well; another one that runs holds the lock of the vault, and this one would not be here.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    let (mut control, ends) = (control, Arc::clone(ends));
    std::thread::Builder::new().name("control".to_owned()).spawn(move || {
        for stream in listener.incoming() {
            if ends.load(Ordering::Relaxed) {
                return;
            }
            // Whoever asked may have gone, or asked too slowly.
            let _ = stream.and_then(|stream| converse(&stream, &mut control));
        }
    })
}

fn converse(mut stream: &UnixStream, control: &mut Control) -> io::Result<()> {
    stream.set_read_timeout(Some(QUESTION))?;
    let mut question = Vec::new();
    stream.take(BYTES_MAX).read_to_end(&mut question)?;
    let answer = match serde_json::from_slice(&question) {
        Ok(ask) => control.answer(ask),
        Err(error) => Answer::Refused { reason: error.to_string() },
    };
    stream.write_all(&serde_json::to_vec(&answer)?)
}

/// Has the thread look whether to end.
pub(crate) fn wake(directory: &Path) {
    // Nobody listens: it has ended.
    let _ = UnixStream::connect(directory.join(SOCKET));
}

/// Asks a ward that runs; `None` where none does.
pub fn ask(directory: &Path, ask: &Ask) -> io::Result<Option<Answer>> {
    let stream = match UnixStream::connect(directory.join(SOCKET)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    (&stream).write_all(&serde_json::to_vec(ask)?)?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    (&stream).take(BYTES_MAX).read_to_end(&mut answer)?;
    Ok(Some(serde_json::from_slice(&answer)?))
}
