//! Emergencies: originals handed out past everything but the vault, and the look at it afterwards; and who is behind a pseudonym.

use crate::control::{Answered, Control, done, reason, text};
use crate::handed;
use crate::keep::hex;
use jiff::Timestamp;
use medward_ward_ledger::{Event, History, Vouchers};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

fn shown(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |moment| moment.to_string())
}

impl Control {
    /// Works with nothing but the vault: a policy that is broken or a ledger that is full does not stand in the way, and is told.
    pub(crate) fn emergency(&self, study: &str, out: &Path, because: &str, by: Option<Vouchers>) -> Answered {
        let because = reason(because)?;
        let (_, receipts) = self.originals(study)?;
        let Some(first) = receipts.first() else { return Err("the study has no images here".to_owned()) };
        let count = receipts.len() as u64;
        let event = Event::Emergency { study_key: hex(first.key), objects: count, because, by };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(out).map_err(text)?;
        let is_written = self.written_somewhere(&event, out)?;
        let until = Timestamp::now().as_second().saturating_add(self.emergency_seconds);
        let end = match handed::note(&self.directory, out, count, until) {
            Ok(()) => format!("The ward deletes them at {}", shown(until)),
            // A full disk must not keep anybody from an emergency.
            Err(_) => "Nothing deletes them but you".to_owned(),
        };
        for (number, receipt) in (1..).zip(&receipts) {
            let path = out.join(handed::file_name(number));
            let file = std::fs::File::options().create_new(true).write(true).mode(0o600).open(&path);
            let mut file = file.map_err(|error| format!("`{}`: {error}", path.display()))?;
            let mut reader = self.state.originals.get(&receipt.object).map_err(text)?;
            while let Some(chunk) = reader.next_chunk().map_err(text)? {
                file.write_all(chunk).map_err(text)?;
            }
        }
        let where_to = out.display();
        done(format!(
            "{count} originals are in `{where_to}`. {end}, or sooner with `medward ward emergency shut`. {is_written}"
        ))
    }

    /// Deletes what was handed out into a directory.
    pub(crate) fn shut(&self, out: &Path) -> Answered {
        match handed::end(&self.directory, out, &self.state.watch).map_err(text)? {
            Some(objects) => done(format!("{objects} originals deleted")),
            None => Err(format!("no emergency put anything into `{}`", out.display())),
        }
    }

    /// An emergency is written down before anything is handed out: in the ledger, else in the queue of what it is owed, else in a file
    /// beside the images. With none of them it is refused: no path is without audit.
    fn written_somewhere(&self, event: &Event, out: &Path) -> Result<&'static str, String> {
        if self.state.watch.record(event).is_ok() {
            return Ok("The ledger has it, and it needs a review");
        }
        let entry = serde_json::to_string(event).map_err(text)?;
        if self.state.queue.owe(&entry).is_ok() {
            return Ok("The ledger cannot be written: it is owed, and needs a review");
        }
        let beside = std::fs::File::create_new(out.join("emergency.json"));
        let written = beside.and_then(|mut file| {
            file.write_all(entry.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| {
            format!("it cannot be written down anywhere, so nothing is handed out: {error}")
        })?;
        Ok("The disk of the ward is full: emergency.json beside them must be brought to whoever reviews")
    }

    /// Somebody looked at an emergency: another person than who opened it.
    pub(crate) fn review(
        &self,
        number: u64,
        is_justified: bool,
        because: &str,
        by: Option<Vouchers>,
    ) -> Answered {
        let because = reason(because)?;
        let (history, _) = History::since(&self.directory, (0, 0)).map_err(text)?;
        let opened = history.emergencies.iter().find(|one| one.number == number);
        let opened = opened.ok_or_else(|| {
            let numbers: Vec<_> = history.emergencies.iter().map(|one| one.number.to_string()).collect();
            format!("entry {number} of the ledger is no emergency; these are: {}", numbers.join(", "))
        })?;
        let openers = opened.by.as_ref().map(Vouchers::ids).unwrap_or_default();
        let reviewers = by.as_ref().map(Vouchers::ids).unwrap_or_default();
        if let Some(both) = reviewers.iter().find(|person| openers.contains(person)) {
            return Err(format!("`{both}` opened it; another person has to look at it"));
        }
        let finding = if is_justified { "justified" } else { "not-justified" }.to_owned();
        let event = Event::Reviewed { emergency: number, finding, because, by };
        self.state.watch.record(&event).map_err(text)?;
        done(if is_justified {
            "reviewed".to_owned()
        } else {
            "reviewed: what was not justified is a case, `medward incident triage`".to_owned()
        })
    }

    /// Tells who is behind a pseudonymous study; two people vouched for it.
    pub(crate) fn reidentify(&self, study: &str, because: &str, by: Option<Vouchers>) -> Answered {
        let because = reason(because)?;
        let keep = self.keep.as_ref().ok_or("only a ward that runs can tell; start it")?;
        let behind = keep.behind(study.trim()).map_err(text)?;
        let behind = behind.ok_or("no study that is kept here has this pseudonym")?;
        let (_, receipts) = self.originals(behind.as_str())?;
        let first = receipts.first().ok_or("the study has no images here")?;
        // First the entry: what cannot be written down is not told.
        let event = Event::Reidentified { study_key: hex(first.key), because, by };
        self.state.watch.record(&event).map_err(text)?;
        done(format!("the study of the hospital is {behind}"))
    }
}
