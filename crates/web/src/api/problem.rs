//! Errors for programs (RFC 9457).

use crate::form::Wrong;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why something is not answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Says no more than the status.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What to do about it.
    detail: String,
    /// The field of the body that is wrong, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
}

impl Problem {
    /// A problem of a status.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or_default();
        Self { kind: "about:blank", title, status: status.as_u16(), detail: detail.into(), field: None }
    }

    /// What was asked for has no form of it.
    pub(crate) fn form(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// There is no such thing.
    pub(crate) fn missing() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such thing today.")
    }

    /// It is there, but not for this method.
    pub(crate) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "See the header `Allow`.")
    }

    /// File or ledger do not answer.
    pub(crate) fn unreadable(error: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Self {
        if wrong.is_ours {
            return Self::unreadable(wrong.reason);
        }
        let field = Some(wrong.field).filter(|field| !field.is_empty());
        Self { field, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, wrong.reason) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        (status, [(header::CONTENT_TYPE, kind)], body).into_response()
    }
}
