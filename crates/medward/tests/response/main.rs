//! Response from the command line: stories, cases, quality, and its edges.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a command that cannot be run is a failed test"
)]

mod cases;
mod device;
mod dialogue;
mod edges;
mod quality;
mod stories;
mod warnings;
