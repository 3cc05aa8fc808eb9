//! Trust zones, what is in them, what moves between them and where attackers start.

use super::{Control, Function, Party};
use crate::{Flag, Link, Number, Spanned, Text};

table! {
    /// A trust zone: a part of the system under one authority and one level of trust.
    pub struct Zone {
        /// Name shown in drawings.
        title (required): Text,
        /// The zone it lies in.
        within: Option<Link<Zone>>,
        /// Who runs it.
        operator: Option<Link<Party>>,
        /// Trust from 0 (anyone can be in it) to 5 (a few named people).
        trust: Option<Number>,
    }
}

words! {
    /// What an asset is.
    pub enum AssetType {
        #[doc = "something the device does"] Function = "function",
        #[doc = "data at rest or in use"] Data = "data",
        #[doc = "a running program or server"] Service = "service",
        #[doc = "a machine or device, also a foreign one"] Device = "device",
        #[doc = "a key or credential"] Key = "key",
        #[doc = "a person or group of people"] Person = "person",
    }
}

words! {
    /// Personal data in an asset or flow.
    pub enum PersonalData {
        #[doc = "none, or anonymous beyond doubt"] None = "none",
        #[doc = "pseudonymised, GDPR Art. 4(5): still personal data"] Pseudonymised = "pseudonymised",
        #[doc = "identified or easily identifiable"] Identified = "identified",
    }
}

words! {
    /// How much a property of an asset is needed.
    pub enum Need {
        #[doc = "loss is a nuisance"] Low = "low",
        #[doc = "loss hampers use"] Medium = "medium",
        #[doc = "loss can harm"] High = "high",
    }
}

table! {
    /// Something worth protecting: a function, data, a service, a key.
    pub struct Asset {
        /// Name shown in drawings and tables.
        title (required): Text,
        /// What it is.
        kind: Option<Spanned<AssetType>>,
        /// The zone it is in.
        zone: Option<Link<Zone>>,
        /// Whether no single layer may be all that protects it.
        critical: Option<Flag>,
        /// Personal data it holds.
        personal_data: Option<Spanned<PersonalData>>,
        /// Whether it keeps data at rest.
        stores: Option<Flag>,
        /// Need for confidentiality.
        confidentiality: Option<Spanned<Need>>,
        /// Need for integrity.
        integrity: Option<Spanned<Need>>,
        /// Need for availability.
        availability: Option<Spanned<Need>>,
        /// Essential functions that depend on it.
        supports: Vec<Link<Function>>,
        /// Controls an attacker must defeat to misuse it once reached.
        guards: Vec<Link<Control>>,
    }
}

table! {
    /// Data moving from one asset to another.
    pub struct Flow {
        /// What moves.
        title: Option<Text>,
        /// Where it comes from.
        from (required): Link<Asset>,
        /// Where it goes.
        to (required): Link<Asset>,
        /// Protocol, such as `DICOM over TLS 1.3`.
        protocol: Option<Text>,
        /// Whether an attacker could also travel it backwards.
        both_ways: Option<Flag>,
        /// Personal data it carries.
        personal_data: Option<Spanned<PersonalData>>,
        /// Controls an attacker must defeat to travel along it.
        guards: Vec<Link<Control>>,
        /// Why no threat has to be analysed for it although it crosses zones.
        no_threat: Option<Text>,
    }
}

table! {
    /// A place where an attacker can start.
    pub struct Entry {
        /// Who starts here and how.
        title (required): Text,
        /// Assets that can be touched from here.
        reaches: Vec<Link<Asset>>,
        /// Controls an attacker must defeat before touching them.
        guards: Vec<Link<Control>>,
    }
}

table! {
    /// A layer of protection of the maker's own, beside the ten built-in ones.
    pub struct Layer {
        /// What the layer does.
        title (required): Text,
    }
}
