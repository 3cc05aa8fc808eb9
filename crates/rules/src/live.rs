//! What a ledger says of a file at one moment, worked out before the rules run.

use jiff::Timestamp;
use medward_evidence::{History, Standings, States};
use medward_file::kinds::Control;
use medward_file::{Record, RecordRef};
use medward_response::Cases;
use medward_ward_ledger::{Alarm, Emergency};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a ledger, and version control beside it, say of a file at one moment.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// The moment.
    pub at: Timestamp,
    /// Whether the moment is now: entries dated later are then wrong, and not only later.
    pub is_now: bool,
    /// The states of the controls.
    pub states: States,
    /// Where the approvals asked for stand.
    pub standings: Standings,
    /// Evidence and approvals as received, also later than the moment.
    pub history: History,
    /// Events, complaints and corrective actions at the moment.
    pub cases: Cases,
    /// Addresses of who wrote the records that approvals are asked for; empty where nobody knows.
    pub authors: HashMap<RecordRef, BTreeSet<String>>,
    /// When each witness, by id, last cosigned a head that the ledger continues.
    pub cosigned: HashMap<String, Timestamp>,
    /// What the ledgers of wards say, by the id of the ward; only of those that could be looked into.
    pub wards: BTreeMap<String, WardLive>,
}

/// What the ledger of a ward says.
#[derive(Debug, Clone, Default)]
pub struct WardLive {
    /// Its alarms.
    pub alarms: Vec<Alarm>,
    /// Its emergencies, each with why nobody looked at it so that it counts; `None` where somebody did.
    pub emergencies: Vec<(Emergency, Option<&'static str>)>,
    /// Layers that were off when it last began to run.
    pub layers_off: Vec<String>,
}

impl Live {
    /// Whether a control protects at the moment: implemented, by the file, and not known to have lost its proof.
    pub fn is_in_force(&self, control: &Record<Control>) -> bool {
        medward_paths::is_implemented(control) && self.states.of(control.id()).is_in_force()
    }
}
