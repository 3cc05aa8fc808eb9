//! Who may ask a ward for what: people of the file, by their signatures and the policies.
//!
//! Where the file names people, what hands out, lets through or destroys is done only for those whom the policies permit it, and what is
//! refused for who asked stands in the ledger with their ids. Re-identifying and erasing take two people of different roles whatever the
//! policies say. An emergency does not wait for policies: where they cannot be read, any person of the file may.

use crate::configuration::Configuration;
use crate::control::Ask;
use crate::layers::Policies;
use crate::queue::Queue;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use medward_file::kinds::WardLayer;
use medward_file::{Link, SecurityFile};
use medward_ledger::VerifierKey;
use medward_ward_ledger::{Event, Request, Vouched, Vouchers};

/// Seconds within which a request must come that was signed: the second person needs time to read it.
const VALID_SECONDS: i64 = 24 * 3_600;
/// Seconds that clocks may differ.
const AHEAD_SECONDS: i64 = 120;

/// A person of the file.
#[derive(Debug, Clone)]
pub struct KnownPerson {
    /// Id of the record.
    pub id: String,
    /// Roles that the person holds.
    pub roles: Vec<String>,
    /// Public keys.
    pub keys: Vec<VerifierKey>,
    /// Last day on which the person holds them.
    pub until: Option<Date>,
}

/// The people of a file. A key that cannot be read is none; a rule reports it.
pub(crate) fn known(file: &SecurityFile) -> Vec<KnownPerson> {
    let person = |person: &medward_file::Record<medward_file::kinds::Person>| KnownPerson {
        id: person.id().to_owned(),
        roles: person.roles.iter().map(Link::id).map(str::to_owned).collect(),
        keys: person.keys.iter().filter_map(|key| VerifierKey::parse(key).ok()).collect(),
        until: person.until.as_ref().map(|until| until.value),
    };
    file.people.iter().map(person).collect()
}

/// Why something is not done for who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotPermitted {
    /// A word of a closed list.
    pub(crate) reason: &'static str,
    /// For who asked.
    pub(crate) said: String,
}

fn not(reason: &'static str, said: impl Into<String>) -> NotPermitted {
    NotPermitted { reason, said: said.into() }
}

impl Ask {
    /// The action that policies know it by; none for what only looks.
    pub fn action(&self) -> Option<&'static str> {
        match self {
            Self::QuarantineRelease { .. } => Some("releaseHeld"),
            Self::QuarantineDiscard { .. } => Some("discardHeld"),
            Self::Erase { .. } => Some("erase"),
            Self::Reidentify { .. } => Some("reidentifyStudy"),
            Self::Emergency { .. } => Some("openEmergency"),
            Self::EmergencyReview { .. } => Some("reviewEmergency"),
            Self::TokenIssue { .. } => Some("issueToken"),
            Self::Resume { .. } => Some("resumeRelease"),
            Self::QuarantineList
            | Self::QuarantineShow { .. }
            | Self::Studies
            | Self::EmergencyShut { .. }
            | Self::TokenList
            // Whoever finds that one was stolen must not have to look for a signature.
            | Self::TokenRevoke { .. }
            | Self::Mark { .. }
            | Self::Signed { .. } => None,
        }
    }

    /// Whether it takes two people of different roles.
    pub fn needs_two(&self) -> bool {
        matches!(self, Self::Erase { .. } | Self::Reidentify { .. })
    }
}

/// Decides who may ask.
#[derive(Debug, Clone)]
pub struct Permits {
    ward: String,
    people: Vec<KnownPerson>,
    /// What the policies are; `None` where they cannot be read.
    policies: Option<std::sync::Arc<Policies>>,
    is_policy_on: bool,
}

impl Permits {
    /// By a configuration and its policies, where those can be read.
    pub fn new(configuration: &Configuration, policies: Option<Policies>) -> Self {
        Self {
            ward: configuration.id.clone(),
            people: configuration.people.clone(),
            policies: policies.map(std::sync::Arc::new),
            is_policy_on: configuration.is_on(WardLayer::Policy),
        }
    }

