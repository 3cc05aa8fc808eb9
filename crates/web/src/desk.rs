//! What people act with here: the key of the ledger, their own sealed keys, the ward, the program that makes documents. And acting
//! itself: a form becomes a plan, is signed and written, once.

use crate::form::{Form, ONCE, ROLE, Wrong};
use crate::guard::{Gate, now};
use crate::pages::View;
use crate::rights::{self, Right};
use crate::words;
use medward_acting::{ActError, Device, Done, LedgerKey, Plan, Signing, Writer};
use medward_file::kinds::Ward;
use medward_file::{Record, SecurityFile};
use medward_ledger::key;
use medward_probe::Secrets;
use medward_sign_in::{Standing, Throttle};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// Longest mark of a form, and most of them remembered, for how many seconds: a session lasts no longer.
const ONCE_BYTES_MAX: usize = 100;
const ONCE_MAX: usize = 50_000;
const ONCE_SECONDS: u64 = 28_800;

/// A document that can be made.
#[derive(Debug, Clone)]
pub struct Offered {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Clauses that ask for it.
    pub basis: &'static str,
    /// Whether people also ask for it as a spreadsheet.
    pub is_sheet: bool,
}

/// What makes documents: a program of its own, so that its memory goes with it and one that hangs can be ended.
#[derive(Debug, Clone)]
pub struct Press {
    /// The program; it understands `report NAME DIRECTORY -o FILE`.
    pub program: PathBuf,
    /// What it makes.
    pub documents: Vec<Offered>,
}

/// What people act with.
#[derive(Debug)]
pub struct Desk {
    /// Opens the ledger for writing.
    pub ledger_key: Arc<LedgerKey>,
    /// Directory of people's sealed keys, `PERSON.key` each; without it nobody signs here.
    pub keys: Option<PathBuf>,
    /// Directory of the ward, for its socket.
    pub ward: Option<PathBuf>,
    /// Key for the names under which studies are shown.
    pub study_key: Zeroizing<[u8; 32]>,
    /// Secrets that probes refer to by name.
    pub secrets: Secrets,
    /// What makes documents.
    pub press: Press,
}

impl Desk {
    /// For what [`Self::study_key`] is derived from the key of the ledger.
    pub const STUDY_PURPOSE: &str = "medward dashboard names of studies";

    /// The file of a person's key. An id that would lead elsewhere has none.
    fn key_of(&self, person: &str) -> Option<PathBuf> {
        let name = format!("{person}.key");
        let mut parts = Path::new(&name).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(only)), None) if only == name.as_str() => {
                Some(self.keys.as_ref()?.join(only))
            }
            _ => None,
        }
    }

    /// Why a person cannot sign here; nothing where they can.
    pub(crate) fn cannot_sign(&self, person: &str) -> Option<&'static str> {
        if self.keys.is_none() {
            return Some(words::NO_KEYS);
        }
        (!self.key_of(person).is_some_and(|path| path.is_file())).then_some(words::NO_KEY)
    }

    /// The id of the ward whose state this is: by the place that the file names, else the only one.
    pub(crate) fn ward_of<'f>(&self, file: &'f SecurityFile, directory: &Path) -> Option<&'f str> {
        let here = self.ward.as_ref()?.canonicalize().ok()?;
        let is_here = |ward: &&Record<Ward>| {
            directory.join(&*ward.state.value).canonicalize().is_ok_and(|state| state == here)
        };
        let found = file.wards.iter().find(is_here).map(Record::id);
        match (found, &file.wards[..]) {
            (None, [only]) => Some(only.id()),
            (found, _) => found,
        }
    }

    /// Opens the key of a person with the passphrase that was sent for this one signature.
    fn signing(&self, person: &str, passphrase: &str, file: &SecurityFile) -> Result<Signing, Wrong> {
        let path = self.key_of(person).ok_or_else(|| Wrong::new("", words::NO_KEY))?;
        let key = key::open(&path, passphrase).map_err(|error| match error {
            key::KeyError::Sealed => Wrong::new("sign", words::WRONG_PASSPHRASE),
            _ => Wrong::new("sign", words::KEY_UNUSABLE),
        })?;
        let signing = Signing::by(key, file)?;
        if signing.person() == person { Ok(signing) } else { Err(Wrong::new("sign", words::FOREIGN_KEY)) }
    }
}

/// Forms that were sent already.
#[derive(Debug, Default)]
pub(crate) struct Sent(Mutex<HashMap<[u8; 32], u64>>);

impl Sent {
    fn mark(csrf: &str, once: &str) -> Option<[u8; 32]> {
        let is_mark = !once.is_empty() && once.len() <= ONCE_BYTES_MAX;
        is_mark.then(|| Sha256::digest(format!("{csrf}\n{once}")).into())
    }

    /// Takes the mark of a form; it is given once.
    fn take(&self, csrf: &str, once: &str) -> bool {
        let Some(mark) = Self::mark(csrf, once) else { return false };
        let now = now();
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|_, at| now.saturating_sub(*at) < ONCE_SECONDS);
        sent.len() < ONCE_MAX && sent.insert(mark, now).is_none()
    }

    /// Gives it back: nothing was done.
    fn give_back(&self, csrf: &str, once: &str) {
        if let Some(mark) = Self::mark(csrf, once) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&mark);
        }
    }
}

