//! The accepting side: a request is read, and the caller decides on it before anything is answered.

use crate::connection::{Body, Connection};
use crate::negotiation::{Accept, AssociateRequest, ContextResult, Role};
use crate::pdu::{Abort, Rejection};
use crate::state::Event;
use crate::{Association, Limits, LinkError};
use tokio::io::{AsyncRead, AsyncWrite};

/// A request that awaits its answer.
#[derive(Debug)]
pub struct Pending<S> {
    connection: Connection<S>,
    request: AssociateRequest,
}

/// Waits for an A-ASSOCIATE-RQ on a transport connection that was just opened. Requests of other protocols or versions are rejected here.
pub async fn await_request<S>(stream: S, limits: Limits) -> Result<Pending<S>, LinkError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = Connection::new(stream, false, limits);
    let (_, Body::Request(request)) = connection.receive().await? else {
        return Err(LinkError::Violation("no A-ASSOCIATE-RQ came"));
    };
    let (is_version_1, is_dicom) = (request.is_version_1, request.is_dicom);
    let pending = Pending { connection, request };
    if !is_version_1 {
        pending.reject(Rejection::PROTOCOL_VERSION).await?;
        return Err(LinkError::Violation("it asked for another version of the protocol"));
    }
    if !is_dicom {
        pending.reject(Rejection::APPLICATION_CONTEXT).await?;
        return Err(LinkError::Violation("it asked for another application context"));
    }
    Ok(pending)
}

impl<S: AsyncRead + AsyncWrite + Unpin> Pending<S> {
    /// What is asked for.
    pub fn request(&self) -> &AssociateRequest {
        &self.request
    }

    /// The stream below, for what its transport knows of the peer.
    pub fn stream(&self) -> &S {
        self.connection.stream()
    }

    /// Accepts, with an answer to each context; every role but that of the user is refused.
    pub async fn accept(self, results: Vec<ContextResult>) -> Result<Association<S>, LinkError> {
        self.accept_in_roles(results, Vec::new()).await
    }

    /// The same, granting roles of those that were asked for.
    pub async fn accept_in_roles(
        mut self,
        results: Vec<ContextResult>,
        roles: Vec<Role>,
    ) -> Result<Association<S>, LinkError> {
        self.connection.ahead_of_turn().await?;
        let accept = Accept { results, roles, data_bytes_max: None };
        let bytes = accept.bytes(&self.request, self.connection.limits.data_bytes);
        self.connection.apply(Event::LocalAccept);
        self.connection.send(&bytes).await?;
        Ok(Association::new(self.connection, accept.results, self.request.data_bytes_max))
    }

    /// Rejects, and waits for the peer to close.
    pub async fn reject(mut self, rejection: Rejection) -> Result<(), LinkError> {
        self.connection.ahead_of_turn().await?;
        self.connection.apply(Event::LocalReject);
        self.connection.send(&rejection.bytes()).await?;
        self.connection.wind_down().await;
        Ok(())
    }

    /// Ends without an answer.
    pub async fn abort(mut self) {
        self.connection.abort(Abort::USER).await;
    }
}
