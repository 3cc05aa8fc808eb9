//! What verification says of an object, in types in which unsigned, weak or unchecked cannot be taken for accepted.

use crate::algorithm::MacAlgorithm;
use crate::certificate::CertificateError;
use crate::profile::Profile;
use crate::timestamp::{StampFault, TimeStamp};
use crate::trust::Distrust;
use medward_dicom_scan::Disguise;
use std::fmt;

/// Whether a signature is over what is there now, by the key of its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integrity {
    /// It holds.
    Intact,
    /// The numbers agree, but with means that forgeries can be made for: this is not [`Self::Intact`].
    IntactButWeak(Weakness),
    /// Something that it covers was changed, or it was made with another key.
    Broken,
    /// It could not be found out.
    NotChecked(NotChecked),
}

/// Why a signature that holds proves little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Of the MAC.
    #[error("its MAC {0} can be forged, or nearly")]
    Mac(MacAlgorithm),
    /// Of the key.
    #[error("its key is too short")]
    Key,
}

/// Why a signature could not be checked. None of these is a pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotChecked {
    /// An element of the signature is missing or too long.
    #[error("{0} of the signature is missing, or not as it must be")]
    Form(&'static str),
    /// Its parameters are not there, or there twice.
    #[error("its MAC parameters (4FFE,0001) are missing, or there twice")]
    Parameters,
    /// Not one of (0400,0015).
    #[error("its MAC algorithm is not known")]
    Algorithm,
    /// The certificate cannot be read.
    #[error("its certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// Made over another form of the pixel data, or in an order of bytes that is not supported.
    #[error(
        "it was made over another transfer syntax than the object has now ({0}); compare with the object as it was signed"
    )]
    TransferSyntax(String),
    /// What it covers has lost its VR.
    #[error("it covers {0}, whose VR was lost (UN): some conversion dropped it")]
    Unsignable(String),
    /// It lies in (0400,0561) and was of an earlier state of the object.
    #[error("it belongs to an earlier state of the object (0400,0561)")]
    History,
    /// More than is worked on for one object.
    #[error("the object asks for more work than is done for one: {0}")]
    Work(&'static str),
}

/// Whether the signer is who may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// A chain to a trust root holds.
    Trusted,
    /// It does not.
    Distrusted(Distrust),
    /// No trust roots were given: anyone can make such a certificate.
    NotAsked,
}

/// One signature.
#[derive(Debug, Clone)]
pub struct SignatureReport {
    /// The item that it lies in and covers elements of; empty for the top.
    pub place: String,
    /// Digital Signature UID (0400,0100).
    pub uid: String,
    /// Digital Signature `DateTime` (0400,0105), as claimed by the signer.
    pub claimed: String,
    /// MAC algorithm, where it is known.
    pub mac: Option<MacAlgorithm>,
    /// Holder of the certificate (RFC 4514).
    pub signer: Option<String>,
    /// SHA-256 of the certificate.
    pub certificate: Option<[u8; 32]>,
    /// Kind and size of the key.
    pub key: Option<String>,
    /// Meaning of the purpose (0400,0401), as claimed by the signer.
    pub purpose: Option<String>,
    /// Whether it is over what is there now.
    pub integrity: Integrity,
    /// Whether the signer is trusted.
    pub trust: Trust,
    /// Its time stamp, if it has one.
    pub time_stamp: Option<Result<TimeStamp, StampFault>>,
    /// Elements of its item that it covers.
    pub elements: usize,
    /// Profiles that it fulfils.
    pub profiles: Vec<Profile>,
}

impl SignatureReport {
    /// Intact, and trusted where roots were given: what it covers is covered.
    pub(crate) fn counts(&self) -> bool {
        self.integrity == Integrity::Intact && matches!(self.trust, Trust::Trusted | Trust::NotAsked)
    }
}

/// An element that no signature that counts covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncovered {
    /// Sequences, item numbers from 0 and tag: `(0040,A730)[0].(0008,0104)`.
    pub place: String,
    /// It, or something in it, cannot be signed (PS3.15 section C.1.1).
    pub is_unsignable: bool,
    /// Profiles that demand it.
    pub demanded: Vec<Profile>,
}

/// What verification found of one object.
#[derive(Debug, Clone)]
pub struct ObjectReport {
    /// Its signatures.
    pub signatures: Vec<SignatureReport>,
    /// Elements that none of them covers, where it is signed at all: the first thousand.
    pub uncovered: Vec<Uncovered>,
    /// How many more there are, which are counted only.
    pub uncovered_left_out: usize,
    /// What the preamble, which no signature covers, makes of the file besides (CVE-2019-11687).
    pub disguise: Option<Disguise>,
}

