//! Approvals: which are asked for, and where each stands at a moment.

use crate::Voucher;
use jiff::Timestamp;
use medward_file::kinds::Role;
use medward_file::{Kind, RecordRef, SecurityFile};
use std::collections::HashMap;

/// One approval out of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The record approved, as `kind.id`.
    pub record: String,
    /// Its fingerprint then.
    pub fingerprint: String,
    /// Fingerprint over what it linked to then.
    pub leans_on: String,
    /// The role.
    pub role: String,
    /// When it was received.
    pub received: Timestamp,
    /// Who approved.
    pub voucher: Voucher,
    /// Its entry in the ledger.
    pub index: u64,
}

/// An approval that the policy asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The record.
    pub record: RecordRef,
    /// The role that must approve it.
    pub role: String,
}

/// Where an approval asked for stands, the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Given over what the record says, and what it links to, today.
    Given {
        /// When.
        at: Timestamp,
        /// By whom.
        person: String,
    },
    /// Given, and a record that it leans on has changed since.
    Suspect {
        /// When it was given.
        at: Timestamp,
    },
    /// Given over another text of the record.
    Outdated {
        /// When it was given.
        at: Timestamp,
    },
    /// Not given by anyone who may.
    Missing,
}

/// The approvals that the policy of a file asks for, record by record.
pub fn asked(file: &SecurityFile) -> Vec<Asked> {
    let Some((_, policy)) = &file.policy else { return Vec::new() };
    let mut asked = Vec::new();
    file.each_record(|record| {
        let roles = policy.approvals.iter().filter(|(kind, _)| Kind::from_word(kind) == Some(record.at.kind));
        for role in roles.flat_map(|(_, roles)| roles) {
            asked.push(Asked { record: record.at, role: role.to_string() });
        }
    });
    asked
}

/// Whether a role may approve records of a kind.
pub fn may_approve(file: &SecurityFile, role: &str, kind: Kind) -> bool {
    file.by_id::<Role>(role).is_some_and(|role| role.approves.iter().any(|word| &***word == kind.word()))
}

/// Where all approvals asked for stand at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standings(Vec<(Asked, Standing)>);

impl Standings {
    /// The standings at a moment, from approvals in any order.
    pub fn at(file: &SecurityFile, approvals: &[Approval], at: Timestamp) -> Self {
        let mut given: HashMap<(&str, &str), Vec<&Approval>> = HashMap::new();
        for one in approvals {
            if one.received <= at && matches!(one.voucher, Voucher::Person(_)) {
                given.entry((&one.record, &one.role)).or_default().push(one);
            }
        }
        let standing = |asked: &Asked| {
            let Some(record) = file.record(asked.record) else { return Standing::Missing };
            let name = format!("{}.{}", asked.record.kind.word(), &*record.id.value);
            let found = given.get(&(name.as_str(), asked.role.as_str()));
            if !may_approve(file, &asked.role, asked.record.kind) {
                return Standing::Missing;
            }
            best(file, asked.record, found.map(Vec::as_slice).unwrap_or_default())
        };
        Self(asked(file).into_iter().map(|asked| (asked.clone(), standing(&asked))).collect())
    }

    /// Each approval asked for with its standing, record by record.
    pub fn iter(&self) -> impl Iterator<Item = (&Asked, &Standing)> {
        self.0.iter().map(|(asked, standing)| (asked, standing))
    }
}

/// The best standing that some approvals give a record: an approval over an older text does not take away one over today's.
fn best(file: &SecurityFile, at: RecordRef, approvals: &[&Approval]) -> Standing {
    let today = file.fingerprint(at).map(|today| today.to_string()).unwrap_or_default();
    let leans_on = file.leans_on(at).to_string();
    let newest = |matches: &dyn Fn(&Approval) -> bool| {
        approvals.iter().filter(|one| matches(one)).max_by_key(|one| (one.received, one.index))
    };
    let of_today = |one: &Approval| one.fingerprint == today;
    if let Some(one) = newest(&|one| of_today(one) && one.leans_on == leans_on) {
        let person = if let Voucher::Person(person) = &one.voucher { person.clone() } else { String::new() };
        Standing::Given { at: one.received, person }
    } else if let Some(one) = newest(&of_today) {
        Standing::Suspect { at: one.received }
    } else if let Some(one) = newest(&|_| true) {
        Standing::Outdated { at: one.received }
    } else {
        Standing::Missing
    }
}
