//! Writing what was planned into the ledger of a device, all by one role.

use crate::plan::{Deed, Step};
use crate::signing::{Signing, vouched};
use crate::{ActError, Device};
use jiff::Timestamp;
use medward_evidence::{Acted, Voucher};
use medward_ledger::{Act, Digest, Entry, Log, Reason, RecordId, key};
use medward_live::{DIRECTORY, public_key};
use medward_response::{Case, State, Transition, door, procedure};
use medward_side_store::{SideStore, StoreKey};
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// How long is waited while another process appends.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the signing key of a ledger is, and how it opens.
pub struct LedgerKey {
    path: PathBuf,
    passphrase: Zeroizing<String>,
}

impl std::fmt::Debug for LedgerKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LedgerKey").field("path", &self.path).finish_non_exhaustive()
    }
}

impl LedgerKey {
    /// The sealed key at a path, and its passphrase.
    pub fn new(path: PathBuf, passphrase: Zeroizing<String>) -> Self {
        Self { path, passphrase }
    }

    /// A key for another purpose, which tells nothing of this one.
    pub fn derived(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>, ActError> {
        Ok(key::derive(&self.path, &self.passphrase, purpose)?)
    }

    /// The ledger of a device open for appending; held by nobody else until it is dropped.
    pub fn open(&self, directory: &Path) -> Result<Log, ActError> {
        let ledger = directory.join(DIRECTORY);
        let public = public_key(&ledger, None)?;
        let signer = key::open(&self.path, &self.passphrase)?;
        if public != *signer.verifier() {
            let (given, wanted) = (signer.verifier().name(), public.name());
            return Err(ActError::refused(format!("the key is `{given}`, the ledger is of `{wanted}`")));
        }
        Ok(Log::open_within(&ledger, signer, PATIENCE)?)
    }

    /// Keeps a payload sealed beside the ledger of a device; gives the digest that entries name it by.
    pub fn keep(&self, directory: &Path, payload: &[u8]) -> Result<Digest, ActError> {
        let store = StoreKey::open(&self.path, &self.passphrase)?;
        Ok(SideStore::beside(&directory.join(DIRECTORY)).put(&store, payload)?)
    }

    /// Opens a payload that was kept.
    pub fn kept(&self, directory: &Path, digest: &Digest) -> Result<Zeroizing<Vec<u8>>, ActError> {
        let store = StoreKey::open(&self.path, &self.passphrase)?;
        Ok(SideStore::beside(&directory.join(DIRECTORY)).open(&store, digest)?)
    }
}

/// What was written.
#[derive(Debug)]
pub struct Done {
    /// Numbers of the entries.
    pub entries: Vec<u64>,
    /// The steps taken, each with the state it led to.
    pub steps: Vec<(&'static Transition, &'static State)>,
}

impl Done {
    /// Number of the last entry.
    pub fn last(&self) -> u64 {
        self.entries.last().copied().unwrap_or_default()
    }
}

/// Writes into the ledger of a device, all by one role.
#[derive(Debug)]
pub struct Writer<'d> {
    device: &'d Device,
    role: Option<String>,
    signing: Option<Signing>,
    ledger: Held<'d>,
}

/// How a ledger is held.
#[derive(Debug)]
enum Held<'d> {
    /// Open until everything is written.
    Open(Log),
    /// Opened for each entry: a person thinks in between, and others write too.
    EachTime(&'d LedgerKey),
}

impl<'d> Writer<'d> {
    /// Opens the ledger.
    pub fn open(
        device: &'d Device,
        role: Option<&str>,
        signing: Option<Signing>,
        key: &LedgerKey,
    ) -> Result<Self, ActError> {
        device.check_role(role, false)?;
        let ledger = Held::Open(key.open(&device.directory)?);
        Ok(Self { device, role: role.map(str::to_owned), signing, ledger })
    }

