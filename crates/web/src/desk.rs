//! What people act with here: the key of the ledger, their own sealed keys, the ward, the program that makes documents. And acting
//! itself: a form becomes a plan, is signed and written, once.

use crate::form::{Form, ONCE, ROLE, Wrong};
use crate::guard::now;
use crate::pages::View;
use crate::rights::{self, Right};
use crate::words;
use medward_acting::{ActError, Device, Done, LedgerKey, Plan, Signing, Writer};
use medward_file::SecurityFile;
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

/// Signs what is planned as the person who asks, by the role they chose, and writes it; then waits until pages show it.
pub(crate) async fn carry_out(
    view: &View,
    form: &Form,
    right: Right,
    planned: impl for<'d> FnOnce(&'d Device) -> Result<Plan<'d>, ActError> + Send + 'static,
) -> Result<Done, Wrong> {
    let person = view.reader.person.clone();
    let role = form.text(ROLE).to_owned();
    let held = rights::by(&view.snapshot.file, &person, right);
    if !held.iter().any(|held| held.id() == role) {
        return Err(Wrong::new(ROLE, words::NOT_YOUR_ROLE));
    }
    let throttle = || view.gate.key_throttle.lock().unwrap_or_else(PoisonError::into_inner);
    let standing = throttle().standing(&person, &(), now());
    if let Standing::Wait(seconds) = standing {
        return Err(Wrong::new("sign", format!("Too many tries. Wait {seconds} seconds.")));
    }
    let passphrase = form.passphrase();
    let done = write(view, planned, Some((person.clone(), role, passphrase))).await;
    match &done {
        Err(wrong) if wrong.reason == words::WRONG_PASSPHRASE => throttle().failed(&person, &(), now()),
        Ok(_) => throttle().signed_in(&person, &(), now()),
        Err(_) => {}
    }
    done
}

/// Writes what is planned without a signature: news that anybody may bring.
pub(crate) async fn report(
    view: &View,
    planned: impl for<'d> FnOnce(&'d Device) -> Result<Plan<'d>, ActError> + Send + 'static,
) -> Result<Done, Wrong> {
    write(view, planned, None).await
}

async fn write(
    view: &View,
    planned: impl for<'d> FnOnce(&'d Device) -> Result<Plan<'d>, ActError> + Send + 'static,
    signer: Option<(String, String, Zeroizing<String>)>,
) -> Result<Done, Wrong> {
    let later = || Wrong::new("", words::TRY_LATER);
    // Opening a sealed key takes memory as hashing a passphrase does.
    let _permit = view.gate.hashing.acquire().await.map_err(|_| later())?;
    let (gate, directory) = (Arc::clone(&view.gate), view.snapshot.directory.clone());
    let work = move || -> Result<Done, Wrong> {
        let desk = &gate.desk;
        let device = Device::read(&directory, None)?;
        let plan = planned(&device)?;
        let (role, signing) = match &signer {
            Some((person, role, passphrase)) => {
                (Some(role.as_str()), Some(desk.signing(person, passphrase, &device.file)?))
            }
            None => (None, None),
        };
        Ok(Writer::open(&device, role, signing, &desk.ledger_key)?.carry_out(plan)?)
    };
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| later())??;
    view.gate.device.renewed().await;
    Ok(done)
}
