//! `canary`: a synthetic patient goes into a pseudonymising gateway, and nothing of them comes out.
//!
//! A result is known by a mark in its pixels, since every identifier is to be replaced; one that comes out compressed
//! or deflated is not known again, and the probe does not pass. What comes out is searched as bytes, pixels and file
//! name included, and never kept: other patients' objects may arrive in the same place.

use crate::arrival;
use crate::burned_in::left;
use crate::configuration::{ConfigError, Terms, is_set, optional};
use crate::dicom_object::{CT, SECONDARY_CAPTURE, SyntheticObject};
use crate::dicom_peer::Titles;
use crate::dicom_sender::{Sender, Sent, title};
use crate::files::{Found, beginning, few, newest_first, shown};
use crate::identifier_search::{Search, contains};
use crate::process::Program;
use crate::registry::probe;
use crate::tls_client::Server;
use crate::{Context, Deadline, Fault, Findings, Prepared, Verdict};
use jiff::Timestamp;
use medward_file::kinds::{CanaryProbe, Probe};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

probe! {
    /// A synthetic patient goes into a pseudonymising gateway, the result comes out in time, and no identifier is in any byte of it.
    Canary, "canary", canary: CanaryProbe,
    needs &["target", "canary.called", "canary.calling", "canary.directory|canary.fetch", "canary.seconds_max"]
}

/// How often the place where results arrive is looked at.
const POLL: Duration = Duration::from_millis(200);
/// Bytes a result may have; what is sent has some five thousand.
const RESULT_BYTES_MAX: u64 = 1 << 20;

/// Where the result comes out.
enum Outlet {
    Directory(String),
    Fetch(Program),
}

struct Gateway {
    sender: Sender,
    called: String,
    calling: String,
    sop_class: &'static str,
    outlet: Outlet,
    seconds_max: u64,
    uids_may_stay: bool,
    pixel: bool,
}

fn prepare(reader: Terms, terms: &Probe, own: &CanaryProbe) -> Result<Gateway, ConfigError> {
    let called = reader.need(own.called.as_ref(), "canary.called", "AE title of the gateway")?;
    let calling = reader.need(own.calling.as_ref(), "canary.calling", "AE title of a sender it knows")?;
    let outlet = match &own.directory {
        Some(directory) if own.fetch.is_empty() => Outlet::Directory(directory.to_string()),
        Some(directory) => {
            let why = "stands beside `fetch`; name one place where the result comes out";
            return Err(reader.unusable("canary.directory", &directory.value, directory.span, why));
        }
        None => {
            let why = "directory in which the result arrives; or `fetch`, a command that writes it";
            if own.fetch.is_empty() {
                return Err(reader.missing("canary.directory", why));
            }
            let argv = reader.list(&own.fetch, "canary.fetch", why)?;
            Outlet::Fetch(Program::new(argv, &own.environment, &own.secrets))
        }
    };
    let sop_class = match &own.sop_class {
        None => SECONDARY_CAPTURE,
        Some(written) => {
            [SECONDARY_CAPTURE, CT].into_iter().find(|known| *known == &*written.value).ok_or_else(|| {
                let why = format!("cannot be sent by the probe; write {SECONDARY_CAPTURE} or {CT}");
                reader.unusable("canary.sop_class", &written.value, written.span, why)
            })?
        }
    };
    let certificate = (own.certificate.as_ref(), "canary.certificate");
    Ok(Gateway {
        sender: Sender {
            server: Server::new(
                reader.address(terms.target.as_ref())?,
                optional(own.server_name.as_ref()),
                optional(own.trust.as_ref()),
            ),
            tls: is_set(own.tls.as_ref()),
            identity: reader.identity(certificate, (own.key.as_ref(), "canary.key"), false)?,
        },
        called: title(reader, called, "canary.called")?,
        calling: title(reader, calling, "canary.calling")?,
        sop_class,
        outlet,
        seconds_max: arrival::seconds(reader, terms, own.seconds_max.as_ref(), "canary.seconds_max")?,
        uids_may_stay: is_set(own.uids_may_stay.as_ref()),
        pixel: is_set(own.pixel.as_ref()),
    })
}

/// What stood in a directory: each file with its time and size.
type Inventory = BTreeMap<PathBuf, (Timestamp, u64)>;

/// What has come out so far, and what it is searched for.
struct Watch<'a> {
    object: &'a SyntheticObject,
    search: &'a Search,
    until: Deadline,
    /// The result, known by its mark.
    result: Option<Vec<u8>>,
    /// Identifiers found in whatever came out, and in its file name.
    leaked: Vec<String>,
    /// Things that came out and are not the result.
    others: usize,
}

