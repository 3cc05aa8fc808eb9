//! What only a person can do: decisions that count by a signature. A token says which program asks, and never signs for anybody; whoever
//! looks for these operations here is told where they are.

use super::access::Known;
use super::problem::Problem;
use axum::http::StatusCode;

/// An operation that is refused, with the page and the command that do it.
macro_rules! signed {
    ($name:ident, $path:literal $(of $id:literal)?, $what:literal, $page:literal, $command:literal) => {
        #[doc = $what]
        #[doc = ""]
        #[doc = "Takes the signature of a person, which no token gives: always refused."]
        #[utoipa::path(post, path = $path, $(params(($id = String, Path)),)? responses((status = 403, body = Problem, content_type = "application/problem+json")), security(("token" = [])))]
        pub(crate) async fn $name(_: Known) -> Problem {
            let detail = concat!(
                "This takes the signature of a person with a key of their own; a token never signs for anybody. Do it on the page `",
                $page,
                "`, or with `medward ",
                $command,
                "`."
            );
            Problem::new(StatusCode::FORBIDDEN, detail)
        }
    };
}

signed!(triage, "/incidents/{id}/answers" of "id", "Answers to the questions of triage", "/case", "incident triage");
signed!(step, "/incidents/{id}/steps" of "id", "A step of a procedure", "/case", "incident step");
signed!(open_action, "/actions", "A corrective or preventive action", "/actions", "capa open");
signed!(approve, "/approvals", "An approval of a record", "/approvals", "approve");
