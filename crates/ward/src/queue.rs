//! What is still to be done, on disk: originals that were dealt with, deliveries that wait, entries owed to the ledger.
//!
//! A stolen disk must not tell which original became which result, so that an original stands here as a keyed label only, and
//! nothing joins it to what was made of it. What a power cut takes from here is found again by looking through the vault; doing it
//! twice gives the same result, since pseudonyms and UIDs are derived.

use hmac::{Hmac, KeyInit as _, Mac as _};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::Sha256;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// Longest wait between two tries of a delivery, in seconds.
const WAIT_SECONDS_MAX: i64 = 900;
/// The first wait, in seconds; each further one is twice as long.
const WAIT_SECONDS_FIRST: i64 = 2;

/// Why the queue could not be used.
#[derive(Debug, thiserror::Error)]
#[error("the queue of the ward: {0}")]
pub struct QueueError(#[from] rusqlite::Error);

/// What became of an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its result may leave.
    Released = 1,
    /// It is held back.
    Held = 2,
}

/// A result that waits for a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its SOP Instance UID, a pseudonymous one.
    pub object: String,
    /// Record of the destination.
    pub destination: String,
    /// Tries so far.
    pub attempts: u32,
}

/// The queue.
pub struct Queue {
    connection: Mutex<Connection>,
    label: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Queue")
    }
}

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS original (label BLOB PRIMARY KEY, state INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS delivery (
        object TEXT NOT NULL, destination TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
        due INTEGER NOT NULL DEFAULT 0, sent INTEGER, PRIMARY KEY (object, destination)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS waiting ON delivery (destination, due) WHERE sent IS NULL;
    CREATE TABLE IF NOT EXISTS owed (number INTEGER PRIMARY KEY, entry TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS used (label BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;";

impl Queue {
    /// Opens the queue in a file; the secret makes the labels.
    pub fn open(path: &Path, label: Zeroizing<[u8; 32]>) -> Result<Self, QueueError> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(TABLES)?;
        Ok(Self { connection: Mutex::new(connection), label })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn label(&self, original: &str) -> Vec<u8> {
        // HMAC takes keys of every length.
        let mac = Hmac::<Sha256>::new_from_slice(self.label.as_slice());
        mac.map(|mac| mac.chain_update(original).finalize().into_bytes().to_vec()).unwrap_or_default()
    }

    /// Whether an original still is to be dealt with.
    pub fn is_open(&self, original: &str) -> Result<bool, QueueError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT 1 FROM original WHERE label = ?1")?;
        Ok(statement.query_row([self.label(original)], |_| Ok(())).optional()?.is_none())
    }

    /// Notes what became of an original, and in the same step where its result goes.
    pub fn settle(&self, original: &str, state: State, deliver: &[(&str, &str)]) -> Result<(), QueueError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        {
            let mut settle = transaction.prepare_cached("INSERT OR REPLACE INTO original VALUES (?1, ?2)")?;
            settle.execute(params![self.label(original), state as i64])?;
        }
        wait(&transaction, deliver)?;
        Ok(transaction.commit()?)
    }

    /// Notes where an object goes that nothing has to be made of.
    pub fn deliver(&self, deliver: &[(&str, &str)]) -> Result<(), QueueError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        wait(&transaction, deliver)?;
        Ok(transaction.commit()?)
    }

    /// Opens an original again: it is to be dealt with once more.
    pub fn open_again(&self, original: &str) -> Result<(), QueueError> {
        self.connection().execute("DELETE FROM original WHERE label = ?1", [self.label(original)])?;
        Ok(())
    }

    /// Deliveries to a destination that are due, the oldest first.
    pub fn due(&self, destination: &str, now: i64, most: usize) -> Result<Vec<Delivery>, QueueError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT object, attempts FROM delivery WHERE destination = ?1 AND sent IS NULL AND due <= ?2 \
             ORDER BY due LIMIT ?3",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![destination, now, most], |row| {
            Ok(Delivery { object: row.get(0)?, destination: destination.to_owned(), attempts: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A delivery was taken.
    pub fn sent(&self, delivery: &Delivery, now: i64) -> Result<(), QueueError> {
        let sql = "UPDATE delivery SET sent = ?3 WHERE object = ?1 AND destination = ?2";
        self.connection().prepare_cached(sql)?.execute(params![
            delivery.object,
            delivery.destination,
            now
        ])?;
        Ok(())
    }

    /// A delivery was not taken: it waits, twice as long each time.
    pub fn failed(&self, delivery: &Delivery, now: i64) -> Result<(), QueueError> {
        let doubled = WAIT_SECONDS_FIRST.checked_shl(delivery.attempts.min(20)).unwrap_or(WAIT_SECONDS_MAX);
        let due = now.saturating_add(doubled.min(WAIT_SECONDS_MAX));
        let sql =
            "UPDATE delivery SET attempts = attempts + 1, due = ?3 WHERE object = ?1 AND destination = ?2";
        self.connection().prepare_cached(sql)?.execute(params![
            delivery.object,
            delivery.destination,
            due
        ])?;
        Ok(())
    }

    /// Results that wait, by destination.
    pub fn waiting(&self) -> Result<Vec<(String, i64)>, QueueError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT destination, count(*) FROM delivery WHERE sent IS NULL GROUP BY destination",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets results that were erased.
    pub fn forget(&self, objects: &[String]) -> Result<(), QueueError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("DELETE FROM delivery WHERE object = ?1")?;
        for object in objects {
            statement.execute([object])?;
        }
        Ok(())
    }

    /// Notes that statements which people signed were used, unless one of them was before: whether this is the first time for all. Older
    /// ones are forgotten, as they hold no longer.
    pub fn first_use(&self, signed: &[String], now: i64, seconds: i64) -> Result<bool, QueueError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        transaction
            .execute("DELETE FROM used WHERE at < ?1", [now.saturating_sub(seconds.saturating_mul(2))])?;
        for statement in signed {
            let label = self.label(statement);
            if transaction.execute("INSERT OR IGNORE INTO used VALUES (?1, ?2)", params![label, now])? == 0 {
                return Ok(false);
            }
        }
        transaction.commit()?;
        Ok(true)
    }

    /// An entry that the ledger could not take, for later.
    pub fn owe(&self, entry: &str) -> Result<(), QueueError> {
        self.connection().execute("INSERT INTO owed (entry) VALUES (?1)", [entry])?;
        Ok(())
    }

    /// The oldest entry owed, with its number.
    pub fn owed(&self) -> Result<Option<(i64, String)>, QueueError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT number, entry FROM owed ORDER BY number LIMIT 1")?;
        Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// All entries owed, the oldest first.
    pub fn all_owed(&self) -> Result<Vec<String>, QueueError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT entry FROM owed ORDER BY number")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// An entry is owed no more.
    pub fn paid(&self, number: i64) -> Result<(), QueueError> {
        self.connection().execute("DELETE FROM owed WHERE number = ?1", [number])?;
        Ok(())
    }
}

/// Deliveries that are known already stay as they are.
fn wait(connection: &Connection, deliver: &[(&str, &str)]) -> Result<(), QueueError> {
    let mut wait =
        connection.prepare_cached("INSERT OR IGNORE INTO delivery (object, destination) VALUES (?1, ?2)")?;
    for (object, destination) in deliver {
        wait.execute([object, destination])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deliveries_wait_longer_each_time_and_no_original_can_be_read_from_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("queue.sqlite");
        let queue = Queue::open(&path, Zeroizing::new([3; 32])).unwrap();
        assert!(queue.is_open("1.2.840.113619.99").unwrap());
        queue.settle("1.2.840.113619.99", State::Released, &[("2.25.7", "AI")]).unwrap();
        assert!(!queue.is_open("1.2.840.113619.99").unwrap());
        for (now, wait) in [(100, 2), (102, 4), (106, 8)] {
            let due = queue.due("AI", now, 9).unwrap();
            assert_eq!(due.len(), 1);
            queue.failed(&due[0], now).unwrap();
            assert!(queue.due("AI", now + wait - 1, 9).unwrap().is_empty());
        }
        let due = queue.due("AI", 1_000, 9).unwrap();
        assert_eq!(due[0].attempts, 3);
        queue.sent(&due[0], 1_000).unwrap();
        // Made a second time after a crash, it is not sent a second time.
        queue.settle("1.2.840.113619.99", State::Released, &[("2.25.7", "AI")]).unwrap();
        assert!(queue.due("AI", 9_999, 9).unwrap().is_empty());
        drop(queue);
        for entry in std::fs::read_dir(directory.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(14).any(|window| window == b"1.2.840.113619"));
        }
        assert!(!Queue::open(&path, Zeroizing::new([3; 32])).unwrap().is_open("1.2.840.113619.99").unwrap());
    }
}
