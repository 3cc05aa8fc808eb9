//! `tls`: versions and cipher suites offered, certificate chain, days to its end, client certificate demanded.

use crate::cipher_suites;
use crate::client_hello::{Answer, Version, offer};
use crate::configuration::{ConfigError, Terms, is_set, optional};
use crate::registry::probe;
use crate::tls_client::{Identity, Server, Shaken, Shown, afterthought, shake};
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_diagnostic::closest;
use medward_file::kinds::{Probe, TlsProbe};
use rustls::AlertDescription;
use x509_parser::prelude::{FromDer as _, X509Certificate};

probe! {
    /// A TLS server offers the versions and cipher suites it may and no others, its certificate is valid long enough, and it demands the client's.
    Tls, "tls", tls: TlsProbe, needs &["target", "tls.versions"]
}

/// Suites of one version looked at before giving up on a server that takes everything.
const SUITES_MAX: usize = 40;
const SECONDS_PER_DAY: i64 = 86_400;

struct Endpoint {
    server: Server,
    versions: Vec<Version>,
    suites: Vec<u16>,
    days_left_min: i64,
    identity: Identity,
    demands_certificate: bool,
}

fn prepare(reader: Terms, terms: &Probe, own: &TlsProbe) -> Result<Endpoint, ConfigError> {
    let target = reader.address(terms.target.as_ref())?;
    reader.list(&own.versions, "tls.versions", "the versions the server must accept")?;
    let mut versions = Vec::new();
    for written in &own.versions {
        let known = Version::ALL.into_iter().find(|version| version.word() == &*written.value);
        let why = "is no version; write `1.2` or `1.3`";
        versions
            .push(known.ok_or_else(|| reader.unusable("tls.versions", &written.value, written.span, why))?);
    }
    let mut suites = Vec::new();
    for written in &own.suites {
        let why = || {
            let names: Vec<_> = cipher_suites::ALLOWED.into_iter().map(cipher_suites::name).collect();
            match closest(written, names.iter().map(String::as_str)) {
                Some(name) => format!("is no cipher suite; did you mean `{name}`?"),
                None => "is no cipher suite; write its IANA name".to_owned(),
            }
        };
        let known = cipher_suites::by_name(written);
        suites.push(known.ok_or_else(|| reader.unusable("tls.suites", &written.value, written.span, why()))?);
    }
    if suites.is_empty() {
        suites = cipher_suites::ALLOWED.to_vec();
    }
    let demands_certificate = is_set(own.client_certificate.as_ref());
    let identity = reader.identity(
        (own.certificate.as_ref(), "tls.certificate"),
        (own.key.as_ref(), "tls.key"),
        demands_certificate,
    )?;
    Ok(Endpoint {
        server: Server::new(target, optional(own.server_name.as_ref()), optional(own.trust.as_ref())),
        versions,
        suites,
        days_left_min: reader.number(own.days_left_min.as_ref(), "tls.days_left_min", 1..=3650, 14)?,
        identity,
        demands_certificate,
    })
}

impl Endpoint {
    /// Every suite the server takes with one version; none means that it refuses the version.
    fn taken(&self, context: &Context, version: Version) -> Result<(Vec<u16>, String), Fault> {
        let mut left = cipher_suites::of(version == Version::V13);
        let mut taken = Vec::new();
        loop {
            match offer(context, &self.server.target, &self.server.name, version, &left)? {
                Answer::Accepted(chosen, suite) if chosen == version && left.contains(&suite) => {
                    taken.push(suite);
                    left.retain(|offered| *offered != suite);
                    if left.is_empty() || taken.len() >= SUITES_MAX {
                        return Ok((taken, String::new()));
                    }
                }
                Answer::Accepted(chosen, _) => return Ok((taken, format!("answers with {}", chosen.word()))),
                Answer::Refused(how) => return Ok((taken, how)),
            }
        }
    }

