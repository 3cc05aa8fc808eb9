//! `medward reidentify`: results made on pseudonymised data back to their patient, by two people of different roles.

use crate::command::passphrase;
use crate::files;
use crate::output::{Error, counted, print, visible};
use medward_deid::mapping::Mapping;
use medward_deid::reidentify::{NotRestored, reidentify};
use medward_deid::role::{Role, RoleSecret};
use medward_ledger::key;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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
#[command(after_help = "Either key alone opens nothing.\n\nExample:\n  \
    medward reidentify open results/ identified/ --mapping map --role privacy.key --role clinical.key\n\n\
    Exit codes: 0 all were brought back, 1 some were not, 2 could not run.")]
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
    let (mut restored, mut left) = (0_u64, 0_u64);
    let mut said = String::new();
    for entry in walkdir::WalkDir::new(&input).sort_by_file_name() {
        let entry = entry.map_err(|error| Error::Usage(error.to_string()))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let below = entry.path().strip_prefix(&input).unwrap_or(entry.path());
        let name = if below.as_os_str().is_empty() { Path::new(entry.file_name()) } else { below };
        match bring_back(&mapping, entry.path(), &output.join(name)) {
            Ok(()) => restored += 1,
            Err(Left::Said(reason)) => {
                left += 1;
                let _ = writeln!(said, "{}: {reason}", entry.path().display());
            }
            Err(Left::Failed(error)) => return Err(error),
        }
    }
    let _ = writeln!(said, "{} brought back, {left} not", counted(restored, "file"));
    print(&visible(&said))?;
    Ok(if left == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

enum Left {
    Said(String),
    Failed(Error),
}

/// Whole or not at all.
fn bring_back(mapping: &Mapping, source: &Path, name: &Path) -> Result<(), Left> {
    let failed = |action, path: &Path, source| Left::Failed(Error::io(action, path)(source));
    let mut file = File::open(source).map_err(|error| Left::Said(format!("cannot be read: {error}")))?;
    let directory = name.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(|error| failed("make", directory, error))?;
    let part = tempfile::Builder::new().prefix(files::UNFINISHED).tempfile_in(directory);
    let mut part = part.map_err(|error| failed("write", directory, error))?;
    match reidentify(mapping, &mut file, part.as_file_mut()) {
        Ok(_) => {}
        Err(NotRestored::Write(error)) => return Err(Left::Failed(Error::Usage(error.to_string()))),
        Err(error) => return Err(Left::Said(error.to_string())),
    }
    part.as_file().sync_all().map_err(|error| failed("write", name, error))?;
    part.persist_noclobber(name).map(drop).map_err(|error| failed("write", name, error.error))
}
