//! `identity`: certificate, AE title and source network must all belong to one sender record; the title alone is nobody.
//!
//! Looks into the certificate itself, for validity and revocation, so that it does not lean on the handshake; again at every
//! operation, so that a revocation ends associations that are open.

use super::Layer;
use crate::configuration::Configuration;
use crate::decision::{Asked, Moment, Refusal, sender_by_title};
use crate::revocation::Revocation;
use jiff::Timestamp;
use medward_file::kinds::WardLayer;
use medward_sabotage::{Broken, is};
use std::sync::Arc;
use x509_parser::prelude::{FromDer as _, X509Certificate};

pub(super) struct Identity(pub(super) Arc<Configuration>, pub(super) Arc<Revocation>);

impl Layer for Identity {
    fn layer(&self) -> WardLayer {
        WardLayer::Identity
    }

    fn decide(&self, moment: &Moment<'_>) -> Result<(), Refusal> {
        match moment {
            Moment::Association(asked) | Moment::Operation(asked, _) => {
                self.agree(asked).map_err(|reason| Refusal::new(self.layer(), reason))
            }
            Moment::HandOut(handed) => {
                self.agree(handed.asked).map_err(|reason| Refusal::new(self.layer(), reason))
            }
            _ => Ok(()),
        }
    }
}

impl Identity {
    fn agree(&self, asked: &Asked) -> Result<(), &'static str> {
        if asked.called != self.0.title {
            return Err("unknown-called-title");
        }
        let sender = sender_by_title(&self.0.senders, &asked.calling).ok_or("unknown-calling-title")?;
        if !sender.networks.iter().any(|network| network.contains(asked.peer.address)) {
            return Err("network-of-another-sender");
        }
        let certificate = asked.peer.secured.as_ref().and_then(|secured| secured.certificate.as_deref());
        let certificate = certificate.ok_or("no-certificate")?;
        let is_own = sender.certificates.contains(&crate::tls::fingerprint(certificate));
        if !is_own && !is(Broken::CertificateOfAnybody) {
            return Err("certificate-of-another-sender");
        }
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| "unreadable-certificate")?;
        let now = Timestamp::now().as_second();
        let validity = parsed.validity();
        if now < validity.not_before.timestamp() || now > validity.not_after.timestamp() {
            return Err("certificate-not-valid-now");
        }
        self.1.check(&parsed, now)
    }
}
