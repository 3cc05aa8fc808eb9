//! Statements of applicability: which entries of which catalogues a security file answers, and how.
//!
//! Called by `rules` (what is open is a finding) and the command line (how much is open). It judges nothing itself: it
//! lays the claims of the file beside the entries of the built-in catalogues and of the maker's own.

mod own;

use medward_catalog::{Catalog, DataError, Entry};
use medward_file::kinds::{Applicability, Claim, Obligation};
use medward_file::{Kind, Record, SecurityFile};
use std::borrow::Cow;

/// How the file answers one entry.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'f> {
    /// A claim says that it is met.
    Claimed(&'f Record<Claim>),
    /// A claim says in part or not, with a reason.
    Deviating(&'f Record<Claim>),
    /// A claim says that it does not apply, with a reason.
    Excluded(&'f Record<Claim>),
    /// It is the duty of others; a document of the applicability tells them.
    PassedOn,
    /// It is the duty of others and nobody tells them.
    NotPassedOn,
    /// It is the maker's duty and there is no claim.
    Open,
}

/// A catalogue as the file answers it.
#[derive(Debug)]
pub struct Statement<'f> {
    /// The catalogue.
    pub catalog: Cow<'static, Catalog>,
    /// Whether it applies, as declared; `None` while the file says nothing.
    pub applicability: Option<&'f Record<Applicability>>,
    file: &'f SecurityFile,
}

impl<'f> Statement<'f> {
    /// Whether the file declares it applicable.
    pub fn applies(&self) -> bool {
        self.applicability.is_some_and(|declared| declared.applies.value)
    }

    /// From which obligation on each entry needs a claim of its own.
    pub fn claims_from(&self) -> Obligation {
        let declared = self.applicability.and_then(|declared| declared.claim.as_ref());
        declared.map_or(Obligation::Should, |claim| claim.value)
    }

    /// Whether an entry addresses a part that the maker plays: manufacturer, unless the applicability says otherwise.
    pub fn is_makers_duty(&self, entry: &Entry) -> bool {
        let parts = self.applicability.map(|declared| declared.acts_as.as_slice()).unwrap_or_default();
        if parts.is_empty() {
            return entry.is_makers_duty();
        }
        parts.iter().any(|part| entry.addressees.contains(&own::addressee(part.value)))
    }

    /// How an entry is answered.
    pub fn answer(&self, entry: &Entry) -> Answer<'f> {
        match self.file.by_id::<Claim>(&entry.id) {
            Some(claim) if claim.not_applicable.is_some() => Answer::Excluded(claim),
            Some(claim) if claim.deviation.is_some() => Answer::Deviating(claim),
            Some(claim) => Answer::Claimed(claim),
            None if self.is_makers_duty(entry) => Answer::Open,
            None if self.applicability.is_some_and(|declared| !declared.pass_on.is_empty()) => {
                Answer::PassedOn
            }
            None => Answer::NotPassedOn,
        }
    }

    /// Every entry with its answer, in the order of the catalogue.
    pub fn answers(&self) -> impl Iterator<Item = (&Entry, Answer<'f>)> {
        self.catalog.entries.iter().map(|entry| (entry, self.answer(entry)))
    }
}

/// The statements of a file over every built-in catalogue and every one of its own.
pub fn statements(file: &SecurityFile) -> Result<Vec<Statement<'_>>, DataError> {
    let built_in = medward_catalog::all()?.into_iter().map(Cow::Borrowed);
    let own = own::catalogs(file).into_iter().map(Cow::Owned);
    let statement = |catalog: Cow<'static, Catalog>| {
        let applicability = file.find(Kind::Applicability, &catalog.id).and_then(|at| file.typed(at));
        Statement { catalog, applicability, file }
    };
    Ok(built_in.chain(own).map(statement).collect())
}

/// The statement of one catalogue of the file, built in or its own.
pub fn statement<'f>(file: &'f SecurityFile, declared: &'f Record<Applicability>) -> Option<Statement<'f>> {
    let catalog = match medward_catalog::catalog(declared.id()) {
        Some(catalog) => Cow::Borrowed(catalog.ok()?),
        None => Cow::Owned(own::catalogs(file).into_iter().find(|own| own.id == declared.id())?),
    };
    Some(Statement { catalog, applicability: Some(declared), file })
}
