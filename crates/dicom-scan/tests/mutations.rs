//! Mutated files: whatever comes, a scan ends with a data set or a refusal, inside its limits, and what it gives can be
//! written back byte for byte. Seeded, so that a failure can be run again; `examples/soak.rs` runs as many as wanted.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test states what it expects"
)]

#[path = "mutations/mutate.rs"]
mod mutate;

#[test]
fn forty_thousand_mutated_files_end_in_a_data_set_or_a_refusal() {
    let tally = mutate::run(&mutate::seeds(), 0..40_000);
    // A mutator that only breaks, or only keeps, tests nothing.
    assert!(tally.read > 4_000 && tally.refused > 4_000, "{tally:?}");
}
