//! The record kinds: one file each group, one struct each kind, documented as the user sees them.

mod architecture;
mod assurance;
mod claims;
mod control;
mod device;
mod own_catalog;
mod policy;
mod probe;
mod probe_host;
mod risk;
mod ward;

pub use architecture::{Asset, AssetType, Entry, Flow, Layer, Need, PersonalData, Zone};
pub use assurance::{
    Document, DocumentType, Release, ReleaseState, Requirement, Test, TestMethod, TestResult, Witness,
};
pub use claims::{Applicability, Claim, Disclosure, DisclosureAnswer, Obligation, Waiver};
pub use control::{
    Control, ControlState, ControlType, Delay, Emergency, Failure, GateAnswer, GateAnswerTable,
};
pub use device::{Device, DeviceClass, Function, Party, PartyRole, Person, Regime, Role, SoftwareClass};
pub use own_catalog::{Addressee, Modality, OwnCatalog, OwnEntry};
pub use policy::{Acceptance, Escalation, Policy, Surveillance, TrendMethod};
pub use probe::{
    AuditFlowProbe, CanaryProbe, DicomProbe, EmergencyProbe, HttpProbe, PortProbe, Probe, PrometheusProbe,
    Silence, TimeSyncProbe, TlsProbe,
};
pub use probe_host::{
    AccountsProbe, AtRestProbe, BackupProbe, CommandProbe, FirewallProbe, OpenscapProbe, OsqueryProbe,
    PasswordPolicyProbe, ReviewProbe, SbomAgeProbe, SqlClient, SqlProbe,
};
pub use risk::{
    AccessNeeded, AttackFactors, Complexity, Compromise, Conditions, Exploitability, Exposure, Gain,
    KnownExploit, Linddun, PrivacyBranch, Privileges, Reach, Residual, Response, Risk, RiskAcceptance,
    SafetyBranch, Stride, Threat, UserAction, Vulnerability,
};

pub use ward::{
    AuditRepository, Destination, LayerOff, Sender, TokenIssuer, Ward, WardAlarms, WardLayer, WebIdentity,
};

use crate::Target;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident $word:literal $records:ident: $record:ident,)+) => {
        /// A record kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),+];

            /// The word that keys its records: `risk` in `[risk.R-01]`.
            pub fn word(self) -> &'static str {
                match self { $(Kind::$kind => $word,)+ }
            }

            /// The kind keyed by a word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Kind::$kind),)+ _ => None }
            }

            /// What records of the kind hold.
            pub fn table_shape(self) -> crate::TableShape {
                match self { $(Kind::$kind => <$record>::table_shape(),)+ }
            }
        }

        $(impl Target for $record {
            const KINDS: &'static [Kind] = &[Kind::$kind];
        })+
    };
}

/// Anything a threat can be aimed at or a boundary can be made of.
#[derive(Debug)]
pub struct PartOfArchitecture;

impl Target for PartOfArchitecture {
    const KINDS: &'static [Kind] = &[Kind::Asset, Kind::Flow, Kind::Zone, Kind::Entry];
}

/// What can satisfy a catalogue entry.
#[derive(Debug)]
pub struct Satisfier;

impl Target for Satisfier {
    const KINDS: &'static [Kind] =
        &[Kind::Control, Kind::Document, Kind::Test, Kind::Requirement, Kind::Risk, Kind::Function];
}

/// What a product requirement derives from.
#[derive(Debug)]
pub struct Origin;

impl Target for Origin {
    const KINDS: &'static [Kind] = &[Kind::Control, Kind::Risk, Kind::Requirement];
}

/// What a test can verify.
#[derive(Debug)]
pub struct Verifiable;

impl Target for Verifiable {
    const KINDS: &'static [Kind] = &[Kind::Control, Kind::Requirement, Kind::Risk];
}

/// Hands the list of kinds to a macro; the one place where a new kind is entered.
macro_rules! for_each_kind {
    ($callback:ident) => {
        $callback! {
            /// An essential function of the device.
            Function "function" functions: Function,
            /// An organisation with a part in making or running the device.
            Party "party" parties: Party,
            /// A role that owns, accepts or approves.
            Role "role" roles: Role,
            /// Someone who holds roles and signs with a key.
            Person "person" people: Person,
            /// A trust zone.
            Zone "zone" zones: Zone,
            /// Something worth protecting.
            Asset "asset" assets: Asset,
            /// Data moving from one asset to another.
            Flow "flow" flows: Flow,
            /// A place where an attacker can start.
            Entry "entry" entries: Entry,
            /// A layer of protection of the maker's own.
            Layer "layer" layers: Layer,
            /// A threat: a source and an action.
            Threat "threat" threats: Threat,
            /// A weakness that a threat can use.
            Vulnerability "vulnerability" vulnerabilities: Vulnerability,
            /// A risk with its safety and its privacy branch.
            Risk "risk" risks: Risk,
            /// A measure that reduces risks.
            Control "control" controls: Control,
            /// What is claimed of one catalogue entry.
            Claim "claim" claims: Claim,
            /// Whether a whole catalogue applies.
            Applicability "applicability" applicabilities: Applicability,
            /// An answer to a question of the form MDS2.
            Disclosure "disclosure" disclosures: Disclosure,
            /// A document.
            Document "document" documents: Document,
            /// A requirement on the product.
            Requirement "requirement" requirements: Requirement,
            /// A test, review or other verification.
            Test "test" tests: Test,
            /// A release of the device.
            Release "release" releases: Release,
            /// A catalogue of the maker's own.
            Catalog "catalog" catalogs: OwnCatalog,
            /// An entry of a catalogue of the maker's own.
            CatalogEntry "catalog_entry" catalog_entries: OwnEntry,
            /// Someone elsewhere who cosigns the head of the ledger.
            Witness "witness" witnesses: Witness,
            /// A finding knowingly left open until a date.
            Waiver "waiver" waivers: Waiver,
            /// A gateway through which every scan passes.
            Ward "ward" wards: Ward,
            /// A node that may send to a ward.
            Sender "sender" senders: Sender,
            /// A node that a ward sends to.
            Destination "destination" destinations: Destination,
        }
    };
}

for_each_kind!(kinds);

/// A title for people, where the kind has one.
macro_rules! titles {
    ($($record:ident => |$this:ident| $title:expr;)+) => {
        $(impl $record {
            /// What people call the record; empty where its id says it all.
            pub fn display_title(&self) -> &str {
                let $this = self;
                $title
            }
        })+
    };
}

titles! {
    Function => |this| &this.title;
    Party => |this| &this.name;
    Role => |this| &this.title;
    Person => |_this| "";
    Zone => |this| &this.title;
    Asset => |this| &this.title;
    Flow => |this| this.title.as_ref().map_or("", |title| title);
    Entry => |this| &this.title;
    Layer => |this| &this.title;
    Threat => |this| &this.title;
    Vulnerability => |this| &this.title;
    Risk => |this| &this.title;
    Control => |this| &this.title;
    Claim => |this| this.statement.as_ref().map_or("", |text| text);
    Applicability => |this| &this.because;
    Disclosure => |this| this.note.as_ref().map_or("", |text| text);
    Document => |this| &this.title;
    Requirement => |this| &this.title;
    Test => |this| &this.title;
    Release => |this| &this.version;
    OwnCatalog => |this| &this.title;
    OwnEntry => |this| &this.title;
    Witness => |this| &this.title;
    Waiver => |this| &this.because;
    Ward => |this| &this.title;
    Sender => |this| &this.title;
    Destination => |this| &this.title;
}
