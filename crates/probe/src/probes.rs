//! One file a kind of probe.

pub mod command;
pub mod port;
