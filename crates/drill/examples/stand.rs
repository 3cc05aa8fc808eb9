//! The made-up ward of the drill, standing until it is interrupted: for examiners that want something to examine.
//!
//! `cargo run -p medward-drill --example stand` prints its address, and the directory with the certificates of its senders.

#![allow(clippy::print_stdout, reason = "an example says where it is")]

use medward_drill::{DrillError, POLICIES, Site};

#[tokio::main]
async fn main() -> Result<(), DrillError> {
    let site = Site::new(POLICIES)?;
    let ward = site.start(None, None).await?;
    println!("{} {}", ward.address, site.directory().display());
    std::future::pending().await
}
