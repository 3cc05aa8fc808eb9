//! `perimeter`: who may connect at all, by address, before a byte is read. The firewall in front ([`crate::firewall`]) says the same.

use super::Layer;
use crate::configuration::Configuration;
use crate::decision::{Moment, Refusal};
use medward_file::kinds::WardLayer;
use medward_sabotage::{Broken, is};
use std::sync::Arc;

pub(super) struct Perimeter(pub(super) Arc<Configuration>);

impl Layer for Perimeter {
    fn layer(&self) -> WardLayer {
        WardLayer::Perimeter
    }

    fn decide(&self, moment: &Moment<'_>) -> Result<(), Refusal> {
        let Moment::Connection(peer) = moment else { return Ok(()) };
        let is_known = self
            .0
            .senders
            .iter()
            .flat_map(|sender| &sender.networks)
            .any(|network| network.contains(peer.address));
        if !is_known && !is(Broken::AddressIgnored) {
            return Err(Refusal::new(self.layer(), "unknown-network"));
        }
        if peer.connections > self.0.bounds.connections_per_source_max {
            return Err(Refusal::new(self.layer(), "too-many-connections"));
        }
        Ok(())
    }
}
