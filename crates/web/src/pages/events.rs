//! Server-sent events: one whenever file or ledger were read again, or work went on. The page then asks for its own content.

use super::View;
use crate::guard::{now, token};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use std::convert::Infallible;
use std::time::Duration;

/// How often it is looked whether the session still holds.
const LOOK: Duration = Duration::from_secs(30);

pub(crate) async fn stream(
    view: View,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = (view.gate.device.changes(), view.gate.works.changes());
    let state = (view.gate, changes, token(&headers).unwrap_or_default());
    let events = unfold(state, |(gate, mut changes, token)| async move {
        loop {
            let (device, works) = &mut changes;
            let either = async {
                tokio::select! {
                    told = device.changed() => told,
                    told = works.changed() => told,
                }
            };
            let outcome = tokio::time::timeout(LOOK, either).await;
            // Nothing is told to who was signed out meanwhile.
            gate.session(&token, now(), false)?;
            match outcome {
                Ok(Ok(())) => {
                    // Browsers pass over an event without data.
                    let event = Event::default().event("changed").data("1");
                    return Some((Ok(event), (gate, changes, token)));
                }
                Ok(Err(_)) => return None,
                Err(_) => {}
            }
        }
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}
