//! Who may see and do what: one table, from the roles of the file. What stands in no line of it is shown to nobody.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use medward_file::kinds::{Person, Role};
use medward_file::{Record, SecurityFile};

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// Look at what file and ledger say.
    Look,
    /// Say that something happened, or that somebody complained.
    Report,
    /// Make documents.
    Document,
    /// Run probes.
    Probe,
    /// Answer questions about an event, decide, take procedures further.
    Decide,
    /// Judge complaints, take corrective actions further.
    Improve,
    /// Approve records.
    Approve,
    /// See which studies a ward keeps and what it holds back, by pseudonym.
    Studies,
    /// Have the ward judge again or destroy what it holds back.
    Quarantine,
    /// See what identifies a person: sealed details of a case, names of studies. Each time stands in the ledger.
    Identify,
}

/// Which roles have a right.
#[derive(Debug, Clone, Copy)]
enum Holders {
    /// Every role.
    Each,
    /// Roles that answer for one of these.
    Answering(&'static [&'static str]),
    /// Roles that approve something.
    Approving,
    /// Roles that answer for anything or approve something.
    Responsible,
}

/// Axes that a role may answer for.
const AXES: [&str; 3] = ["safety", "privacy", "security"];

/// The table: a right, what it is called, who has it.
const RIGHTS: [(Right, &str, Holders); 10] = [
    (Right::Look, "see the pages", Holders::Each),
    (Right::Report, "report events and complaints", Holders::Each),
    (Right::Document, "make documents", Holders::Each),
    (Right::Probe, "run probes", Holders::Answering(&["safety", "security"])),
    (Right::Decide, "triage and decide", Holders::Answering(&AXES)),
    (Right::Improve, "complaints and corrective actions", Holders::Responsible),
    (Right::Approve, "approve records", Holders::Approving),
    (Right::Studies, "see studies by pseudonym", Holders::Answering(&AXES)),
    (Right::Quarantine, "decide on what is held back", Holders::Answering(&["privacy", "security"])),
    (Right::Identify, "see identified data", Holders::Answering(&["privacy"])),
];

/// What it takes to ask for a path.
const PATHS: [(&str, Right); 41] = [
    ("/", Right::Look),
    ("/risks", Right::Look),
    ("/risk", Right::Look),
    ("/controls", Right::Look),
    ("/control", Right::Look),
    ("/control/run", Right::Probe),
    ("/paths", Right::Look),
    ("/paths.svg", Right::Look),
    ("/requirements", Right::Look),
    ("/catalog", Right::Look),
    ("/incidents", Right::Look),
    ("/case", Right::Look),
    ("/case/answer", Right::Decide),
    ("/case/aware", Right::Decide),
    ("/case/step", Right::Decide),
    ("/case/details", Right::Identify),
    ("/report", Right::Report),
    ("/complaints", Right::Look),
    ("/complaint", Right::Look),
    ("/complaint/assess", Right::Improve),
    ("/complaint/link", Right::Improve),
    ("/complaint/close", Right::Improve),
    ("/actions", Right::Look),
    ("/actions/open", Right::Improve),
    ("/action", Right::Look),
    ("/action/act", Right::Improve),
    ("/action/verify", Right::Improve),
    ("/action/close", Right::Improve),
    ("/studies", Right::Studies),
    ("/studies/identified", Right::Identify),
    ("/quarantine", Right::Studies),
    ("/quarantine/decide", Right::Quarantine),
    ("/findings", Right::Look),
    ("/ledger", Right::Look),
    ("/ledger/checkpoint", Right::Look),
    ("/ledger/verify", Right::Look),
    ("/approvals", Right::Look),
    ("/approvals/sign", Right::Approve),
    ("/documents", Right::Document),
    ("/documents/file", Right::Document),
    ("/people", Right::Look),
];

/// Paths that whoever is signed in may ask for, with a role or without.
const OWN: [&str; 8] = [
    "/sign-out",
    "/events",
    "/account",
    "/account/passkey",
    "/account/passkey/question",
    "/account/passkey/remove",
    "/account/session/end",
    "/account/sign-out",
];

