//! `tls` against rustls and OpenSSL servers.

use crate::bench::{Bench, errs, fails, passes};
use crate::certificates::{Authority, Clients, listen, serve, serve_tls};
use medward_probe::Outcome;
use medward_test_peers::Listening;
use rustls::version::{TLS12, TLS13};
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

fn terms(target: &str, rest: &str) -> String {
    format!(
        "kind = \"tls\"\ntarget = \"{target}\"\ntimeout_seconds = 20\ntls = {{ server_name = \"ward.test\", trust = \"ca.pem\", {rest} }}"
    )
}

const DEMANDING: &str =
    r#"versions = ["1.3"], client_certificate = true, certificate = "client.pem", key = "client.key""#;

#[test]
fn mutual_tls_13_passes() {
    let authority = Authority::new("ward authority");
    let issued = authority.issue("ward.test", (2031, 1, 1));
    let target = serve_tls(authority.config(&issued, &[&TLS13], Clients::Certified), |stream| listen(stream));
    let seen = authority.bench().run(&terms(&target, DEMANDING));
    passes(&seen);
    assert!(seen.raw.contains("TLS_AES_256_GCM_SHA384"), "{}", seen.raw);
    assert!(seen.raw.contains("CN=ward authority"), "{}", seen.raw);
    assert!(seen.seen().contains("214 days"), "{}", seen.seen());
}

#[test]
fn a_version_too_many_or_too_few_fails() {
    let authority = Authority::new("ward authority");
    let issued = authority.issue("ward.test", (2031, 1, 1));
    let both = serve_tls(authority.config(&issued, &[&TLS12, &TLS13], Clients::Any), |stream| listen(stream));
    let bench = authority.bench();
    passes(&bench.run(&terms(&both, r#"versions = ["1.2", "1.3"]"#)));
    fails(&bench.run(&terms(&both, r#"versions = ["1.3"]"#)), "version 1.2 is refused: accepted");
    let old = serve_tls(authority.config(&issued, &[&TLS12], Clients::Any), |stream| listen(stream));
    fails(&bench.run(&terms(&old, r#"versions = ["1.2", "1.3"]"#)), "version 1.3 is accepted: refused");
    passes(&bench.run(&terms(&old, r#"versions = ["1.2"]"#)));
}

#[test]
fn a_suite_that_is_not_allowed_fails() {
    let authority = Authority::new("ward authority");
    let issued = authority.issue("ward.test", (2031, 1, 1));
    let target = serve_tls(authority.config(&issued, &[&TLS13], Clients::Any), |stream| listen(stream));
    let rest = r#"versions = ["1.3"], suites = ["TLS_AES_256_GCM_SHA384"]"#;
    fails(&authority.bench().run(&terms(&target, rest)), "TLS_CHACHA20_POLY1305_SHA256");
}

#[test]
fn a_certificate_about_to_end_ended_or_foreign_fails() {
    let authority = Authority::new("ward authority");
    let bench = authority.bench();
    let run = |name: &str, until| {
        let issued = authority.issue(name, until);
        let target = serve_tls(authority.config(&issued, &[&TLS13], Clients::Any), |stream| listen(stream));
        bench.run(&terms(&target, r#"versions = ["1.3"], days_left_min = 30"#))
    };
    passes(&run("ward.test", (2030, 7, 1)));
    fails(&run("ward.test", (2030, 6, 30)), "29 days");
    fails(&run("ward.test", (2030, 5, 1)), "xpired");
    fails(&run("other.test", (2031, 1, 1)), "valid for ward.test");
    let foreign = Authority::new("someone else");
    let issued = foreign.issue("ward.test", (2031, 1, 1));
    let target = serve_tls(foreign.config(&issued, &[&TLS13], Clients::Any), |stream| listen(stream));
    fails(&bench.run(&terms(&target, r#"versions = ["1.3"]"#)), "UnknownIssuer");
}

#[test]
fn a_client_certificate_not_demanded_fails() {
    let authority = Authority::new("ward authority");
    let issued = authority.issue("ward.test", (2031, 1, 1));
    let bench = authority.bench();
    for (clients, about) in [(Clients::Any, "no certificate asked for"), (Clients::Asked, "not demanded")] {
        let target = serve_tls(authority.config(&issued, &[&TLS13], clients), |stream| listen(stream));
        fails(&bench.run(&terms(&target, DEMANDING)), about);
    }
}

/// The server trusts whoever comes with any certificate: only the impostor finds that out.
#[test]
fn a_client_certificate_that_anybody_can_make_fails() {
    let Some((server, authority)) = openssl(&["-tls1_3", "-verify", "1"]) else { return };
    let seen = authority.bench().run(&terms(&server.address(), DEMANDING));
    fails(&seen, "a certificate nobody issued is refused");
}

#[test]
fn an_old_version_and_weak_suites_fail() {
    let Some((server, authority)) = openssl(&["-cipher", "ALL:@SECLEVEL=0"]) else { return };
    let seen = authority.bench().run(&terms(&server.address(), r#"versions = ["1.2", "1.3"]"#));
    for about in ["version 1.0 is refused", "version 1.1 is refused", "_CBC_"] {
        fails(&seen, about);
    }
}

#[test]
fn silence_nonsense_and_absence_are_errors() {
    let bench = Bench::new();
    let run = |target: &str| bench.run(&terms(target, r#"versions = ["1.3"]"#).replace("= 20", "= 2"));
    let silent = serve(|mut socket| {
        let _ = socket.read_to_end(&mut Vec::new());
    });
    errs(&run(&silent), "out of time");
    let web = serve(|mut socket| {
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    errs(&run(&web), "does not speak TLS");
    errs(&run("127.0.0.1:1"), "cannot reach");
    // Shuts the door on everybody: no version is offered, which must not count as all refused.
    let shut = serve(drop);
    assert_ne!(run(&shut).outcome, Outcome::Passed);
}

#[test]
fn a_slip_in_the_terms_is_named() {
    let said = Bench::refuse(&terms("ward:1", r#"versions = ["1.4"]"#));
    assert!(said.contains("`1.4` is no version"), "{said}");
    let said = Bench::refuse(&terms("ward:1", r#"versions = ["1.3"], suites = ["TLS_AES_256_GCM_SHA38"]"#));
    assert!(said.contains("did you mean `TLS_AES_256_GCM_SHA384`?"), "{said}");
    let said = Bench::refuse(&terms("ward:1", r#"versions = ["1.3"], client_certificate = true"#));
    assert!(said.contains("needs `tls.certificate`"), "{said}");
    assert!(Bench::refuse(&terms("ward", r#"versions = ["1.3"]"#)).contains("host:port"));
}

fn openssl(options: &[&str]) -> Option<(Listening, Authority)> {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("SKIPPED: openssl is not installed");
        return None;
    }
    let authority = Authority::new("ward authority");
    let issued = authority.issue("ward.test", (2031, 1, 1));
    let bench = Bench::new();
    let certificate = bench.write("server.pem", &issued.certificate_pem);
    let key = bench.write("server.key", &issued.key_pem);
    let server = Listening::start(|port| {
        let mut command = Command::new("openssl");
        command.args(["s_server", "-quiet", "-accept", &format!("127.0.0.1:{port}")]);
        command.arg("-cert").arg(&certificate).arg("-key").arg(&key).args(options).stdin(Stdio::piped());
        command
    })?;
    Some((server, authority))
}
