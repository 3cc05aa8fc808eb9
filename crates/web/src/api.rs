//! What programs read and write: JSON below `/api/v1`, described at `/api/v1/openapi.json`.
//!
//! A program brings a token of `medward account token create`; no session of a person counts here, and no token there. One declaration of
//! an operation gives its route and its description, so that neither can be without the other. Errors are those of RFC 9457.

mod access;
mod body;
mod controls;
mod device;
mod incidents;
mod ledger;
mod paging;
mod paths;
mod problem;
mod reports;
mod requirements;
mod risks;
mod runs;
mod signed;

use crate::guard::Gate;
use crate::json::Json;
use access::Known;
use axum::Router;
use axum::extract::Extension;
use problem::Problem;
use std::sync::Arc;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, Ref, Response, ResponseBuilder};
use utoipa::{OpenApi, PartialSchema as _, ToSchema as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Where all of it is.
pub(crate) const PATH: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Medward",
        description = "What file and ledger say of a device today, and telling it what happened. Tokens are made by `medward account token create`; each names its scopes. A token never signs for a person.",
        version = "1"
    ),
    servers((url = "/api/v1"))
)]
struct Document;

/// What any operation may answer besides.
const ANSWERS: [(&str, &str); 6] = [
    ("400", "Something asked for has no form of it"),
    ("401", "No token, or none that counts"),
    ("403", "The token lacks the scope"),
    ("404", "There is no such thing"),
    ("429", "Too many requests; `Retry-After` says how long to wait"),
    ("503", "File or ledger cannot be read at the moment"),
];

/// What any operation that writes may answer besides.
const ANSWERS_OF_WRITING: [(&str, &str); 3] = [
    ("413", "The body is too large"),
    ("415", "The body is not said to be JSON"),
    ("422", "It cannot be done so; `field` names what is wrong, where it is one field"),
];

fn answer(description: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name(Problem::name())));
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

/// All routes, and the document of them.
fn described() -> (Router<Arc<Gate>>, utoipa::openapi::OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(description))
        .routes(routes!(device::show))
        .routes(routes!(device::records))
        .routes(routes!(device::findings))
        .routes(routes!(risks::list))
        .routes(routes!(risks::one))
        .routes(routes!(controls::list))
        .routes(routes!(controls::one))
        .routes(routes!(runs::list, runs::run))
        .routes(routes!(requirements::list))
        .routes(routes!(requirements::one))
        .routes(routes!(paths::list))
        .routes(routes!(incidents::list))
        .routes(routes!(incidents::one))
        .routes(routes!(reports::event))
        .routes(routes!(reports::complaint))
        .routes(routes!(signed::triage))
        .routes(routes!(signed::step))
        .routes(routes!(signed::open_action))
        .routes(routes!(signed::approve))
        .routes(routes!(ledger::checkpoint))
        .routes(routes!(ledger::entries))
        .routes(routes!(ledger::one))
        .routes(routes!(ledger::proof))
        .routes(routes!(ledger::consistency))
        .split_for_parts();
    let components = document.components.get_or_insert_default();
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.security_schemes.insert("token".to_owned(), bearer.into());
    for path in document.paths.paths.values_mut() {
        let writes = path.post.iter_mut().map(|post| (post, ANSWERS_OF_WRITING.as_slice()));
        for (operation, more) in path.get.iter_mut().map(|get| (get, [].as_slice())).chain(writes) {
            for (status, description) in ANSWERS.iter().chain(more) {
                let answers = &mut operation.responses.responses;
                answers.entry((*status).to_owned()).or_insert_with(|| answer(description).into());
            }
        }
    }
    (router, document)
}

/// All of it, behind its own guard.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    let (router, document) = described();
    let router = router
        .fallback(|| async { Problem::missing() })
        .method_not_allowed_fallback(|| async { Problem::method() })
        .layer(Extension(Arc::new(document)))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&gate), access::guard));
    Router::new().nest(PATH, router).with_state(gate)
}

/// This description
///
/// For any token.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, body = Object)), security(("token" = [])))]
async fn description(
    _: Known,
    Extension(document): Extension<Arc<utoipa::openapi::OpenApi>>,
) -> Json<utoipa::openapi::OpenApi> {
    Json(utoipa::openapi::OpenApi::clone(&document))
}

#[cfg(test)]
mod tests;
