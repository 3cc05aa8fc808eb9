//! `dicom`: the known sender is served, an unknown one, an impostor and a plain association are refused.

use crate::configuration::{ConfigError, Terms, is_set, optional, texts};
use crate::dicom_object::{CT, SECONDARY_CAPTURE, SyntheticObject};
use crate::dicom_peer::{Answer, Connected, Titles, VERIFICATION, Wire, associate, echo, release};
use crate::dicom_sender::{Sender, Sent, title};
use crate::probes::tls::refusal;
use crate::registry::probe;
use crate::tls_client::{Identity, Server, afterthought};
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::kinds::{DicomProbe, Probe};

probe! {
    /// A DICOM node answers the C-ECHO of a sender it knows, and refuses one it does not know, an impostor, and a plain association where it speaks TLS.
    Dicom, "dicom", dicom: DicomProbe,
    needs &[
        "target",
        "dicom.called",
        "dicom.known",
        "dicom.unknown|dicom.impostor|dicom.wrong_called|dicom.tls",
    ]
}

/// First byte of a TLS alert record.
const TLS_ALERT: u8 = 21;
/// Presentation contexts have odd numbers to 255 (PS3.8 table 9-13).
const STORAGE_MAX: usize = 100;
/// No node is called this.
const NOBODY: &str = "MEDWARD_NOBODY";

struct Node {
    sender: Sender,
    called: String,
    known: String,
    refused: Vec<(String, &'static str)>,
    wrong_called: bool,
    storage: Vec<String>,
    /// SOP class of the object that is really stored.
    store: Option<&'static str>,
}

fn prepare(reader: Terms, terms: &Probe, own: &DicomProbe) -> Result<Node, ConfigError> {
    let title = |written, key| title(reader, written, key);
    let called =
        title(reader.need(own.called.as_ref(), "dicom.called", "AE title of the node")?, "dicom.called")?;
    let known =
        title(reader.need(own.known.as_ref(), "dicom.known", "AE title the node knows")?, "dicom.known")?;
    let tls = is_set(own.tls.as_ref());
    let wrong_called = is_set(own.wrong_called.as_ref());
    let mut refused = Vec::new();
    for (written, key, who) in [
        (own.unknown.as_ref(), "dicom.unknown", "an unknown sender"),
        (own.impostor.as_ref(), "dicom.impostor", "an impostor under the title of another sender"),
    ] {
        if let Some(written) = written {
            refused.push((title(written, key)?, who));
        }
    }
    if refused.is_empty() && !wrong_called && !tls {
        let why = "an AE title that must be refused; without it the probe cannot fail";
        return Err(reader.missing("dicom.unknown", why));
    }
    if let Some(beyond) = own.storage.get(STORAGE_MAX) {
        let why = "is one too many; at most 100 SOP classes fit into an association";
        return Err(reader.unusable("dicom.storage", &beyond.value, beyond.span, why));
    }
    let certificate = (own.certificate.as_ref(), "dicom.certificate");
    Ok(Node {
        sender: Sender {
            server: Server::new(
                reader.address(terms.target.as_ref())?,
                optional(own.server_name.as_ref()),
                optional(own.trust.as_ref()),
            ),
            tls,
            identity: reader.identity(certificate, (own.key.as_ref(), "dicom.key"), false)?,
        },
        called,
        known,
        refused,
        wrong_called,
        storage: texts(&own.storage),
        store: stored_class(reader, own)?,
    })
}

/// SOP class of the object that is really stored, if one is.
fn stored_class(reader: Terms, own: &DicomProbe) -> Result<Option<&'static str>, ConfigError> {
    if !is_set(own.store.as_ref()) {
        return Ok(None);
    }
    let known = |class: &&str| own.storage.iter().any(|written| &*written.value == *class);
    match own.storage.first() {
        None => Ok(Some(SECONDARY_CAPTURE)),
        Some(first) => [SECONDARY_CAPTURE, CT].into_iter().find(known).map(Some).ok_or_else(|| {
            let why = format!("cannot be stored by the probe; name {SECONDARY_CAPTURE} or {CT} too");
            reader.unusable("dicom.storage", &first.value, first.span, why)
        }),
    }
}

impl Node {
    fn known(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let expected = format!("{} is answered by {} with C-ECHO status 0", self.known, self.called);
        let mut wire = match self.sender.connect(context)? {
            Ok(wire) => wire,
            Err(why) => {
                findings.positive(expected, Verdict::Broken, format!("TLS: {why}"));
                return Ok(());
            }
        };
        let classes: Vec<&str> =
            std::iter::once(VERIFICATION).chain(self.storage.iter().map(String::as_str)).collect();
        let titles = Titles { called: &self.called, calling: &self.known };
        let answer = associate(context, &mut wire, titles, &classes)?;
        findings.raw("answer to the known sender", format!("{answer:?}"));
        let results = match answer {
            Answer::Accepted(results) => results,
            Answer::Rejected(why) => {
                findings.positive(expected, Verdict::Broken, why);
                return Ok(());
            }
            other => {
                findings.positive(expected, Verdict::Unknown, format!("{other:?}"));
                return Ok(());
            }
        };
        if results.get(&1) == Some(&0) {
            let (verdict, seen) = match echo(context, &mut wire)? {
                Ok(status) => (Verdict::from(status == 0), format!("status {status:#06x}")),
                Err(why) => (Verdict::Unknown, why),
            };
            findings.positive(expected, verdict, seen);
        } else {
            findings.positive(expected, Verdict::Broken, "verification is not accepted");
        }
        for (number, class) in (1_u8..).zip(&self.storage) {
            let result = results.get(&(number * 2 + 1));
            let seen = result.map_or("no answer".to_owned(), |result| format!("result {result}"));
            findings.positive(format!("{} may store {class}", self.known), result == Some(&0), seen);
        }
        release(context, &mut wire)
    }

