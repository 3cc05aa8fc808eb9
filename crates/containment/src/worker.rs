//! The parent's side: one who asks has a worker of its own, and a new one when that died.

use crate::frame;
use crate::object::{ANSWER, SPAN, SPAN_BYTES_MAX, WANTED};
use crate::pool::Shared;
use crate::process::Process;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of an object that are sent along with the request: the header of most images.
const FIRST_BYTES: u64 = 32 << 10;

/// Why a worker gave no answer. Each costs one request: the next one is asked of a new worker.
#[derive(Debug, thiserror::Error)]
pub enum ContainmentError {
    /// It did not start.
    #[error("cannot start a worker: {0}")]
    Start(io::Error),
    /// It could not confine itself, and read nothing.
    #[error("a worker could not confine itself: {0}")]
    NotConfined(String),
    /// As many work as may, and none was given back in time.
    #[error("all {0} workers are at work")]
    Busy(usize),
    /// The object could not be read by the parent.
    #[error("what a worker is to look at cannot be read: {0}")]
    Object(io::Error),
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

/// A worker of one's own. When it dies of a request, the next is asked of a new one.
#[derive(Debug)]
pub struct Worker {
    shared: Arc<Shared>,
    /// Whom it serves, where that one may be served by it again.
    whom: Option<String>,
    process: Option<Process>,
    /// Pieces of a request that is not sent yet.
    request: Vec<u8>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.give_back(self.whom.take().zip(self.process.take()));
    }
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, whom: Option<String>, process: Option<Process>) -> Self {
        Self { shared, whom, process, request: Vec::new() }
    }

    pub(crate) fn process(&mut self) -> Result<&mut Process, ContainmentError> {
        let process = self.process.take().map_or_else(|| self.shared.fresh(), Ok)?;
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
        self.ask_about(request, &mut Cursor::new(&[]))
    }

    /// The same about an object, of which the worker gets to see what it wants to. Time that the object takes to be read is not the
    /// worker's.
    pub fn ask_about<O: Read + Seek>(
        &mut self,
        request: &[u8],
        object: &mut O,
    ) -> Result<Vec<u8>, ContainmentError> {
        let limits = self.shared.limits.clone();
        if request.len() > limits.request_bytes_max as usize {
            return Err(ContainmentError::RequestTooLong(limits.request_bytes_max));
        }
        let length = object.seek(SeekFrom::End(0)).map_err(ContainmentError::Object)?;
        let mut span = Vec::new();
        read_span(object, 0, FIRST_BYTES, &mut span)?;
        let process = self.process()?;
        let mut left = limits.deadline;
        let mut sent = process.until(&mut left, |socket| {
            frame::write(socket, request)?;
            frame::write(socket, &length.to_be_bytes())?;
            frame::write(socket, &span)
        });
        // One byte more than an answer, for its kind.
        let longest = limits.answer_bytes_max.saturating_add(1);
        let failed = loop {
            if let Err(error) = sent {
                break process.end(&error, limits.deadline);
            }
            match process.until(&mut left, |socket| frame::read(socket, longest)) {
                Ok(Some(mut answer)) if answer.first() == Some(&ANSWER) => {
                    process.answered = process.answered.saturating_add(1);
                    answer.remove(0);
                    return Ok(answer);
                }
                Ok(Some(wanted)) => {
                    let Some((offset, count)) = span_of(&wanted) else { break process.death() };
                    if let Err(error) = read_span(object, offset, u64::from(count), &mut span) {
                        break error;
                    }
                    sent = process.until(&mut left, |socket| frame::write(socket, &span));
                }
                Ok(None) => break process.death(),
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    break ContainmentError::AnswerTooLong(limits.answer_bytes_max);
                }
                Err(error) => break process.end(&error, limits.deadline),
            }
        };
        self.process = None;
        Err(failed)
    }
}

/// A span that a worker asks for; `None` where it says anything else.
fn span_of(wanted: &[u8]) -> Option<(u64, u32)> {
    let span: &[u8; SPAN] = wanted.strip_prefix(&[WANTED])?.try_into().ok()?;
    let (offset, count) = span.split_first_chunk()?;
    let (offset, count) = (u64::from_be_bytes(*offset), u32::from_be_bytes(count.try_into().ok()?));
    (count <= SPAN_BYTES_MAX).then_some((offset, count))
}

fn read_span<O: Read + Seek>(
    object: &mut O,
    offset: u64,
    count: u64,
    span: &mut Vec<u8>,
) -> Result<(), ContainmentError> {
    span.clear();
    let mut read = || {
        object.seek(SeekFrom::Start(offset))?;
        object.by_ref().take(count).read_to_end(span)
    };
    read().map(drop).map_err(ContainmentError::Object)
}
