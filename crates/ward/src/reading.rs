//! Reading what came from outside: by a process that can do nothing else, one for each sender ([`medward_containment`]).
//!
//! The ward decides by the data set that the worker says it saw, checked so that it can mislead nobody about where bytes lie; it never
//! scans bytes that no worker read to their end. A worker that dies, loops or talks nonsense costs the object that it read, which goes
//! into the quarantine, and nothing else.

use crate::decision::Refusal;
use crate::tell::tell;
use medward_containment::{Confined, ContainmentError, Object, Program, Workers};
use medward_dicom_scan::{DataSet, Limits, Scanner};
use medward_file::kinds::WardLayer;
use std::io::{Read, Seek};
use std::process::ExitCode;
use std::time::Duration;

/// First byte of an answer with a data set, and of one that has none because the scan refused.
const SCANNED: u8 = b'S';
const REFUSED: u8 = b'R';
/// Room for the program itself, for what the scan keeps of one object, and for that again as an answer.
const MEMORY_BYTES: u64 = 768 << 20;
/// What the scan keeps at most, with its elements.
const ANSWER_BYTES_MAX: u32 = 96 << 20;
/// For one object: a header takes a millisecond, and a sender waits.
const DEADLINE: Duration = Duration::from_secs(5);
/// There is one thing to be asked.
const REQUEST: &[u8] = b"scan";
/// Workers at once, for each processor.
const AT_WORK: usize = 4;

/// The worker's side: what it does with an object.
#[derive(Debug)]
pub struct Reader(Scanner);

impl Default for Reader {
    fn default() -> Self {
        Self(Scanner::new(&Limits::default()))
    }
}

impl Reader {
    /// Scans an object, and says what it saw.
    pub fn answer(&mut self, object: &mut Object<'_>) -> Vec<u8> {
        let Ok(data_set) = self.0.scan(object) else { return vec![REFUSED] };
        let mut answer = vec![SCANNED];
        match data_set.carry(&mut answer) {
            Ok(()) => answer,
            Err(_) => vec![REFUSED],
        }
    }
}

/// Runs the worker, in the hidden command of the program: to be called before anything else is done.
pub fn serve(argument: &str) -> ExitCode {
    let mut reader = Reader::default();
    medward_containment::serve(argument, move |_, object| reader.answer(object))
}

/// Why there is no data set.
#[derive(Debug)]
pub(crate) enum NotRead {
    /// By the bytes themselves: the object is to be held back.
    Harmful(Refusal),
    /// Not the object's fault: it is to be sent again.
    NotNow(ContainmentError),
}

/// The workers of a ward.
#[derive(Debug, Clone)]
pub(crate) struct Readers(Workers);

impl Readers {
    /// Starts them; where the kernel does not let them be confined, nothing is read.
    pub(crate) fn start(program: &Program) -> Result<Self, ContainmentError> {
        let limits = medward_containment::Limits {
            memory_bytes: MEMORY_BYTES,
            request_bytes_max: 1 << 10,
            answer_bytes_max: ANSWER_BYTES_MAX,
            deadline: DEADLINE,
            ..medward_containment::Limits::default()
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let at_work = processors.saturating_mul(AT_WORK);
        let (workers, confined) = Workers::start(program.clone(), limits, 1, at_work)?;
        if confined != Confined::Fully {
            tell(
                "this kernel confines readers by an older landlock: its network rules are missing, the other measures hold",
            );
        }
        Ok(Self(workers))
    }

    /// What a worker says of an object of a sender.
    pub(crate) fn scan<O: Read + Seek>(&self, sender: &str, object: &mut O) -> Result<DataSet, NotRead> {
        let harmful = |reason| NotRead::Harmful(Refusal::new(WardLayer::Content, reason));
        let mut ask = || self.0.take_for(sender)?.ask_about(REQUEST, object);
        let mut answer = ask();
        if matches!(answer, Err(ContainmentError::Died(_))) {
            // It may have been ended for want of memory, or by hand: who is the cause of two deaths is no victim.
            answer = ask();
        }
        let answer = answer.map_err(|error| {
            use ContainmentError::{AnswerTooLong, Busy, Deadline, Died, NotConfined, Object};
            use ContainmentError::{RequestTooLong, Start};
            match error {
                Died(_) => harmful("reader-died"),
                Deadline(_) => harmful("reader-too-slow"),
                AnswerTooLong(_) | RequestTooLong(_) => harmful("reader-talks-nonsense"),
                error @ (Start(_) | NotConfined(_) | Busy(_) | Object(_)) => NotRead::NotNow(error),
            }
        })?;
        match answer.split_first() {
            Some((&SCANNED, carried)) => {
                DataSet::carried(carried).map_err(|_| harmful("reader-talks-nonsense"))
            }
            Some((&REFUSED, [])) => Err(harmful("unreadable")),
            _ => Err(harmful("reader-talks-nonsense")),
        }
    }
}