    fn versions_and_suites(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let mut raw = String::new();
        for version in Version::ALL {
            let (taken, how) = self.taken(context, version)?;
            let names: Vec<_> = taken.iter().copied().map(cipher_suites::name).collect();
            let seen = if taken.is_empty() { format!("refused: {how}") } else { "accepted".to_owned() };
            let word = version.word();
            if self.versions.contains(&version) {
                findings.positive(format!("version {word} is accepted"), !taken.is_empty(), &seen);
            } else {
                findings.negative(format!("version {word} is refused"), taken.is_empty(), &seen);
            }
            let weak = taken.iter().filter(|suite| !self.suites.contains(suite)).copied();
            let weak: Vec<_> = weak.map(cipher_suites::name).collect();
            if !taken.is_empty() {
                let seen = if weak.is_empty() { "none".to_owned() } else { weak.join(", ") };
                findings.negative(format!("no other cipher suite with {word}"), weak.is_empty(), seen);
            }
            raw.push_str(&[word, ": ", &seen, " ", &names.join(" "), "\n"].concat());
        }
        findings.raw("versions and cipher suites", raw);
        Ok(())
    }

    fn chain(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let (shaken, shown) = shake(context, &self.server, &self.identity)?;
        let shaken = afterthought(context, shaken)?;
        let expected = format!("the certificate is valid for {}", self.server.name);
        match &shaken {
            Shaken::Done(_) => findings.positive(expected, Verdict::Held, "handshake done"),
            Shaken::Refused(error) => findings.positive(expected, Verdict::Broken, error.to_string()),
            // Without a client certificate to object to, an end after the handshake is the server's own business.
            Shaken::Closed(why) => {
                let verdict = if shown.chain().is_empty() { Verdict::Unknown } else { Verdict::Held };
                findings.positive(expected, verdict, why);
            }
        }
        self.days_left(context, &shown, findings)
    }

    fn days_left(&self, context: &Context, shown: &Shown, findings: &mut Findings) -> Result<(), Fault> {
        let mut raw = String::new();
        let mut ends = Vec::new();
        for der in shown.chain() {
            let (_, certificate) = X509Certificate::from_der(&der)
                .map_err(|error| Fault::unintelligible("a certificate of the server", &error))?;
            let end = certificate.validity().not_after;
            ends.push(end.timestamp());
            let subject = certificate.subject();
            raw.push_str(&format_line(
                &subject.to_string(),
                &certificate.issuer().to_string(),
                &end.to_string(),
            ));
        }
        findings.raw("certificates", raw);
        let what = || Fault::Empty { what: "the server sent no certificate".to_owned() };
        let first = ends.into_iter().min().ok_or_else(what)?;
        let days = (first - context.now().as_second()).div_euclid(SECONDS_PER_DAY);
        let expected = format!("the chain is valid for {} more days", self.days_left_min);
        findings.positive(expected, days >= self.days_left_min, format!("{days} days"));
        Ok(())
    }

    fn client_certificate(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        for (identity, who) in [
            (Identity::None, "without certificate"),
            (Identity::Impostor, "with a certificate nobody issued"),
        ] {
            let (shaken, shown) = shake(context, &self.server, &identity)?;
            let (verdict, seen) = refusal(afterthought(context, shaken)?, &shown);
            findings.negative(format!("a client {who} is refused"), verdict, seen);
        }
        Ok(())
    }
}

fn format_line(subject: &str, issuer: &str, end: &str) -> String {
    ["subject ", subject, "; issuer ", issuer, "; until ", end, "\n"].concat()
}

/// Whether the server refused the client. Only its own word counts: it may have broken off for any reason.
pub(crate) fn refusal(shaken: Shaken, shown: &Shown) -> (Verdict, String) {
    match shaken {
        Shaken::Done(_) if shown.asked() => (Verdict::Broken, "asked for, not demanded".to_owned()),
        Shaken::Done(_) => (Verdict::Broken, "accepted, no certificate asked for".to_owned()),
        Shaken::Refused(rustls::Error::AlertReceived(alert)) if is_about_client(alert) => {
            (Verdict::Held, format!("refused: {alert:?}"))
        }
        Shaken::Refused(error) => (Verdict::Unknown, error.to_string()),
        Shaken::Closed(why) => (Verdict::Unknown, why),
    }
}

fn is_about_client(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::HandshakeFailure
            | AlertDescription::DecryptError
    )
}

impl Prepared for Endpoint {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        self.versions_and_suites(context, findings)?;
        self.chain(context, findings)?;
        if self.demands_certificate {
            self.client_certificate(context, findings)?;
        }
        Ok(())
    }

    fn repeat(&self) -> String {
        let Server { target, name, .. } = &self.server;
        format!(
            "openssl s_client -connect {target} -servername {name} -showcerts </dev/null  # versions: add -tls1_3, -tls1_2 ...\n\
             sslyze {target}  # every version and suite"
        )
    }
}
