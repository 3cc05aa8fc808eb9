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

words! {
    /// How post-market surveillance looks for an increase, MDR Art. 88.
    pub enum TrendMethod {
        #[doc = "exact comparison of two Poisson rates"] Poisson = "poisson",
        #[doc = "cumulative sum over months"] Cusum = "cusum",
        #[doc = "either of them"] Both = "both",
    }
}

table! {
    /// The plan of post-market surveillance, MDR Art. 84 and 88: what is counted over which time, and what counts as an increase.
    pub struct Surveillance {
        /// Days over which events are counted now.
        observation_days: Option<Number>,
        /// Days before those that they are compared with.
        baseline_days: Option<Number>,
        /// Method.
        method: Option<Spanned<TrendMethod>>,
        /// Probability, in thousandths, below which an increase is significant; 10 where absent.
        significance_per_mille: Option<Number>,
        /// How many times the usual rate, in percent, the cumulative sum is tuned to find; 200 where absent.
        ratio_percent: Option<Number>,
        /// Months that pass on average at least between two false alarms of the cumulative sum; 120 where absent.
        months_between_false_alarms: Option<Number>,
        /// Most events of a group within the observation: `security = 20`. Groups: all, serious, non-serious, security, complaints, and the
        /// sources.
        thresholds: Map<Number>,
    }
}

table! {
    /// Who is warned of legal limits before they pass, and how.
    pub struct Escalation {
        /// Hours before a limit at which warnings are sent, such as `[48, 12, 2]`.
        hours_before: Vec<Number>,
        /// Mail server, as `smtps://host` or `smtp://host` (then by STARTTLS).
        smtp: Option<Text>,
        /// Address that mail comes from.
        from: Option<Text>,
        /// Address that a JSON message is posted to, signed with the `webhook_secret` of `medward incident escalate --secrets`.
        webhook: Option<Text>,
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
        /// Hours within which an event is triaged; 24 where absent.
        triage_hours: Option<Number>,
        /// Days within which a complaint is assessed; 7 where absent.
        complaint_days: Option<Number>,
        /// The plan of post-market surveillance.
        surveillance: Option<Surveillance>,
        /// Warnings of legal limits.
        escalation: Option<Escalation>,
        /// Public key of the ledger; a ledger with another key beside it proves nothing then.
        ledger_key: Option<Text>,
    }
}
