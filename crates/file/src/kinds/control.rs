//! Controls with their layer, side-effect gate, emergency path and probes.

use super::{Document, Function, Probe, Role};
use crate::{Date, Field, Flag, Link, Map, Number, Shape, Spanned, Text};
use toml::de::DeValue;

words! {
    /// Where a control stands in the order of ISO 14971 clause 7.1.
    pub enum ControlType {
        #[doc = "makes the risk impossible or smaller by design"] Design = "design",
        #[doc = "protects in the device or in its making"] Protection = "protection",
        #[doc = "informs users; the weakest kind"] Information = "information",
    }
}

words! {
    /// Whether a control exists.
    pub enum ControlState {
        #[doc = "decided, not yet there"] Planned = "planned",
        #[doc = "there"] Implemented = "implemented",
    }
}

words! {
    /// What happens when a control itself fails.
    pub enum Failure {
        #[doc = "nothing passes"] Closed = "closed",
        #[doc = "everything passes"] Open = "open",
        #[doc = "clinical function goes on, the rest stops"] Operational = "operational",
    }
}

table! {
    /// A delay a control puts on an essential function.
    pub struct Delay {
        /// The function delayed.
        function (required): Link<Function>,
        /// By how many seconds at most.
        seconds (required): Number,
    }
}

table! {
    /// An emergency path: how care goes on when the control would stand in the way, and how the path stays narrow.
    pub struct Emergency {
        /// How it is opened.
        opened_by: Option<Text>,
        /// How long it stays open, in seconds.
        seconds_max: Option<Number>,
        /// What it allows, and nothing else.
        allows: Option<Text>,
        /// Control that logs its use.
        logged_by: Option<Link<Control>>,
        /// Role that reviews each use.
        reviewed_by: Option<Link<Role>>,
        /// Days until the review.
        review_days: Option<Number>,
    }
}

/// The answer to one question of the side-effect gate.
#[derive(Debug, Clone, Default)]
pub struct GateAnswer {
    /// What shows that the control does no harm in this respect.
    pub evidence: Option<Text>,
    /// What is known to be missing; blocks approval.
    pub no_evidence: Option<Text>,
    /// Why the question does not arise.
    pub not_applicable: Option<Text>,
}

table! {
    /// The long form of a gate answer: exactly one of the keys.
    pub struct GateAnswerTable {
        /// What shows that the control does no harm in this respect.
        evidence: Option<Text>,
        /// What is known to be missing; blocks approval.
        no_evidence: Option<Text>,
        /// Why the question does not arise.
        not_applicable: Option<Text>,
    }
}

impl Field for GateAnswer {
    fn decode(value: toml::Spanned<DeValue<'_>>, decoder: &mut crate::decode::Decoder) -> Self {
        if matches!(value.get_ref(), DeValue::String(_)) {
            return Self { evidence: Some(Text::decode(value, decoder)), ..Self::default() };
        }
        let GateAnswerTable { evidence, no_evidence, not_applicable } =
            GateAnswerTable::decode(value, decoder);
        Self { evidence, no_evidence, not_applicable }
    }

    fn shape() -> Shape {
        Shape::Either(vec![Shape::Text, GateAnswerTable::shape()])
    }

    fn collect(&self, collector: &mut crate::fingerprint::Collector) {
        self.evidence.collect(collector);
        self.no_evidence.collect(collector);
        self.not_applicable.collect(collector);
    }
}

table! {
    /// A measure that reduces risks.
    pub struct Control {
        /// What the measure is.
        title (required): Text,
        /// The layer it sits in: perimeter, transport, identity, policy, content, privacy, integrity, vault, watch,
        /// organisation, or a `[layer.*]` of the file.
        layer: Option<Text>,
        /// Design, protection or information.
        kind: Option<Spanned<ControlType>>,
        /// Whether it exists.
        state: Option<Spanned<ControlState>>,
        /// Whether it is in the hands of the operator's environment (rule X-5).
        environment: Option<Flag>,
        /// What happens when it fails.
        fails: Option<Spanned<Failure>>,
        /// Security capabilities of IEC TR 80001-2-2 it provides, such as `NAUT`.
        capabilities: Vec<Text>,
        /// Documents that describe it or pass it on.
        documents: Vec<Link<Document>>,
        /// Delays it puts on essential functions.
        delays: Vec<Delay>,
        /// The emergency path it provides.
        emergency: Option<Emergency>,
        /// Answers to the side-effect gate, keyed `OBS-1` to `OBS-9`.
        gate: Map<GateAnswer>,
        /// Roles that accepted the trade-off (OBS-9): safety and security both.
        accepted_by: Vec<Link<Role>>,
        /// Day of that acceptance.
        accepted: Option<Date>,
        /// Live checks.
        probes: Vec<Probe>,
        /// Role that owns it.
        owner: Option<Link<Role>>,
    }
}
