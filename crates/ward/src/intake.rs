//! One object on its way in: gathered where it is small, sealed as it comes where it is large, and kept before it is answered.

use crate::decision::{Asked, Moment, Wanted};
use crate::keep::{Answer, Claim, Keep};
use crate::part10;
use crate::service::Service;
use crate::traces::Name;
use bytes::Bytes;
use medward_upper_layer::{Association, LinkError, Message, Uid};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

/// An object up to this length, in bytes, is held in memory; a CT slice has half a megabyte.
pub(crate) const WHOLE_BYTES_MAX: usize = 4 << 20;
/// Memory of an object that its association keeps for the next one, at most, in bytes.
const ROOM_BYTES_MAX: usize = 1 << 20;
/// Fragments of a large object that may wait for the disk.
const FRAGMENTS_WAITING: usize = 8;

/// Status of a C-STORE that is not permitted (PS3.7 section C.5.9).
const REFUSED: u16 = 0x0124;
/// Status of a command that cannot be read as what it should be (PS3.7 section C.5).
const INVALID: u16 = 0x0115;

/// What became of an object, as a status of C-STORE.
pub(crate) struct Done {
    pub(crate) status: u16,
    pub(crate) comment: Option<String>,
    pub(crate) refusal: Option<crate::decision::Refusal>,
}

impl Done {
    fn refused(status: u16, comment: &str) -> Self {
        Self { status, comment: Some(comment.to_owned()), refusal: None }
    }
}

impl From<Answer> for Done {
    fn from(answer: Answer) -> Self {
        let (status, comment) = (answer.status(), answer.comment());
        // What is held was written down where it was held.
        Self { status, comment, refusal: None }
    }
}

/// Where the bytes of an object's data set come from, piece by piece; no piece is empty.
pub(crate) trait Fragments {
    /// Why no more come.
    type Error;
    /// The next piece; `None` behind the last.
    async fn fragment(&mut self) -> Result<Option<Bytes>, Self::Error>;
}

impl<S: AsyncRead + AsyncWrite + Unpin> Fragments for Association<S> {
    type Error = LinkError;

    async fn fragment(&mut self) -> Result<Option<Bytes>, LinkError> {
        Association::fragment(self).await
    }
}

/// Why an object cannot be taken to its end; nothing of it stays.
#[derive(Debug)]
pub(crate) enum Broken<E> {
    /// Its bytes do not come.
    Source(E),
    /// There are more of them than are taken.
    TooLarge,
}

impl<E> From<E> for Broken<E> {
    fn from(error: E) -> Self {
        Self::Source(error)
    }
}

/// An object as it is offered: what it is said to be, and by whom.
pub(crate) struct Offer<'o> {
    pub(crate) claim: Claim,
    pub(crate) transfer_syntax: Uid,
    pub(crate) asked: &'o Asked,
}

/// How far an object came.
pub(crate) enum Taken {
    /// It is dealt with.
    Done(Done),
    /// It is in memory, as a file: [`kept`] keeps it.
    Whole(Claim, Vec<u8>),
}

/// Takes the object of a C-STORE, and keeps it; in the memory that the one before lay in, since new memory is not for nothing.
pub(crate) async fn take<S: AsyncRead + AsyncWrite + Unpin>(
    association: &mut Association<S>,
    message: &Message,
    service: &Service,
    asked: &Asked,
    sender: &str,
    room: &mut Vec<u8>,
) -> Result<Done, LinkError> {
    let (Ok(sop_class), Ok(sop_instance)) = (message.command.sop_class(), message.command.sop_instance())
    else {
        return Ok(Done::refused(INVALID, "no usable SOP class or instance UID"));
    };
    let mut span = service.keep.span(Name::Intake, asked.trace);
    let (sender, trace) = (sender.to_owned(), span.context());
    let claim = Claim { sender, sop_class, sop_instance, study: None, trace };
    let offer = Offer { claim, transfer_syntax: message.transfer_syntax.clone(), asked };
    let done = match gather(association, offer, service, std::mem::take(room)).await {
        Ok(Taken::Done(done)) => done,
        Ok(Taken::Whole(claim, whole)) => {
            let kept = kept(Arc::clone(&service.keep), claim, whole).await;
            if kept.room.capacity() <= ROOM_BYTES_MAX {
                *room = kept.room;
            }
            kept.done
        }
        Err(Broken::Source(error)) => return Err(error),
        Err(Broken::TooLarge) => {
            return Err(LinkError::Unsendable("the object is larger than what is taken"));
        }
    };
    span.number("medward.dicom.status", done.status.into());
    match &done.refusal {
        Some(refusal) => span.refused(refusal),
        None => span.outcome("answered", done.status == 0),
    }
    Ok(done)
}

