//! Traces: how long what took, as OpenTelemetry spans in a file of OTLP/JSON lines, which a collector reads (`otlpjsonfile`); off where the
//! file names no place. It is the form of the OpenTelemetry protocol file exporter, written here since its libraries bring a second HTTP stack.
//!
//! Names and attributes are words of closed lists, ids of records of the file, and numbers: the types have room for nothing else. Identifiers of
//! spans are random. A span that cannot be written is dropped, and nothing waits for it.

use crate::keep::Answer;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Spans that may wait for the disk.
const WAITING_MAX: usize = 4_096;
/// Most spans of a line.
const LINE_SPANS_MAX: usize = 256;
/// A file that is longer than this, in bytes, takes the place of the one before, and a new one is begun.
const FILE_BYTES_MAX: u64 = 64 << 20;
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Status of a span that did not come out well (`opentelemetry.proto.trace.v1.Status`).
const ERROR: u8 = 2;

/// What a span is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Association,
    Request,
    Intake,
    Keep,
    Read,
    Release,
    Forward,
    WayBack,
}

impl Name {
    const fn word(self) -> &'static str {
        match self {
            Self::Association => "association",
            Self::Request => "request",
            Self::Intake => "intake",
            Self::Keep => "keep",
            Self::Read => "read",
            Self::Release => "release",
            Self::Forward => "forward",
            Self::WayBack => "way-back",
        }
    }

    /// Server, client or internal (`Span.SpanKind`).
    const fn kind(self) -> u8 {
        match self {
            Self::Association | Self::Request => 2,
            Self::Forward => 3,
            _ => 1,
        }
    }
}

/// Which span of which trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    trace: u128,
    span: u64,
}

/// A value of an attribute.
#[derive(Debug)]
enum Attribute {
    /// A word of a closed list.
    Word(&'static str),
    /// The id of a record of the file.
    Record(String),
    Number(u64),
}

#[derive(Debug)]
struct Ended {
    name: Name,
    context: Context,
    parent: Option<u64>,
    began: i128,
    until: i128,
    is_error: bool,
    attributes: Vec<(&'static str, Attribute)>,
}

/// A span that goes on until it is dropped; nothing where nobody traces.
#[derive(Debug, Default)]
pub(crate) struct Span(Option<(SyncSender<Ended>, Ended)>);

impl Span {
    /// For spans inside of it.
    pub(crate) fn context(&self) -> Option<Context> {
        self.0.as_ref().map(|(_, span)| span.context)
    }

    fn set(&mut self, key: &'static str, value: Attribute) {
        if let Some((_, span)) = &mut self.0 {
            span.attributes.push((key, value));
        }
    }

    /// Whom it is about: the id of a record of the file.
    pub(crate) fn record(&mut self, key: &'static str, id: &str) {
        if self.0.is_some() {
            self.set(key, Attribute::Record(id.to_owned()));
        }
    }

    pub(crate) fn number(&mut self, key: &'static str, number: u64) {
        self.set(key, Attribute::Number(number));
    }

    /// How it came out, and whether that is well.
    pub(crate) fn outcome(&mut self, word: &'static str, is_well: bool) {
        self.set("medward.outcome", Attribute::Word(word));
        if let Some((_, span)) = &mut self.0 {
            span.is_error = !is_well;
        }
    }

    /// A refusal, by layer and reason.
    pub(crate) fn refused(&mut self, refusal: &crate::decision::Refusal) {
        self.outcome("refused", false);
        self.set("medward.layer", Attribute::Word(refusal.layer.word()));
        self.set("medward.reason", Attribute::Word(refusal.reason));
    }

    /// How keeping an object came out.
    pub(crate) fn answered(&mut self, answer: &Answer) {
        match answer {
            Answer::Stored => self.outcome("stored", true),
            Answer::Held(refusal) => self.refused(refusal),
            Answer::Failed(_) | Answer::NotBack(_) => self.outcome("failed", false),
        }
    }
}

fn now() -> i128 {
    Timestamp::now().as_nanosecond()
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some((traces, mut span)) = self.0.take() {
            span.until = now();
            // Full, or nobody writes any more: it is not worth waiting for.
            let _ = traces.try_send(span);
        }
    }
}

/// What begins spans.
#[derive(Debug)]
pub(crate) struct Traces(SyncSender<Ended>);

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}

