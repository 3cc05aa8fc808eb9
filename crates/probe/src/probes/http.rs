//! `http`: answers with the credential, refuses without, sends to TLS, sends the OWASP headers, limits the rate.

use crate::configuration::{ConfigError, Terms, is_set, optional};
use crate::registry::probe;
use crate::web::{Answer, Web, host, under};
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::kinds::{HttpProbe, Probe};

probe! {
    /// A web server answers whom it must, refuses whom it must, sends everybody to TLS, and sends the security headers.
    Http, "http", http: HttpProbe,
    needs &["target", "http.credential|http.refused|http.redirects_from|http.rate_limit_requests"]
}

struct Site {
    web: Web,
    url: String,
    status: i64,
    credential: Option<String>,
    refused: Vec<String>,
    refused_status: Vec<i64>,
    redirects_from: Option<String>,
    security_headers: bool,
    rate_limit_requests: Option<i64>,
}

fn prepare(reader: Terms, terms: &Probe, own: &HttpProbe) -> Result<Site, ConfigError> {
    let url = reader.url(reader.need(terms.target.as_ref(), "target", "the URL to ask")?, "target")?;
    let credential = reader.credential(&url, own.credential.as_ref(), "http.credential")?;
    let mut refused: Vec<_> = own.refused.iter().map(|path| under(&url, path)).collect();
    if credential.is_some() {
        refused.insert(0, url.clone());
    }
    let redirects_from =
        own.redirects_from.as_ref().map(|from| reader.url(from, "http.redirects_from")).transpose()?;
    let rate_limit_requests =
        reader.optional_number(own.rate_limit_requests.as_ref(), "http.rate_limit_requests", 2..=500)?;
    if refused.is_empty() && redirects_from.is_none() && rate_limit_requests.is_none() {
        let why =
            "something that must be refused: this, `refused`, `redirects_from` or `rate_limit_requests`";
        return Err(reader.missing("http.credential", why));
    }
    let mut refused_status = Vec::new();
    for status in &own.refused_status {
        refused_status.push(reader.number(Some(status), "http.refused_status", 300..=499, 401)?);
    }
    if refused_status.is_empty() {
        refused_status = vec![401, 403];
    }
    Ok(Site {
        web: Web { trust: optional(own.trust.as_ref()) },
        url,
        status: reader.number(own.status.as_ref(), "http.status", 100..=599, 200)?,
        credential,
        refused,
        refused_status,
        redirects_from,
        security_headers: is_set(own.security_headers.as_ref()),
        rate_limit_requests,
    })
}

/// A header of the OWASP Secure Headers Project (list of 2025) and what its value must say.
struct Wanted {
    name: &'static str,
    expected: &'static str,
    holds: fn(&str, &Answer) -> bool,
}

const ONE_YEAR_SECONDS: u64 = 31_536_000;

const HEADERS: [Wanted; 8] = [
    Wanted {
        name: "strict-transport-security",
        expected: "for a year at least",
        holds: |value, _| {
            let age = value.split(';').find_map(|part| part.trim().strip_prefix("max-age="));
            age.and_then(|age| age.trim_matches('"').parse::<u64>().ok())
                .is_some_and(|age| age >= ONE_YEAR_SECONDS)
        },
    },
    Wanted {
        name: "x-content-type-options",
        expected: "nosniff",
        holds: |value, _| value.eq_ignore_ascii_case("nosniff"),
    },
    Wanted {
        name: "content-security-policy",
        expected: "a default and no unsafe-inline or unsafe-eval scripts",
        holds: |value, _| value.contains("default-src") && !unsafe_scripts(value),
    },
    Wanted {
        name: "x-frame-options",
        expected: "DENY or SAMEORIGIN, or frame-ancestors in the policy",
        holds: |value, answer| {
            let policy = answer.header("content-security-policy").unwrap_or_default();
            ["DENY", "SAMEORIGIN"].iter().any(|word| value.eq_ignore_ascii_case(word))
                || policy.contains("frame-ancestors")
        },
    },
    Wanted {
        name: "referrer-policy",
        expected: "not unsafe-url",
        holds: |value, _| !value.is_empty() && !value.contains("unsafe-url"),
    },
    Wanted { name: "permissions-policy", expected: "present", holds: |value, _| !value.is_empty() },
    Wanted {
        name: "cross-origin-opener-policy",
        expected: "same-origin",
        holds: |value, _| value.starts_with("same-origin"),
    },
    Wanted {
        name: "cross-origin-resource-policy",
        expected: "same-origin or same-site",
        holds: |value, _| value.starts_with("same-"),
    },
];

/// Headers that tell an attacker what runs here.
const TELLING: [&str; 4] = ["x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator"];

