//! What pages are dressed with, out of the binary.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    let (kind, bytes): (&str, &'static str) = match name.as_str() {
        "medward.css" => ("text/css; charset=utf-8", include_str!("../../assets/medward.css")),
        "medward.js" => ("text/javascript; charset=utf-8", include_str!("../../assets/medward.js")),
        "passkey.js" => ("text/javascript; charset=utf-8", include_str!("../../assets/passkey.js")),
        "medward.svg" => ("image/svg+xml", include_str!("../../assets/medward.svg")),
        // htmx 2.0.11, Zero-Clause BSD.
        "htmx.min.js" => ("text/javascript; charset=utf-8", include_str!("../../assets/htmx.min.js")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind)], bytes).into_response()
}