impl Traces {
    /// Begins a span, inside of another one or of a trace of its own.
    pub(crate) fn begin(&self, name: Name, parent: Option<Context>) -> Span {
        // Without random bytes there is no span.
        let Some(span) = random().map(u64::from_be_bytes) else { return Span::default() };
        let Some(trace) = parent.map(|parent| parent.trace).or_else(|| random().map(u128::from_be_bytes))
        else {
            return Span::default();
        };
        let (context, began) = (Context { trace, span }, now());
        let parent = parent.map(|parent| parent.span);
        let attributes = Vec::new();
        Span(Some((
            self.0.clone(),
            Ended { name, context, parent, began, until: began, is_error: false, attributes },
        )))
    }

    /// Starts writing into a file, until told to end.
    pub(crate) fn start(
        path: &Path,
        ward: &str,
        ends: &Arc<AtomicBool>,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let (sender, ended) = sync_channel(WAITING_MAX);
        let mut file = Lines::open(path)?;
        let (ward, ends) = (ward.to_owned(), Arc::clone(ends));
        let run = move || write_all(&ended, &mut file, &ward, &ends);
        let thread = std::thread::Builder::new().name("traces".to_owned()).spawn(run)?;
        Ok((Self(sender), thread))
    }
}

fn write_all(ended: &Receiver<Ended>, file: &mut Lines, ward: &str, ends: &AtomicBool) {
    loop {
        match ended.recv_timeout(LOOK_EVERY) {
            Ok(first) => {
                let rest = ended.try_iter().take(LINE_SPANS_MAX.saturating_sub(1));
                let spans: Vec<_> = std::iter::once(first).chain(rest).map(Ended::json).collect();
                // A full disk costs spans and nothing else.
                let _ = file.add(&line(ward, &spans));
            }
            Err(RecvTimeoutError::Timeout) if !ends.load(Ordering::Relaxed) => {}
            Err(_) => return,
        }
    }
}

fn line(ward: &str, spans: &[Value]) -> String {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let version = env!("CARGO_PKG_VERSION");
    let resource = [
        text("service.name", "medward-ward"),
        text("service.instance.id", ward),
        text("service.version", version),
    ];
    let scope = json!({"scope": {"name": "medward", "version": version}, "spans": spans});
    format!("{}\n", json!({"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [scope]}]}))
}

impl Ended {
    fn json(self) -> Value {
        let attributes = self.attributes.into_iter().map(|(key, value)| {
            let value = match value {
                Attribute::Word(word) => json!({"stringValue": word}),
                Attribute::Record(id) => json!({"stringValue": id}),
                // 64 bits are a text in the JSON of protobuf.
                Attribute::Number(number) => json!({"intValue": number.to_string()}),
            };
            json!({"key": key, "value": value})
        });
        json!({
            "traceId": format!("{:032x}", self.context.trace),
            "spanId": format!("{:016x}", self.context.span),
            "parentSpanId": self.parent.map(|parent| format!("{parent:016x}")).unwrap_or_default(),
            "name": self.name.word(),
            "kind": self.name.kind(),
            "startTimeUnixNano": self.began.to_string(),
            "endTimeUnixNano": self.until.to_string(),
            "attributes": attributes.collect::<Vec<_>>(),
            "status": if self.is_error { json!({"code": ERROR}) } else { json!({}) },
        })
    }
}

/// A file that is begun anew once it is long; the one before stays beside it.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Lines {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).mode(0o600).open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path: path.to_path_buf(), file, bytes })
    }

    fn add(&mut self, line: &str) -> io::Result<()> {
        let length = line.len() as u64;
        if self.bytes > 0 && self.bytes.saturating_add(length) > FILE_BYTES_MAX {
            std::fs::rename(&self.path, self.path.with_extension("1.jsonl"))?;
            *self = Self::open(&self.path)?;
        }
        self.file.write_all(line.as_bytes())?;
        self.bytes = self.bytes.saturating_add(length);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_makes_room_and_nothing_is_written_where_nobody_traces() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("traces.jsonl");
        let mut lines = Lines::open(&path).unwrap();
        lines.add("first\n").unwrap();
        lines.bytes = FILE_BYTES_MAX;
        lines.add("second\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "second\n");
        assert_eq!(std::fs::read_to_string(directory.path().join("traces.1.jsonl")).unwrap(), "first\n");
        let mut span = Span::default();
        span.record("medward.sender", "CT-1");
        assert!(span.context().is_none() && span.0.is_none());
    }
}
