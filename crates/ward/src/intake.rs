//! One object on its way in: gathered where it is small, sealed as it comes where it is large, and kept before it is answered.

use crate::decision::{Asked, Moment, Wanted};
use crate::keep::{Answer, Claim, Keep};
use crate::layers::Layers;
use crate::part10;
use bytes::Bytes;
use medward_upper_layer::{Association, LinkError, Message};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

/// An object up to this length, in bytes, is held in memory; a CT slice has half a megabyte.
pub(crate) const WHOLE_BYTES_MAX: usize = 4 << 20;
/// Fragments of a large object that may wait for the disk.
const FRAGMENTS_WAITING: usize = 8;

/// Status of a C-STORE that is not permitted (PS3.7 section C.5.9).
const REFUSED: u16 = 0x0124;
/// Status of a command that cannot be read as what it should be (PS3.7 section C.5).
const INVALID: u16 = 0x0115;

/// What became of a C-STORE.
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

/// Takes the object of a C-STORE. An error ends the association, and nothing of the object stays.
pub(crate) async fn take<S: AsyncRead + AsyncWrite + Unpin>(
    association: &mut Association<S>,
    message: &Message,
    asked: &Asked,
    sender: &str,
    layers: &Layers,
    keep: &Arc<Keep>,
    bytes_max: u64,
) -> Result<Done, LinkError> {
    let (Ok(sop_class), Ok(sop_instance)) = (message.command.sop_class(), message.command.sop_instance())
    else {
        return Ok(Done::refused(INVALID, "no usable SOP class or instance UID"));
    };
    let wanted = Wanted::Store(&sop_class, &message.transfer_syntax);
    if let Err(refusal) = layers.decide(&Moment::Operation(asked, &wanted)) {
        return Ok(Done { refusal: Some(refusal), ..Done::refused(REFUSED, "not permitted") });
    }
    let head = part10::head(&sop_class, &sop_instance, &message.transfer_syntax, &asked.calling);
    let claim = Claim { sender: sender.to_owned(), sop_class, sop_instance };
    let mut whole = head;
    while let Some(fragment) = association.fragment().await? {
        if whole.len().saturating_add(fragment.len()) > WHOLE_BYTES_MAX {
            return large(association, claim, whole, fragment, keep, bytes_max).await;
        }
        whole.extend_from_slice(&fragment);
    }
    let keep = Arc::clone(keep);
    let answer = tokio::task::spawn_blocking(move || keep.whole(&claim, &whole)).await;
    Ok(answer.map_or_else(|_| failed(), Done::from))
}

fn failed() -> Done {
    Done::refused(0x0110, "it could not be stored, send it again")
}

/// The rest of a large object goes to a thread that seals it; that waits for the disk while this waits for the peer.
async fn large<S: AsyncRead + AsyncWrite + Unpin>(
    association: &mut Association<S>,
    claim: Claim,
    begun: Vec<u8>,
    fragment: Bytes,
    keep: &Arc<Keep>,
    bytes_max: u64,
) -> Result<Done, LinkError> {
    let (pieces, mut coming) = mpsc::channel::<Bytes>(FRAGMENTS_WAITING);
    let keep = Arc::clone(keep);
    let sealed = tokio::task::spawn_blocking(move || {
        let mut put = keep.begin_large(&claim)?;
        let mut is_whole = false;
        while let Some(piece) = coming.blocking_recv() {
            // An empty piece is the end: without it the peer broke off.
            is_whole = piece.is_empty();
            put.push(&piece)?;
        }
        Ok(is_whole.then(|| keep.large(&claim, put)))
    });
    let mut total = 0_u64;
    let mut next = Some(Bytes::from(begun));
    let mut after = Some(fragment);
    while let Some(piece) = next {
        total = total.saturating_add(piece.len() as u64);
        if total > bytes_max {
            return Err(LinkError::Unsendable("the object is larger than what is taken"));
        }
        // A thread that gave up says why below; the rest is read so that the answer finds its place.
        if !piece.is_empty() {
            let _ = pieces.send(piece).await;
        }
        next = match after.take() {
            Some(piece) => Some(piece),
            None => association.fragment().await?,
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
