//! `openscap`: the results of a configuration scan, as `OpenSCAP` writes them: young, of this host, passed.
//!
//! It reads a file and runs no scan. Signatures in the file are not looked at: who may write it is believed.

use crate::configuration::{ConfigError, Terms, is_set, optional, texts};
use crate::files::{few, read_text};
use crate::registry::probe;
use crate::xccdf::{Scan, scans};
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::kinds::{OpenscapProbe, Probe};

probe! {
    /// A configuration scan of a host is young and its rules passed, while rules that nobody can keep failed.
    Openscap, "openscap", openscap: OpenscapProbe,
    needs &[
        "target",
        "openscap.host",
        "openscap.pass",
        "openscap.fail|openscap.no_other_fails",
        "openscap.age_hours_max",
    ]
}

const SECONDS_PER_HOUR: i64 = 3600;

struct Demanded {
    path: String,
    host: String,
    profile: Option<String>,
    pass: Vec<String>,
    fail: Vec<String>,
    no_other_fails: bool,
    age_hours_max: i64,
}

fn prepare(reader: Terms, terms: &Probe, own: &OpenscapProbe) -> Result<Demanded, ConfigError> {
    let no_other_fails = is_set(own.no_other_fails.as_ref());
    if own.fail.is_empty() && !no_other_fails {
        let why =
            "a rule that must have failed, or `no_other_fails = true`; without it the probe cannot fail";
        return Err(reader.missing("openscap.fail", why));
    }
    if let Some(both) = own.fail.iter().find(|rule| own.pass.iter().any(|other| other.value == rule.value)) {
        return Err(reader.unusable("openscap.fail", &both.value, both.span, "stands in `pass` too"));
    }
    let hours = own.age_hours_max.as_ref();
    Ok(Demanded {
        path: reader.text(terms.target.as_ref(), "target", "XCCDF or ARF result file")?,
        host: reader.text(own.host.as_ref(), "openscap.host", "host scanned, as the result names it")?,
        profile: optional(own.profile.as_ref()),
        pass: reader.list(&own.pass, "openscap.pass", "ids of rules that must have passed")?,
        fail: texts(&own.fail),
        no_other_fails,
        age_hours_max: reader.needed_number(
            hours,
            "openscap.age_hours_max",
            1..=8760,
            "hours the result may be old",
        )?,
    })
}

/// What the scan says of a rule: its result, `mixed` where its instances differ.
fn result<'a>(scan: &'a Scan, rule: &str) -> Option<&'a str> {
    let mut results = scan.rules.iter().filter(|one| one.rule == rule).map(|one| one.result.as_str());
    let first = results.next()?;
    let others: Vec<_> = results.filter(|other| *other != first).collect();
    match () {
        () if others.is_empty() => Some(first),
        () if first == "fail" || others.contains(&"fail") => Some("fail"),
        () => Some("mixed"),
    }
}

/// Only `pass` and `fail` are judgements of the host; everything else says that nobody looked.
fn verdict(seen: Option<&str>, wanted: &str) -> Verdict {
    match seen {
        Some(seen @ ("pass" | "fail")) => Verdict::from(seen == wanted),
        _ => Verdict::Unknown,
    }
}

impl Demanded {
    /// The newest scan of the host under the profile.
    fn choose(&self, scans: Vec<Scan>) -> Result<Scan, Fault> {
        let others: Vec<_> = scans
            .iter()
            .map(|scan| {
                format!(
                    "{} under {}",
                    scan.targets.join("/"),
                    scan.profile.as_deref().unwrap_or("no profile")
                )
            })
            .collect();
        let is_ours = |scan: &Scan| {
            scan.targets.iter().any(|target| target.eq_ignore_ascii_case(&self.host))
                && (self.profile.is_none() || scan.profile == self.profile)
        };
        let newest = scans.into_iter().filter(is_ours).max_by_key(|scan| scan.ended);
        newest.filter(|scan| !scan.rules.is_empty()).ok_or_else(|| {
            let profile = self.profile.as_deref().unwrap_or("any profile");
            let (path, host) = (&self.path, &self.host);
            Fault::Empty {
                what: format!("{path} has no result of {host} under {profile}; it has: {}", few(&others)),
            }
        })
    }

    fn others(&self, scan: &Scan, findings: &mut Findings) {
        let is_beyond = |rule: &str| !self.fail.iter().any(|known| known == rule);
        let with = |wanted: &[&str]| -> Vec<String> {
            let found =
                scan.rules.iter().filter(|one| is_beyond(&one.rule) && wanted.contains(&&*one.result));
            found.map(|one| one.rule.clone()).collect()
        };
        let (failed, unclear) = (with(&["fail"]), with(&["error", "unknown", "overridden"]));
        let verdict = match (failed.is_empty(), unclear.is_empty()) {
            (false, _) => Verdict::Broken,
            (true, false) => Verdict::Unknown,
            (true, true) => Verdict::Held,
        };
        let seen = format!("failed: {}; unclear: {}", few(&failed), few(&unclear));
        findings.negative("no other rule failed", verdict, seen);
    }
}

impl Prepared for Demanded {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let scan = self.choose(scans(context, &self.path, &read_text(context, &self.path)?)?)?;
        let lines = scan.rules.iter().map(|one| format!("{} {}\n", one.result, one.rule));
        findings.raw(&format!("{} ended {}", self.path, scan.ended), lines.collect::<String>());
        let seconds = context.now().as_second().saturating_sub(scan.ended.as_second());
        let seen = format!("{} hours, ended {}", seconds.div_euclid(SECONDS_PER_HOUR), scan.ended);
        let is_young = seconds <= self.age_hours_max.saturating_mul(SECONDS_PER_HOUR);
        let expected = format!("the scan of {} is at most {} hours old", self.host, self.age_hours_max);
        findings.positive(expected, is_young, &seen);
        // A minute for clocks that disagree.
        findings.negative("the scan is not from the future", seconds >= -60, seen);
        for rule in &self.pass {
            let seen = result(&scan, rule);
            let verdict = verdict(seen, "pass");
            findings.positive(format!("{rule} passed"), verdict, seen.unwrap_or("not in the result"));
        }
        for rule in &self.fail {
            let seen = result(&scan, rule);
            let expected = format!("{rule}, which nobody can keep, failed");
            findings.negative(expected, verdict(seen, "fail"), seen.unwrap_or("not in the result"));
        }
        if self.no_other_fails {
            self.others(&scan, findings);
        }
        Ok(())
    }

    fn repeat(&self) -> String {
        let profile = self.profile.as_ref().map_or(String::new(), |profile| format!(" --profile {profile}"));
        format!(
            "oscap xccdf eval{profile} --results-arf arf.xml CONTENT  # on {}\ngrep -A1 '<rule-result' {}",
            self.host, self.path
        )
    }
}
