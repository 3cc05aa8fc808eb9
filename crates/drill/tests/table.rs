//! The promise of the ward: no attack on patient data or image integrity gets through, whichever single layer is off.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says so by ending")]

use medward_drill::{Cell, POLICIES, reader_beside, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_single_layer_carries_patient_data_or_image_integrity() {
    let begun = std::time::Instant::now();
    let at = move |off: &str, attack: &str| {
        eprintln!("{:>4} s, without {off}: {attack}", begun.elapsed().as_secs());
    };
    let only = std::env::var("MEDWARD_DRILL_ATTACKS").unwrap_or_default();
    let only: Vec<_> = only.split_whitespace().map(str::to_owned).collect();
    // Where three layers stop an attack, it shows the loss of one only once the policies permit everything.
    let is_open = std::env::var_os("MEDWARD_DRILL_PERMITS_ALL").is_some();
    let policies = if is_open { "permit (principal, action, resource);" } else { POLICIES };
    let table = run(policies, &reader_beside(), &only, at).await.unwrap();
    eprintln!("{table}");
    assert!(table.broken().is_empty(), "{:#?}", table.broken());
    for row in &table.rows {
        assert_ne!(row.cells[0], Cell::GotThrough, "{} with every layer on", row.id);
    }
    if !only.is_empty() {
        return;
    }
    assert!(table.rows.len() >= 90, "{} attacks", table.rows.len());
    // The table can fail: where one layer is alone by nature it says so, and docs/ward.md tells who carries the risk.
    let alone: Vec<_> = table.alone().into_iter().map(|(row, off)| (row.id.as_str(), off)).collect();
    assert_eq!(alone, [("other-syntax", "content")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_policies_that_permit_everything_the_table_shows_what_they_carried() {
    // Identity and policy back each other up: without either, a title is enough.
    let open = "permit (principal, action, resource);";
    let only = ["other-title", "plain-identity"].map(str::to_owned);
    let table = run(open, &reader_beside(), &only, |_, _| {}).await.unwrap();
    let broken: Vec<_> = table.broken().into_iter().map(|(row, off)| (row.id.as_str(), off)).collect();
    assert!(broken.contains(&("other-title", "identity")), "{broken:?}");
    assert!(broken.contains(&("plain-identity", "privacy")), "{broken:?}");
}