/// What a path takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// To be signed in.
    Session,
    /// A right, for the path as the table has it.
    Right(&'static str, Right),
    /// There is no such path for anybody.
    Nothing,
}

/// What it takes to ask for a path.
pub(crate) fn takes(path: &str) -> Takes {
    if OWN.contains(&path) {
        return Takes::Session;
    }
    PATHS
        .iter()
        .find(|(known, _)| *known == path)
        .map_or(Takes::Nothing, |(known, right)| Takes::Right(known, *right))
}

/// Every right with its words, for people who ask what they may do.
pub(crate) fn all() -> impl Iterator<Item = (Right, &'static str)> {
    RIGHTS.iter().map(|(right, words, _)| (*right, *words))
}

/// What a right is called.
pub(crate) fn words(right: Right) -> &'static str {
    all().find(|(known, _)| *known == right).map_or("", |(_, words)| words)
}

/// Titles of the roles of the file that have a right.
pub(crate) fn holders(file: &SecurityFile, right: Right) -> Vec<&str> {
    file.roles.iter().filter(|role| has(role, right)).map(|role| &**role.title).collect()
}

/// Whether a role has a right.
pub(crate) fn has(role: &Role, right: Right) -> bool {
    let answers = |axis: &&str| {
        let flag = match *axis {
            "safety" => &role.safety,
            "privacy" => &role.privacy,
            _ => &role.security,
        };
        flag.as_ref().is_some_and(|flag| flag.value)
    };
    RIGHTS.iter().filter(|(known, ..)| *known == right).any(|(_, _, holders)| match holders {
        Holders::Each => true,
        Holders::Answering(axes) => axes.iter().any(answers),
        Holders::Approving => !role.approves.is_empty(),
        Holders::Responsible => !role.approves.is_empty() || AXES.iter().any(answers),
    })
}

/// The roles by which a person has a right today; none is no.
pub(crate) fn by<'f>(file: &'f SecurityFile, person: &str, right: Right) -> Vec<&'f Record<Role>> {
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let Some(person) = file.by_id::<Person>(person) else { return Vec::new() };
    if person.until.as_ref().is_some_and(|until| until.value < today) {
        return Vec::new();
    }
    let roles = person.roles.iter().filter_map(|link| file.by_id::<Role>(link.id()));
    roles.filter(|role| has(role, right)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[role.clerk]\ntitle = \"c\"\n[role.officer]\ntitle = \"o\"\nprivacy = true\n\
        [role.quality]\ntitle = \"q\"\napproves = [\"test\"]\n\
        [person.A]\nroles = [\"clerk\"]\n[person.B]\nroles = [\"officer\", \"quality\"]\n\
        [person.C]\nroles = [\"officer\"]\nuntil = 2020-01-01\n[person.D]\nroles = []\n";

    #[test]
    fn rights_follow_from_roles_and_end_with_them() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("device.toml"), FILE).unwrap();
        let (file, _) = medward_file::load(directory.path(), medward_file::Limits::default());
        let may = |person, right| !by(&file, person, right).is_empty();
        assert!(may("A", Right::Look) && may("A", Right::Report));
        for right in
            [Right::Probe, Right::Decide, Right::Improve, Right::Approve, Right::Identify, Right::Studies]
        {
            assert!(!may("A", right), "{right:?}");
        }
        assert!(may("B", Right::Identify) && may("B", Right::Approve) && may("B", Right::Decide));
        assert!(!may("B", Right::Probe), "privacy does not touch the device");
        for (right, _) in all() {
            assert!(!may("C", right) && !may("D", right) && !may("nobody", right), "{right:?}");
        }
    }

    #[test]
    fn what_stands_in_no_line_is_for_nobody() {
        for path in ["", "/key", "/case/", "/Case", "//", "/ledger/segment", "/studies/identified/"] {
            assert_eq!(takes(path), Takes::Nothing, "{path}");
        }
        assert_eq!(takes("/studies"), Takes::Right("/studies", Right::Studies));
    }
}
