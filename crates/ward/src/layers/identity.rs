//! `identity`: certificate, AE title and source network must all belong to one sender record; the title alone is nobody. By DICOMweb
//! certificate and token take the place of the title, as the record wants them, and whatever is shown must be that sender's.
//!
//! Looks into the certificate itself, for validity and revocation, so that it does not lean on the handshake; again at every
//! operation, so that a revocation ends associations that are open.

use super::Layer;
use crate::configuration::Configuration;
use crate::decision::{Asked, Door, Moment, Refusal, sender_by_title};
use crate::nodes::KnownSender;
use crate::revocation::Revocation;
use jiff::Timestamp;
use medward_file::kinds::{WardLayer, WebIdentity};
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
        let web = match asked.peer.door {
            Door::Association => None,
            Door::Web => Some(sender.web.ok_or("not-by-dicomweb")?),
        };
        match &asked.token {
            Some(token) if token.problem.is_some() => return Err(token.problem.unwrap_or_default()),
            Some(token) if token.sender != sender.id => return Err("token-of-another-sender"),
            None if matches!(web, Some(WebIdentity::Token | WebIdentity::Both)) => return Err("no-token"),
            _ => {}
        }
        let certificate = asked.peer.secured.as_ref().and_then(|secured| secured.certificate.as_deref());
        match certificate {
            None if web == Some(WebIdentity::Token) => Ok(()),
            None => Err("no-certificate"),
            Some(certificate) => self.certificate(certificate, sender),
        }
    }

    fn certificate(&self, certificate: &[u8], sender: &KnownSender) -> Result<(), &'static str> {
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
