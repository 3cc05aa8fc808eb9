//! The device itself, its essential functions, the parties and roles around it.

use super::Control;
use crate::{Date, Flag, Link, Number, Spanned, Text};

words! {
    /// Risk class of the device, MDR Annex VIII.
    pub enum DeviceClass {
        #[doc = "class I"] I = "I",
        #[doc = "class I, sterile"] Is = "Is",
        #[doc = "class I with a measuring function"] Im = "Im",
        #[doc = "class I, reusable surgical instrument"] Ir = "Ir",
        #[doc = "class IIa"] IIa = "IIa",
        #[doc = "class IIb"] IIb = "IIb",
        #[doc = "class III"] III = "III",
    }
}

words! {
    /// Software safety class, IEC 62304 clause 4.3.
    pub enum SoftwareClass {
        #[doc = "no injury possible"] A = "A",
        #[doc = "non-serious injury possible"] B = "B",
        #[doc = "death or serious injury possible"] C = "C",
    }
}

table! {
    /// The device: who makes it, what it is for, where it runs.
    pub struct Device {
        /// Trade name.
        name (required): Text,
        /// The manufacturer, MDR Art. 2(30).
        manufacturer: Option<Link<Party>>,
        /// Basic UDI-DI or UDI-DI.
        udi_di: Option<Text>,
        /// Risk class by MDR Annex VIII.
        class: Option<Spanned<DeviceClass>>,
        /// Classification rule applied, such as `11`.
        rule: Option<Text>,
        /// Intended purpose, MDR Art. 2(12).
        intended_purpose: Option<Text>,
        /// Groups of intended users.
        users: Vec<Text>,
        /// Intended operating environment.
        environment: Option<Text>,
        /// Software safety class by IEC 62304.
        software_class: Option<Spanned<SoftwareClass>>,
        /// Categories of data processed.
        data_categories: Vec<Text>,
        /// Version this file describes.
        version: Option<Text>,
        /// Statement on the overall residual risk, ISO 14971 clause 8.
        overall_residual_risk: Option<Text>,
        /// The one benefit-risk conclusion over safety risks, MDCG 2019-16 section 3.5.
        benefit_risk: Option<Text>,
        /// Conclusion of the data protection impact assessment, GDPR Art. 35.
        impact_assessment: Option<Text>,
    }
}

table! {
    /// An essential function: what must keep working for the patient's sake.
    pub struct Function {
        /// What the function does.
        title (required): Text,
        /// Whether losing it can harm a patient.
        essential: Option<Flag>,
        /// Longest delay that clinical use tolerates, in seconds.
        delay_seconds_max: Option<Number>,
        /// Control that keeps an emergency path open (one with an `emergency` table).
        emergency: Option<Link<Control>>,
        /// Why no emergency path is needed.
        no_emergency: Option<Text>,
    }
}

words! {
    /// The part an organisation plays.
    pub enum PartyRole {
        #[doc = "maker of the device, MDR Art. 2(30)"] Manufacturer = "manufacturer",
        #[doc = "runs the device, such as a hospital"] Operator = "operator",
        #[doc = "builds the device into a network"] Integrator = "integrator",
        #[doc = "processes personal data for the controller, GDPR Art. 28"] Processor = "processor",
        #[doc = "decides on purposes of processing, GDPR Art. 4(7)"] Controller = "controller",
        #[doc = "supplies components or services"] Supplier = "supplier",
        #[doc = "assesses conformity"] NotifiedBody = "notified-body",
        #[doc = "authorised representative, MDR Art. 11"] Representative = "representative",
    }
}

words! {
    /// A law that binds an organisation for what it is, beside those that follow from its role.
    pub enum Regime {
        #[doc = "essential or important entity, NIS2 Art. 3"] Nis2 = "nis2",
        #[doc = "makes products with digital elements that are no devices, CRA Art. 14"] Cra = "cra",
        #[doc = "provider of high-risk AI, AI Act Art. 73"] AiAct = "ai-act",
    }
}

table! {
    /// An organisation with a part in making or running the device.
    pub struct Party {
        /// Name of the organisation.
        name (required): Text,
        /// The part it plays.
        role (required): Spanned<PartyRole>,
        /// ISO 3166 country code.
        country: Option<Text>,
        /// Agreement that binds it, such as a processor agreement.
        agreement: Option<Link<super::Document>>,
        /// Other parts it plays, such as a maker that is processor of a hospital.
        other_roles: Vec<Spanned<PartyRole>>,
        /// Laws that bind it for what it is.
        under: Vec<Spanned<Regime>>,
        /// IANA time zone in which its legal periods end, such as `Europe/Berlin`; UTC where absent.
        time_zone: Option<Text>,
        /// Authority it reports serious incidents to, MDR Art. 87.
        competent_authority: Option<Text>,
        /// Authority it notifies breaches to, GDPR Art. 55.
        supervisory_authority: Option<Text>,
        /// Response team or authority it tells of incidents, NIS2 Art. 23.
        response_team: Option<Text>,
    }
}

table! {
    /// A role that owns, accepts or approves. Who holds it is said by the people of the file.
    pub struct Role {
        /// What the role is called.
        title (required): Text,
        /// Which record kinds it may approve.
        approves: Vec<Text>,
        /// Whether it answers for clinical safety (side-effect gate OBS-9).
        safety: Option<Flag>,
        /// Whether it answers for security (side-effect gate OBS-9).
        security: Option<Flag>,
        /// Whether it answers for data protection.
        privacy: Option<Flag>,
        /// Address that warnings of legal limits are sent to; of the role, not of a person.
        mail: Option<Text>,
    }
}

table! {
    /// Someone who holds roles and signs with a key of their own. The id stands in the ledger for ever: choose one that names nobody.
    pub struct Person {
        /// Roles the person holds.
        roles (required): Vec<Link<Role>>,
        /// Public keys the person signs with, as `medward key create` prints them: the one in use and former ones.
        keys: Vec<Text>,
        /// Addresses under which the person commits, as version control shows them: who wrote a record cannot approve it.
        commits_as: Vec<Text>,
        /// Last day the person holds the roles.
        until: Option<Date>,
    }
}
