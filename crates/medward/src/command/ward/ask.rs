//! What people ask of a ward: its socket answers while it runs, its directory while it does not.

use super::Opened;
use super::vouch::{Signature, Vouching};
use crate::command::passphrase;
use crate::output::{Error, Format, print, visible};
use jiff::Timestamp;
use medward_ward::control::{self, Answer, Ask, Control, Held, Kept, Listed};
use medward_ward::{Configuration, Permits, Policies, State, deidentifier};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How to ask and how to print.
#[derive(Debug, clap::Args)]
pub(crate) struct Asking {
    #[command(flatten)]
    pub(super) opened: Opened,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What to do with what is held back.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Quarantine {
    /// List what is held back, with the reasons
    List {
        #[command(flatten)]
        asking: Asking,
    },
    /// Show one object
    Show {
        /// Its number
        id: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// Have an object judged again by what the file says today; what still does not pass stays
    Release {
        /// Its number
        id: String,
        /// Why; it stays in the ledger, so name nobody
        #[arg(long, value_name = "TEXT")]
        because: String,
        #[command(flatten)]
        vouching: Vouching,
        #[command(flatten)]
        asking: Asking,
    },
    /// Destroy an object
    Discard {
        /// Its number
        id: String,
        /// Why; it stays in the ledger, so name nobody
        #[arg(long, value_name = "TEXT")]
        because: String,
        #[command(flatten)]
        vouching: Vouching,
        #[command(flatten)]
        asking: Asking,
    },
}

/// Arguments of `studies`.
#[derive(Debug, clap::Args)]
pub(crate) struct Studies {
    #[command(flatten)]
    asking: Asking,
}

/// Arguments of `erase`.
#[derive(Debug, clap::Args)]
pub(crate) struct Erase {
    /// Study Instance UID, as senders know it
    study: String,
    /// Why; it stays in the ledger, so name nobody
    #[arg(long, value_name = "TEXT")]
    because: String,
    #[command(flatten)]
    vouching: Vouching,
    #[command(flatten)]
    asking: Asking,
}

/// Arguments of `reidentify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Reidentify {
    /// Study Instance UID, as the AI knows it
    study: String,
    /// Why; it stays in the ledger, so name nobody
    #[arg(long, value_name = "TEXT")]
    because: String,
    #[command(flatten)]
    vouching: Vouching,
    #[command(flatten)]
    asking: Asking,
}

/// Arguments of `mark`.
#[derive(Debug, clap::Args)]
pub(crate) struct Mark {
    /// What it says; it stays in the ledger, so name nobody
    text: String,
    #[command(flatten)]
    asking: Asking,
}

/// Arguments of `resume`.
#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// What was found; it stays in the ledger, so name nobody
    #[arg(long, value_name = "TEXT")]
    because: String,
    #[command(flatten)]
    vouching: Vouching,
    #[command(flatten)]
    asking: Asking,
}

/// Arguments of `vouch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Vouch {
    /// File of the request, as the first person gave it to you
    request: PathBuf,
    #[command(flatten)]
    signature: Signature,
    #[command(flatten)]
    asking: Asking,
}

/// What to do in an emergency.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Emergency {
    /// Hand out the originals of one study; works with broken policies and a full ledger, is written down, and needs a review
    Open {
        /// Study Instance UID, as senders know it
        study: String,
        /// Directory for the files
        #[arg(long, value_name = "DIRECTORY")]
        out: PathBuf,
        /// Why; it stays in the ledger, so name nobody
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        vouching: Vouching,
        #[command(flatten)]
        asking: Asking,
    },
    /// Delete what an emergency put into a directory
    Shut {
        /// The directory
        #[arg(long, value_name = "DIRECTORY")]
        out: PathBuf,
        #[command(flatten)]
        asking: Asking,
    },
    /// Say what came of looking at an emergency; another person does it than who opened it
    Review {
        /// Number of its entry in the ledger of the ward, as `medward check` says it
        emergency: u64,
        /// Whether it had to be
        #[arg(long, value_enum)]
        finding: Finding,
        /// Why; it stays in the ledger, so name nobody
        #[arg(long, value_name = "TEXT")]
        because: String,
        #[command(flatten)]
        vouching: Vouching,
        #[command(flatten)]
        asking: Asking,
    },
}

/// What a look at an emergency came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Finding {
    /// It had to be
    Justified,
    /// It need not have been
    NotJustified,
}

pub(super) fn quarantine(arguments: &Quarantine) -> Result<ExitCode, Error> {
    match arguments {
        Quarantine::List { asking } => asked(asking, Ask::QuarantineList),
        Quarantine::Show { id, asking } => asked(asking, Ask::QuarantineShow { id: id.clone() }),
        Quarantine::Release { id, because, vouching, asking } => {
            vouching.ask(asking, Ask::QuarantineRelease { id: id.clone(), because: because.clone() })
        }
        Quarantine::Discard { id, because, vouching, asking } => {
            vouching.ask(asking, Ask::QuarantineDiscard { id: id.clone(), because: because.clone() })
        }
    }
}

pub(super) fn studies(arguments: &Studies) -> Result<ExitCode, Error> {
    asked(&arguments.asking, Ask::Studies)
}

