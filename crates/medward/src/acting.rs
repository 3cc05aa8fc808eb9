//! Acts on cases: reading the cases of a device, and writing what was done into its ledger. Called by the commands on events, incidents,
//! corrective actions, complaints and surveillance.

use crate::command::{DIRECTORY, KeyArguments, open_ledger, whole_file};
use crate::live::Moment;
use crate::output::{Error, Format, visible};
use crate::signing::{Signing, SigningArguments, vouched};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use medward_evidence::{Acted, History};
use medward_file::kinds::Role;
use medward_file::{Record, SecurityFile};
use medward_ledger::{Act, Entry, Reason, RecordId, Subject};
use medward_response::{Case, Cases, State, Transition, door, plain};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use zeroize::Zeroizing;

/// Who acts, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Acting {
    /// Directory of the security file
    #[arg(default_value = ".")]
    pub(crate) directory: PathBuf,
    /// Role that acts
    #[arg(long = "as", value_name = "ROLE")]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) signing: SigningArguments,
    #[command(flatten)]
    pub(crate) key: KeyArguments,
}

/// What is looked at, as it stood when, and how it is printed.
#[derive(Debug, clap::Args)]
pub(crate) struct Looking {
    /// Directory of the security file
    #[arg(default_value = ".")]
    pub(crate) directory: PathBuf,
    /// As it stood at a moment
    #[arg(long, value_name = "MOMENT")]
    at: Option<Moment>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

impl Looking {
    /// The device at the moment asked for.
    pub(crate) fn device(&self) -> Result<Device, Error> {
        Device::read(&self.directory, self.at)
    }
}

/// A point in time that something happened at; a day means its beginning. In UTC where no zone is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When(pub(crate) Timestamp);

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let begin = |day: Date| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
        let day = || text.parse::<Date>().and_then(begin);
        let found =
            text.parse::<Timestamp>().or_else(|error| if text.contains('T') { Err(error) } else { day() });
        found.map(Self).map_err(|_| {
            format!("`{text}` is neither a day such as 2026-10-01 nor a time such as 2026-10-01T14:30+02:00")
        })
    }
}

/// A device with what its ledger says.
pub(crate) struct Device {
    pub(crate) directory: PathBuf,
    pub(crate) file: SecurityFile,
    pub(crate) history: History,
    pub(crate) cases: Cases,
    pub(crate) at: Timestamp,
}

impl Device {
    /// Reads the file and the ledger of a device as they stood at a moment, now where none is given.
    pub(crate) fn read(directory: &Path, at: Option<Moment>) -> Result<Self, Error> {
        let file = whole_file(directory)?;
        let ledger = directory.join(DIRECTORY);
        if !ledger.is_dir() {
            let message =
                format!("there is no ledger at `{}`; begin one with `medward ledger init`", ledger.display());
            return Err(Error::Usage(message));
        }
        let at = at.map_or_else(Timestamp::now, Moment::timestamp);
        let history = medward_live::history(&file, directory)?;
        let cases = Cases::at(&history, at)?;
        Ok(Self { directory: directory.to_owned(), file, history, cases, at })
    }

    /// Adds what was written since it was read.
    pub(crate) fn add(&mut self, acted: Vec<Acted>) -> Result<(), Error> {
        self.history.acts.extend(acted);
        self.at = Timestamp::now();
        self.cases = Cases::at(&self.history, self.at)?;
        Ok(())
    }

    /// The one case that an id, or its beginning, names.
    pub(crate) fn case(&self, id: &str, subjects: &[Subject]) -> Result<&Case, Error> {
        let mut found = self.cases.find(id);
        found.retain(|case| subjects.contains(&case.subject));
        match found[..] {
            [case] => Ok(case),
            [] => Err(Error::Usage(format!("there is no case `{}`", id.escape_debug()))),
            _ => Err(Error::Usage(format!("`{}` begins several cases; write more of it", id.escape_debug()))),
        }
    }

    /// Roles of the file that answer for `safety`, `privacy` or `security`.
    pub(crate) fn owners(&self, of: &str) -> impl Iterator<Item = &Record<Role>> {
        let answers = move |role: &&Record<Role>| {
            let flag = match of {
                "safety" => &role.safety,
                "privacy" => &role.privacy,
                "security" => &role.security,
                _ => return false,
            };
            flag.as_ref().is_some_and(|flag| flag.value)
        };
        self.file.roles.iter().filter(answers)
    }

    /// Checks that links lead to records of the file, to cases, or to pseudonyms of studies.
    pub(crate) fn check_links(&self, links: &[String]) -> Result<(), Error> {
        for link in links {
            let leads = match link.split_once('.') {
                Some(("study" | "release", id)) => !id.is_empty(),
                Some(("event" | "complaint" | "capa", id)) => self.cases.get(id).is_some(),
                Some(_) => !self.file.find_any(link).is_empty(),
                None => false,
            };
            if !leads {
                let shown = link.escape_debug();
                return Err(Error::Usage(format!(
                    "`{shown}` leads nowhere; write `risk.R-01`, `control.C-01`, `event.E-...`, `study.PSEUDONYM`"
                )));
            }
        }
        Ok(())
    }
}

