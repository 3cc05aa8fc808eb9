//! Where in a ledger the entries of a control, a kind or a time stand: an SQLite file beside the log.
//!
//! Called by the command line to find entries fast. It is a hint and never a proof: nothing is judged by it, what it points at
//! is read from the log again, and a file that is lost, old or of another log is made anew from the log.

use medward_ledger::segment::{Reader, Step};
use medward_ledger::{Entry, leaf_hash};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::io;
use std::path::{Path, PathBuf};

/// Name of the file inside a ledger's directory.
pub const FILE: &str = "index.sqlite";
/// Raised when the tables change, so that an older file is made anew.
const VERSION: i64 = 1;
/// Entries written at a time.
const BATCH: u64 = 50_000;

const TABLES: &str = "
    CREATE TABLE head (version INTEGER NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL,
        before_last INTEGER NOT NULL, leaf TEXT NOT NULL) STRICT;
    CREATE TABLE entry (position INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL,
        received INTEGER NOT NULL) STRICT;
    CREATE INDEX by_subject ON entry (subject, position);
    CREATE INDEX by_kind ON entry (kind, position);
    CREATE INDEX by_time ON entry (received, position);";

/// Why an index cannot be made or asked.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The log cannot be read.
    #[error("cannot read the log at `{path}`: {source}")]
    Log {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// SQLite failed.
    #[error("the index of the ledger cannot be used: {0}; remove `{FILE}`, it is made anew")]
    Sqlite(#[from] rusqlite::Error),
}

/// What entries are looked for; what is absent does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Kind of entry, as it stands in the log: `evidence`, `approval`, `erasure`, `response`, `series_seal`,
    /// `image_seal`.
    pub kind: Option<String>,
    /// The control of evidence, the record of an approval as `kind.id`, the digest of an erasure, the case of a response,
    /// the manifest of a series, the pseudonym of an image.
    pub subject: Option<String>,
    /// Received at or after, in seconds since 1970-01-01.
    pub since: Option<i64>,
}

impl Query {
    /// Whether an entry is looked for.
    pub fn holds(&self, entry: &Entry) -> bool {
        let (kind, subject) = named(entry);
        self.kind.as_deref().is_none_or(|wanted| wanted == kind)
            && self.subject.as_deref().is_none_or(|wanted| wanted == subject)
            && self.since.is_none_or(|since| entry.received() >= since)
    }
}

/// Kind and subject of an entry.
fn named(entry: &Entry) -> (&'static str, String) {
    match entry {
        Entry::Evidence { control, .. } => ("evidence", control.to_string()),
        Entry::Approval { record_kind, record, .. } => ("approval", format!("{record_kind}.{record}")),
        Entry::Erasure { payload, .. } => ("erasure", payload.to_string()),
        Entry::Response { case, .. } => ("response", case.to_string()),
        Entry::Access { what, .. } => ("access", what.to_string()),
        Entry::ImageSeal { instance, .. } => ("image_seal", instance.to_string()),
        Entry::SeriesSeal { manifest, .. } => ("series_seal", manifest.to_string()),
    }
}

/// How far an index goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Head {
    count: u64,
    bytes: u64,
    /// Bytes before the last entry, and its leaf hash: the mark by which a log is known again.
    before_last: u64,
    leaf: String,
}

/// The index of one ledger.
#[derive(Debug)]
pub struct Index {
    connection: Connection,
    head: Head,
}

impl Index {
    /// Opens the index beside a log and brings it up to what the log holds now.
    pub fn open(ledger: &Path) -> Result<Self, IndexError> {
        match Self::continued(ledger) {
            Ok(index) => Ok(index),
            Err(IndexError::Log { path, source }) => Err(IndexError::Log { path, source }),
            // Whatever is wrong with the file, the log has it all.
            Err(IndexError::Sqlite(_)) => {
                for end in ["", "-wal", "-shm", "-journal"] {
                    let path = ledger.join(format!("{FILE}{end}"));
                    match std::fs::remove_file(&path) {
                        Err(source) if source.kind() != io::ErrorKind::NotFound => {
                            return Err(IndexError::Log { path, source });
                        }
                        _ => {}
                    }
                }
                Self::continued(ledger)
            }
        }
    }

