//! Claims against catalogue entries, applicability of catalogues, disclosures, waivers of findings.

use super::{Document, Role, Satisfier};
use crate::{Date, Flag, Link, Spanned, Text};

table! {
    /// What is claimed of one catalogue entry; the record id is the id of the entry.
    pub struct Claim {
        /// Why the entry does not apply. Absent means that it applies.
        not_applicable: Option<Text>,
        /// What satisfies it.
        satisfied_by: Vec<Link<Satisfier>>,
        /// Ids of other entries whose claims satisfy this one; a crosswalk must join them.
        via: Vec<Text>,
        /// How it is met, in words.
        statement: Option<Text>,
        /// Why it is met in part or not at all; not possible for what is mandatory.
        deviation: Option<Text>,
        /// Documents that pass the duty on to integrator, operator or user.
        pass_on: Vec<Link<Document>>,
        /// Role that owns the claim.
        owner: Option<Link<Role>>,
    }
}

words! {
    /// From which obligation on entries must be claimed one by one.
    pub enum Obligation {
        #[doc = "every entry"] All = "all",
        #[doc = "shall, must and should"] Should = "should",
        #[doc = "shall and must only"] Shall = "shall",
    }
}

table! {
    /// Whether a whole catalogue applies; the record id is the id of the catalogue.
    pub struct Applicability {
        /// Whether it applies.
        applies (required): Flag,
        /// Why it does or does not.
        because (required): Text,
        /// Parts the maker plays under this catalogue, such as `processor`; manufacturer when absent.
        acts_as: Vec<Spanned<super::Addressee>>,
        /// From which obligation on each entry needs a claim.
        claim: Option<Spanned<Obligation>>,
        /// Documents that pass on the entries of integrators, operators and users.
        pass_on: Vec<Link<Document>>,
    }
}

words! {
    /// An answer of the form MDS2.
    pub enum DisclosureAnswer {
        #[doc = "it does, or has it"] Yes = "yes",
        #[doc = "it does not, or has none"] No = "no",
        #[doc = "the question does not arise"] NotApplicable = "not-applicable",
        #[doc = "the note answers"] SeeNote = "see-note",
    }
}

table! {
    /// The maker's answer to a question of the Manufacturer Disclosure Statement (MDS2); the record id is the id of the question.
    pub struct Disclosure {
        /// The answer.
        answer (required): Spanned<DisclosureAnswer>,
        /// What the answer means for this device.
        note: Option<Text>,
        /// What it rests on.
        rests_on: Vec<Link<Satisfier>>,
    }
}

table! {
    /// A finding knowingly left open until a date; it is shown as waived, never as clean.
    pub struct Waiver {
        /// Code of the rule.
        rule (required): Text,
        /// Ids of the records whose findings are waived; every one when empty.
        records: Vec<Text>,
        /// Why it is left open.
        because (required): Text,
        /// Role that answers for it.
        owner (required): Link<Role>,
        /// Last day on which it holds.
        until (required): Date,
    }
}
