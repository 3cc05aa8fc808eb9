//! `medward seal verify`: signatures against trust roots, series against manifests; what is not accepted is said, with why.

use super::series::Manifests;
use crate::files::{self, Source};
use crate::output::{Error, Format, counted, print, visible};
use jiff::Timestamp;
use medward_dicom_scan::Scanner;
use medward_seal::report::Uncovered;
use medward_seal::timestamp::TimeStamp;
use medward_seal::{
    Authorities, Coverage, Demand, Integrity, ObjectReport, Profile, Sealed, SignatureReport, Trust,
    Verifier, limits, series_uid,
};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Uncovered elements of one file shown to people; programs get all.
const UNCOVERED_SHOWN: usize = 5;

/// Arguments of `seal verify`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A file is accepted when it is signed, all of its signatures hold with digests and keys that cannot be forged, \
    every signer is vouched for by a trust root, and every element is covered. Without trust roots nothing is accepted: anyone \
    can make a certificate. With manifests and no trust roots, only the manifests are looked at.\n\nExamples:\n  \
    medward seal verify signed/ --trust-roots hospital-ca.pem --crl hospital-ca.crl\n  \
    medward seal verify study/ --manifest manifests/ --device lung-ct\n\n\
    JSON is one object a line. Exit codes: 0 everything is accepted, 1 something is not, 2 could not run."
)]
pub(crate) struct Arguments {
    /// Files, or directories with all that is below them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Certificates in PEM that are trusted to vouch for signers
    #[arg(long, value_name = "FILE")]
    trust_roots: Vec<PathBuf>,
    /// Certificates in PEM between roots and signers
    #[arg(long, value_name = "FILE")]
    intermediate: Vec<PathBuf>,
    /// Revocation lists in PEM or DER; with one, every certificate needs a fresh one
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// Certificates in PEM that are trusted to vouch for time stamps
    #[arg(long, value_name = "FILE")]
    timestamp_roots: Vec<PathBuf>,
    /// Accept only with a time stamp that holds
    #[arg(long, requires = "timestamp_roots")]
    require_timestamp: bool,
    /// Ask for the coverage of this profile only; other elements may then have been added
    #[arg(long, value_parser = ["creator-rsa", "authorization", "structured-report-rsa"])]
    profile: Option<String>,
    /// Manifests of `seal record`, or directories with them: every image must be as it was sealed, none missing, none added
    #[arg(long, value_name = "PATH")]
    pub(super) manifest: Vec<PathBuf>,
    /// Public key of who signed the manifests
    #[arg(long, value_name = "FILE")]
    pub(super) public_key: Option<PathBuf>,
    /// Directory of the security file whose ledger must hold the manifests
    #[arg(long, value_name = "DIRECTORY")]
    pub(super) device: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What one file came to.
struct Outcome {
    text: String,
    is_accepted: bool,
    /// Who vouches for it.
    signers: Vec<String>,
    /// Manifest and seal.
    sealed: Option<(usize, Sealed)>,
}

#[derive(Default)]
struct Total {
    files: u64,
    accepted: u64,
    signers: BTreeSet<String>,
    sealed: Vec<(usize, Sealed)>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let manifests = Manifests::open(arguments)?;
    let with_signatures = manifests.is_empty() || !arguments.trust_roots.is_empty();
    let verifier = verifier(arguments)?;
    let demand = demand(arguments)?;
    let bar = files::progress();
    let mut total = Total::default();
    files::batches(&arguments.paths, |batch| {
        let outcomes: Vec<Outcome> = batch
            .par_iter()
            .map_init(
                || verifier.clone(),
                |verifier, path| {
                    let verifier = with_signatures.then_some(verifier);
                    let outcome = look_at(path, verifier, demand, &manifests, arguments.format);
                    bar.inc(1);
                    outcome
                },
            )
            .collect();
        let mut text = String::new();
        for outcome in outcomes {
            total.files += 1;
            total.accepted += u64::from(outcome.is_accepted);
            total.signers.extend(outcome.signers);
            total.sealed.extend(outcome.sealed);
            text.push_str(&outcome.text);
        }
        bar.suspend(|| print(&text))
    })?;
    bar.finish_and_clear();
    let is_unchanged = say_series(&manifests, &total.sealed, arguments)?;
    let Total { files, accepted, signers, .. } = total;
    if matches!(arguments.format, Format::Human) {
        let mut text = signers.iter().fold(String::new(), |mut text, signer| {
            let _ = writeln!(text, "signed by {signer}");
            text
        });
        let _ = writeln!(text, "{}: {accepted} accepted, {} not", counted(files, "file"), files - accepted);
        print(&visible(&text))?;
    }
    let is_good = files > 0 && accepted == files && is_unchanged;
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verifier(arguments: &Arguments) -> Result<Verifier, Error> {
    let each = |paths: &[PathBuf],
                add: &mut dyn FnMut(&[u8]) -> Result<(), medward_seal::trust::TrustError>| {
        paths.iter().try_for_each(|path| {
            let bytes = fs::read(path).map_err(Error::io("read", path))?;
            add(&bytes).map_err(|error| Error::Usage(format!("`{}`: {error}", path.display())))
        })
    };
    let (mut signers, mut stamps) = (Authorities::new(), Authorities::new());
    each(&arguments.trust_roots, &mut |bytes| signers.add_roots(bytes))?;
    each(&arguments.timestamp_roots, &mut |bytes| stamps.add_roots(bytes))?;
    each(&arguments.intermediate, &mut |bytes| {
        signers.add_intermediates(bytes)?;
        stamps.add_intermediates(bytes)
    })?;
    each(&arguments.crl, &mut |bytes| {
        signers.add_revocation_lists(bytes)?;
        stamps.add_revocation_lists(bytes)
    })?;
    let now = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
    Ok(Verifier::new(signers, stamps, now))
}

fn demand(arguments: &Arguments) -> Result<Demand, Error> {
    let profile = arguments.profile.as_deref().map(str::parse::<Profile>).transpose();
    let profile = profile.map_err(|error| Error::Usage(error.to_string()))?;
    let coverage = profile.map_or(Coverage::Everything, Coverage::Profile);
    Ok(Demand { coverage, is_stamped: arguments.require_timestamp })
}

fn look_at(
    path: &Path,
    verifier: Option<&mut Verifier>,
    demand: Demand,
    manifests: &Manifests,
    format: Format,
) -> Outcome {
    let refuse = |reason: String| Outcome {
        text: refused(path, &[reason], None, format),
        is_accepted: false,
        signers: Vec::new(),
        sealed: None,
    };
    let mut source = match Source::open(path) {
        Ok(source) => source,
        Err(error) => return refuse(format!("cannot be read: {error}")),
    };
    let mut scanner = Scanner::new(&limits());
    if let Err(error) = scanner.scan(&mut source) {
        return refuse(error.to_string());
    }
    let data_set = scanner.into_data_set();
    let (mut reasons, mut signers) = (Vec::new(), Vec::new());
    let (mut report, mut sealed) = (None, None);
    if let Some(verifier) = verifier {
        match verifier.data_set(&data_set, &mut source) {
            Ok(found) => {
                match found.judge(&demand) {
                    Ok(accepted) => signers = accepted.signers().to_vec(),
                    Err(refusals) => reasons.extend(refusals.iter().map(ToString::to_string)),
                }
                report = Some(found);
            }
            Err(error) => return refuse(error.to_string()),
        }
    }
    if !manifests.is_empty() {
        let of_series = series_uid(&data_set).ok().and_then(|uid| manifests.of_series(&uid));
        match of_series.map(|(number, sealer)| (number, sealer.data_set(&data_set, &mut source))) {
            None => reasons.push("it belongs to no series that a manifest was given for".to_owned()),
            Some((_, Err(error))) => reasons.push(error.to_string()),
            Some((number, Ok(image))) => sealed = Some((number, image)),
        }
        // Of a signed object the report says so.
        if let (Some(disguise), None) = (data_set.disguise(), &report) {
            reasons.push(format!("the preamble, which no seal covers, also makes it {disguise}"));
        }
    }
    let is_accepted = reasons.is_empty();
    let is_said = !is_accepted || matches!(format, Format::Json);
    let text = if is_said { refused(path, &reasons, report.as_ref(), format) } else { String::new() };
    Outcome { text, is_accepted, signers, sealed }
}

/// What is said of a file: reasons, and what is behind them.
fn refused(path: &Path, reasons: &[String], report: Option<&ObjectReport>, format: Format) -> String {
    let path = path.display().to_string();
    if matches!(format, Format::Json) {
        let line = serde_json::json!({
            "path": path,
            "accepted": reasons.is_empty(),
            "reasons": reasons,
            "signatures": report.map(|report| report.signatures.iter().map(json).collect::<Vec<_>>()),
            "uncovered": report.map(|report| report.uncovered.iter().map(place).collect::<Vec<_>>()),
            "uncovered_left_out": report.map(|report| report.uncovered_left_out),
        });
        return format!("{line}\n");
    }
    let mut text = format!("{path}: {}\n", reasons.join("; "));
    let uncovered = report.map(|report| report.uncovered.as_slice()).unwrap_or_default();
    for one in uncovered.iter().take(UNCOVERED_SHOWN) {
        let why = if one.is_unsignable { ", which cannot be signed" } else { "" };
        let _ = writeln!(text, "  not covered: {}{why}", one.place);
    }
    if let Some(more) = uncovered.len().checked_sub(UNCOVERED_SHOWN).filter(|&more| more > 0) {
        let _ = writeln!(text, "  and {more} more; --format json shows them");
    }
    visible(&text)
}

fn place(one: &Uncovered) -> serde_json::Value {
    let demanded: Vec<&str> = one.demanded.iter().map(|profile| profile.name()).collect();
    serde_json::json!({ "place": one.place, "cannot_be_signed": one.is_unsignable, "demanded_by": demanded })
}

fn json(one: &SignatureReport) -> serde_json::Value {
    let (integrity, why) = match &one.integrity {
        Integrity::Intact => ("intact", None),
        Integrity::IntactButWeak(weakness) => ("valid but weak", Some(weakness.to_string())),
        Integrity::Broken => ("broken", None),
        Integrity::NotChecked(reason) => ("not checked", Some(reason.to_string())),
    };
    let (trust, distrust) = match &one.trust {
        Trust::Trusted => ("trusted", None),
        Trust::Distrusted(reason) => ("distrusted", Some(reason.to_string())),
        Trust::NotAsked => ("not asked", None),
    };
    let profiles: Vec<&str> = one.profiles.iter().map(|profile| profile.name()).collect();
    let stamp = one.time_stamp.as_ref().map(|stamp| match stamp {
        Ok(TimeStamp { moment, authority }) => {
            let moment = i64::try_from(*moment).ok().and_then(|moment| Timestamp::from_second(moment).ok());
            serde_json::json!({ "moment": moment.map(|moment| moment.to_string()), "authority": authority })
        }
        Err(fault) => serde_json::json!({ "fault": fault.to_string() }),
    });
    serde_json::json!({
        "item": one.place,
        "uid": one.uid,
        "claimed": one.claimed,
        "mac": one.mac.map(medward_seal::MacAlgorithm::term),
        "key": one.key,
        "signer": one.signer,
        "certificate": one.certificate.map(|digest| medward_ledger::Digest::of(digest).as_str().to_owned()),
        "purpose": one.purpose,
        "integrity": integrity,
        "integrity_why": why,
        "trust": trust,
        "trust_why": distrust,
        "time_stamp": stamp,
        "elements": one.elements,
        "profiles": profiles,
    })
}

/// Says how the series came out; whether all are as they were sealed.
fn say_series(
    manifests: &Manifests,
    sealed: &[(usize, Sealed)],
    arguments: &Arguments,
) -> Result<bool, Error> {
    let (mut text, mut is_unchanged) = (String::new(), true);
    for (opened, findings) in manifests.all().iter().zip(manifests.compare(sealed)) {
        let path = opened.path.display().to_string();
        let images = opened.manifest.lines().len();
        let is_in_ledger = arguments.device.is_none() || opened.entry.is_some();
        let is_good = findings.is_empty() && is_in_ledger;
        is_unchanged &= is_good;
        let since =
            opened.entry.and_then(|(seconds, entry)| Some((Timestamp::from_second(seconds).ok()?, entry)));
        if matches!(arguments.format, Format::Json) {
            let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
            let line = serde_json::json!({
                "manifest": path, "images": images, "unchanged": findings.is_empty(), "findings": findings,
                "ledger_entry": since.map(|(_, entry)| entry), "sealed": since.map(|(time, _)| time.to_string()),
            });
            let _ = writeln!(text, "{line}");
            continue;
        }
        for finding in &findings {
            let _ = writeln!(text, "{path}: {finding}");
        }
        if !is_in_ledger {
            let _ = writeln!(text, "{path}: the ledger does not hold this manifest");
        }
        if is_good {
            let since = since.map_or_else(String::new, |(time, entry)| format!(" at {time}, entry {entry}"));
            let _ = writeln!(text, "{path}: {} as sealed{since}", counted(images as u64, "image"));
        }
    }
    print(&if matches!(arguments.format, Format::Json) { text } else { visible(&text) })?;
    Ok(is_unchanged)
}
