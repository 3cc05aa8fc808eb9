//! `medward reidentify`: results made on pseudonymised data back to their patient, by two people of different roles.

use crate::command::passphrase;
use crate::files;
use crate::output::{Error, Format, counted, print, visible};
use medward_deid::mapping::Mapping;
use medward_deid::reidentify::{NotRestored, reidentify};
use medward_deid::role::{Role, RoleSecret};
use medward_ledger::key;
use rayon::prelude::*;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::TempPath;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Make the key of a role: FILE is the secret half, FILE.pub the one that `deidentify` takes
    Key(KeyArguments),
    /// Put patient, study, UIDs and dates back into result objects (SR, SEG, SC, PR)
    Open(OpenArguments),
}

/// Arguments of `reidentify key`.
#[derive(Debug, clap::Args)]
pub(crate) struct KeyArguments {
    /// Whose key
    #[arg(value_parser = ["privacy", "clinical"])]
    role: String,
    /// Where to write the secret half, sealed under a passphrase; each role keeps its own
    file: PathBuf,
    /// File whose first line is the passphrase; asked for on the terminal when absent
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Arguments of `reidentify open`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Either key alone opens nothing. Started again, it goes on where it stopped.\n\nExample:\n  \
    medward reidentify open results/ identified/ --mapping map --role privacy.key --role clinical.key\n\n\
    Exit codes: 0 all were brought back, 1 some were not, 2 could not run."
)]
pub(crate) struct OpenArguments {
    /// File, or directory with all that is below it
    input: PathBuf,
    /// Directory for the identified results
    output: PathBuf,
    /// The mapping that `deidentify --mapping` wrote
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Secret key of a role; two of different roles are needed
    #[arg(long, value_name = "FILE", required = true)]
    role: Vec<PathBuf>,
    /// File whose first line is the passphrase of a role's key, in the order of --role; asked for on the terminal when absent
    #[arg(long, value_name = "FILE")]
    passphrase_file: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Key(arguments) => key(arguments),
        Arguments::Open(arguments) => open(arguments),
    }
}

/// Name in the key files of roles, before the role's own.
const KEY_NAME: &str = "reidentification";

fn key(arguments: &KeyArguments) -> Result<ExitCode, Error> {
    let role = Role::from_name(&arguments.role);
    let role = role.ok_or_else(|| Error::Usage(format!("there is no role `{}`", arguments.role)))?;
    let passphrase = passphrase(arguments.passphrase_file.as_deref(), "the new key")?;
    let mut public_path = arguments.file.as_os_str().to_owned();
    public_path.push(".pub");
    key::create(&arguments.file, &format!("{KEY_NAME}.{}", role.name()), &passphrase)?;
    let secret = derived(&arguments.file, &passphrase, role)?;
    files::write_new(Path::new(&public_path), secret.public().to_text(), 0o644)?;
    Ok(ExitCode::SUCCESS)
}

fn derived(path: &Path, passphrase: &str, role: Role) -> Result<RoleSecret, Error> {
    let purpose = format!("re-identification key of the role {}", role.name());
    Ok(RoleSecret::new(role, &key::derive(path, passphrase, &purpose)?))
}

/// A role's key, opened by the person who has its passphrase.
fn secret(path: &Path, passphrase_file: Option<&Path>) -> Result<RoleSecret, Error> {
    let passphrase = passphrase(passphrase_file, &format!("`{}`", path.display()))?;
    let opened = key::open(path, &passphrase)?;
    let name = opened.verifier().name().strip_prefix(KEY_NAME).and_then(|name| name.strip_prefix('.'));
    let role = name.and_then(Role::from_name);
    let role = role.ok_or_else(|| Error::Usage(format!("`{}` is no key of a role", path.display())))?;
    derived(path, &passphrase, role)
}

