//! Catalogues of the maker's own: a national guideline, a customer's contract.

use crate::{Date, Link, Spanned, Text};

table! {
    /// A catalogue of the maker's own.
    pub struct OwnCatalog {
        /// Its title.
        title (required): Text,
        /// Where it comes from.
        source: Option<Text>,
        /// Its edition.
        edition: Option<Text>,
        /// Day on which it was read.
        retrieved: Option<Date>,
    }
}

words! {
    /// The verb of an entry.
    pub enum Modality {
        #[doc = "binding"] Shall = "shall",
        #[doc = "binding, as must in guidance"] Must = "must",
        #[doc = "recommended"] Should = "should",
        #[doc = "allowed"] May = "may",
        #[doc = "a statement without a verb of duty"] Other = "other",
    }
}

words! {
    /// Whom an entry addresses.
    pub enum Addressee {
        #[doc = "the maker"] Manufacturer = "manufacturer",
        #[doc = "who builds the device into a network"] Integrator = "integrator",
        #[doc = "who runs the device"] Operator = "operator",
        #[doc = "who uses the device"] User = "user",
        #[doc = "the controller of personal data"] Controller = "controller",
        #[doc = "the processor of personal data"] Processor = "processor",
    }
}

table! {
    /// An entry of a catalogue of the maker's own.
    pub struct OwnEntry {
        /// The catalogue it belongs to.
        catalog (required): Link<OwnCatalog>,
        /// Its title.
        title (required): Text,
        /// What it asks for, in own words.
        text: Option<Text>,
        /// Its verb.
        modality: Option<Spanned<Modality>>,
        /// Whom it addresses; the maker when absent.
        addressees: Vec<Spanned<Addressee>>,
        /// Ids of entries of any catalogue that ask for the same.
        related: Vec<Text>,
    }
}
