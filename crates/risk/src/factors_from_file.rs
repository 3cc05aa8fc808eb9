//! The attack factors of a security file in the method's terms.

use crate::exploitability::{
    Access, Complexity, Conditions, Exposure, Factors, Gain, KnownExploit, Privileges, UserAction,
};
use medward_diagnostic::Span;
use medward_file::Link;
use medward_file::kinds::{self, AttackFactors};

/// Where the first factor stands.
pub(crate) fn place(factors: &AttackFactors) -> Option<Span> {
    let spans = [
        factors.access.as_ref().map(|word| word.span),
        factors.complexity.as_ref().map(|word| word.span),
        factors.conditions.as_ref().map(|word| word.span),
        factors.privileges.as_ref().map(|word| word.span),
        factors.user_action.as_ref().map(|word| word.span),
        factors.known_exploit.as_ref().map(|word| word.span),
        factors.exposure.as_ref().map(|word| word.span),
        factors.gain.as_ref().map(|word| word.span),
    ];
    spans.into_iter().flatten().min()
}

/// The factors of the file in the method's terms; what is absent counts as no hindrance.
pub(crate) fn attack_factors(factors: &AttackFactors) -> Factors {
    let word = |access: kinds::AccessNeeded| match access {
        kinds::AccessNeeded::Network => Access::Network,
        kinds::AccessNeeded::Adjacent => Access::Adjacent,
        kinds::AccessNeeded::Local => Access::Local,
        kinds::AccessNeeded::Physical => Access::Physical,
    };
    Factors {
        access: factors.access.as_ref().map(|access| word(access.value)).unwrap_or_default(),
        complexity: match factors.complexity.as_ref().map(|word| word.value) {
            Some(kinds::Complexity::High) => Complexity::High,
            Some(kinds::Complexity::Low) | None => Complexity::Low,
        },
        conditions: match factors.conditions.as_ref().map(|word| word.value) {
            Some(kinds::Conditions::Present) => Conditions::Present,
            Some(kinds::Conditions::None) | None => Conditions::None,
        },
        privileges: match factors.privileges.as_ref().map(|word| word.value) {
            Some(kinds::Privileges::High) => Privileges::High,
            Some(kinds::Privileges::Low) => Privileges::Low,
            Some(kinds::Privileges::None) | None => Privileges::None,
        },
        user_action: match factors.user_action.as_ref().map(|word| word.value) {
            Some(kinds::UserAction::Active) => UserAction::Active,
            Some(kinds::UserAction::Passive) => UserAction::Passive,
            Some(kinds::UserAction::None) | None => UserAction::None,
        },
        known_exploit: match factors.known_exploit.as_ref().map(|word| word.value) {
            Some(kinds::KnownExploit::Exploited) => KnownExploit::Exploited,
            Some(kinds::KnownExploit::ProofOfConcept) => KnownExploit::ProofOfConcept,
            Some(kinds::KnownExploit::NoneFound) => KnownExploit::NoneFound,
            Some(kinds::KnownExploit::Functional | kinds::KnownExploit::Unknown) | None => {
                KnownExploit::FunctionalOrUnknown
            }
        },
        exposure: match factors.exposure.as_ref().map(|word| word.value) {
            Some(kinds::Exposure::Segmented) => Exposure::Segmented,
            Some(kinds::Exposure::Internal) => Exposure::Internal,
            Some(kinds::Exposure::Open) | None => Exposure::Open,
        },
        exposure_stated: factors.environment.as_ref().and_then(Link::target).is_some(),
        gain: match factors.gain.as_ref().map(|word| word.value) {
            Some(kinds::Gain::Low) => Gain::Low,
            Some(kinds::Gain::Moderate) => Gain::Moderate,
            Some(kinds::Gain::High) | None => Gain::High,
        },
    }
}
