//! Evidence and the state of a control at a moment.

use crate::Voucher;
use jiff::Timestamp;
use medward_file::kinds::{Control, ControlState};
use medward_file::{Record, RecordRef, SecurityFile};
use std::collections::HashMap;

/// How an observation came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Both halves held.
    Passed,
    /// Something did not hold.
    Failed,
    /// It could not be found out: an error, a time-out, nothing to look at. Never a pass, and no failure of the control.
    Error,
}

/// One observation of one control, with its three dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Id of the control.
    pub control: String,
    /// Which of the control's probes, as [`Required::probes`] names them; `attestation` for what people attest.
    pub probe: String,
    /// How it came out.
    pub outcome: Outcome,
    /// End of the period observed.
    pub observed_until: Timestamp,
    /// When it was received: it counts from then on and not before.
    pub received: Timestamp,
    /// Last moment at which it counts.
    pub valid_until: Timestamp,
    /// Fingerprint of the control when it was observed; another text of the control makes it suspect.
    pub fingerprint: String,
    /// Who vouches for it; nobody makes it count for nothing.
    pub voucher: Voucher,
    /// Its entry in the ledger.
    pub index: u64,
}

/// What has to be proven of a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// Id of the control.
    pub control: String,
    /// Names of its probes; `attestation` alone where it has none.
    pub probes: Vec<String>,
    /// Fingerprint of the control today.
    pub fingerprint: String,
}

impl Required {
    /// The name under which evidence counts: the probe it says it stands for, else `attestation` where that is asked for. The
    /// error says what there is to choose from.
    pub fn stands_for<'n>(&'n self, probe: Option<&'n str>) -> Result<&'n str, String> {
        let has = |name: &str| self.probes.iter().any(|probe| probe == name);
        match probe {
            Some(probe) if has(probe) => Ok(probe),
            None if has(ATTESTATION) => Ok(ATTESTATION),
            _ => {
                let probes = self.probes.join(", ");
                Err(format!("say which of the probes of `control.{}` it stands for: {probes}", self.control))
            }
        }
    }
}

/// Name of what people attest by hand.
pub const ATTESTATION: &str = "attestation";

/// What has to be proven of the implemented controls of a file. Probes are named by kind ([`probe_names`]); a second one of
/// the same kind is `kind-2`, and so on.
pub fn required(file: &SecurityFile) -> Vec<Required> {
    let controls = (0u32..).zip(&file.controls);
    let implemented = |control: &Record<Control>| {
        control.state.as_ref().is_some_and(|state| state.value == ControlState::Implemented)
    };
    controls
        .filter(|(_, control)| implemented(control))
        .filter_map(|(index, control)| {
            let at = RecordRef { kind: medward_file::Kind::Control, index };
            Some(Required {
                control: control.id().to_owned(),
                probes: probe_names(control),
                fingerprint: file.fingerprint(at)?.to_string(),
            })
        })
        .collect()
}

/// Names of what has to be proven of a control, in the order of its probes.
pub fn probe_names(control: &Control) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for probe in &control.probes {
        let count = seen.entry(&probe.kind).or_default();
        *count = count.saturating_add(1);
        names.push(if *count == 1 {
            probe.kind.to_string()
        } else {
            format!("{}-{count}", &*probe.kind.value)
        });
    }
    if names.is_empty() {
        names.push(ATTESTATION.to_owned());
    }
    names
}

/// The state of a control, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Every probe passed and still counts.
    Proven {
        /// Until when, if nothing new comes.
        until: Timestamp,
    },
    /// Proven, but of another text of the control.
    Suspect,
    /// Proven once; the proof has run out.
    Stale {
        /// Since when.
        since: Timestamp,
    },
    /// Some probe was never seen to pass or fail.
    Unproven,
    /// Some probe failed last.
    Failed {
        /// When it was observed.
        at: Timestamp,
    },
}

impl State {
    /// Whether the control counts: only while it is proven.
    pub fn is_in_force(self) -> bool {
        matches!(self, Self::Proven { .. })
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proven { .. } => "proven",
            Self::Suspect => "suspect",
            Self::Stale { .. } => "stale",
            Self::Unproven => "unproven",
            Self::Failed { .. } => "failed",
        }
    }

    /// The worse of two; of two proofs the one that ends first, of two failures the later one.
    fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Proven { until: one }, Self::Proven { until: other }) => {
                Self::Proven { until: one.min(other) }
            }
            (Self::Stale { since: one }, Self::Stale { since: other }) => {
                Self::Stale { since: one.min(other) }
            }
            (one, other) => one.max(other),
        }
    }
}

/// The states of all controls of a file at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct States {
    /// The moment.
    pub at: Timestamp,
    by_control: HashMap<String, State>,
}

impl States {
    /// The states at a moment, from evidence in any order; one pass over it.
    pub fn at<'e>(
        required: &[Required],
        evidence: impl IntoIterator<Item = &'e Evidence>,
        at: Timestamp,
    ) -> Self {
        let mut newest: HashMap<(&str, &str), Option<&'e Evidence>> = HashMap::new();
        for needed in required {
            for probe in &needed.probes {
                newest.insert((&needed.control, probe), None);
            }
        }
        for one in evidence {
            if one.received > at || one.outcome == Outcome::Error || !one.voucher.counts() {
                continue;
            }
            if let Some(known) = newest.get_mut(&(one.control.as_str(), one.probe.as_str()))
                && known.is_none_or(|known| is_newer(one, known))
            {
                *known = Some(one);
            }
        }
        let by_control = required.iter().map(|needed| {
            let of =
                |probe: &String| newest.get(&(needed.control.as_str(), probe.as_str())).copied().flatten();
            let states = needed.probes.iter().map(|probe| of_probe(of(probe), &needed.fingerprint, at));
            (needed.control.clone(), states.reduce(State::worse).unwrap_or(State::Unproven))
        });
        Self { at, by_control: by_control.collect() }
    }

    /// The state of a control; unproven where nothing is required of it, as of a planned one.
    pub fn of(&self, control: &str) -> State {
        self.by_control.get(control).copied().unwrap_or(State::Unproven)
    }

    /// Every control with its state, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, State)> {
        self.by_control.iter().map(|(control, state)| (control.as_str(), *state))
    }
}

/// Later observed, then later received; of two seen at once the failure counts.
fn is_newer(one: &Evidence, known: &Evidence) -> bool {
    let key = |evidence: &Evidence| (evidence.observed_until, evidence.received, evidence.outcome);
    match key(one).cmp(&key(known)) {
        std::cmp::Ordering::Equal => {
            // The same observation twice: the one that counts less long decides, so that order plays no part.
            (known.valid_until, &known.fingerprint) > (one.valid_until, &one.fingerprint)
        }
        order => order.is_gt(),
    }
}

fn of_probe(newest: Option<&Evidence>, fingerprint: &str, at: Timestamp) -> State {
    match newest {
        None => State::Unproven,
        Some(seen) if seen.outcome == Outcome::Failed => State::Failed { at: seen.observed_until },
        Some(seen) if seen.valid_until < at => State::Stale { since: seen.valid_until },
        Some(seen) if seen.fingerprint != fingerprint => State::Suspect,
        Some(seen) => State::Proven { until: seen.valid_until },
    }
}
