//! `medward ledger`: beginning, verifying and showing the ledger of a device, and what stands beside it.

mod export;
mod show;
mod store;
mod witness;

use crate::output::{Error, print, visible};
use medward_ledger::receipt::Inclusion;
use medward_ledger::{Checkpoint, Digest, Log, Note, Tree, VerifierKey, key, read_tile, tile, verify};
pub(crate) use medward_live::DIRECTORY;
use medward_live::PUBLIC_KEY;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// How long a command waits while another process appends.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Variable that may name the file of the ledger's key.
pub(crate) const KEY: &str = "MEDWARD_LEDGER_KEY";
/// Variable that may name the file of its passphrase.
pub(crate) const PASSPHRASE_FILE: &str = "MEDWARD_LEDGER_PASSPHRASE_FILE";

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Begin the ledger of a device: makes a key and an empty, signed log
    Init {
        /// Directory of the security file
        directory: PathBuf,
        /// Name of the log, such as ledger.maker.example/lung-ct
        #[arg(long)]
        name: String,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// Verify that the ledger holds what its key signed
    Verify {
        /// Directory of the security file
        #[arg(default_value = ".")]
        directory: PathBuf,
        /// A checkpoint seen before and kept apart; finds rollback and fork
        #[arg(long, value_name = "FILE")]
        seen: Vec<PathBuf>,
        /// Public key kept apart from the ledger; the one beside the ledger when absent
        #[arg(long, value_name = "FILE")]
        public_key: Option<PathBuf>,
    },
    /// Prove that an entry stands in the ledger: one text that anyone can check with the public key alone (C2SP tlog-proof)
    Prove {
        /// Number of the entry, as `show` lists it
        entry: u64,
        /// Directory of the security file
        #[arg(default_value = ".")]
        directory: PathBuf,
    },
    /// Check a proof that `prove` printed; needs the entry and the public key, not the ledger
    CheckProof {
        /// File of the proof
        proof: PathBuf,
        /// File with the bytes of the entry as logged
        #[arg(long, value_name = "FILE")]
        entry: PathBuf,
        /// Public key of the ledger
        #[arg(long, value_name = "FILE")]
        public_key: PathBuf,
    },
    /// Have the witnesses of the file cosign the head of the ledger (C2SP tlog-witness), so that rollback and fork are found
    Witness(witness::Arguments),
    /// Write the evidence or the open findings as OSCAL
    Export(export::Arguments),
    /// Keep payloads with personal data beside the ledger, sealed, and erase them
    #[command(subcommand)]
    Store(store::Arguments),
    /// Show the entries of the ledger
    Show(show::Arguments),
}

/// Where the signing key is and how it opens. The passphrase never stands on the command line.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct KeyArguments {
    /// File of the sealed signing key; keep it out of the repository
    #[arg(long = "key", value_name = "FILE", env = KEY)]
    pub(crate) path: PathBuf,
    /// File whose first line is the passphrase; asked for on the terminal when absent
    #[arg(long, value_name = "FILE", env = PASSPHRASE_FILE)]
    pub(crate) passphrase_file: Option<PathBuf>,
}

impl KeyArguments {
    /// The passphrase, wiped when it is dropped.
    pub(crate) fn passphrase(&self) -> Result<Zeroizing<String>, Error> {
        passphrase(self.passphrase_file.as_deref(), "the ledger key")
    }
}

/// A passphrase: the first line of a file, else asked for on the terminal. Wiped when it is dropped.
pub(crate) fn passphrase(file: Option<&Path>, of: &str) -> Result<Zeroizing<String>, Error> {
    match file {
        Some(path) => {
            let text = Zeroizing::new(std::fs::read_to_string(path).map_err(Error::io("read", path))?);
            Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
        }
        None => Ok(Zeroizing::new(rpassword::prompt_password(format!("passphrase of {of}: "))?)),
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Init { directory, name, key } => init(directory, name, key),
        Arguments::Verify { directory, seen, public_key } => verified(directory, seen, public_key.as_deref()),
        Arguments::Prove { entry, directory } => prove(*entry, directory),
        Arguments::CheckProof { proof, entry, public_key } => check_proof(proof, entry, public_key),
        Arguments::Witness(arguments) => witness::run(arguments),
        Arguments::Export(arguments) => export::run(arguments),
        Arguments::Store(arguments) => store::run(arguments),
        Arguments::Show(arguments) => show::run(arguments),
    }
}

