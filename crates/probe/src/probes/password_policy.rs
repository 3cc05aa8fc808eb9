//! `password-policy`: what a host or an identity provider demands of passwords.

use crate::configuration::{ConfigError, Terms, optional, texts};
use crate::files::{read_json, read_text};
use crate::pam::Stack;
use crate::probes::command::refusal;
use crate::process::Program;
use crate::registry::probe;
use crate::web::Web;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::kinds::{PasswordPolicyProbe, Probe};
use serde_json::Value;

probe! {
    /// A host or an identity provider demands long passwords, stores them under a strong hash and refuses weak ones.
    PasswordPolicy, "password-policy", password_policy: PasswordPolicyProbe,
    needs &[
        "password_policy.length_min",
        "password_policy.pwquality|password_policy.provider|password_policy.judge",
        "password_policy.login_defs|password_policy.pwquality|password_policy.pam|password_policy.judge",
    ]
}

/// Hash methods of login.defs(5) and `pam_unix(8)` that withstand an attacker with the shadow file.
pub(crate) const HASHES: [&str; 2] = ["YESCRYPT", "SHA512"];
/// Length that libpwquality demands where its file does not say.
const PWQUALITY_LENGTH: i64 = 8;
/// Refused by every policy, accepted by none.
const WEAK: &str = "password";
/// Long and made of everything; used nowhere.
const STRONG: &str = "Medward-probe!7vK2-quartz.Lantern";

struct Policy {
    length_min: i64,
    login_defs: Option<String>,
    pwquality: Option<String>,
    pam: Option<String>,
    provider: Option<(String, String)>,
    web: Web,
    judge: Option<Program>,
}

fn prepare(reader: Terms, _: &Probe, own: &PasswordPolicyProbe) -> Result<Policy, ConfigError> {
    let why = "characters the policy must demand";
    let length_min =
        reader.needed_number(own.length_min.as_ref(), "password_policy.length_min", 6..=256, why)?;
    let judge = (!own.judge.is_empty()).then(|| Program { argv: texts(&own.judge), ..Program::default() });
    let provider = match &own.provider {
        None => None,
        Some(provider) => {
            if provider.contains("://") {
                reader.url(provider, "password_policy.provider")?;
            }
            let why = "JSON pointer to the least length in the provider's policy";
            let pointer = reader.text(own.length_pointer.as_ref(), "password_policy.length_pointer", why)?;
            Some((provider.to_string(), pointer))
        }
    };
    if own.pwquality.is_none() && provider.is_none() && judge.is_none() {
        let why = "something that tells the least length: this, `provider` or `judge`";
        return Err(reader.missing("password_policy.pwquality", why));
    }
    if own.pwquality.is_none() && own.login_defs.is_none() && own.pam.is_none() && judge.is_none() {
        let why = "something that shows what is refused: this, `pwquality` or `login_defs`";
        return Err(reader.missing("password_policy.judge", why));
    }
    Ok(Policy {
        length_min,
        login_defs: optional(own.login_defs.as_ref()),
        pwquality: optional(own.pwquality.as_ref()),
        pam: optional(own.pam.as_ref()),
        provider,
        web: Web { trust: optional(own.trust.as_ref()) },
        judge,
    })
}

/// The last value of a key in lines of `key value` or `key = value`; a bare key counts as set.
fn setting<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let mut values = lines.filter_map(|line| {
        let rest = line.strip_prefix(key)?;
        if rest.is_empty() {
            return Some("1");
        }
        rest.starts_with([' ', '\t', '=']).then(|| rest.trim_start_matches([' ', '\t', '=']))
    });
    values.next_back()
}

/// A length as a number, or as the `length(12)` that Keycloak writes.
fn length(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let inside = text.split_once("length(").map_or(text.as_str(), |(_, rest)| rest);
            inside.split(')').next()?.trim().parse().ok()
        }
        _ => None,
    }
}

/// login.defs(5).
fn hash_method(context: &Context, path: &str, findings: &mut Findings) -> Result<(), Fault> {
    let text = read_text(context, path)?;
    let method = setting(&text, "ENCRYPT_METHOD").unwrap_or("DES");
    let is_strong = HASHES.iter().any(|hash| method.eq_ignore_ascii_case(hash));
    findings.negative(format!("no weaker hash than {} in {path}", HASHES.join(" or ")), is_strong, method);
    Ok(())
}

