//! The worker's side: confine, say so, answer.

use crate::confine::{Confined, confine, parent};
use crate::frame;
use crate::limits::Limits;
use std::process::ExitCode;

/// First byte of the greeting of a worker that is confined, and of one that could not be.
pub(crate) const READY: u8 = b'R';
pub(crate) const REFUSED: u8 = b'E';

/// Runs a worker: to be called first thing in the program's hidden command, with the argument that the parent gave and what turns a
/// request into its answer. Returns when the parent is gone.
///
/// The function runs confined: it can start no threads and open nothing. Whatever it panics of costs the request.
pub fn serve(argument: &str, mut answer: impl FnMut(&[u8]) -> Vec<u8>) -> ExitCode {
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
        match frame::read(&mut parent, limits.request_bytes_max) {
            Ok(Some(request)) => {
                if frame::write(&mut parent, &answer(&request)).is_err() {
                    return ExitCode::FAILURE;
                }
            }
            Ok(None) => return ExitCode::SUCCESS,
            Err(_) => return ExitCode::FAILURE,
        }
    }
}

fn refuse(parent: &mut std::os::unix::net::UnixStream, why: &str) -> ExitCode {
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
