//! Alarms out of what a ward wrote down: bulk export, rewriting, mass erasure, damage, senders never seen before, odd hours, guessing,
//! canaries, emergencies. One file a detector.
//!
//! [`Detectors::look`] is a pure function of the entries so far, the terms of the file and the moments in the entries: it reads no clock.
//! Its state can be kept, and goes on where it was. One detector alarms of one thing once a day (UTC), which is what makes alarms of one
//! day one event; an alarm that the ledger has already is not raised again.

mod alarm;
mod detectors;
mod terms;
mod window;

pub use alarm::{Alarm, Pattern};
pub use detectors::Detectors;
pub use terms::{Hours, HoursError, Terms};