    /// The same for a dialogue: each act is written when it is given, and nothing is held in between.
    pub fn between_questions(
        device: &'d Device,
        role: Option<&str>,
        signing: Option<Signing>,
        key: &'d LedgerKey,
    ) -> Result<Self, ActError> {
        device.check_role(role, true)?;
        // A key that does not fit is found out before anything is asked.
        drop(key.open(&device.directory)?);
        Ok(Self { device, role: role.map(str::to_owned), signing, ledger: Held::EachTime(key) })
    }

    /// The moment of writing.
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// The role that acts.
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// Who would vouch for an act of this role, to find out beforehand whether a step is allowed.
    fn voucher(&self) -> Voucher {
        let person = self.signing.as_ref().map(|signing| Voucher::Person(signing.person().to_owned()));
        person.unwrap_or(Voucher::Role)
    }

    /// Writes a plan. Everything is checked and signed before anything is written.
    pub fn carry_out(&self, plan: Vec<Deed<'_>>) -> Result<Done, ActError> {
        let (mut signed, mut steps) = (Vec::new(), Vec::new());
        for deed in plan {
            let entry = match deed {
                Deed::Report(report) => report.entry(self.role(), self.now())?.1,
                Deed::Act { case, exercise, act } => {
                    door::entry(case, act, exercise, self.role(), self.now())?
                }
                Deed::Step(step) => {
                    let (entry, taken) = self.step(&step)?;
                    steps.push(taken);
                    entry
                }
                Deed::Entry(entry) => entry,
            };
            signed.push(self.signed(entry)?);
        }
        let entries = signed.iter().map(|entry| self.append(entry)).collect::<Result<_, _>>()?;
        Ok(Done { entries, steps })
    }

    /// Writes an act on a case; gives it as reading the ledger once more would show it.
    pub fn acted(&self, case: &Case, act: Act) -> Result<Acted, ActError> {
        let received = self.now();
        let index = self.carry_out(vec![Deed::act(case, act.clone())?])?.last();
        let (role, voucher) = (self.role.clone(), self.voucher());
        Ok(Acted { case: case.id.clone(), act, exercise: case.exercise, received, role, voucher, index })
    }

    /// The entry of a step, if it may be taken by whoever writes, with the state it leads to.
    fn step(&self, step: &Step<'_>) -> Result<(Entry, (&'static Transition, &'static State)), ActError> {
        let missing =
            || ActError::refused(format!("there is no procedure `{}`", step.procedure.escape_debug()));
        let known = procedure(&step.procedure)?.ok_or_else(missing)?;
        let role = self.role().unwrap_or_default();
        let reason = step.because.as_ref().map(Reason::as_str);
        let voucher = self.voucher();
        let (transition, to) =
            step.case.step(known, &step.party, &step.step, Some((&voucher, role)), reason)?;
        let act = Act::Moved {
            procedure: RecordId::try_from(step.procedure.as_str())?,
            entity: RecordId::try_from(step.party.as_str())?,
            transition: RecordId::try_from(step.step.as_str())?,
            at: step.at.unwrap_or_else(|| self.now()).as_second(),
            because: step.because.clone(),
        };
        let case = RecordId::try_from(step.case.id.as_str())?;
        let entry = door::entry(case, act, step.case.exercise, self.role(), self.now())?;
        Ok((entry, (transition, known.state(&to).ok_or_else(missing)?)))
    }

    fn signed(&self, entry: Entry) -> Result<Entry, ActError> {
        match &self.role {
            Some(role) => vouched(entry, role, self.signing.as_ref(), &self.device.file),
            None => Ok(entry),
        }
    }

    fn append(&self, entry: &Entry) -> Result<u64, ActError> {
        let bytes = entry.canonical()?;
        let receipt = match &self.ledger {
            Held::Open(log) => log.append(&bytes)?,
            Held::EachTime(key) => key.open(&self.device.directory)?.append(&bytes)?,
        };
        Ok(receipt.index)
    }

    /// Writes an entry that was made elsewhere.
    pub fn write(&self, entry: Entry) -> Result<u64, ActError> {
        self.append(&self.signed(entry)?)
    }
}