/// Whether scripts written into the page would run: what `script-src` says, or `default-src` where it says nothing.
fn unsafe_scripts(policy: &str) -> bool {
    let directive =
        |name: &str| policy.split(';').map(str::trim).find(|part| part.split(' ').next() == Some(name));
    let scripts = directive("script-src").or_else(|| directive("default-src")).unwrap_or_default();
    let has_nonce = scripts.contains("'nonce-") || scripts.contains("'sha256-");
    scripts.contains("'unsafe-eval'") || (scripts.contains("'unsafe-inline'") && !has_nonce)
}

impl Site {
    fn headers(&self, answer: &Answer, findings: &mut Findings) {
        for Wanted { name, expected, holds } in &HEADERS {
            // RFC 6797 section 7.2: not sent over plain HTTP.
            if *name == "strict-transport-security" && !self.url.starts_with("https:") {
                continue;
            }
            let value = answer.header(name);
            let held = holds(value.as_deref().unwrap_or_default(), answer);
            let seen = value.unwrap_or_else(|| "absent".to_owned());
            findings.positive(format!("header {name}: {expected}"), held, seen);
        }
        let telling: Vec<_> = TELLING.iter().filter(|name| answer.header(name).is_some()).copied().collect();
        let seen = if telling.is_empty() { "none".to_owned() } else { telling.join(", ") };
        findings.negative("no header tells what runs here", telling.is_empty(), seen);
        let server = answer.header("server").unwrap_or_default();
        let tells = server.chars().any(|letter| letter.is_ascii_digit());
        findings.negative("header server: without version", !tells, server);
    }

    fn refuses(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        // Of the same scheme as the right one, so that the server looks at it.
        let wrong = match &self.credential {
            Some(name) if context.secret(name)?.starts_with("Basic ") => "Basic bWVkd2FyZC1wcm9iZTp3cm9uZw==",
            _ => "Bearer medward-probe-wrong",
        };
        for url in &self.refused {
            for (authorization, who) in
                [(None, "without credential"), (Some(wrong), "with a wrong credential")]
            {
                let answer = self.web.get(context, url, authorization)?;
                let verdict = match answer.status {
                    status if self.refused_status.contains(&status) => Verdict::Held,
                    200..=399 => Verdict::Broken,
                    // Not found, too many, broken: nobody knows whether it would have been refused.
                    _ => Verdict::Unknown,
                };
                findings.negative(
                    format!("{url} is refused {who}"),
                    verdict,
                    format!("status {}", answer.status),
                );
            }
        }
        Ok(())
    }

    fn redirects(&self, context: &Context, from: &str, findings: &mut Findings) -> Result<(), Fault> {
        let answer = self.web.get(context, from, None)?;
        let location = answer.header("location").unwrap_or_default();
        let is_redirect = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
        let seen = format!("status {} to {location:?}", answer.status);
        findings.negative(
            format!("{from} sends to https"),
            is_redirect && location.starts_with("https://"),
            seen,
        );
        Ok(())
    }

    fn limits_rate(&self, context: &Context, requests: i64, findings: &mut Findings) -> Result<(), Fault> {
        let expected = format!("{requests} requests at once to {} are too many (429)", host(&self.url));
        for number in 1..=requests {
            let answer = self.web.get_at_once(context, &self.url, None)?;
            if answer.status == 429 {
                findings.negative(expected, Verdict::Held, format!("the request number {number} was"));
                return Ok(());
            }
        }
        findings.negative(expected, Verdict::Broken, "all were answered");
        Ok(())
    }
}

impl Prepared for Site {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let credential = self.credential.as_deref().map(|name| context.secret(name)).transpose()?;
        let answer = self.web.get(context, &self.url, credential)?;
        findings.raw(&self.url, answer.raw());
        let expected = format!("{} answers with status {}", self.url, self.status);
        findings.positive(expected, answer.status == self.status, format!("status {}", answer.status));
        if self.security_headers {
            self.headers(&answer, findings);
        }
        self.refuses(context, findings)?;
        if let Some(from) = &self.redirects_from {
            self.redirects(context, from, findings)?;
        }
        if let Some(requests) = self.rate_limit_requests {
            self.limits_rate(context, requests, findings)?;
        }
        Ok(())
    }

    fn repeat(&self) -> String {
        let header = self.credential.as_ref().map(|name| format!(" -H 'Authorization: [secret {name}]'"));
        let first =
            format!("curl -i{} {}  # must give {}", header.unwrap_or_default(), self.url, self.status);
        let refused = self.refused.iter().map(|url| format!("curl -i {url}  # must be refused"));
        let redirect = self.redirects_from.iter().map(|url| format!("curl -i {url}  # must send to https"));
        let limit = self.rate_limit_requests.iter().map(|count| {
            format!(
                "seq {count} | xargs -I@ curl -so /dev/null -w '%{{http_code}}\\n' {}  # must give a 429",
                self.url
            )
        });
        std::iter::once(first).chain(refused).chain(redirect).chain(limit).collect::<Vec<_>>().join("\n")
    }
}
