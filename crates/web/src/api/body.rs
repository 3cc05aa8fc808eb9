//! What a program sends: JSON of a known form, of a bounded size.

use super::problem::Problem;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

/// Largest body, in bytes.
const BODY_BYTES_MAX: usize = 64 << 10;

/// A body.
pub(crate) struct Given<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let detail = "Send `Content-Type: application/json`.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let too_large = |_| {
            let detail = format!("A body has at most {BODY_BYTES_MAX} bytes.");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
        };
        let bytes = to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(too_large)?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| Problem::form(format!("The body: {error}.")))
    }
}