/// Counts wrong passphrases of keys, by person: who has a session must not guess on.
pub(crate) type KeyThrottle = Mutex<Throttle<()>>;

/// Does something once for one form; where it fails it may be tried again.
pub(crate) async fn once<T>(
    view: &View,
    form: &Form,
    work: impl Future<Output = Result<T, Wrong>>,
) -> Result<T, Wrong> {
    let (csrf, mark) = (&view.reader.csrf, form.text(ONCE));
    if !view.gate.sent.take(csrf, mark) {
        return Err(Wrong::new(ONCE, words::TWICE));
    }
    let done = work.await;
    if done.is_err() {
        view.gate.sent.give_back(csrf, mark);
    }
    done
}

/// The sealed key of a person, and the role they act in: opened once everything else is found to be right.
pub(crate) struct Sealed {
    person: String,
    pub(crate) role: String,
    passphrase: Zeroizing<String>,
}

impl Sealed {
    /// Opens the key for one signature.
    pub(crate) fn open(&self, desk: &Desk, file: &SecurityFile) -> Result<Signing, Wrong> {
        desk.signing(&self.person, &self.passphrase, file)
    }
}

/// Does something with the key of the person who asks, in the role they chose; one who guesses the passphrase is slowed down.
pub(crate) async fn with_key<T: Send + 'static>(
    view: &View,
    form: &Form,
    right: Right,
    work: impl FnOnce(&Desk, &Path, &Sealed) -> Result<T, Wrong> + Send + 'static,
) -> Result<T, Wrong> {
    let person = view.reader.person.clone();
    let role = form.text(ROLE).to_owned();
    if !rights::by(&view.snapshot.file, &person, right).iter().any(|held| held.id() == role) {
        return Err(Wrong::new(ROLE, words::NOT_YOUR_ROLE));
    }
    let throttle = || view.gate.key_throttle.lock().unwrap_or_else(PoisonError::into_inner);
    let standing = throttle().standing(&person, &(), now());
    if let Standing::Wait(seconds) = standing {
        return Err(Wrong::new("sign", format!("Too many tries. Wait {seconds} seconds.")));
    }
    let sealed = Sealed { person: person.clone(), role, passphrase: form.passphrase() };
    let done = bounded(&view.gate, move |desk, directory| work(desk, directory, &sealed)).await;
    match &done {
        Err(wrong) if wrong.reason == words::WRONG_PASSPHRASE => throttle().failed(&person, &(), now()),
        Ok(_) => throttle().signed_in(&person, &(), now()),
        Err(_) => {}
    }
    done
}

/// Works apart from the requests, few at once: opening a sealed key takes memory as hashing a passphrase does.
async fn bounded<T: Send + 'static>(
    gate: &Arc<Gate>,
    work: impl FnOnce(&Desk, &Path) -> Result<T, Wrong> + Send + 'static,
) -> Result<T, Wrong> {
    let later = || Wrong::ours(words::TRY_LATER);
    let _permit = gate.hashing.acquire().await.map_err(|_| later())?;
    let (gate, directory) = (Arc::clone(gate), gate.device.now().directory.clone());
    tokio::task::spawn_blocking(move || work(&gate.desk, &directory)).await.map_err(|_| later())?
}

/// Signs what is planned as the person who asks, by the role they chose, and writes it; then waits until pages show it.
pub(crate) async fn carry_out(
    view: &View,
    form: &Form,
    right: Right,
    planned: impl for<'d> FnOnce(&'d Device) -> Result<Plan<'d>, ActError> + Send + 'static,
) -> Result<Done, Wrong> {
    let done = with_key(view, form, right, move |desk, directory, sealed| {
        let device = Device::read(directory, None)?;
        let plan = planned(&device)?;
        let signing = sealed.open(desk, &device.file)?;
        let writer = Writer::open(&device, Some(&sealed.role), Some(signing), &desk.ledger_key)?;
        Ok(writer.carry_out(plan)?)
    })
    .await?;
    view.gate.device.renewed().await;
    Ok(done)
}

/// Writes news without a signature, which anybody may bring; gives the id of its case. Where nothing is planned, it is there already.
pub(crate) async fn report(
    gate: &Arc<Gate>,
    planned: impl for<'d> FnOnce(&'d Device) -> Result<(String, Plan<'d>), ActError> + Send + 'static,
) -> Result<(String, Option<u64>), Wrong> {
    let (case, entry) = bounded(gate, move |desk, directory| {
        let device = Device::read(directory, None)?;
        let (case, plan) = planned(&device)?;
        if plan.is_empty() {
            return Ok((case, None));
        }
        let done = Writer::open(&device, None, None, &desk.ledger_key)?.carry_out(plan)?;
        Ok((case, Some(done.last())))
    })
    .await?;
    if entry.is_some() {
        gate.device.renewed().await;
    }
    Ok((case, entry))
}
