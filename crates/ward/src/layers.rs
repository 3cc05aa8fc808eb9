//! The layers, in the order in which they are asked. This is the one place where they are put together.
//!
//! Each decides on its own evidence of a moment and knows nothing of the others: what one lets pass because it is off, broken or
//! deceived, the next meets with its own eyes. A moment passes when no layer refuses it. Three layers do more than decide and have
//! their work elsewhere: `privacy` makes what leaves ([`crate::release`]), `vault` keeps ([`crate::keep`]), `watch` writes down
//! ([`crate::watch`]).

mod content;
mod identity;
mod integrity;
mod perimeter;
pub(crate) mod policy;
mod privacy;
mod transport;

use crate::configuration::Configuration;
use crate::decision::{Moment, Refusal};
use crate::revocation::Revocation;
use medward_file::kinds::WardLayer;
use std::sync::Arc;

pub use policy::{Policies, PolicyError};

/// A layer.
pub(crate) trait Layer: Send + Sync {
    /// Which one it is.
    fn layer(&self) -> WardLayer;
    /// Refuses a moment, or lets it pass; also where the moment has no evidence for this layer.
    fn decide(&self, moment: &Moment<'_>) -> Result<(), Refusal>;
}

/// The layers that are on.
pub struct Layers(Vec<Box<dyn Layer>>);

impl std::fmt::Debug for Layers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|layer| layer.layer())).finish()
    }
}

impl Layers {
    /// All layers of a ward but those that its file has off.
    pub fn new(configuration: &Arc<Configuration>, policies: Policies, revocation: &Arc<Revocation>) -> Self {
        let of = || Arc::clone(configuration);
        let all: [Box<dyn Layer>; 7] = [
            Box::new(perimeter::Perimeter(of())),
            Box::new(transport::Transport(of())),
            Box::new(identity::Identity(of(), Arc::clone(revocation))),
            Box::new(policy::Policy(policies)),
            Box::new(content::Content(of())),
            Box::new(privacy::Privacy),
            Box::new(integrity::Integrity),
        ];
        Self(all.into_iter().filter(|layer| configuration.is_on(layer.layer())).collect())
    }

    /// What all layers together decide: the first refusal counts.
    pub fn decide(&self, moment: &Moment<'_>) -> Result<(), Refusal> {
        self.0.iter().try_for_each(|layer| layer.decide(moment))
    }
}