impl Policy {
    fn pwquality(
        &self,
        context: &Context,
        path: &str,
        stack: Option<&Stack>,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        let text = read_text(context, path)?;
        let option = stack.and_then(|stack| stack.quality_option("minlen"));
        let demanded = match option.or(setting(&text, "minlen")) {
            None => PWQUALITY_LENGTH,
            Some(value) => {
                value.parse().map_err(|error| Fault::unintelligible(format!("minlen in {path}"), &error))?
            }
        };
        self.length(path, demanded, findings);
        // A positive credit counts as so many characters that nobody typed (pwquality.conf(5)).
        let credits =
            ["dcredit", "ucredit", "lcredit", "ocredit"].map(|key| setting(&text, key).unwrap_or("0"));
        let credits: Vec<_> =
            credits.iter().filter(|value| !value.starts_with('-') && **value != "0").collect();
        findings.negative(
            format!("no credits shorten the password in {path}"),
            credits.is_empty(),
            format!("{} credits", credits.len()),
        );
        let enforcing = setting(&text, "enforcing").unwrap_or("1");
        findings.negative(
            format!("{path} does not merely warn"),
            enforcing != "0",
            format!("enforcing = {enforcing}"),
        );
        Ok(())
    }

    fn length(&self, from: &str, demanded: i64, findings: &mut Findings) {
        let expected = format!("{from} demands {} characters", self.length_min);
        findings.positive(expected, demanded >= self.length_min, format!("{demanded}"));
    }

    fn provider(
        &self,
        context: &Context,
        from: &str,
        pointer: &str,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        let document = if from.contains("://") {
            let answer = self.web.get(context, from, None)?;
            if answer.status != 200 {
                return Err(Fault::unintelligible(from, &format!("status {}", answer.status)));
            }
            serde_json::from_slice(&answer.body).map_err(|error| Fault::unintelligible(from, &error))?
        } else {
            read_json(context, from)?
        };
        findings.raw(from, document.to_string());
        let found = document.pointer(pointer).and_then(length);
        let demanded =
            found.ok_or_else(|| Fault::unintelligible(from, &format!("no length at {pointer}")))?;
        self.length(from, demanded, findings);
        Ok(())
    }
}

impl Prepared for Policy {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        if let Some(path) = &self.login_defs {
            hash_method(context, path, findings)?;
        }
        let stack = self.pam.as_ref().map(|path| Stack::read(context, path)).transpose()?;
        if let Some(stack) = &stack {
            stack.judge(self.login_defs.is_some(), findings);
        }
        if let Some(path) = &self.pwquality {
            self.pwquality(context, path, stack.as_ref(), findings)?;
        }
        if let Some((from, pointer)) = &self.provider {
            self.provider(context, from, pointer, findings)?;
        }
        if let Some(judge) = &self.judge {
            let judged = |word: &str| {
                Program { input: format!("{word}\n").into_bytes(), ..judge.clone() }.run(context)
            };
            let strong = judged(STRONG)?;
            findings.raw("judgement of a strong password", strong.raw());
            let verdict = strong.exit.map_or(Verdict::Unknown, |code| Verdict::from(code == 0));
            findings.positive("a strong password is accepted", verdict, strong.shown());
            // One character short of the demanded length, and otherwise as good as the strong one.
            let short: String =
                STRONG.chars().take(usize::try_from(self.length_min - 1).unwrap_or(0)).collect();
            for (word, which) in [(WEAK, "the commonest"), (short.as_str(), "too short a")] {
                let weak = judged(word)?;
                findings.negative(format!("{which} password is refused"), refusal(&weak, None), weak.shown());
            }
        }
        Ok(())
    }

    fn repeat(&self) -> String {
        let files = self.login_defs.iter().chain(&self.pwquality).chain(&self.pam);
        let files = files.map(|path| format!("grep -E 'ENCRYPT_METHOD|minlen|enforcing|^password' {path}"));
        let judge =
            self.judge.iter().map(|judge| format!("echo {WEAK} | {}  # must be refused", judge.shown()));
        let provider = self.provider.iter().map(|(from, pointer)| format!("{from}: value at {pointer}"));
        files.chain(judge).chain(provider).collect::<Vec<_>>().join("\n")
    }
}