impl Watch<'_> {
    fn look(&mut self, bytes: Vec<u8>, name: &str) {
        let mut found = self.search.found(&bytes);
        found
            .extend(self.search.found(name.as_bytes()).iter().map(|what| format!("{what} in the file name")));
        for what in found {
            if !self.leaked.contains(&what) {
                self.leaked.push(what);
            }
        }
        if contains(&bytes, &self.object.mark) {
            self.result = Some(bytes);
        } else {
            self.others = self.others.saturating_add(1);
        }
    }

    /// Whether the time of the result is up; the time of the whole probe is an error.
    fn is_over(&self, context: &Context) -> Result<bool, Fault> {
        context.deadline.left()?;
        Ok(self.until.sleep(POLL).is_err())
    }

    /// Looks at what is new in a directory until the result is there and nothing changes any more.
    fn directory(&mut self, context: &Context, directory: &str, mut known: Inventory) -> Result<(), Fault> {
        loop {
            // A file may go between being listed and being looked at, as temporary ones do.
            let listed = match list(context, directory) {
                Err(Fault::Unreadable { .. }) if self.until.left().is_ok() => Vec::new(),
                listed => listed?,
            };
            let mut is_calm = true;
            for found in listed {
                let now = (found.written, found.bytes);
                if known.get(&found.path) == Some(&now) || found.bytes > RESULT_BYTES_MAX {
                    continue;
                }
                if let Ok(bytes) = beginning(context, &found.path, RESULT_BYTES_MAX) {
                    self.look(bytes, &shown(context, &found.path));
                    known.insert(found.path, now);
                    is_calm = false;
                }
            }
            // The last look, when nothing has changed, shows that the result was not still being written.
            if (is_calm && self.result.is_some()) || self.is_over(context)? {
                return Ok(());
            }
        }
    }

    /// Runs a command until it gives the result.
    fn fetch(&mut self, context: &Context, program: &Program, findings: &mut Findings) -> Result<(), Fault> {
        let object = self.object;
        let program = program
            .filled("patient_id", &object.patient_id)
            .filled("accession", &object.accession)
            .filled("instance", &object.instance);
        loop {
            let ended = program.run(context)?;
            // What it writes before the result is there may speak of what it was asked for.
            if ended.exit == Some(0) && contains(&ended.output, &object.mark) {
                self.look(ended.output, "");
                return Ok(());
            }
            if self.is_over(context)? {
                findings.raw(&program.shown(), format!("{}, no result", ended.shown()));
                return Ok(());
            }
        }
    }
}

/// The files of a directory that may be empty.
fn list(context: &Context, directory: &str) -> Result<Vec<Found>, Fault> {
    match newest_first(context, directory) {
        Err(Fault::Empty { .. }) => Ok(Vec::new()),
        listed => listed,
    }
}

impl Gateway {
    /// Whether the search finds in what is sent what must not be in what comes out.
    fn can_fail(&self, object: &SyntheticObject, search: &Search, findings: &mut Findings) {
        let found = search.found(&object.data_set);
        let expected = format!("the search finds all {} identifiers in what is sent", search.count());
        let verdict = if found.len() == search.count() { Verdict::Held } else { Verdict::Unknown };
        findings.negative(expected, verdict, few(&found));
        if self.pixel {
            let count = left(&object.burned_in, &object.data_set).len();
            let verdict = if count > 0 { Verdict::Held } else { Verdict::Unknown };
            let seen = format!("{count} characters");
            findings.negative("the search finds the text burned into what is sent", verdict, seen);
        }
    }

    fn judge(&self, watch: &Watch<'_>, findings: &mut Findings) {
        let seen = match &watch.result {
            Some(bytes) => format!("{} bytes, and {} other objects", bytes.len(), watch.others),
            None => format!("nothing with its mark among {} new objects", watch.others),
        };
        let expected = format!("the result comes out uncompressed within {} seconds", self.seconds_max);
        findings.positive(expected, watch.result.is_some(), seen);
        let verdict = match (&watch.result, watch.leaked.is_empty()) {
            (_, false) => Verdict::Broken,
            (None, true) => Verdict::Unknown,
            (Some(_), true) => Verdict::Held,
        };
        findings.negative("no identifier comes out", verdict, few(&watch.leaked));
        if let (true, Some(bytes)) = (self.pixel, &watch.result) {
            let count = left(&watch.object.burned_in, bytes).len();
            let seen = if count > 0 { format!("{count} characters can be read") } else { "gone".to_owned() };
            findings.negative("the text burned into the pixels is gone", count == 0, seen);
        }
    }
}

impl Prepared for Gateway {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let object = SyntheticObject::new(self.sop_class, context.now());
        let search = Search::new(&object, !self.uids_may_stay);
        self.can_fail(&object, &search, findings);
        let before = match &self.outlet {
            Outlet::Directory(directory) => list(context, directory)?,
            Outlet::Fetch(_) => Vec::new(),
        };
        let known = before.into_iter().map(|found| (found.path, (found.written, found.bytes))).collect();
        let titles = Titles { called: &self.called, calling: &self.calling };
        let sent = self.sender.send(context, titles, &object)?;
        let verdict = match sent {
            Sent::Taken(_) => Verdict::Held,
            Sent::Refused(_) => Verdict::Broken,
            Sent::Unclear(_) => Verdict::Unknown,
        };
        findings.positive("the gateway takes the synthetic patient", verdict, sent.shown());
        if verdict != Verdict::Held {
            return Ok(());
        }
        let mut watch = Watch {
            object: &object,
            search: &search,
            until: Deadline::after(Duration::from_secs(self.seconds_max)),
            result: None,
            leaked: Vec::new(),
            others: 0,
        };
        let ended = match &self.outlet {
            Outlet::Directory(directory) => watch.directory(context, directory, known),
            Outlet::Fetch(program) => watch.fetch(context, program, findings),
        };
        // What leaked before a fault has leaked.
        if ended.is_ok() || !watch.leaked.is_empty() {
            self.judge(&watch, findings);
        }
        ended
    }

    fn repeat(&self) -> String {
        let (host, port) = self.sender.server.target.rsplit_once(':').unwrap_or_default();
        let outlet = match &self.outlet {
            Outlet::Directory(directory) => format!("ls -t {directory}"),
            Outlet::Fetch(program) => program.shown(),
        };
        format!(
            "storescu -aet {} -aec {} {host} {port} SYNTHETIC.dcm\n{outlet}  # must hold no identifier of it",
            self.calling, self.called
        )
    }
}
