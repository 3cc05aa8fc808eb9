//! Every rule fires on its `fires.toml`, as the snapshot beside it says, and stays silent on its `clean.toml`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be read is a failed test"
)]

mod acts;
mod wards;

use medward_diagnostic::Diagnostic;
use medward_evidence::{Approval, Evidence, Outcome, Standings, States, Voucher};
use medward_file::SecurityFile;
use medward_response::Cases;
use medward_rules::Live;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The day all cases are checked for.
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 23);

fn directory(code: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(code)
}

/// Findings of one code over one fixture (a file, or a directory where the rule needs other files beside it).
fn findings(code: &str, name: &str) -> Option<String> {
    let path = directory(code).join(name);
    let (file, read) = if path.is_dir() {
        medward_file::load(&path, medward_file::Limits::default())
    } else {
        let text = std::fs::read_to_string(path.with_extension("toml")).ok()?;
        medward_file::load_texts([(format!("{name}.toml").as_str(), text.as_str())])
    };
    assert!(read.is_empty(), "{code}/{name} cannot be read: {read:?}");
    let live = live(&directory(code).join(format!("{name}.evidence")), &file);
    let found = medward_rules::check(&file, TODAY, live.as_ref());
    let mut shown = String::new();
    for diagnostic in found.iter().filter(|diagnostic| diagnostic.code == code) {
        show(&mut shown, &file, diagnostic);
    }
    Some(shown)
}

/// What the lines beside a fixture say of it at noon of the day, each of one of the forms
///
/// - `CONTROL PROBE OUTCOME OBSERVED VALID FINGERPRINT [VOUCHER]`,
/// - `approval KIND.ID ROLE DAY FINGERPRINT LEANS-ON VOUCHER`,
/// - `author KIND.ID ADDRESS`,
/// - `cosigned WITNESS DAY`,
/// - an act on a case ([`acts::act`]), or what the ledger of a ward says ([`wards::seen`]),
///
/// a fingerprint being `today` or another one, a voucher the id of a person, or `-` for nobody.
fn live(path: &Path, file: &SecurityFile) -> Option<Live> {
    let text = std::fs::read_to_string(path).ok()?;
    let required = medward_evidence::required(file);
    let at = moment("2026-11-23");
    let mut live = Live { at, is_now: true, ..Live::default() };
    for (index, line) in text.lines().enumerate() {
        let words: Vec<_> = line.split_whitespace().collect();
        let index = index as u64;
        if let Some(act) = acts::act(&words, index) {
            live.history.acts.push(act);
            continue;
        }
        if wards::seen(&words, &mut live) {
            continue;
        }
        match words[..] {
            ["author", record, address] => {
                let authors = live.authors.entry(file.find_any(record)[0]).or_default();
                authors.insert(address.to_owned());
            }
            ["cosigned", witness, day] => {
                live.cosigned.insert(witness.to_owned(), moment(day));
            }
            ["approval", name, role, day, fingerprint, leans_on, voucher] => {
                let record = file.find_any(name)[0];
                let own = file.fingerprint(record).unwrap().to_string();
                live.history.approvals.push(Approval {
                    record: name.to_owned(),
                    fingerprint: of_today(fingerprint, &own),
                    leans_on: of_today(leans_on, &file.leans_on(record).to_string()),
                    role: role.to_owned(),
                    received: moment(day),
                    voucher: voucher_of(voucher),
                    index,
                });
            }
            [control, probe, outcome, observed, valid, fingerprint, ref voucher @ ..] => {
                let own = required.iter().find(|one| one.control == control);
                live.history.evidence.push(Evidence {
                    control: control.to_owned(),
                    probe: probe.to_owned(),
                    outcome: match outcome {
                        "passed" => Outcome::Passed,
                        "failed" => Outcome::Failed,
                        _ => Outcome::Error,
                    },
                    observed_until: moment(observed),
                    received: moment(observed),
                    valid_until: moment(valid),
                    fingerprint: of_today(fingerprint, own.map_or("", |one| &one.fingerprint)),
                    voucher: voucher.first().map_or(Voucher::Probe, |word| voucher_of(word)),
                    index,
                });
            }
            _ => unreachable!("{line}"),
        }
    }
    live.history.newest = live.history.evidence.iter().map(|one| one.received).max();
    live.states = States::at(&required, &live.history.evidence, at);
    live.cases = Cases::at(&live.history, at).unwrap();
    live.standings = Standings::at(file, &live.history.approvals, at);
    Some(live)
}

/// Noon of a day.
fn moment(day: &str) -> jiff::Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

fn of_today(word: &str, own: &str) -> String {
    if word == "today" { own } else { word }.to_owned()
}

fn voucher_of(word: &str) -> Voucher {
    if word == "-" { Voucher::Nobody("nobody signed it") } else { Voucher::Person(word.to_owned()) }
}

fn show(shown: &mut String, file: &SecurityFile, diagnostic: &Diagnostic) {
    let _ = writeln!(shown, "{:?} {}: {}", diagnostic.severity, diagnostic.code, diagnostic.message);
    for label in &diagnostic.labels {
        let position = file.sources.position(label.span);
        let text = file.sources.text(label.span);
        let _ = writeln!(shown, "  at {}:{} `{}` {}", position.line, position.column, text, label.text);
    }
    let _ = writeln!(shown, "  why: {}\n  mend: {}", diagnostic.why, diagnostic.mend);
}

#[test]
fn every_rule_fires_and_can_be_silent() {
    let mut problems = Vec::new();
    for rule in medward_rules::all() {
        match findings(rule.code, "fires") {
            None => problems.push(format!("{} has no fires.toml", rule.code)),
            Some(shown) if shown.is_empty() => problems.push(format!("{} does not fire", rule.code)),
            Some(shown) => {
                let mut settings = insta::Settings::clone_current();
                settings.set_snapshot_path(directory(rule.code));
                settings.set_prepend_module_to_snapshot(false);
                settings.bind(|| insta::assert_snapshot!("fires", shown));
            }
        }
        match findings(rule.code, "clean") {
            None => problems.push(format!("{} has no clean.toml", rule.code)),
            Some(shown) if shown.is_empty() => {}
            Some(shown) => problems.push(format!("{} fires on clean.toml:\n{shown}", rule.code)),
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn codes_and_names_are_unique_and_documented() {
    let mut seen = std::collections::HashSet::new();
    for rule in medward_rules::all() {
        assert!(seen.insert(rule.code), "{} twice", rule.code);
        assert!(seen.insert(rule.name), "{} twice", rule.name);
        for part in ["Why:", "Mend:", "Example:"] {
            assert!(rule.doc.contains(part), "{} lacks `{part}` in its documentation", rule.code);
        }
    }
}