fn init(directory: &Path, name: &str, arguments: &KeyArguments) -> Result<ExitCode, Error> {
    let ledger = directory.join(DIRECTORY);
    if ledger.exists() {
        return Err(Error::Usage(format!("`{}` exists; a ledger is begun once", ledger.display())));
    }
    if !directory.is_dir() {
        return Err(Error::Usage(format!("`{}` is not the directory of a device", directory.display())));
    }
    let signer = key::create(&arguments.path, name, &arguments.passphrase()?)?;
    let public = format!("{}\n", signer.verifier());
    drop(Log::open(&ledger, signer)?);
    let path = ledger.join(PUBLIC_KEY);
    std::fs::write(&path, &public).map_err(|source| Error::Io { action: "write", path, source })?;
    print(&format!(
        "{}: empty ledger begun\npublic key: {public}Keep a copy of the public key and of each checkpoint apart from the ledger: \
         they show rollback and forgery.\n",
        ledger.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The public key beside a ledger, or one kept apart.
pub(crate) fn public_key(ledger: &Path, apart: Option<&Path>) -> Result<VerifierKey, Error> {
    Ok(medward_live::public_key(ledger, apart)?)
}

/// A head in a file, once the key is found to have signed it.
pub(crate) fn signed_head(path: &Path, key: &VerifierKey) -> Result<(Note, Checkpoint), Error> {
    let unusable = |reason: String| Error::Usage(format!("`{}` cannot be used: {reason}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let note = Note::parse(&bytes).map_err(|error| unusable(error.to_string()))?;
    note.verify(key).map_err(|error| unusable(error.to_string()))?;
    let head = Checkpoint::parse(note.text()).map_err(|error| unusable(error.to_string()))?;
    Ok((note, head))
}

/// The ledger of a device open for appending, with the key it is signed with.
pub(crate) fn open(directory: &Path, arguments: &KeyArguments) -> Result<Log, Error> {
    open_with(directory, arguments, &arguments.passphrase()?)
}

/// The same with a passphrase already asked for.
pub(crate) fn open_with(directory: &Path, arguments: &KeyArguments, passphrase: &str) -> Result<Log, Error> {
    let ledger = directory.join(DIRECTORY);
    let public = public_key(&ledger, None)?;
    let signer = key::open(&arguments.path, passphrase)?;
    if public != *signer.verifier() {
        let (given, wanted) = (signer.verifier().name(), public.name());
        return Err(Error::Usage(format!("the key is `{given}`, the ledger is of `{wanted}`")));
    }
    Ok(Log::open_within(&ledger, signer, PATIENCE)?)
}

fn verified(directory: &Path, seen: &[PathBuf], apart: Option<&Path>) -> Result<ExitCode, Error> {
    let ledger = directory.join(DIRECTORY);
    let key = public_key(&ledger, apart)?;
    let seen = seen.iter().map(|path| Ok(signed_head(path, &key)?.1)).collect::<Result<Vec<_>, Error>>()?;
    match verify(&ledger, &key, &seen) {
        Ok(verified) => {
            let mut text =
                format!("the ledger holds: {} entries, root {}\n", verified.head.size, verified.head.root);
            if verified.behind_head > 0 {
                let _ = writeln!(text, "{} more are durable and not signed yet", verified.behind_head);
            }
            if seen.is_empty() {
                text.push_str("rollback was not looked for: give a checkpoint kept apart with --seen\n");
            }
            print(&text)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(findings) => {
            let lines: String = findings.iter().fold(String::new(), |mut text, finding| {
                let _ = writeln!(text, "error: {finding}");
                text
            });
            print(&visible(&lines))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Prints the proof of an entry, after checking it as a stranger would.
fn prove(index: u64, directory: &Path) -> Result<ExitCode, Error> {
    let ledger = directory.join(DIRECTORY);
    let key = public_key(&ledger, None)?;
    let unusable = |reason: String| Error::Usage(format!("entry {index} cannot be proven: {reason}"));
    let (head, Checkpoint { size, .. }) = signed_head(&ledger.join("checkpoint"), &key)?;
    let hashes = Tree::new(&ledger, size).inclusion(index).map_err(|error| unusable(error.to_string()))?;
    let bundle = tile::bundle_of(index, size);
    let bundled = read_tile(&ledger, bundle).map_err(Error::io("read", &ledger.join(bundle.path())))?;
    let entries = tile::entries(bundle, &bundled).map_err(|error| unusable(error.to_string()))?;
    let within = usize::try_from(index % tile::WIDTH).unwrap_or(usize::MAX);
    let entry = entries.get(within).ok_or_else(|| unusable("its bundle does not hold it".to_owned()))?;
    let proof = Inclusion { index, hashes, head };
    proof.check(entry, &key).map_err(|error| unusable(error.to_string()))?;
    print(&proof.to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn check_proof(proof: &Path, entry: &Path, key: &Path) -> Result<ExitCode, Error> {
    let read = |path: &Path| std::fs::read(path).map_err(Error::io("read", path));
    let key = public_key(Path::new(""), Some(key))?;
    let (proof, entry) = (read(proof)?, read(entry)?);
    let checked = Inclusion::parse(&proof).and_then(|it| Ok((it.index, it.check(&entry, &key)?)));
    match checked {
        Ok((index, head)) => {
            print(&visible(&format!(
                "the entry is number {index} of the {} that `{}` signed\n",
                head.size, head.origin
            )))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            print(&visible(&format!("error: {error}\n")))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Keeps a file sealed beside the ledger of a device; gives the digest that entries name it by.
pub(crate) fn keep(directory: &Path, key: &KeyArguments, payload: &Path) -> Result<Digest, Error> {
    store::keep(directory, key, payload)
}
