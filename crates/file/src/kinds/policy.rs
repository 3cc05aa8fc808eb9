//! The maker's policy: scales, matrices, acceptance, merge rule, evidence and rule severities.

use crate::{Map, Number, Spanned, Text};

words! {
    /// What a risk level means for acceptance.
    pub enum Acceptance {
        #[doc = "acceptable"] Accept = "accept",
        #[doc = "acceptable with a written reason"] WithReason = "with-reason",
        #[doc = "to be reduced"] Reduce = "reduce",
        #[doc = "not acceptable"] Never = "never",
    }
}

table! {
    /// The maker's policy. Absent keys take the defaults of the method (five levels, the matrix of the documentation).
    pub struct Policy {
        /// Words of the safety severity scale, from the lowest.
        safety_scale: Vec<Text>,
        /// Words of the privacy severity scale, from the lowest.
        privacy_scale: Vec<Text>,
        /// Words of the exploitability scale, from the lowest.
        exploitability_scale: Vec<Text>,
        /// Safety matrix: one row a severity from the lowest, one level a column of exploitability from the lowest.
        safety_matrix: Vec<Vec<Text>>,
        /// Privacy matrix, as the safety matrix.
        privacy_matrix: Vec<Vec<Text>>,
        /// What each level means.
        acceptance: Map<Spanned<Acceptance>>,
        /// The written rule that merges both severities for ranking (SEV-1).
        merge_rule: Option<Text>,
        /// The written equivalence of both severity scales, needed before they share words or matrix (SEV-6).
        equivalence: Option<Text>,
        /// Safety severity from which an event is reviewed for vigilance, MDR Art. 87.
        vigilance_from: Option<Number>,
        /// Privacy severity from which an event is reviewed for breach notification, GDPR Art. 33.
        breach_from: Option<Number>,
        /// Days after which a risk assessment is to be looked at again.
        reassess_days: Option<Number>,
        /// Independent layers that must stand before every critical asset.
        independent_layers_min: Option<Number>,
        /// Rule severities made stricter: `R3-002 = "error"`.
        severity: Map<Text>,
        /// Which kinds must cover a kind: `control = ["test"]`.
        needs: Map<Vec<Text>>,
        /// Roles that must approve records of a kind.
        approvals: Map<Vec<Text>>,
        /// Days before proof runs out at which a check says so; 14 where absent.
        proof_warning_days: Option<Number>,
        /// Public key of the ledger; a ledger with another key beside it proves nothing then.
        ledger_key: Option<Text>,
    }
}