/// Asks all layers about an object, then gathers it: a small one in the memory given, a large one under seal.
pub(crate) async fn gather<F: Fragments>(
    source: &mut F,
    offer: Offer<'_>,
    service: &Service,
    mut whole: Vec<u8>,
) -> Result<Taken, Broken<F::Error>> {
    let Offer { claim, transfer_syntax, asked } = offer;
    let wanted = Wanted::Store(&claim.sop_class, &transfer_syntax);
    if let Err(refusal) = service.layers.decide(&Moment::Operation(asked, &wanted)) {
        return Ok(Taken::Done(Done { refusal: Some(refusal), ..Done::refused(REFUSED, "not permitted") }));
    }
    let head = part10::head(&claim.sop_class, &claim.sop_instance, &transfer_syntax, &asked.calling);
    whole.clear();
    whole.extend_from_slice(&head);
    while let Some(fragment) = source.fragment().await? {
        if whole.len().saturating_add(fragment.len()) > WHOLE_BYTES_MAX {
            return large(source, claim, whole, fragment, service).await.map(Taken::Done);
        }
        whole.extend_from_slice(&fragment);
    }
    Ok(Taken::Whole(claim, whole))
}

/// An object that was dealt with, and the memory that it lay in.
pub(crate) struct Kept {
    pub(crate) done: Done,
    pub(crate) room: Vec<u8>,
}

/// Keeps an object that was gathered in memory.
pub(crate) async fn kept(keep: Arc<Keep>, claim: Claim, whole: Vec<u8>) -> Kept {
    let kept = tokio::task::spawn_blocking(move || {
        let mut span = keep.span(Name::Keep, claim.trace);
        span.number("medward.bytes", whole.len() as u64);
        let answer = keep.whole(&Claim { trace: span.context(), ..claim }, &whole);
        span.answered(&answer);
        Kept { done: answer.into(), room: whole }
    });
    kept.await.unwrap_or_else(|_| Kept { done: failed(), room: Vec::new() })
}

pub(crate) fn failed() -> Done {
    Done::refused(0x0110, "it could not be stored, send it again")
}

/// The rest of a large object goes to a thread that seals it; that waits for the disk while this waits for the peer.
async fn large<F: Fragments>(
    source: &mut F,
    claim: Claim,
    begun: Vec<u8>,
    fragment: Bytes,
    service: &Service,
) -> Result<Done, Broken<F::Error>> {
    let (pieces, mut coming) = mpsc::channel::<Bytes>(FRAGMENTS_WAITING);
    let keep = Arc::clone(&service.keep);
    let sealed = tokio::task::spawn_blocking(move || {
        let mut put = keep.begin_large(&claim)?;
        let mut is_whole = false;
        while let Some(piece) = coming.blocking_recv() {
            // An empty piece is the end: without it the peer broke off.
            is_whole = piece.is_empty();
            put.push(&piece)?;
        }
        Ok(is_whole.then(|| {
            let mut span = keep.span(Name::Keep, claim.trace);
            let answer = keep.large(&Claim { trace: span.context(), ..claim }, put);
            span.answered(&answer);
            answer
        }))
    });
    let mut total = 0_u64;
    let mut next = Some(Bytes::from(begun));
    let mut after = Some(fragment);
    while let Some(piece) = next {
        total = total.saturating_add(piece.len() as u64);
        if total > service.configuration.bounds.object_bytes_max {
            return Err(Broken::TooLarge);
        }
        // A thread that gave up says why below; the rest is read so that the answer finds its place.
        if !piece.is_empty() {
            let _ = pieces.send(piece).await;
        }
        next = match after.take() {
            Some(piece) => Some(piece),
            None => source.fragment().await?,
        };
    }
    let _ = pieces.send(Bytes::new()).await;
    drop(pieces);
    Ok(match sealed.await {
        Ok(Ok(Some(answer))) => answer.into(),
        Ok(Err(error)) => Answer::Failed(error).into(),
        Ok(Ok(None)) | Err(_) => failed(),
    })
}
