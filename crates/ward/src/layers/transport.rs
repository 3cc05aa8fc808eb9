//! `transport`: TLS 1.3 with a client certificate that the file pins; 1.2 only for a sender whose record says so (PS3.15 section B.12). Without a
//! certificate only to DICOMweb, and only where the file lets anybody come there by a token alone.
//!
//! The handshake itself checks chain, validity and revocation ([`crate::tls`]); this looks at what came out of it.

use super::Layer;
use crate::configuration::Configuration;
use crate::decision::{Door, Moment, Refusal};
use medward_file::kinds::WardLayer;
use std::sync::Arc;

pub(super) struct Transport(pub(super) Arc<Configuration>);

impl Layer for Transport {
    fn layer(&self) -> WardLayer {
        WardLayer::Transport
    }

    fn decide(&self, moment: &Moment<'_>) -> Result<(), Refusal> {
        let Moment::Handshake(peer) = moment else { return Ok(()) };
        let refuse = |reason| Err(Refusal::new(self.layer(), reason));
        let Some(secured) = &peer.secured else { return refuse("plain-connection") };
        let is_by_token =
            peer.door == Door::Web && secured.certificate.is_none() && self.0.is_token_enough_for_any();
        if is_by_token && secured.is_tls_1_3 {
            return Ok(());
        }
        let pinned = self.0.sender_by_certificate(&secured.fingerprint);
        let Some(pinned) = pinned else { return refuse("certificate-not-pinned") };
        if !secured.is_tls_1_3 && !pinned.may_use_tls_1_2 {
            return refuse("tls-too-old");
        }
        Ok(())
    }
}