    fn continued(ledger: &Path) -> Result<Self, IndexError> {
        let connection = Connection::open(ledger.join(FILE))?;
        connection.busy_timeout(std::time::Duration::from_secs(30))?;
        // It can be made anew at any time: nothing waits for the disk.
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")?;
        let mut index = Self { head: Head::default(), connection };
        index.head = match index.known()? {
            Some(head) if is_of(ledger, &head)? => head,
            _ => {
                index.connection.execute_batch("DROP TABLE IF EXISTS head; DROP TABLE IF EXISTS entry;")?;
                index.connection.execute_batch(TABLES)?;
                Head::default()
            }
        };
        index.catch_up(ledger)?;
        Ok(index)
    }

    fn known(&self) -> Result<Option<Head>, rusqlite::Error> {
        let is_there = "SELECT count(*) FROM sqlite_schema WHERE name IN ('head', 'entry')";
        if self.connection.query_row(is_there, [], |row| row.get::<_, i64>(0))? != 2 {
            return Ok(None);
        }
        let head = "SELECT count, bytes, before_last, leaf FROM head WHERE version = ?1";
        let read = |row: &rusqlite::Row<'_>| {
            let number =
                |place: usize| row.get::<_, i64>(place).map(|one| u64::try_from(one).unwrap_or_default());
            Ok(Head { count: number(0)?, bytes: number(1)?, before_last: number(2)?, leaf: row.get(3)? })
        };
        self.connection.query_row(head, [VERSION], read).optional()
    }

    fn catch_up(&mut self, ledger: &Path) -> Result<(), IndexError> {
        let failed = |source| IndexError::Log { path: ledger.to_path_buf(), source };
        let segment = ledger.join("segment");
        let mut reader = Reader::open_at(&segment, self.head.count, self.head.bytes).map_err(failed)?;
        loop {
            let transaction = self.connection.transaction()?;
            let mut last = None;
            {
                let mut insert =
                    transaction.prepare_cached("INSERT OR REPLACE INTO entry VALUES (?1, ?2, ?3, ?4)")?;
                for _ in 0..BATCH {
                    let (position, before) = (reader.count, reader.bytes);
                    let Step::Entry(bytes) = reader.step().map_err(failed)? else { break };
                    // An entry of a kind not known here has its place and no name.
                    let (kind, subject, received) = match Entry::parse(&bytes) {
                        Ok(entry) => {
                            let (kind, subject) = named(&entry);
                            (kind, subject, entry.received())
                        }
                        Err(_) => ("", String::new(), 0),
                    };
                    insert.execute(params![signed(position), kind, subject, received])?;
                    last = Some((before, leaf_hash(&bytes)));
                }
            }
            let Some((before_last, leaf)) = last else { return Ok(()) };
            let head = Head { count: reader.count, bytes: reader.bytes, before_last, leaf: leaf.to_string() };
            transaction.execute("DELETE FROM head", [])?;
            let values =
                params![VERSION, signed(head.count), signed(head.bytes), signed(before_last), head.leaf];
            transaction.execute("INSERT INTO head VALUES (?1, ?2, ?3, ?4, ?5)", values)?;
            transaction.commit()?;
            self.head = head;
        }
    }

    /// Entries of the log that the index covers.
    pub fn size(&self) -> u64 {
        self.head.count
    }

    /// Positions of the entries looked for, in order.
    pub fn find(&self, query: &Query) -> Result<Vec<u64>, IndexError> {
        let mut conditions = Vec::new();
        let mut values: Vec<&dyn rusqlite::ToSql> = Vec::new();
        if let Some(kind) = &query.kind {
            conditions.push("kind = ?");
            values.push(kind);
        }
        if let Some(subject) = &query.subject {
            conditions.push("subject = ?");
            values.push(subject);
        }
        if let Some(since) = &query.since {
            conditions.push("received >= ?");
            values.push(since);
        }
        let all = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        let mut found =
            self.connection.prepare(&format!("SELECT position FROM entry WHERE {all} ORDER BY position"))?;
        let positions = found.query_map(values.as_slice(), |row| row.get::<_, i64>(0))?;
        let positions = positions.map(|one| one.map(|one| u64::try_from(one).unwrap_or_default()));
        Ok(positions.collect::<Result<_, _>>()?)
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Whether a log still has, at its place, the last entry that an index covers.
fn is_of(ledger: &Path, head: &Head) -> Result<bool, IndexError> {
    let failed = |source| IndexError::Log { path: ledger.to_path_buf(), source };
    let before = head.count.saturating_sub(1);
    let mut reader = Reader::open_at(&ledger.join("segment"), before, head.before_last).map_err(failed)?;
    Ok(match reader.step().map_err(failed)? {
        Step::Entry(bytes) => reader.bytes == head.bytes && leaf_hash(&bytes).to_string() == head.leaf,
        Step::End | Step::Damaged => false,
    })
}
