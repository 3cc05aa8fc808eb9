//! Every page, and who tries to get at it without being let in.

use super::router;
mod account;
mod acts;
mod ward;

use crate::desk::Desk;
use crate::guard::{Gate, now};
use crate::test_device::{PASSPHRASE, TestDevice};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use medward_ledger::key;
use std::sync::Arc;
use tower::ServiceExt as _;

const HOST: &str = "medward.example:8443";
/// Stands in every text of the file.
const HOSTILE: &str = "<script>alert(1)</script>\\\"'><img src=x onerror=alert(1)>";

struct Site {
    router: Router,
    gate: Arc<Gate>,
    directory: tempfile::TempDir,
}

/// A device whose every text is hostile, with an empty ledger and people of several roles; `more` is added to the file.
fn site_with(more: &str, signers: &[&str], change: impl FnOnce(&mut Desk)) -> Site {
    let file = |directory: &std::path::Path| {
        let keys = directory.join("keys");
        std::fs::create_dir(&keys).unwrap();
        let keys_of = |person: &str| {
            if !signers.contains(&person) {
                return String::new();
            }
            let path = keys.join(format!("{person}.key"));
            let signer = key::create(&path, &format!("{person}.example"), PASSPHRASE).unwrap();
            format!("keys = [\"{}\"]\n", signer.verifier())
        };
        let person =
            |person: &str, roles: &str| format!("[person.{person}]\nroles = [{roles}]\n{}", keys_of(person));
        let text = [
            format!("[device]\nname = \"{HOSTILE}\"\nmanufacturer = \"maker\"\n"),
            "[party.maker]\nname = \"Maker\"\nrole = \"manufacturer\"\n".to_owned(),
            format!("[role.security]\ntitle = \"{HOSTILE}\"\nsecurity = true\napproves = [\"risk\"]\n"),
            "[role.privacy]\ntitle = \"Privacy\"\nprivacy = true\n[role.plain]\ntitle = \"Plain\"\n"
                .to_owned(),
            person("clerk", "\"security\""),
            person("second", "\"security\""),
            person("officer", "\"privacy\""),
            person("guest", "\"plain\""),
            person("bare", ""),
            "[person.gone]\nroles = [\"security\"]\nuntil = 2020-01-01\n".to_owned(),
            format!("[zone.z]\ntitle = \"{HOSTILE}\"\n[asset.A-1]\ntitle = \"{HOSTILE}\"\nzone = \"z\"\n"),
            format!("[control.C-1]\ntitle = \"{HOSTILE}\"\nlayer = \"transport\"\nstate = \"implemented\"\n"),
            format!("[risk.R-1]\ntitle = \"{HOSTILE}\"\nsequence = \"{HOSTILE}\"\ncontrols = [\"C-1\"]\n"),
            "[policy.approvals]\nrisk = [\"security\"]\n".to_owned(),
            more.to_owned(),
        ];
        text.concat()
    };
    let TestDevice { gate, directory, .. } = TestDevice::with(file, change);
    let gate = Arc::new(gate);
    Site { router: router(Arc::clone(&gate)), gate, directory }
}

fn site() -> Site {
    site_with("", &[], |_| {})
}

impl Site {
    fn cookie(&self, person: &str) -> String {
        format!("__Host-medward={}", self.gate.sessions.begin(person, "Firefox on Linux", now()).unwrap())
    }

    /// What the session of a cookie is named by.
    fn name_of(&self, person: &str, cookie: &str) -> String {
        let token = cookie.split_once('=').unwrap().1;
        let (session, _) = self.gate.sessions.find(token, now(), false).unwrap();
        assert_eq!(session.person, person);
        session.name
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 10 << 20).await.unwrap();
        (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
    }

    async fn get(&self, path: &str, cookie: &str) -> (StatusCode, HeaderMap, String) {
        let request = Request::get(path).header(header::COOKIE, cookie).header(header::HOST, HOST);
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    /// What every form of a session carries, with more fields.
    async fn form(&self, cookie: &str, fields: &[(&str, &str)]) -> String {
        let body = self.get("/", cookie).await.2;
        let token =
            body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let once = crate::session::random().unwrap();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &token).append_pair("once", &once);
        form.extend_pairs(fields).finish()
    }

    /// Sends a form of a page of a person's session.
    async fn send(
        &self,
        person: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, String) {
        let cookie = self.cookie(person);
        let form = self.form(&cookie, fields).await;
        self.post(path, &cookie, OWN, &form).await
    }

