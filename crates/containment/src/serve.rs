//! The worker's side: confine, say so, answer.

use crate::confine::{Confined, confine, parent};
use crate::frame;
use crate::limits::Limits;
use crate::object::{ANSWER, Object, SPAN_BYTES_MAX};
use std::io;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

/// First byte of the greeting of a worker that is confined, and of one that could not be.
pub(crate) const READY: u8 = b'R';
pub(crate) const REFUSED: u8 = b'E';

/// Runs a worker: to be called first thing in the program's hidden command, with the argument that the parent gave and what turns a
/// request and the object that it is about into the answer. Returns when the parent is gone.
///
/// The function runs confined: it can start no threads and open nothing. Whatever it panics of costs the request.
pub fn serve(argument: &str, mut answer: impl FnMut(&[u8], &mut Object<'_>) -> Vec<u8>) -> ExitCode {
    let Ok(mut parent) = parent() else { return ExitCode::FAILURE };
    let limits = match argument.parse::<Limits>() {
        Ok(limits) => limits,
        Err(error) => return refuse(&mut parent, &error.to_string()),
    };
    match confine(&limits) {
        Ok(confined) => {
            if frame::write(&mut parent, &[READY, code(confined)]).is_err() {
                return ExitCode::FAILURE;
            }
        }
        Err(error) => return refuse(&mut parent, &error.to_string()),
    }
    loop {
        match one(&mut parent, &limits, &mut answer) {
            Ok(true) => {}
            Ok(false) => return ExitCode::SUCCESS,
            Err(_) => return ExitCode::FAILURE,
        }
    }
}

/// Answers one request; `false` where the parent is gone. A request is three frames: itself, the length of its object, the first
/// bytes of that.
fn one(
    parent: &mut UnixStream,
    limits: &Limits,
    answer: &mut impl FnMut(&[u8], &mut Object<'_>) -> Vec<u8>,
) -> io::Result<bool> {
    let gone = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let Some(request) = frame::read(parent, limits.request_bytes_max)? else { return Ok(false) };
    let length = frame::read(parent, 8)?.ok_or_else(gone)?;
    let length = u64::from_be_bytes(length.try_into().map_err(|_| gone())?);
    let first = frame::read(parent, SPAN_BYTES_MAX)?.ok_or_else(gone)?;
    let mut object = Object::new(parent, length, first);
    let mut answered = vec![ANSWER];
    answered.append(&mut answer(&request, &mut object));
    frame::write(parent, &answered)?;
    Ok(true)
}

fn refuse(parent: &mut UnixStream, why: &str) -> ExitCode {
    // The parent learns of it by the end of the worker too.
    let _ = frame::write(parent, &[&[REFUSED], why.as_bytes()].concat());
    ExitCode::FAILURE
}

/// The second byte of the greeting.
pub(crate) const fn code(confined: Confined) -> u8 {
    match confined {
        Confined::Fully => 0,
        Confined::WithOlderLandlock => 1,
        Confined::WithoutLandlock => 2,
    }
}

/// The other way round.
pub(crate) fn confined(code: u8) -> Option<Confined> {
    let all = [Confined::Fully, Confined::WithOlderLandlock, Confined::WithoutLandlock];
    all.into_iter().find(|one| self::code(*one) == code)
}