    /// Whether something may be done; gives who vouched for it, where the file names people.
    pub(crate) fn permit(
        &self,
        ask: &Ask,
        request: Option<&Request<Ask>>,
        queue: &Queue,
    ) -> Result<Option<Vouchers>, NotPermitted> {
        let Some(action) = ask.action() else { return Ok(None) };
        if self.people.is_empty() {
            return match ask {
                Ask::Reidentify { .. } => Err(not(
                    "no-people",
                    "the file names no people, and this takes two of them: `[person.*]`",
                )),
                // Whoever may use the socket could read the files as well.
                _ => Ok(None),
            };
        }
        let request = request.filter(|request| !request.people.is_empty()).ok_or_else(|| {
            not("nobody-signed", "a person of the file has to sign it: --as ROLE --sign FILE")
        })?;
        let vouchers = request.vouchers().map_err(|error| not("unreadable", error.to_string()))?;
        if request.ward != self.ward {
            return Err(not("another-ward", format!("it was signed for `{}`", request.ward)));
        }
        let now = Timestamp::now().as_second();
        let age = now.saturating_sub(request.at);
        if !(-AHEAD_SECONDS..=VALID_SECONDS).contains(&age) {
            return Err(not(
                "out-of-time",
                "it was signed more than a day ago, or in the future: sign it anew",
            ));
        }
        for (number, one) in vouchers.people.iter().enumerate() {
            if vouchers.people.iter().take(number).any(|other| other.person == one.person) {
                return Err(not("one-person-twice", format!("`{}` signed it twice", one.person)));
            }
            self.vouches(&vouchers, one)?;
        }
        if ask.needs_two() {
            let is_other = |one: &Vouched| {
                vouchers.people.iter().any(|other| other.person != one.person && other.role != one.role)
            };
            if !vouchers.people.iter().any(is_other) {
                return Err(not(
                    "one-alone",
                    "it takes two people of different roles, and one alone is refused",
                ));
            }
        }
        self.by_policy(ask, action, &vouchers)?;
        // Kept and sent once more, it is not what anybody wants now: what a person signed counts once, whoever else is named beside them.
        let Vouchers { ward, asked, at, people } = &vouchers;
        let signed = people.iter().map(|one| format!("{ward}\n{asked}\n{at}\n{}\n{}", one.role, one.person));
        match queue.first_use(&signed.collect::<Vec<_>>(), now, VALID_SECONDS) {
            Ok(true) => Ok(Some(vouchers)),
            Ok(false) => Err(not("used-before", "this request was used before: sign it anew")),
            // A full disk must not keep anybody from an emergency.
            Err(_) if matches!(ask, Ask::Emergency { .. }) => Ok(Some(vouchers)),
            Err(error) => Err(not("not-noted", error.to_string())),
        }
    }

    /// The entry of what was not done. Ids that the file does not have are what a stranger wrote, and stand in no ledger.
    pub(crate) fn refused(&self, ask: &Ask, request: Option<&Request<Ask>>, why: &NotPermitted) -> Event {
        let people = request.map(|request| request.people.as_slice()).unwrap_or_default();
        let known = people.iter().filter(|one| self.people.iter().any(|known| known.id == one.person));
        Event::NotPermitted {
            what: ask.action().unwrap_or_default().to_owned(),
            people: known.map(|one| one.person.clone()).collect(),
            reason: why.reason.to_owned(),
        }
    }

    fn vouches(&self, vouchers: &Vouchers, one: &Vouched) -> Result<(), NotPermitted> {
        let Vouched { person, role, .. } = one;
        let Some(known) = self.people.iter().find(|known| known.id == *person) else {
            return Err(not("unknown-person", format!("`{person}` is not in the file")));
        };
        if !known.keys.iter().any(|key| vouchers.is_signed(one, key)) {
            return Err(not("signature-does-not-hold", format!("the signature of `{person}` does not hold")));
        }
        let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
        if !known.roles.contains(role) || known.until.is_some_and(|until| today > until) {
            return Err(not("role-not-held", format!("`{person}` does not hold the role `{role}`")));
        }
        Ok(())
    }

    fn by_policy(&self, ask: &Ask, action: &str, vouchers: &Vouchers) -> Result<(), NotPermitted> {
        if !self.is_policy_on {
            return Ok(());
        }
        let Some(policies) = &self.policies else {
            return match ask {
                Ask::Emergency { .. } => Ok(()),
                _ => Err(not("policies-cannot-tell", "the policies cannot be read")),
            };
        };
        for one in &vouchers.people {
            let others = vouchers.people.iter().filter(|other| other.person != one.person);
            let others: Vec<_> = others.map(|other| other.role.as_str()).collect();
            match policies.person(&one.person, action, &one.role, &others) {
                Ok(true) => {}
                Ok(false) => {
                    let (person, role) = (&one.person, &one.role);
                    let said = format!("no policy lets `{person}` do this as `{role}` (action `{action}`)");
                    return Err(not("no-policy-permits-it", said));
                }
                Err(error) => return Err(not("policies-cannot-tell", error.to_string())),
            }
        }
        Ok(())
    }
}