/// Writes acts into the ledger of a device, all by one role.
pub(crate) struct Writer<'d> {
    device: &'d Device,
    role: Option<String>,
    signing: Option<Signing>,
    ledger: Held<'d>,
}

/// How a ledger is held.
enum Held<'d> {
    /// Open until everything is written.
    Open(medward_ledger::Log),
    /// Opened for each entry: a person thinks in between, and others write too.
    EachTime(&'d KeyArguments, Zeroizing<String>),
}

impl<'d> Writer<'d> {
    /// Opens the ledger. A decision needs a role; a report may come without one.
    pub(crate) fn open(device: &'d Device, acting: &'d Acting, needs_role: bool) -> Result<Self, Error> {
        Self::with(device, acting, needs_role, |log, _| Held::Open(log))
    }

    /// The same for a dialogue: each act is written when it is given, and nothing is held in between.
    pub(crate) fn between_questions(device: &'d Device, acting: &'d Acting) -> Result<Self, Error> {
        Self::with(device, acting, true, |_, passphrase| Held::EachTime(&acting.key, passphrase))
    }

    fn with(
        device: &'d Device,
        acting: &Acting,
        needs_role: bool,
        held: impl FnOnce(medward_ledger::Log, Zeroizing<String>) -> Held<'d>,
    ) -> Result<Self, Error> {
        match &acting.role {
            None if needs_role => {
                return Err(Error::Usage("a role decides this: name it with --as ROLE".into()));
            }
            Some(role) if device.file.by_id::<Role>(role).is_none() => {
                return Err(Error::Usage(format!("there is no role `{role}` in the file")));
            }
            _ => {}
        }
        let signing = Signing::begin(&acting.signing, &device.file)?;
        let passphrase = acting.key.passphrase()?;
        let log = open_ledger(&device.directory, &acting.key, &passphrase)?;
        Ok(Self { device, role: acting.role.clone(), signing, ledger: held(log, passphrase) })
    }

    /// The moment of writing.
    #[expect(clippy::unused_self, reason = "it is the moment of this writer, and no clock of whoever calls")]
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// The role that acts.
    pub(crate) fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// Who would vouch for an act of this role, to find out beforehand whether a step is allowed.
    fn voucher(&self) -> medward_evidence::Voucher {
        use medward_evidence::Voucher;
        let person = self.signing.as_ref().map(|signing| Voucher::Person(signing.person().to_owned()));
        person.unwrap_or(Voucher::Role)
    }

    /// Writes an act on a case.
    pub(crate) fn act(&self, case: &Case, act: Act) -> Result<u64, Error> {
        let id = RecordId::try_from(case.id.as_str())?;
        self.write(door::entry(id, act, case.exercise, self.role(), self.now())?)
    }

    /// The same, as reading the ledger once more would show it.
    pub(crate) fn acted(&self, case: &Case, act: Act) -> Result<Acted, Error> {
        let (received, index) = (self.now(), self.act(case, act.clone())?);
        let (role, voucher) = (self.role.clone(), self.voucher());
        Ok(Acted { case: case.id.clone(), act, exercise: case.exercise, received, role, voucher, index })
    }

    /// Takes a procedure of a party a step further, if it may be taken; gives the title of the step, the state it leads to and the
    /// entry.
    pub(crate) fn step(
        &self,
        case: &Case,
        (procedure, entity): (&str, &str),
        step: &str,
        at: Timestamp,
        because: Option<&str>,
    ) -> Result<(&'static Transition, &'static State, u64), Error> {
        let missing = || Error::Usage(format!("there is no procedure `{}`", procedure.escape_debug()));
        let known = medward_response::procedure(procedure)?.ok_or_else(missing)?;
        let because = because.map(|text| plain("reason", text)).transpose()?;
        let role = self.role().unwrap_or_default();
        let reason = because.as_ref().map(Reason::as_str);
        let (transition, to) = case.step(known, entity, step, Some((&self.voucher(), role)), reason)?;
        let act = Act::Moved {
            procedure: RecordId::try_from(procedure)?,
            entity: RecordId::try_from(entity)?,
            transition: RecordId::try_from(step)?,
            at: at.as_second(),
            because,
        };
        Ok((transition, known.state(&to).ok_or_else(missing)?, self.act(case, act)?))
    }

    /// Writes an entry that was made elsewhere.
    pub(crate) fn write(&self, entry: Entry) -> Result<u64, Error> {
        let entry = match &self.role {
            Some(role) => vouched(entry, role, self.signing.as_ref(), &self.device.file)?,
            None => entry,
        };
        let bytes = entry.canonical()?;
        let receipt = match &self.ledger {
            Held::Open(log) => log.append(&bytes)?,
            Held::EachTime(key, passphrase) => {
                open_ledger(&self.device.directory, key, passphrase)?.append(&bytes)?
            }
        };
        Ok(receipt.index)
    }
}

/// Says on standard error what a user should know before going on.
pub(crate) fn warn(text: &str) {
    eprintln!("medward: {}", visible(text));
}
