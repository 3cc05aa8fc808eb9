//! `medward seal sign`: signed copies of DICOM files, each whole or not at all; originals stay as they are.

use crate::command::passphrase;
use crate::files::{self, Source};
use crate::output::{Error, Format, counted, print, visible};
use indicatif::ProgressBar;
use jiff::Timestamp;
use medward_dicom_scan::{Scanner, Tag};
use medward_seal::{
    Certificate, MacAlgorithm, NotSigned, PrivateKey, Profile, Purpose, Signed, Signer, limits,
};
use rayon::prelude::*;
use std::fmt::Write as _;
use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::TempPath;
use zeroize::Zeroizing;

/// Arguments of `seal sign`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Everything that can be signed is, which is more than any profile asks for. Elements with the VR UN cannot be \
    and are named. Sign last: every later change of what is signed, and every loss of a private element's VR, breaks a \
    signature. Started again, it goes on where it stopped.\n\nExamples:\n  \
    medward seal sign study/ signed/ --key device.key.pem --certificate device.pem --profile creator-rsa\n  \
    medward seal sign report.dcm signed/ --key mine.pem --certificate mine-chain.pem --purpose 5\n  \
    medward seal sign study/ signed/ --key device.key.pem --certificate device.pem --timestamp http://tsa.example/\n\n\
    Exit codes: 0 everything was signed, 1 some files were not, 2 could not run."
)]
pub(crate) struct Arguments {
    /// File, or directory with all that is below it
    input: PathBuf,
    /// Directory for the signed files, which keep their names
    output: PathBuf,
    /// Private key: encrypted PKCS #8 in PEM
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Its certificate in PEM; the first of the file
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// File whose first line is the passphrase of the key; asked for on the terminal when absent
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Profile of PS3.15 Annex C that the signatures shall fulfil; they are for RSA keys
    #[arg(long, value_parser = ["base-rsa", "creator-rsa", "authorization", "structured-report-rsa"])]
    profile: Option<String>,
    /// Digest
    #[arg(long, default_value = "sha256", value_parser = ["sha256", "sha384", "sha512"])]
    mac: String,
    /// Purpose, 1 to 18 of PS3.16 CID 7007: 1 author, 5 verification, 13 review ...
    #[arg(long, value_name = "CODE")]
    purpose: Option<String>,
    /// Sign this item instead of the whole object, such as `0008,1115[0]` or `0040,A730[0].0040,A730[2]`
    #[arg(long, value_name = "ITEM")]
    item: Option<String>,
    /// Address of a time-stamp authority (RFC 3161): it learns a digest of each signature and nothing else
    #[arg(long, value_name = "URL")]
    pub(super) timestamp: Option<String>,
    /// Certificates in PEM that are trusted to vouch for the authority; without them a stamp is held against the request only
    #[arg(long, value_name = "FILE", requires = "timestamp")]
    pub(super) timestamp_roots: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What one file came to.
enum Outcome {
    Made(TempPath, PathBuf, Signed),
    There,
    Not(String),
    Failed(String),
}

#[derive(Default)]
struct Total {
    made: u64,
    there: u64,
    not: u64,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let mut signer = signer(arguments)?;
    if let Some(authority) = super::stamps::authority(arguments)? {
        signer = signer.stamped_by(authority);
    }
    let item = arguments.item.as_deref().map(path_of).transpose()?.unwrap_or_default();
    let (input, output) = files::apart(&arguments.input, &arguments.output)?;
    files::clear_unfinished(&output)?;
    let bar = files::progress();
    let mut total = Total::default();
    files::batches(std::slice::from_ref(&input), |batch| {
        let outcomes: Vec<Outcome> = batch
            .par_iter()
            .map_init(
                || Scanner::new(&limits()),
                |scanner, path| {
                    let below = path.strip_prefix(&input).unwrap_or(path);
                    let alone = path.file_name().map_or(path.as_path(), Path::new);
                    let name = output.join(if below.as_os_str().is_empty() { alone } else { below });
                    let outcome = sign(&signer, scanner, path, &item, name, &output);
                    bar.inc(1);
                    outcome
                },
            )
            .collect();
        settle(batch, outcomes, &output, arguments.format, &mut total, &bar)
    })?;
    bar.finish_and_clear();
    let Total { made, there, not } = total;
    if matches!(arguments.format, Format::Human) {
        print(&format!("{} signed, {there} already there, {not} not signed\n", counted(made, "file")))?;
    }
    Ok(if not == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn signer(arguments: &Arguments) -> Result<Signer, Error> {
    let usage = |path: &Path, error: String| Error::Usage(format!("`{}`: {error}", path.display()));
    let pem = fs::read(&arguments.certificate).map_err(Error::io("read", &arguments.certificate))?;
    let certificates = Certificate::from_pem(&pem);
    let certificates = certificates.map_err(|error| usage(&arguments.certificate, error.to_string()))?;
    let certificate = certificates.into_iter().next();
    let certificate =
        certificate.ok_or_else(|| usage(&arguments.certificate, "there is no certificate".to_owned()))?;
    let purpose = arguments.purpose.as_deref().map(|code| {
        let purpose = Purpose::from_code(code);
        purpose.ok_or_else(|| Error::Usage(format!("there is no purpose `{code}`: 1 to 18")))
    });
    let purpose = purpose.transpose()?;
    let mac = MacAlgorithm::from_term(arguments.mac.to_uppercase().as_bytes());
    let mac = mac.ok_or_else(|| Error::Usage(format!("there is no digest `{}`", arguments.mac)))?;
    let profile = arguments.profile.as_deref().map(str::parse::<Profile>).transpose();
    let profile = profile.map_err(|error| Error::Usage(error.to_string()))?;
    let pem = fs::read_to_string(&arguments.key).map_err(Error::io("read", &arguments.key))?;
    let pem = Zeroizing::new(pem);
    let passphrase = passphrase(arguments.passphrase_file.as_deref(), "the signing key")?;
    let key = PrivateKey::from_encrypted_pem(&pem, &passphrase);
    let key = key.map_err(|error| usage(&arguments.key, error.to_string()))?;
    Signer::new(key, certificate, mac, profile, purpose).map_err(|error| Error::Usage(error.to_string()))
}

/// `GGGG,EEEE[N].GGGG,EEEE[N]`.
fn path_of(text: &str) -> Result<Vec<(Tag, usize)>, Error> {
    let parts = text.split('.').map(|part| {
        let (tag, number) = part.strip_suffix(']')?.split_once('[')?;
        let (group, element) = tag.split_once(',')?;
        let (group, element) = (u16::from_str_radix(group, 16).ok()?, u16::from_str_radix(element, 16).ok()?);
        Some((Tag::new(group, element), number.parse().ok()?))
    });
    let parts: Option<Vec<_>> = parts.collect();
    parts.ok_or_else(|| Error::Usage(format!("`{text}` names no item: write it as 0008,1115[0]")))
}

fn sign(
    signer: &Signer,
    scanner: &mut Scanner,
    path: &Path,
    item: &[(Tag, usize)],
    name: PathBuf,
    output: &Path,
) -> Outcome {
    if name.exists() {
        return Outcome::There;
    }
    let mut source = match Source::open(path) {
        Ok(source) => source,
        Err(error) => return Outcome::Not(format!("cannot be read: {error}")),
    };
    let data_set = match scanner.scan(&mut source) {
        Ok(data_set) => data_set,
        Err(refused) => return Outcome::Not(refused.to_string()),
    };
    let part = tempfile::Builder::new().prefix(files::UNFINISHED).tempfile_in(output);
    let part = match part {
        Ok(part) => part,
        Err(error) => return Outcome::Failed(format!("cannot write into the output directory: {error}")),
    };
    // What is copied comes in one piece from memory and goes past the buffer.
    let mut out = BufWriter::new(part);
    let now = Timestamp::now();
    let made = match &mut source {
        Source::Whole(bytes) => signer.bytes(data_set, bytes.get_ref(), item, now, &mut out),
        Source::Open(file) => signer.data_set(data_set, file, item, now, &mut out),
    };
    match made {
        Ok(made) => match out.into_inner() {
            Ok(part) => Outcome::Made(part.into_temp_path(), name, made),
            Err(error) => Outcome::Failed(format!("cannot be written: {}", error.error())),
        },
        // What would be so of every file ends the run.
        Err(error @ (NotSigned::OutOfTime | NotSigned::NotStamped(_))) => Outcome::Failed(error.to_string()),
        Err(error) => Outcome::Not(error.to_string()),
    }
}

fn settle(
    paths: &[PathBuf],
    outcomes: Vec<Outcome>,
    output: &Path,
    format: Format,
    total: &mut Total,
    bar: &ProgressBar,
) -> Result<(), Error> {
    let is_json = matches!(format, Format::Json);
    let (mut text, mut parts) = (String::new(), Vec::new());
    for (path, outcome) in paths.iter().zip(outcomes) {
        let shown = path.display().to_string();
        match outcome {
            Outcome::There => total.there += 1,
            Outcome::Failed(reason) => return Err(Error::Usage(format!("{shown}: {reason}"))),
            Outcome::Not(reason) => {
                total.not += 1;
                let line = serde_json::json!({ "path": shown, "not_signed": reason }).to_string();
                let _ = writeln!(
                    text,
                    "{}",
                    if is_json { line } else { format!("{shown}: not signed: {reason}") }
                );
            }
            Outcome::Made(part, name, signed) => {
                total.made += 1;
                let left_out: Vec<String> = signed.left_out.iter().map(ToString::to_string).collect();
                if is_json {
                    let result = name.display().to_string();
                    let line = serde_json::json!({
                        "path": shown, "result": result, "signature": signed.uid, "elements": signed.elements,
                        "cannot_be_signed": left_out,
                    });
                    let _ = writeln!(text, "{line}");
                } else if !left_out.is_empty() {
                    let _ = writeln!(text, "{shown}: cannot be signed and stay open: {}", left_out.join(" "));
                }
                parts.push((part, name));
            }
        }
    }
    files::name_parts(output, parts)?;
    let text = if is_json { text } else { visible(&text) };
    bar.suspend(|| print(&text))
}
