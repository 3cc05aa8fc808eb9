//! A log in which an event must arrive: a file or a URL, and a marker to know the event by.

use crate::configuration::{ConfigError, Terms};
use crate::web::Web;
use crate::{Context, Deadline, Fault};
use medward_file::Text;
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::Duration;

/// How often the log is looked at.
const POLL: Duration = Duration::from_millis(100);
/// Bytes of new log read at once.
const NEW_BYTES_MAX: u64 = 16 << 20;
/// Bytes by which a log is known again.
const END_BYTES: u64 = 64;

/// A text that stands in no log until it is put there. It needs to be new, not secret.
pub fn marker() -> String {
    format!("medward-probe-{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// Where events arrive.
#[derive(Debug, Clone)]
pub struct Log {
    target: String,
    web: Web,
    credential: Option<String>,
}

/// How far a log had grown, and what it ended with.
#[derive(Debug, Clone, Default)]
pub struct Mark {
    bytes: u64,
    end: Vec<u8>,
}

impl Log {
    /// The log that terms name: a path or a URL, in which `{marker}` stands for the text looked for.
    pub fn new(
        reader: Terms,
        target: Option<&Text>,
        credential: (Option<&Text>, &'static str),
        trust: Option<String>,
    ) -> Result<Self, ConfigError> {
        let why = "the log: a path, or a URL in which `{marker}` stands for the text looked for";
        let written = reader.need(target, "target", why)?;
        let target =
            if written.contains("://") { reader.url(written, "target")? } else { written.to_string() };
        let credential = reader.credential(&target, credential.0, credential.1)?;
        Ok(Self { target, web: Web { trust }, credential })
    }

    fn is_url(&self) -> bool {
        self.target.contains("://")
    }

    /// How far it has grown.
    pub fn mark(&self, context: &Context) -> Result<Mark, Fault> {
        if self.is_url() {
            return Ok(Mark::default());
        }
        let (bytes, mut end) = self.read(context, |bytes| bytes.saturating_sub(END_BYTES))?;
        end.truncate(usize::try_from(END_BYTES).unwrap_or_default());
        Ok(Mark { bytes, end })
    }

    /// The length of the file, and its content from where `from` says.
    fn read(&self, context: &Context, from: impl Fn(u64) -> u64) -> Result<(u64, Vec<u8>), Fault> {
        let unreadable = |error: &std::io::Error| Fault::unreadable(&self.target, error);
        let mut file = File::open(context.path(&self.target)).map_err(|error| unreadable(&error))?;
        let length = file.metadata().map_err(|error| unreadable(&error))?.len();
        file.seek(SeekFrom::Start(from(length))).map_err(|error| unreadable(&error))?;
        let mut bytes = Vec::new();
        file.take(NEW_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        Ok((length, bytes))
    }

    /// What was added since a mark; of a URL, everything it answers about a marker.
    pub fn added(&self, context: &Context, since: &Mark, marker: &str) -> Result<String, Fault> {
        if self.is_url() {
            let url = self.target.replace("{marker}", marker);
            let credential = self.credential.as_deref().map(|name| context.secret(name)).transpose()?;
            let answer = self.web.get(context, &url, credential)?;
            if answer.status != 200 {
                return Err(Fault::unintelligible(url, &format!("status {}", answer.status)));
            }
            // A server may give the question back in its answer; that is no arrival.
            return Ok(String::from_utf8_lossy(&answer.body).replace(&url, ""));
        }
        let begin = since.bytes.saturating_sub(since.end.len() as u64);
        let (_, mut bytes) = self.read(context, |_| begin)?;
        if bytes.starts_with(&since.end) {
            bytes.drain(..since.end.len());
        } else {
            // Another file by now: the log was rotated and begins anew.
            (_, bytes) = self.read(context, |_| 0)?;
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Waits until a marker has arrived; the text it arrived in, or nothing when `seconds` have passed without it.
    pub fn wait(
        &self,
        context: &Context,
        since: &Mark,
        marker: &str,
        seconds: u64,
    ) -> Result<Option<String>, Fault> {
        let until = Deadline::after(Duration::from_secs(seconds));
        loop {
            let added = self.added(context, since, marker)?;
            if added.contains(marker) {
                return Ok(Some(added));
            }
            if until.sleep(POLL).is_err() {
                return Ok(None);
            }
            context.deadline.left()?;
        }
    }

    /// The log as one would look into it by hand.
    pub fn shown(&self) -> String {
        if self.is_url() { format!("curl {}", self.target) } else { format!("tail -f {}", self.target) }
    }
}

/// Seconds an event may take, which must fit into the time of the whole probe.
pub fn seconds(
    reader: Terms,
    terms: &medward_file::kinds::Probe,
    own: Option<&medward_file::Number>,
    key: &'static str,
) -> Result<u64, ConfigError> {
    let whole = terms.timeout_seconds.as_ref().map_or(30, |timeout| timeout.value);
    let why = "seconds until the event must stand in the log; less than `timeout_seconds`";
    let most = (whole - 1).max(1);
    reader.needed_number(own, key, 1..=most, why).map(i64::unsigned_abs)
}
