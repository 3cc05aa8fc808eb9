//! Each probe against real peers that the test starts itself: passes when all is right, fails when what is probed is
//! wrong, ends in an error when nobody can say.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a peer that cannot be started is a failed test"
)]

mod backup;
mod bench;
mod canary;
mod certificates;
mod command;
mod dicom;
mod firewall;
mod flows;
mod http;
mod openscap;
mod osquery;
mod port;
mod postgres;
mod records;
mod runner;
mod services;
mod tls;
mod web;
