//! The requesting side: asks a node for an association over an open transport connection.

use crate::connection::{Body, Connection};
use crate::negotiation::AssociateRequest;
use crate::state::{Action, Event};
use crate::{Association, Limits, LinkError};
use tokio::io::{AsyncRead, AsyncWrite};

/// Asks for an association.
pub async fn request<S>(
    stream: S,
    asked: &AssociateRequest,
    limits: Limits,
) -> Result<Association<S>, LinkError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = Connection::new(stream, true, limits);
    connection.apply(Event::TransportOpened);
    connection.send(&asked.to_bytes(limits.data_bytes)).await?;
    match connection.receive().await? {
        (Action::Ae3, Body::Accept(mut accept)) => {
            // An answer to what was not asked gives no right.
            accept.results.retain(|result| asked.contexts.iter().any(|context| context.id == result.id));
            Ok(Association::new(connection, accept.results, accept.data_bytes_max))
        }
        (_, Body::Reject(rejection)) => {
            connection.close().await;
            Err(LinkError::Rejected(rejection))
        }
        _ => Err(LinkError::Violation("neither accepted nor rejected")),
    }
}