pub(super) fn erase(arguments: &Erase) -> Result<ExitCode, Error> {
    let Erase { study, because, vouching, asking } = arguments;
    vouching.ask(asking, Ask::Erase { study: study.clone(), because: because.clone() })
}

pub(super) fn reidentify(arguments: &Reidentify) -> Result<ExitCode, Error> {
    let Reidentify { study, because, vouching, asking } = arguments;
    vouching.ask(asking, Ask::Reidentify { study: study.clone(), because: because.clone() })
}

pub(super) fn mark(arguments: &Mark) -> Result<ExitCode, Error> {
    asked(&arguments.asking, Ask::Mark { text: arguments.text.clone() })
}

pub(super) fn resume(arguments: &Resume) -> Result<ExitCode, Error> {
    let Resume { because, vouching, asking } = arguments;
    vouching.ask(asking, Ask::Resume { because: because.clone() })
}

pub(super) fn vouch(arguments: &Vouch) -> Result<ExitCode, Error> {
    arguments.signature.second(&arguments.asking, &arguments.request)
}

pub(super) fn emergency(arguments: &Emergency) -> Result<ExitCode, Error> {
    // The ward may run in another directory.
    let whole = |out: &Path| out.canonicalize().map_err(Error::io("read", out));
    match arguments {
        Emergency::Open { study, out, reason, vouching, asking } => {
            std::fs::create_dir_all(out).map_err(Error::io("create", out))?;
            let (study, because) = (study.clone(), reason.clone());
            vouching.ask(asking, Ask::Emergency { study, out: whole(out)?, because })
        }
        Emergency::Shut { out, asking } => asked(asking, Ask::EmergencyShut { out: whole(out)? }),
        Emergency::Review { emergency, finding, because, vouching, asking } => {
            let (emergency, is_justified) = (*emergency, *finding == Finding::Justified);
            vouching.ask(asking, Ask::EmergencyReview { emergency, is_justified, because: because.clone() })
        }
    }
}

pub(super) fn asked(asking: &Asking, ask: Ask) -> Result<ExitCode, Error> {
    let configuration = asking.opened.which.configuration()?;
    let socket = configuration.state.join(control::SOCKET);
    let answer = match control::ask(&configuration.state, &ask).map_err(Error::io("ask at", &socket))? {
        Some(answer) => answer,
        None => stopped(asking, &configuration, ask)?,
    };
    let text = match asking.format {
        Format::Json => serde_json::to_string_pretty(&answer)? + "\n",
        Format::Human => match &answer {
            Answer::Refused { reason } => return Err(Error::Usage(reason.clone())),
            answer => visible(&shown(answer)),
        },
    };
    print(&text)?;
    Ok(if matches!(answer, Answer::Refused { .. }) { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

/// Of a ward that does not run.
fn stopped(asking: &Asking, configuration: &Configuration, ask: Ask) -> Result<Answer, Error> {
    let passphrase = passphrase(asking.opened.passphrase_file.as_deref(), "the vault's key")?;
    let state = State::open(configuration, &passphrase).map_err(|error| Error::Usage(error.to_string()))?;
    // Only erasing needs it; an emergency must not wait for it.
    let deidentifier = deidentifier(configuration, &passphrase).ok();
    let policies = std::fs::read_to_string(&configuration.policies).ok();
    let policies = policies.and_then(|text| Policies::new(&text, configuration).ok());
    let mut control = Control {
        directory: configuration.state.clone(),
        state,
        keep: None,
        deidentifier,
        permits: Permits::new(configuration, policies),
        emergency_seconds: configuration.emergency_seconds,
    };
    Ok(control.answer(ask))
}

fn moment(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |moment| moment.to_string())
}

fn shown(answer: &Answer) -> String {
    let mut text = String::new();
    match answer {
        Answer::Quarantined { objects } if objects.is_empty() => text.push_str("nothing is held back\n"),
        Answer::Quarantined { objects } => {
            for Held { id, reason, note, bytes, received, .. } in objects {
                let _ = writeln!(text, "{id}  {}  {bytes} bytes\n  {reason}\n  {note}", moment(*received));
            }
        }
        Answer::Studies { studies, waiting } => {
            for Kept { study, objects, bytes, opened, erased } in studies {
                let end = erased.map(|at| format!("  erased {}", moment(at))).unwrap_or_default();
                let _ = writeln!(
                    text,
                    "{study}  {objects} objects  {bytes} bytes  since {}{end}",
                    moment(*opened)
                );
            }
            for (destination, count) in waiting {
                let _ = writeln!(text, "{count} wait for {destination}");
            }
            if text.is_empty() {
                text.push_str("no study is kept\n");
            }
        }
        Answer::Issued { token, .. } => {
            let _ = writeln!(text, "{}", token.reveal());
        }
        Answer::Tokens { tokens } if tokens.is_empty() => text.push_str("there is no token\n"),
        Answer::Tokens { tokens } => {
            for (name, Listed { sender, issued, expires, revoked }) in tokens {
                let (issued, expires) = (moment(*issued), moment(*expires));
                let end = revoked.map(|at| format!("  revoked {}", moment(at))).unwrap_or_default();
                let _ = writeln!(text, "{name}  of {sender}  from {issued} until {expires}{end}");
            }
        }
        Answer::Done { said } => {
            let _ = writeln!(text, "{said}");
        }
        Answer::Refused { reason } => text.push_str(reason),
    }
    text
}
