//! Sending a synthetic object to a node with C-STORE, for probes `dicom` and `canary`, and what the node's answer means.

use crate::configuration::{ConfigError, Terms};
use crate::dicom_object::SyntheticObject;
use crate::dicom_peer::{ABORTED, Answer, Connected, Titles, Wire, associate_to_store, release, store};
use crate::probes::tls::refusal;
use crate::tls_client::{Identity, Server};
use crate::{Context, Fault};
use medward_file::Text;

/// How a sender reaches a node.
pub struct Sender {
    /// The node.
    pub server: Server,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Who the sender is, by certificate.
    pub identity: Identity,
}

/// What became of an object that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The node took it.
    Taken(String),
    /// The node refused it.
    Refused(String),
    /// Nobody can say.
    Unclear(String),
}

impl Sent {
    /// In words.
    pub fn shown(&self) -> &str {
        let (Self::Taken(how) | Self::Refused(how) | Self::Unclear(how)) = self;
        how
    }
}

impl Sender {
    /// A connection; why not, when the TLS handshake is refused.
    pub fn connect(&self, context: &Context) -> Result<Result<Wire, String>, Fault> {
        if !self.tls {
            return Wire::plain(context, &self.server.target).map(Ok);
        }
        Ok(match Wire::tls(context, &self.server, &self.identity)? {
            Connected::Ready(wire) => Ok(wire),
            Connected::Refused(shaken, shown) => Err(refusal(shaken, &shown).1),
        })
    }

    /// Sends an object and ends the association.
    pub fn send(
        &self,
        context: &Context,
        titles: Titles<'_>,
        object: &SyntheticObject,
    ) -> Result<Sent, Fault> {
        let mut wire = match self.connect(context)? {
            Ok(wire) => wire,
            // The certificate is the known sender's: that it is refused says nothing of the title.
            Err(why) => return Ok(Sent::Unclear(format!("TLS: {why}"))),
        };
        match associate_to_store(context, &mut wire, titles, &object.sop_class)? {
            Answer::Accepted(results) if results.get(&1) == Some(&0) => {}
            Answer::Accepted(results) => {
                release(context, &mut wire)?;
                return Ok(match results.get(&1) {
                    // PS3.8 table 9-18: refused by the user; the others say that it is not supported at all.
                    Some(1) => Sent::Refused("presentation context refused".to_owned()),
                    result => Sent::Unclear(format!("presentation context not accepted: {result:?}")),
                });
            }
            // Congestion refuses everybody and proves nothing.
            Answer::Rejected(why) if why.contains("congestion") || why.contains("limit") => {
                return Ok(Sent::Unclear(why));
            }
            Answer::Rejected(why) => return Ok(Sent::Refused(why)),
            other => return Ok(Sent::Unclear(format!("{other:?}"))),
        }
        let answer = store(context, &mut wire, &object.sop_class, &object.instance, &object.data_set)?;
        let sent = match answer {
            Ok(status) => meaning(status),
            Err(why) if why == ABORTED => return Ok(Sent::Refused(why)),
            Err(why) => return Ok(Sent::Unclear(why)),
        };
        release(context, &mut wire)?;
        Ok(sent)
    }
}

/// What a status of C-STORE means (PS3.4 table B.2-1, PS3.7 annex C).
fn meaning(status: u16) -> Sent {
    let shown = format!("C-STORE status {status:#06x}");
    match status {
        0 | 0x0001 | 0x0107 | 0x0116 | 0xb000..=0xbfff => Sent::Taken(shown),
        0x0124 => Sent::Refused(format!("{shown}, not authorised")),
        0x0122 => Sent::Refused(format!("{shown}, SOP class not supported")),
        _ => Sent::Unclear(shown),
    }
}

/// An AE title (PS3.5 table 6.2-1): at most 16 characters of the default repertoire, no backslash.
pub fn title(reader: Terms, written: &Text, key: &'static str) -> Result<String, ConfigError> {
    let is_title = (1..=16).contains(&written.trim().len())
        && written.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\');
    if is_title {
        return Ok(written.to_string());
    }
    let why = "is no AE title; write 1 to 16 characters of ASCII";
    Err(reader.unusable(key, &written.value, written.span, why))
}
