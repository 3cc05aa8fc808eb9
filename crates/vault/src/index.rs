//! The index: where in the journal the record of an object stands, in SQLite. Made from the journal, and made anew from it when
//! it is lost, damaged or behind; nothing waits for it to reach the disk, the journal alone is what is acknowledged.
//!
//! Rows are found by keyed hashes of UIDs and hold the sealed record: the file tells a thief no more than the journal does, and
//! is a second copy of it.

use crate::error::VaultError;
use crate::id::{ObjectId, QuarantineId, StudyId};
use crate::journal::Place;
use crate::key::SecretKey;
use crate::record::{Record, RecordCipher, Stored};
use aws_lc_rs::hmac;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// File name of the index.
pub(crate) const INDEX: &str = "index.sqlite";
/// Raised when the tables change, so that an older file is made anew.
const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE mark (version INTEGER NOT NULL, vault BLOB NOT NULL, count INTEGER NOT NULL,
        offset INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
    CREATE TABLE study (number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, slot INTEGER UNIQUE,
        position INTEGER NOT NULL, record BLOB NOT NULL, objects INTEGER NOT NULL, bytes INTEGER NOT NULL,
        erased INTEGER) STRICT;
    CREATE TABLE object (key BLOB PRIMARY KEY, study INTEGER NOT NULL, position INTEGER NOT NULL,
        record BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX object_of_study ON object (study, position);
    CREATE TABLE quarantined (id BLOB PRIMARY KEY, slot INTEGER NOT NULL UNIQUE, position INTEGER NOT NULL,
        record BLOB NOT NULL) STRICT;
    CREATE TABLE leaving (slot INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE segment (number INTEGER PRIMARY KEY, end INTEGER NOT NULL) STRICT;";

/// A study as the index has it.
#[derive(Debug, Clone)]
pub(crate) struct StudyRow {
    pub number: i64,
    pub study: StudyId,
    /// Absent once its key is destroyed.
    pub slot: Option<u32>,
    pub key: [u8; 32],
    pub opened: i64,
    pub objects: u64,
    pub bytes: u64,
    pub erased: Option<i64>,
}

/// An object as the index has it.
#[derive(Debug, Clone)]
pub(crate) struct ObjectRow {
    pub study: StudyId,
    pub object: ObjectId,
    pub stored: Stored,
}

/// A quarantined object as the index has it.
#[derive(Debug, Clone)]
pub(crate) struct QuarantinedRow {
    pub id: QuarantineId,
    pub slot: u32,
    pub key: [u8; 32],
    pub reason: String,
    pub note: String,
    pub stored: Stored,
}

/// The index of a vault, open.
pub(crate) struct Index {
    connection: Connection,
    cipher: Arc<RecordCipher>,
    names: hmac::Key,
}

impl fmt::Debug for Index {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Index(..)")
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or_default())
}

fn damaged(what: &str) -> VaultError {
    VaultError::Index(format!("a row of {what} is not the one that was written"))
}

impl Index {
    /// Opens the index; an index of another vault or version, or none, is begun.
    pub fn open(
        directory: &Path,
        vault: [u8; 16],
        secret: &SecretKey,
        cipher: Arc<RecordCipher>,
    ) -> Result<Self, VaultError> {
        let names = secret.subkey("medward vault index 1")?;
        let names = hmac::Key::new(hmac::HMAC_SHA256, names.expose());
        let connection = Connection::open(directory.join(INDEX))?;
        // NORMAL keeps the file whole through a power cut; the newest rows may be missing, and come from the journal.
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
        let known = connection.query_row("SELECT version, vault FROM mark", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
        });
        if known.ok() != Some((VERSION, vault.to_vec())) {
            let drop = "SELECT name FROM sqlite_schema WHERE type = 'table'";
            let names: Vec<String> =
                connection.prepare(drop)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            for name in names {
                connection.execute_batch(&format!("DROP TABLE \"{}\"", name.replace('"', "\"\"")))?;
            }
            connection.execute_batch(&format!("BEGIN; {TABLES}"))?;
            let mark = "INSERT INTO mark VALUES (?1, ?2, 0, 0, 0)";
            connection.execute(mark, params![VERSION, vault])?;
            connection.execute_batch("COMMIT")?;
        }
        Ok(Self { connection, cipher, names })
    }

    /// Place in the journal up to which the index goes, and where its last record begins.
    pub fn mark(&self) -> Result<(Place, u64), VaultError> {
        let read = |row: &Row<'_>| {
            Ok((Place { count: unsigned(row, 0)?, offset: unsigned(row, 1)? }, unsigned(row, 2)?))
        };
        Ok(self.connection.query_row("SELECT count, offset, last FROM mark", [], read)?)
    }

    fn name(&self, id: &str) -> [u8; 16] {
        let mut name = [0; 16];
        for (to, from) in name.iter_mut().zip(hmac::sign(&self.names, id.as_bytes()).as_ref()) {
            *to = *from;
        }
        name
    }

    /// Takes over records that stand in the journal one after the other; `end` is the place behind them.
    pub fn apply(
        &mut self,
        from: Place,
        records: &[(Record, Vec<u8>)],
        end: Place,
    ) -> Result<(), VaultError> {
        let Some((_, last)) = records.last() else { return Ok(()) };
        let last = end.offset.saturating_sub(last.len() as u64).saturating_sub(4);
        let names: Vec<_> = records.iter().map(|(record, _)| self.key_of(record)).collect();
        let transaction = self.connection.transaction()?;
        for ((position, name), (record, sealed)) in (from.count..).zip(names).zip(records) {
            apply_one(&transaction, signed(position), name, record, sealed)?;
        }
        let mark = "UPDATE mark SET count = ?1, offset = ?2, last = ?3";
        transaction.prepare_cached(mark)?.execute(params![
            signed(end.count),
            signed(end.offset),
            signed(last)
        ])?;
        Ok(transaction.commit()?)
    }

    /// By what names the rows of a record are found: that of the study, and that of the object.
    fn key_of(&self, record: &Record) -> ([u8; 16], [u8; 16]) {
        match record {
            Record::Study { study, .. } | Record::Erased { study, .. } => {
                (self.name(study.as_str()), [0; 16])
            }
            Record::Object { study, object, .. } => (self.name(study.as_str()), self.name(object.as_str())),
            Record::Quarantined { id, .. } | Record::Left { id, .. } => ([0; 16], id.0),
            Record::Rotated { .. } => Default::default(),
        }
    }

    fn study_row(&self, row: &Row<'_>) -> rusqlite::Result<Result<StudyRow, VaultError>> {
        let record = self.cipher.open(unsigned(row, 2)?, &row.get::<_, Vec<u8>>(3)?);
        let Some(Record::Study { study, key, opened, .. }) = record else {
            return Ok(Err(damaged("studies")));
        };
        Ok(Ok(StudyRow {
            number: row.get(0)?,
            study,
            slot: row.get(1)?,
            key,
            opened,
            objects: unsigned(row, 4)?,
            bytes: unsigned(row, 5)?,
            erased: row.get(6)?,
        }))
    }

    /// A study.
    pub fn study(&self, study: &StudyId) -> Result<Option<StudyRow>, VaultError> {
        let sql = "SELECT number, slot, position, record, objects, bytes, erased FROM study WHERE key = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let row = statement.query_row([self.name(study.as_str())], |row| self.study_row(row)).optional()?;
        row.transpose()
    }

    /// All studies, in the order in which they came.
    pub fn studies(&self) -> Result<Vec<StudyRow>, VaultError> {
        let sql = "SELECT number, slot, position, record, objects, bytes, erased FROM study ORDER BY number";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| self.study_row(row))?;
        rows.map(|row| row?).collect()
    }

    fn object_row(&self, row: &Row<'_>) -> rusqlite::Result<Result<ObjectRow, VaultError>> {
        Ok(match self.cipher.open(unsigned(row, 0)?, &row.get::<_, Vec<u8>>(1)?) {
            Some(Record::Object { study, object, stored }) => Ok(ObjectRow { study, object, stored }),
            _ => Err(damaged("objects")),
        })
    }

    /// An object.
    pub fn object(&self, object: &ObjectId) -> Result<Option<ObjectRow>, VaultError> {
        let mut statement =
            self.connection.prepare_cached("SELECT position, record FROM object WHERE key = ?1")?;
        let row = statement.query_row([self.name(object.as_str())], |row| self.object_row(row)).optional()?;
        let row = row.transpose()?;
        // A row under another name is not the one that was asked for.
        if row.as_ref().is_some_and(|row| row.object != *object) {
            return Err(damaged("objects"));
        }
        Ok(row)
    }

    /// Objects of a study, in the order in which they came.
    pub fn objects(&self, study: i64) -> Result<Vec<ObjectRow>, VaultError> {
        let sql = "SELECT position, record FROM object WHERE study = ?1 ORDER BY position";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([study], |row| self.object_row(row))?;
        rows.map(|row| row?).collect()
    }

    /// All quarantined objects, or one, in the order in which they came.
    pub fn quarantined(&self, id: Option<QuarantineId>) -> Result<Vec<QuarantinedRow>, VaultError> {
        let sql = "SELECT position, record FROM quarantined WHERE ?1 IS NULL OR id = ?1 ORDER BY position";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([id.map(|id| id.0)], |row| {
            Ok(match self.cipher.open(unsigned(row, 0)?, &row.get::<_, Vec<u8>>(1)?) {
                Some(Record::Quarantined { id, slot, key, reason, note, stored }) => {
                    Ok(QuarantinedRow { id, slot, key, reason, note, stored })
                }
                _ => Err(damaged("the quarantine")),
            })
        })?;
        rows.map(|row| row?).collect()
    }

    /// Slots of the keyring that hold a key in use, in order.
    pub fn slots(&self) -> Result<Vec<u32>, VaultError> {
        let sql = "SELECT slot FROM study WHERE slot IS NOT NULL UNION SELECT slot FROM quarantined
            UNION SELECT slot FROM leaving ORDER BY 1";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Slots whose key is to be destroyed.
    pub fn leaving(&self) -> Result<Vec<u32>, VaultError> {
        let mut statement = self.connection.prepare("SELECT slot FROM leaving ORDER BY 1")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that the key in a slot is destroyed.
    pub fn left(&self, slot: u32) -> Result<(), VaultError> {
        self.connection.execute("DELETE FROM leaving WHERE slot = ?1", [slot])?;
        Ok(())
    }

    /// The last segment that holds anything, and where its used part ends.
    pub fn last_segment(&self) -> Result<Option<(u32, u64)>, VaultError> {
        let sql = "SELECT number, end FROM segment ORDER BY number DESC LIMIT 1";
        Ok(self.connection.query_row(sql, [], |row| Ok((row.get(0)?, unsigned(row, 1)?))).optional()?)
    }

    /// The position and sealed bytes of every record that a row is made of.
    pub fn for_each_record(&self, mut seen: impl FnMut(u64, &[u8])) -> Result<(), VaultError> {
        let sql = "SELECT position, record FROM study UNION ALL SELECT position, record FROM object
            UNION ALL SELECT position, record FROM quarantined";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let record: Vec<u8> = row.get(1)?;
            seen(unsigned(row, 0)?, &record);
        }
        Ok(())
    }

    /// What SQLite finds wrong with the file.
    pub fn check(&self) -> Result<Vec<String>, VaultError> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check")?;
        let rows: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(rows.into_iter().filter(|row| row != "ok").collect())
    }
}

