//! The interface for programs: what its document says, and who tries to get at it.

use super::{described, router};
use crate::guard::{Gate, now};
use crate::test_device::{PASSPHRASE, TestDevice};
use crate::tokens::{Scope, Wanted};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use medward_ledger::receipt::Inclusion;
use medward_ledger::{Log, VerifierKey, key};
use std::collections::BTreeSet;
use std::sync::Arc;
use tower::ServiceExt as _;

const FILE: &str = "[device]\nname = \"Reader\"\n[role.security]\ntitle = \"Security\"\nsecurity = true\n[role.plain]\ntitle = \"Plain\"\n\
    [person.clerk]\nroles = [\"security\"]\n[person.guest]\nroles = [\"plain\"]\n[person.gone]\nroles = []\nuntil = 2020-01-01\n\
    [control.C-1]\ntitle = \"Locked\"\nlayer = \"transport\"\nstate = \"implemented\"\n";
const ENTRY: &[u8] = br#"{"kind":"test","received":1}"#;

mod writes;

struct Site {
    router: Router,
    gate: Arc<Gate>,
    key: VerifierKey,
    directory: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let TestDevice { gate, key, directory } = TestDevice::new(FILE);
        let gate = Arc::new(gate);
        Self { router: router(Arc::clone(&gate)), gate, key, directory }
    }

    fn token(&self, name: &str, owner: &str, scopes: &[Scope]) -> String {
        let scopes: BTreeSet<_> = scopes.iter().copied().collect();
        let wanted = Wanted { name, owner, scopes, days: 1 };
        let text = self.gate.accounts.tokens().create(&self.gate.device.now().file, wanted, now()).unwrap();
        text.to_string()
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 10 << 20).await.unwrap();
        (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
    }

    async fn get(&self, path: &str, token: &str) -> (StatusCode, HeaderMap, String) {
        self.operate(&Method::GET, path, token).await
    }

    async fn operate(&self, method: &Method, path: &str, token: &str) -> (StatusCode, HeaderMap, String) {
        let request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    async fn post(
        &self,
        path: &str,
        token: &str,
        key: Option<&str>,
        body: &str,
    ) -> (StatusCode, HeaderMap, String) {
        let request = Request::post(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
        self.ask(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    fn size(&self) -> u64 {
        let note = std::fs::read_to_string(self.directory.path().join("ledger/checkpoint")).unwrap();
        note.lines().nth(1).unwrap().parse().unwrap()
    }
}

/// Every operation of the document: method, path with something in the place of its parameters, and the scopes that it names.
fn operations() -> Vec<(Method, String, Vec<String>)> {
    let document = serde_json::to_value(described().1).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let scopes = |operation: &serde_json::Value| {
        let named = operation["security"][0]["token"].as_array().unwrap().clone();
        named.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let mut found = Vec::new();
    for (path, item) in &paths {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            found.push((method, path.replace("{id}", "C-1").replace("{index}", "0"), scopes(operation)));
        }
    }
    found
}

#[tokio::test]
async fn every_operation_asks_for_the_scope_it_names() {
    let site = Site::new();
    assert!(operations().len() >= 26);
    // What takes the signature of a person is refused whatever the scope; another test reads how.
    for (method, path, scopes) in
        operations().into_iter().filter(|(method, _, scopes)| method == Method::GET || !scopes.is_empty())
    {
        let asked = if path == "/ledger/consistency" { format!("{path}?size=0") } else { path.clone() };
        for (scope, word) in Scope::ALL {
            let token = site.token("one", "clerk", &[scope]);
            let (status, headers, body) = site.operate(&method, &asked, &token).await;
            let is_allowed = scopes.is_empty() || scopes.iter().any(|it| it == word);
            assert_eq!(status != StatusCode::FORBIDDEN, is_allowed, "{path} {word}: {status} {body}");
            assert!(
                is_allowed || headers[header::WWW_AUTHENTICATE].to_str().unwrap().contains("scope"),
                "{path}"
            );
            site.gate.accounts.tokens().revoke("one").unwrap();
            assert_eq!(
                site.operate(&method, &asked, &token).await.0,
                StatusCode::UNAUTHORIZED,
                "{path}: revoked"
            );
        }
    }
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_that_counts() {
    let site = Site::new();
    let gone = site.token("gone", "gone", &[Scope::Device]);
    let session = site.gate.sessions.begin("clerk", "", now()).unwrap();
    for token in ["", "medward_one_", "medward_gone_AAAA", session.as_str(), gone.as_str()] {
        for (method, path, _) in
            operations().into_iter().chain([(Method::GET, "/nowhere".to_owned(), Vec::new())])
        {
            let (status, headers, body) = site.operate(&method, &path, token).await;
            assert!([401, 429].contains(&status.as_u16()), "{path}: {status}");
            assert!(
                !body.contains("Locked") && headers.contains_key(header::CONTENT_SECURITY_POLICY),
                "{path}"
            );
            assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json", "{path}");
        }
    }
    let cookie = format!("__Host-medward={session}");
    let request = Request::get("/api/v1/device").header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    assert!([401, 429].contains(&site.ask(request).await.0.as_u16()), "a session is no token");
}

#[tokio::test]
async fn lists_come_in_parts_and_what_is_known_is_not_sent_again() {
    let site = Site::new();
    let token = site.token("one", "clerk", &[Scope::Device]);
    let (status, headers, body) = site.get("/records?limit=1", &token).await;
    let page: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &page["total"], &page["next"]), (StatusCode::OK, &3.into(), &1.into()), "{body}");
    assert!(!body.contains("clerk"), "people are left out");
    let again = Request::get("/api/v1/records?limit=1")
        .header(header::AUTHORIZATION, format!("bearer {token}"))
        .header(header::IF_NONE_MATCH, &headers[header::ETAG]);
    let (status, _, body) = site.ask(again.body(Body::empty()).unwrap()).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    for path in ["/records?from=-1", "/records?limit=0", "/records?limit=501", "/records?from=1&from=2"] {
        assert_eq!(site.get(path, &token).await.0, StatusCode::BAD_REQUEST, "{path}");
    }
    for path in
        ["/risks/R-9", "/controls/%2e%2e", "/requirements/none", "/nowhere", "/paths?without=none", "/"]
    {
        assert_eq!(site.get(path, &token).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let post = Request::post("/api/v1/device").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let (status, headers, _) = site.ask(post.body(Body::empty()).unwrap()).await;
    assert_eq!((status, headers.contains_key(header::ALLOW)), (StatusCode::METHOD_NOT_ALLOWED, true));
}

#[tokio::test]
async fn a_program_that_asks_too_much_waits() {
    let site = Site::new();
    let token = site.token("one", "clerk", &[Scope::Device]);
    let mut last = StatusCode::OK;
    for _ in 0..600 {
        last = site.get("/findings?limit=1", &token).await.0;
        if last != StatusCode::OK {
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn proofs_hold_with_the_public_key_alone() {
    let site = Site::new();
    let signer = key::open(&site.directory.path().join("key"), PASSPHRASE).unwrap();
    let log = Log::open(&site.directory.path().join("ledger"), signer).unwrap();
    for _ in 0..3 {
        log.append(ENTRY).unwrap();
    }
    let token = site.token("one", "clerk", &[Scope::Ledger]);
    let (status, _, proof) = site.get("/ledger/entries/1/proof", &token).await;
    assert_eq!(status, StatusCode::OK, "{proof}");
    let proof = Inclusion::parse(proof.as_bytes()).unwrap();
    assert_eq!(proof.check(ENTRY, &site.key).unwrap().size, 3);
    let (status, _, body) = site.get("/ledger/consistency?size=2", &token).await;
    let proof: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &proof["to"]), (StatusCode::OK, &3.into()), "{body}");
    for (path, wanted) in [
        ("/ledger/consistency?size=4", StatusCode::NOT_FOUND),
        ("/ledger/consistency", StatusCode::BAD_REQUEST),
        ("/ledger/entries/3/proof", StatusCode::NOT_FOUND),
        ("/ledger/entries/x", StatusCode::BAD_REQUEST),
        ("/ledger/entries/18446744073709551615", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(site.get(path, &token).await.0, wanted, "{path}");
    }
}