fn open(arguments: &OpenArguments) -> Result<ExitCode, Error> {
    let [first, second] = arguments.role.as_slice() else {
        return Err(Error::Usage("two role keys are needed: give --role twice".to_owned()));
    };
    let mut passphrases = arguments.passphrase_file.iter().map(PathBuf::as_path);
    let (first, second) = (secret(first, passphrases.next())?, secret(second, passphrases.next())?);
    let text = fs::read_to_string(&arguments.mapping).map_err(Error::io("read", &arguments.mapping))?;
    let mapping = Mapping::open(&text, &first, &second).map_err(|error| Error::Usage(error.to_string()))?;
    let (input, output) = files::apart(&arguments.input, &arguments.output)?;
    files::clear_unfinished(&output)?;
    let bar = files::progress();
    let mut total = Total::default();
    files::batches(std::slice::from_ref(&input), |batch| {
        let outcomes: Vec<Outcome> = batch
            .par_iter()
            .map(|path| {
                let below = path.strip_prefix(&input).unwrap_or(path);
                let alone = path.file_name().map_or(path.as_path(), Path::new);
                let name = output.join(if below.as_os_str().is_empty() { alone } else { below });
                let outcome = bring_back(&mapping, path, name, &output);
                bar.inc(1);
                outcome
            })
            .collect();
        let text = settle(batch, outcomes, &output, arguments.format, &mut total)?;
        bar.suspend(|| print(&text))
    })?;
    bar.finish_and_clear();
    let Total { restored, there, left } = total;
    if matches!(arguments.format, Format::Human) {
        print(&format!("{} brought back, {there} already there, {left} not\n", counted(restored, "file")))?;
    }
    Ok(if left == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What one file came to.
enum Outcome {
    Made(TempPath, PathBuf),
    There,
    Left(String),
    Failed(Error),
}

#[derive(Default)]
struct Total {
    restored: u64,
    there: u64,
    left: u64,
}

/// Whole or not at all: the name comes later, when the bytes are on stable storage.
fn bring_back(mapping: &Mapping, source: &Path, name: PathBuf, output: &Path) -> Outcome {
    let mut file = match File::open(source) {
        Ok(file) => file,
        Err(error) => return Outcome::Left(format!("cannot be read: {error}")),
    };
    let part = tempfile::Builder::new().prefix(files::UNFINISHED).tempfile_in(output);
    let mut part = match part {
        Ok(part) => part,
        Err(error) => return Outcome::Failed(Error::io("write", output)(error)),
    };
    match reidentify(mapping, &mut file, part.as_file_mut()) {
        Ok(_) => {}
        Err(NotRestored::Write(error)) => return Outcome::Failed(Error::Usage(error.to_string())),
        Err(error) => return Outcome::Left(error.to_string()),
    }
    if !name.exists() {
        return Outcome::Made(part.into_temp_path(), name);
    }
    match files::is_same(part.path(), &name) {
        Ok(true) => Outcome::There,
        Ok(false) => Outcome::Left("another file of this name is there already".to_owned()),
        Err(error) => Outcome::Failed(Error::io("read", &name)(error)),
    }
}

/// Gives finished files their names, and says what became of each.
fn settle(
    paths: &[PathBuf],
    outcomes: Vec<Outcome>,
    output: &Path,
    format: Format,
    total: &mut Total,
) -> Result<String, Error> {
    let (mut text, mut parts) = (String::new(), Vec::new());
    for (path, outcome) in paths.iter().zip(outcomes) {
        let path = path.display().to_string();
        match outcome {
            Outcome::There => total.there += 1,
            Outcome::Failed(error) => return Err(error),
            Outcome::Left(reason) => {
                total.left += 1;
                let _ = match format {
                    Format::Human => write!(text, "{}", visible(&format!("{path}: {reason}\n"))),
                    Format::Json => {
                        writeln!(text, "{}", serde_json::json!({ "path": path, "not": reason }))
                    }
                };
            }
            Outcome::Made(part, name) => {
                total.restored += 1;
                if matches!(format, Format::Json) {
                    let result = name.display().to_string();
                    let _ = writeln!(text, "{}", serde_json::json!({ "path": path, "result": result }));
                }
                parts.push((part, name));
            }
        }
    }
    files::name_parts(output, parts)?;
    Ok(text)
}
