//! A device with what its ledger says, as those who act on it find it.

use crate::ActError;
use jiff::Timestamp;
use medward_evidence::{Acted, History};
use medward_file::kinds::Role;
use medward_file::{Limits, Record, SecurityFile, load};
use medward_ledger::Subject;
use medward_live::DIRECTORY;
use medward_response::{Case, Cases};
use std::path::{Path, PathBuf};

/// The security file of a directory; one that was not read whole is refused, since nobody should act on half of it.
pub fn whole_file(directory: &Path) -> Result<SecurityFile, ActError> {
    let (file, problems) = load(directory, Limits::default());
    if problems.is_empty() {
        return Ok(file);
    }
    Err(ActError::refused("the file has problems of reading; run `medward check` and mend them first"))
}

/// A device with what its ledger says.
#[derive(Debug)]
pub struct Device {
    /// Directory of the security file.
    pub directory: PathBuf,
    /// The security file.
    pub file: SecurityFile,
    /// What its ledger holds.
    pub history: History,
    /// What the acts of the ledger add up to.
    pub cases: Cases,
    /// The moment it is looked at.
    pub at: Timestamp,
}

impl Device {
    /// Reads the file and the ledger of a device as they stood at a moment, now where none is given.
    pub fn read(directory: &Path, at: Option<Timestamp>) -> Result<Self, ActError> {
        let file = whole_file(directory)?;
        let ledger = directory.join(DIRECTORY);
        if !ledger.is_dir() {
            return Err(ActError::refused(format!(
                "there is no ledger at `{}`; begin one with `medward ledger init`",
                ledger.display()
            )));
        }
        let at = at.unwrap_or_else(Timestamp::now);
        let history = medward_live::history(&file, directory)?;
        let cases = Cases::at(&history, at)?;
        Ok(Self { directory: directory.to_owned(), file, history, cases, at })
    }

    /// Adds what was written since it was read.
    pub fn add(&mut self, acted: Vec<Acted>) -> Result<(), ActError> {
        self.history.acts.extend(acted);
        self.at = Timestamp::now();
        self.cases = Cases::at(&self.history, self.at)?;
        Ok(())
    }

    /// The one case that an id, or its beginning, names.
    pub fn case(&self, id: &str, subjects: &[Subject]) -> Result<&Case, ActError> {
        let mut found = self.cases.find(id);
        found.retain(|case| subjects.contains(&case.subject));
        match found[..] {
            [case] => Ok(case),
            [] => Err(ActError::refused(format!("there is no case `{}`", id.escape_debug()))),
            _ => Err(ActError::refused(format!(
                "`{}` begins several cases; write more of it",
                id.escape_debug()
            ))),
        }
    }

    /// Roles of the file that answer for `safety`, `privacy` or `security`.
    pub fn owners(&self, of: &str) -> impl Iterator<Item = &Record<Role>> {
        self.file.roles.iter().filter(move |role| answers_for(role, of))
    }

    /// Checks that links lead to records of the file, to cases, or to pseudonyms of studies.
    pub fn check_links(&self, field: &'static str, links: &[String]) -> Result<(), ActError> {
        for link in links {
            let leads = match link.split_once('.') {
                Some(("study" | "release", id)) => !id.is_empty(),
                Some(("event" | "complaint" | "capa", id)) => self.cases.get(id).is_some(),
                Some(_) => !self.file.find_any(link).is_empty(),
                None => false,
            };
            if !leads {
                let shown = link.escape_debug();
                return Err(ActError::of(
                    field,
                    format!(
                        "`{shown}` leads nowhere; write `risk.R-01`, `control.C-01`, `event.E-...`, `study.PSEUDONYM`"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Checks that a role is one of the file. A decision needs one; a report may come without.
    pub fn check_role(&self, role: Option<&str>, needs_role: bool) -> Result<(), ActError> {
        match role {
            None if needs_role => Err(ActError::of("as", "a role decides this: name it")),
            Some(role) if self.file.by_id::<Role>(role).is_none() => {
                Err(ActError::of("as", format!("there is no role `{}` in the file", role.escape_debug())))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a role answers for `safety`, `privacy` or `security`.
fn answers_for(role: &Role, of: &str) -> bool {
    let flag = match of {
        "safety" => &role.safety,
        "privacy" => &role.privacy,
        "security" => &role.security,
        _ => return false,
    };
    flag.as_ref().is_some_and(|flag| flag.value)
}