    /// The entries of the ledger, once what waits is written.
    fn entries(&self) -> Vec<serde_json::Value> {
        self.gate.journal.end();
        let ledger = self.directory.path().join("ledger");
        let note = std::fs::read_to_string(ledger.join("checkpoint")).unwrap();
        let size: u64 = note.lines().nth(1).unwrap().parse().unwrap();
        crate::entries::range(&ledger, 0, size, size).unwrap().into_iter().map(|(_, entry)| entry).collect()
    }

    async fn post(
        &self,
        path: &str,
        cookie: &str,
        origin: &str,
        form: &str,
    ) -> (StatusCode, HeaderMap, String) {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::HOST, HOST)
            .header(header::ORIGIN, origin)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(form.to_owned())).unwrap()).await
    }
}

const OWN: &str = "https://medward.example:8443";
const PAGES: [&str; 24] = [
    "/",
    "/risks",
    "/risk?id=R-1",
    "/controls",
    "/controls?layer=transport",
    "/control?id=C-1",
    "/paths",
    "/paths?without=transport",
    "/paths.svg",
    "/requirements",
    "/catalog?id=gspr",
    "/incidents",
    "/findings",
    "/ledger",
    "/ledger/checkpoint",
    "/people",
    "/report",
    "/complaints",
    "/actions",
    "/approvals",
    "/documents",
    "/studies",
    "/quarantine",
    "/account",
];

#[tokio::test]
async fn every_page_answers_and_no_text_of_the_file_runs() {
    let site = site();
    let cookie = site.cookie("clerk");
    for path in PAGES {
        let (status, headers, body) = site.get(path, &cookie).await;
        assert!(status == StatusCode::OK || path.starts_with("/catalog"), "{path}: {status}");
        assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{path}");
        assert!(headers.contains_key(header::CONTENT_SECURITY_POLICY), "{path}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        // Whatever the policy forbids must not be needed.
        let needs_more = body.contains(" style=\"") || body.contains(" onclick=");
        assert!(path == "/paths.svg" || !needs_more, "{path}");
    }
    assert!(site.get("/risk?id=R-1", &cookie).await.2.contains("&lt;script&gt;"));
}

#[tokio::test]
async fn nobody_sees_a_page_without_a_session() {
    let site = site();
    let gone = site.cookie("gone");
    let left = site.cookie("nobody");
    for cookie in ["", "__Host-medward=", "__Host-medward=AAAA", "medward=x", gone.as_str(), left.as_str()] {
        for path in PAGES.into_iter().chain(["/../ledger", "/assets/..%2f..%2fkey/x", "/nowhere"]) {
            let (status, headers, body) = site.get(path, cookie).await;
            assert_ne!(status, StatusCode::OK, "{path}");
            assert!(!body.contains("R-1"), "{path}");
            assert!(headers.contains_key(header::CONTENT_SECURITY_POLICY), "{path}");
        }
    }
}

#[tokio::test]
async fn assets_are_those_of_the_binary_alone() {
    let site = site();
    assert_eq!(site.get("/assets/medward.css", "").await.0, StatusCode::OK);
    for path in ["/assets/..%2fdevice.toml", "/assets/%2fetc%2fpasswd", "/assets/key", "/assets/../key"] {
        assert_ne!(site.get(path, "").await.0, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_form_of_another_page_changes_nothing() {
    let site = site();
    let cookie = site.cookie("clerk");
    let body = site.get("/", &cookie).await.2;
    let token = body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let own = format!("csrf={token}");
    let tries = [
        ("https://evil.example", own.as_str()),
        ("null", own.as_str()),
        ("http://medward.example:8443", own.as_str()),
        (OWN, ""),
        (OWN, "csrf="),
        (OWN, "csrf=AAAA"),
    ];
    for (origin, form) in tries {
        for path in ["/ledger/verify", "/sign-out"] {
            assert_eq!(
                site.post(path, &cookie, origin, form).await.0,
                StatusCode::FORBIDDEN,
                "{origin} {form}"
            );
        }
    }
    let (status, _, body) = site.post("/ledger/verify", &cookie, OWN, &own).await;
    assert!(status == StatusCode::OK && body.contains("sound"));
    assert_eq!(site.post("/sign-out", &cookie, OWN, &own).await.0, StatusCode::SEE_OTHER);
    assert_eq!(site.get("/", &cookie).await.0, StatusCode::SEE_OTHER, "the session is over");
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let site = site();
    let form = "person=clerk&passphrase=wrong+passphrase&code=000000";
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(site.post("/sign-in", "", OWN, form).await.0);
    }
    assert_eq!(seen.first(), Some(&StatusCode::UNAUTHORIZED));
    assert_eq!(seen.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(site.post("/sign-in", "", "https://evil.example", form).await.0, StatusCode::FORBIDDEN);
}