    fn refuses(
        &self,
        context: &Context,
        titles: Titles<'_>,
        who: &str,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        let expected = format!("{who} ({} to {}) is refused", titles.calling, titles.called);
        let mut wire = match self.sender.connect(context)? {
            Ok(wire) => wire,
            Err(why) => {
                // The certificate is the known sender's: that it is refused says nothing of the title.
                findings.negative(expected, Verdict::Unknown, format!("TLS: {why}"));
                return Ok(());
            }
        };
        let answer = associate(context, &mut wire, titles, &[VERIFICATION])?;
        let (verdict, seen) = match answer {
            Answer::Accepted(_) => {
                release(context, &mut wire)?;
                (Verdict::Broken, "accepted".to_owned())
            }
            // Congestion refuses everybody and proves nothing.
            Answer::Rejected(why) if why.contains("congestion") || why.contains("limit") => {
                (Verdict::Unknown, why)
            }
            Answer::Rejected(why) => (Verdict::Held, why),
            other => (Verdict::Unknown, format!("{other:?}")),
        };
        findings.negative(expected, verdict, seen);
        Ok(())
    }

    fn refuses_plain(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let mut wire = Wire::plain(context, &self.sender.server.target)?;
        let titles = Titles { called: &self.called, calling: &self.known };
        let (verdict, seen) = match associate(context, &mut wire, titles, &[VERIFICATION])? {
            Answer::Accepted(_) => {
                release(context, &mut wire)?;
                (Verdict::Broken, "accepted".to_owned())
            }
            Answer::Foreign(TLS_ALERT) => (Verdict::Held, "TLS alert".to_owned()),
            // Over TLS the node answers, as the positive half shows: it is this association that it ended.
            Answer::Rejected(why) | Answer::Closed(why) => (Verdict::Held, why),
            other @ Answer::Foreign(_) => (Verdict::Unknown, format!("{other:?}")),
        };
        findings.negative("a plain association is refused", verdict, seen);
        Ok(())
    }

    /// The known title without the known certificate.
    fn refuses_uncertified(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        for (identity, who) in
            [(Identity::None, "no certificate"), (Identity::Impostor, "a certificate nobody issued")]
        {
            let expected = format!("{} with {who} is refused", self.known);
            let (verdict, seen) = match Wire::tls(context, &self.sender.server, &identity)? {
                Connected::Refused(shaken, shown) => refusal(afterthought(context, shaken)?, &shown),
                Connected::Ready(mut wire) => {
                    let titles = Titles { called: &self.called, calling: &self.known };
                    match associate(context, &mut wire, titles, &[VERIFICATION])? {
                        Answer::Accepted(_) => {
                            release(context, &mut wire)?;
                            (Verdict::Broken, "accepted".to_owned())
                        }
                        Answer::Rejected(why) => (Verdict::Held, why),
                        // TLS 1.3 tells the client only now.
                        Answer::Closed(why) if why.contains("alert") => (Verdict::Held, why),
                        other => (Verdict::Unknown, format!("{other:?}")),
                    }
                }
            };
            findings.negative(expected, verdict, seen);
        }
        Ok(())
    }
}

impl Node {
    /// A synthetic object that the known sender must get rid of, and the others must not.
    fn store(&self, sop_class: &str, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let offer = |calling: &str| {
            let object = SyntheticObject::new(sop_class, context.now());
            let titles = Titles { called: &self.called, calling };
            self.sender.send(context, titles, &object)
        };
        let sent = offer(&self.known)?;
        let verdict = match sent {
            Sent::Taken(_) => Verdict::Held,
            Sent::Refused(_) => Verdict::Broken,
            Sent::Unclear(_) => Verdict::Unknown,
        };
        findings.positive(format!("{} stores a synthetic object", self.known), verdict, sent.shown());
        for (calling, who) in &self.refused {
            let sent = offer(calling)?;
            let verdict = match sent {
                Sent::Taken(_) => Verdict::Broken,
                Sent::Refused(_) => Verdict::Held,
                Sent::Unclear(_) => Verdict::Unknown,
            };
            findings.negative(format!("{who} ({calling}) cannot store an object"), verdict, sent.shown());
        }
        Ok(())
    }
}

impl Prepared for Node {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        self.known(context, findings)?;
        if let Some(sop_class) = self.store {
            self.store(sop_class, context, findings)?;
        }
        for (calling, who) in &self.refused {
            self.refuses(context, Titles { called: &self.called, calling }, who, findings)?;
        }
        if self.wrong_called {
            let titles = Titles { called: NOBODY, calling: &self.known };
            self.refuses(context, titles, "a call for another node", findings)?;
        }
        if self.sender.tls {
            self.refuses_plain(context, findings)?;
        }
        if self.sender.tls && !matches!(self.sender.identity, Identity::None) {
            self.refuses_uncertified(context, findings)?;
        }
        Ok(())
    }

    fn repeat(&self) -> String {
        let (host, port) =
            self.sender.server.target.rsplit_once(':').unwrap_or((&self.sender.server.target, ""));
        let tls = if self.sender.tls { " +tls KEY CERTIFICATE +cf TRUST" } else { "" };
        let line = |calling: &str, wanted: &str| {
            format!("echoscu{tls} -aet {calling} -aec {} {host} {port}  # must be {wanted}", self.called)
        };
        let refused = self.refused.iter().map(|(calling, _)| line(calling, "rejected"));
        std::iter::once(line(&self.known, "answered")).chain(refused).collect::<Vec<_>>().join("\n")
    }
}