/// What an object must come up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// How much must be covered.
    pub coverage: Coverage,
    /// A time stamp must hold on one of the signatures that count.
    pub is_stamped: bool,
}

/// How much of an object signatures must cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Every element, so that nothing can have been added.
    Everything,
    /// What a profile demands; the rest may be anything, also added later.
    Profile(Profile),
}

impl Default for Demand {
    fn default() -> Self {
        Self { coverage: Coverage::Everything, is_stamped: false }
    }
}

/// An object that came up to a demand: the only word for it, and only [`ObjectReport::judge`] says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    signers: Vec<String>,
}

impl Accepted {
    /// Who vouches for it.
    pub fn signers(&self) -> &[String] {
        &self.signers
    }
}

/// Why an object is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody signed it.
    Unsigned,
    /// One of its signatures does not hold.
    Broken(String),
    /// One of its signatures proves little.
    Weak(String, Weakness),
    /// One of its signatures could not be checked.
    NotChecked(String, NotChecked),
    /// A signer is not trusted.
    Distrusted(String, Distrust),
    /// Nobody said who is trusted.
    NoRoots,
    /// Elements that no signature covers.
    Uncovered(usize),
    /// No signature that counts follows the profile by itself.
    Profile(Profile),
    /// The preamble makes the file something else as well, and no signature covers it.
    Disguised(Disguise),
    /// No time stamp holds.
    NotStamped,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => formatter.write_str("unsigned"),
            Self::Broken(uid) => {
                write!(formatter, "signature {uid} does not hold: what it covers was changed")
            }
            Self::Weak(uid, weakness) => write!(formatter, "signature {uid} is valid but weak: {weakness}"),
            Self::NotChecked(uid, reason) => write!(formatter, "signature {uid} was not checked: {reason}"),
            Self::Distrusted(signer, reason) => write!(formatter, "signed by `{signer}`: {reason}"),
            Self::NoRoots => formatter.write_str("who signed is not known: no trust roots were given"),
            Self::Uncovered(1) => formatter.write_str("1 element is covered by no signature"),
            Self::Uncovered(count) => write!(formatter, "{count} elements are covered by no signature"),
            Self::Profile(profile) => write!(formatter, "no signature follows the profile {profile}"),
            Self::Disguised(disguise) => {
                write!(formatter, "the preamble, which no signature covers, also makes it {disguise}")
            }
            Self::NotStamped => formatter.write_str("no time stamp holds"),
        }
    }
}

impl ObjectReport {
    /// Holds the object against a demand. Every signature must hold: one that does not is a sign of a change, even beside
    /// others that do; only those of earlier states are passed over.
    pub fn judge(&self, demand: &Demand) -> Result<Accepted, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let mut signers = Vec::new();
        let mut is_stamped = false;
        for one in &self.signatures {
            let uid = || one.uid.clone();
            match &one.integrity {
                Integrity::NotChecked(NotChecked::History) => continue,
                Integrity::NotChecked(reason) => refusals.push(Refusal::NotChecked(uid(), reason.clone())),
                Integrity::Broken => refusals.push(Refusal::Broken(uid())),
                Integrity::IntactButWeak(weakness) => refusals.push(Refusal::Weak(uid(), *weakness)),
                Integrity::Intact => {}
            }
            let signer = one.signer.clone().unwrap_or_default();
            match &one.trust {
                Trust::Trusted if one.integrity == Integrity::Intact => {
                    is_stamped |= matches!(one.time_stamp, Some(Ok(_)));
                    signers.push(signer);
                }
                Trust::Distrusted(reason) => refusals.push(Refusal::Distrusted(signer, reason.clone())),
                Trust::NotAsked if !refusals.contains(&Refusal::NoRoots) => refusals.push(Refusal::NoRoots),
                Trust::Trusted | Trust::NotAsked => {}
            }
        }
        if signers.is_empty() && refusals.is_empty() {
            return Err(vec![Refusal::Unsigned]);
        }
        let open = match demand.coverage {
            Coverage::Everything => self.uncovered.len(),
            Coverage::Profile(profile) => {
                self.uncovered.iter().filter(|one| one.demanded.contains(&profile)).count()
            }
        };
        // What was not listed may be demanded as well.
        let open = open.saturating_add(self.uncovered_left_out);
        if open > 0 {
            refusals.push(Refusal::Uncovered(open));
        }
        if let Coverage::Profile(profile) = demand.coverage
            && !self.signatures.iter().any(|one| one.counts() && one.profiles.contains(&profile))
        {
            refusals.push(Refusal::Profile(profile));
        }
        refusals.extend(self.disguise.map(Refusal::Disguised));
        if demand.is_stamped && !is_stamped {
            refusals.push(Refusal::NotStamped);
        }
        if refusals.is_empty() { Ok(Accepted { signers }) } else { Err(refusals) }
    }
}
