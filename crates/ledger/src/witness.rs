//! What is said to a witness and what it answers (C2SP tlog-witness): a head and the proof that it continues the one before, for a
//! cosignature. The caller carries both over HTTP.

use crate::checkpoint::{Checkpoint, decimal};
use crate::merkle::Hash;
use crate::note::{Note, NoteError, VerifierKey};
use std::fmt::Write as _;

/// Largest answer read, in bytes.
pub const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// What a witness answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It cosigned: the head with its cosignature, and the Unix time it vouches for.
    Cosigned(Box<Note>, u64),
    /// It knows a head of another size; ask again with a proof from there.
    KnowsSize(u64),
}

/// Why a witness gave no cosignature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// 403: the signature of the log's key does not hold there.
    #[error("the witness does not accept the signature on the head: it knows another key of this log")]
    Key,
    /// 404: it does not know the log.
    #[error("the witness does not know this log; give its operator the log's public key")]
    UnknownLog,
    /// 422: the head does not continue what it cosigned before.
    #[error(
        "the witness refuses the head: it does not continue the one cosigned before. The log was rolled back or forked: \
         keep both heads and find out by whom"
    )]
    NoContinuation,
    /// An answer that the protocol does not have.
    #[error("the witness answered {status}, which means nothing here: {body}")]
    Other {
        /// HTTP status.
        status: u16,
        /// Beginning of the body, made visible.
        body: String,
    },
    /// A cosignature that is none of the witness named.
    #[error("the witness's cosignature does not hold: {0}")]
    Cosignature(#[from] NoteError),
}

/// The body of a request to `add-checkpoint`: the size that the witness knows, the consistency proof from there, the head.
pub fn request(known: u64, proof: &[Hash], head: &Note) -> String {
    let mut body = format!("old {known}\n");
    for hash in proof {
        // Writing to a string cannot fail.
        let _ = writeln!(body, "{hash}");
    }
    let _ = write!(body, "\n{head}");
    body
}

/// Judges the answer to a request about a head.
pub fn answer(status: u16, body: &str, head: &Note, witness: &VerifierKey) -> Result<Answer, WitnessError> {
    match status {
        200 => {
            let mut cosigned = head.clone();
            // The signature lines below the head make a note again; lines by strangers are left out.
            let whole = Note::parse(format!("{head}{body}").as_bytes())?;
            let time = whole.verify(witness)?;
            if time == 0 {
                return Err(NoteError::Form("a cosignature without a time").into());
            }
            let known = cosigned.signatures().len();
            for one in whole.signatures().iter().skip(known).filter(|one| one.is_by(witness)) {
                cosigned.add(one.clone());
            }
            Ok(Answer::Cosigned(Box::new(cosigned), time))
        }
        409 => body
            .strip_suffix('\n')
            .and_then(decimal)
            .map(Answer::KnowsSize)
            .ok_or_else(|| other(status, body)),
        403 => Err(WitnessError::Key),
        404 => Err(WitnessError::UnknownLog),
        422 => Err(WitnessError::NoContinuation),
        _ => Err(other(status, body)),
    }
}

fn other(status: u16, body: &str) -> WitnessError {
    WitnessError::Other {
        status,
        body: body.chars().take(200).collect::<String>().escape_debug().to_string(),
    }
}

/// The head that a witness cosigned, and the Unix time it vouches for.
pub fn cosigned(
    note: &Note,
    log: &VerifierKey,
    witness: &VerifierKey,
) -> Result<(Checkpoint, u64), WitnessError> {
    note.verify(log)?;
    let time = note.verify(witness)?;
    let head = Checkpoint::parse(note.text()).map_err(|_| NoteError::Form("the head is no checkpoint"))?;
    if head.origin != log.name() {
        return Err(NoteError::Form("the head is of another log").into());
    }
    Ok((head, time))
}