fn apply_one(
    transaction: &Transaction<'_>,
    position: i64,
    (study_name, name): ([u8; 16], [u8; 16]),
    record: &Record,
    sealed: &[u8],
) -> rusqlite::Result<()> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| transaction.prepare_cached(sql)?.execute(values);
    let used = |stored: &Stored| {
        for extent in &stored.extents {
            let end = signed(extent.offset.saturating_add(extent.bytes));
            let sql = "INSERT INTO segment VALUES (?1, ?2)
                ON CONFLICT DO UPDATE SET end = max(end, excluded.end)";
            run(sql, &[&extent.segment, &end])?;
        }
        Ok::<_, rusqlite::Error>(())
    };
    // A slot that is taken anew was free: whoever had it before has no key any more.
    let taken = |slot: u32| {
        run("UPDATE study SET slot = NULL WHERE slot = ?1", &[&slot])?;
        run("DELETE FROM leaving WHERE slot = ?1", &[&slot])
    };
    match record {
        Record::Study { slot, .. } => {
            taken(*slot)?;
            let sql = "INSERT INTO study (key, slot, position, record, objects, bytes) VALUES (?1, ?2, ?3, ?4, 0, 0)";
            run(sql, &[&study_name, slot, &position, &sealed])?;
        }
        Record::Object { stored, .. } => {
            let sql = "INSERT INTO object SELECT ?1, number, ?2, ?3 FROM study WHERE key = ?4";
            run(sql, &[&name, &position, &sealed, &study_name])?;
            let sql = "UPDATE study SET objects = objects + 1, bytes = bytes + ?1 WHERE key = ?2";
            run(sql, &[&signed(stored.bytes), &study_name])?;
            used(stored)?;
        }
        Record::Quarantined { slot, stored, .. } => {
            taken(*slot)?;
            run("INSERT INTO quarantined VALUES (?1, ?2, ?3, ?4)", &[&name, slot, &position, &sealed])?;
            used(stored)?;
        }
        Record::Left { .. } => {
            run("INSERT INTO leaving SELECT slot FROM quarantined WHERE id = ?1", &[&name])?;
            run("DELETE FROM quarantined WHERE id = ?1", &[&name])?;
        }
        Record::Erased { at, .. } => {
            let sql = "INSERT INTO leaving SELECT slot FROM study WHERE key = ?1 AND slot IS NOT NULL";
            run(sql, &[&study_name])?;
            let sql = "DELETE FROM object WHERE study = (SELECT number FROM study WHERE key = ?1)";
            run(sql, &[&study_name])?;
            run("UPDATE study SET slot = NULL, erased = ?1 WHERE key = ?2", &[at, &study_name])?;
        }
        Record::Rotated { .. } => {}
    }
    Ok(())
}
