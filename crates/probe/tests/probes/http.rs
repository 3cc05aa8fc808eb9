//! `http` against small servers, plain and TLS.

use crate::bench::{Bench, errs, fails, passes};
use crate::certificates::{Authority, Clients, serve, serve_tls};
use crate::web::{Asked, serve_web, speak};
use medward_probe::Observation;
use rustls::version::TLS13;
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

type Said = (u16, String, String);

fn said(status: u16, headers: &str) -> Said {
    (status, headers.to_owned(), "body".to_owned())
}

/// Lets in who has the token.
fn guarded(asked: &Asked) -> Said {
    if asked.authorization.as_deref() == Some("Bearer right-token") { said(200, "") } else { said(401, "") }
}

fn run(answer: impl Fn(&Asked) -> Said + Clone + Send + 'static, rest: &str) -> Observation {
    let address = serve_web(answer);
    let terms = format!(
        "kind = \"http\"\ntarget = \"http://{address}/studies\"\ntimeout_seconds = 5\nhttp = {{ {rest} }}"
    );
    Bench::new().with_secret("viewer", "Bearer right-token").run(&terms.replace("ADDRESS", &address))
}

#[test]
fn a_guarded_site_passes_and_keeps_the_secret() {
    let seen = run(guarded, "credential = \"viewer\", refused = [\"/admin\"]");
    passes(&seen);
    assert!(!format!("{seen:?}").contains("right-token"), "{seen:#?}");
    assert!(seen.repeat.contains("[secret viewer]"), "{}", seen.repeat);
}

#[test]
fn a_site_open_to_everybody_fails() {
    fails(&run(|_| said(200, ""), "credential = \"viewer\""), "refused without credential: status 200");
}

/// Looks only whether there is a credential, not which.
#[test]
fn a_site_that_takes_any_credential_fails() {
    let lax = |asked: &Asked| said(if asked.authorization.is_some() { 200 } else { 401 }, "");
    fails(&run(lax, "credential = \"viewer\""), "with a wrong credential: status 200");
}

#[test]
fn one_open_path_fails() {
    let leaky = |asked: &Asked| if asked.path == "/backup" { said(200, "") } else { guarded(asked) };
    fails(&run(leaky, "credential = \"viewer\", refused = [\"/backup\"]"), "/backup is refused");
}

#[test]
fn a_site_that_refuses_everybody_fails() {
    fails(&run(|_| said(403, ""), "credential = \"viewer\""), "answers with status 200: status 403");
}

#[test]
fn no_answer_to_the_question_is_an_error() {
    let broken = |asked: &Asked| {
        if asked.authorization.as_deref() == Some("Bearer right-token") {
            said(200, "")
        } else {
            said(500, "")
        }
    };
    errs(&run(broken, "credential = \"viewer\""), "status 500");
    errs(&run(guarded, "credential = \"nobody\""), "no secret `nobody`");
    let silent = serve(|mut socket| {
        let _ = socket.read_to_end(&mut Vec::new());
    });
    for (target, why) in [(silent.as_str(), "out of time"), ("127.0.0.1:1", "cannot reach")] {
        let terms = format!(
            "kind = \"http\"\ntarget = \"http://{target}/\"\ntimeout_seconds = 1\nhttp = {{ refused = [\"/\"] }}"
        );
        errs(&Bench::new().run(&terms), why);
    }
}

#[test]
fn plain_http_must_lead_to_tls() {
    let rest = "redirects_from = \"http://ADDRESS/plain\"";
    let to = |location: &'static str| {
        move |asked: &Asked| {
            if asked.path == "/plain" {
                said(308, &format!("Location: {location}\r\n"))
            } else {
                said(200, "")
            }
        }
    };
    passes(&run(to("https://ward.test/"), rest));
    fails(&run(to("http://ward.test/"), rest), "sends to https");
    fails(&run(|_| said(200, ""), rest), "sends to https: status 200");
}

#[test]
fn a_rate_limit_must_answer() {
    let limited = |limit: usize| {
        let count = Arc::new(AtomicUsize::new(0));
        move |_: &Asked| said(if count.fetch_add(1, Ordering::Relaxed) < limit { 200 } else { 429 }, "")
    };
    passes(&run(limited(10), "rate_limit_requests = 20"));
    fails(&run(limited(1000), "rate_limit_requests = 20"), "all were answered");
}

const GOOD: &str = "Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n\
    X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n\
    Referrer-Policy: no-referrer\r\nPermissions-Policy: camera=()\r\nCross-Origin-Opener-Policy: same-origin\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\nServer: ward\r\n";

#[test]
fn each_security_header_that_is_missing_or_weak_fails_over_tls() {
    let authority = Authority::new("ward authority");
    let issued = authority.issue("localhost", (2035, 1, 1));
    let run = |headers: String| {
        let config = authority.config(&issued, &[&TLS13], Clients::Any);
        let address = serve_tls(config, move |stream| {
            speak(stream, &|asked| if asked.path == "/" { said(200, &headers) } else { said(401, "") });
        });
        let port = address.rsplit_once(':').unwrap().1;
        authority.bench().run(&format!(
            "kind = \"http\"\ntarget = \"https://localhost:{port}/\"\nhttp = {{ security_headers = true, trust = \"ca.pem\", refused = [\"/api\"] }}"
        ))
    };
    passes(&run(GOOD.to_owned()));
    for line in GOOD.split_inclusive("\r\n").filter(|line| !line.starts_with("Server")) {
        let name = line.split(':').next().unwrap().to_lowercase();
        fails(&run(GOOD.replace(line, "")), &name);
    }
    for (strong, weak, about) in [
        ("max-age=63072000", "max-age=60", "strict-transport-security"),
        ("default-src 'self'", "default-src 'self' 'unsafe-inline'", "content-security-policy"),
        ("Server: ward", "Server: nginx/1.18.0", "header server"),
        ("Server: ward", "X-Powered-By: PHP/7", "x-powered-by"),
    ] {
        fails(&run(GOOD.replace(strong, weak)), about);
    }
}

#[test]
fn a_secret_is_never_sent_in_clear_over_the_network() {
    let said =
        Bench::refuse("kind = \"http\"\ntarget = \"http://ward.test/\"\nhttp = { credential = \"viewer\" }");
    assert!(said.contains("unencrypted"), "{said}");
    let said = Bench::refuse("kind = \"http\"\ntarget = \"https://127.0.0.1/\"\nhttp = {}");
    assert!(said.contains("must be refused"), "{said}");
}
