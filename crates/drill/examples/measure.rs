//! Measures a ward with every layer on: `cargo run --release -p medward-drill --example measure STUDY [ASSOCIATIONS]`.
//!
//! STUDY is a directory of CT files, as `cargo run --release -p medward-deid --example study STUDY` writes it. dcmtk's `storescu` sends
//! them over mutual TLS, so that the processor time printed is the ward's alone; it includes de-identifying and sealing every result.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program for measuring"
)]

use medward_drill::{CT_1, POLICIES, Site, WARD};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Processor seconds of this process.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let ticks: Vec<f64> =
        after_name.split_whitespace().skip(11).take(2).map(|field| field.parse().unwrap()).collect();
    ticks.iter().sum::<f64>() / 100.0
}

fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or_default()
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(study) = arguments.next() else {
        eprintln!("measure DIRECTORY [ASSOCIATIONS]: a directory of CT files");
        std::process::exit(2);
    };
    let associations: usize = arguments.next().map_or(1, |number| number.parse().unwrap());
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(study).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let before = processor_seconds();
    let begun = Instant::now();
    let mut senders = Vec::new();
    for part in paths.chunks(paths.len().div_ceil(associations)) {
        let mut sender = Command::new("storescu");
        sender
            .arg("+tls")
            .arg(site.pki("ct-1.key"))
            .arg(site.pki("ct-1.pem"))
            .arg("+cf")
            .arg(site.pki("ca.pem"));
        sender.args(["-xe", "-pdu", "131072", "-aet", CT_1, "-aec", WARD, "127.0.0.1"]);
        sender.arg(ward.address.port().to_string()).args(part).stdout(Stdio::null());
        senders.push(sender.spawn().unwrap());
    }
    let sent = tokio::task::spawn_blocking(move || {
        senders.into_iter().all(|mut sender| sender.wait().unwrap().success())
    });
    assert!(sent.await.unwrap(), "a sender failed");
    let taken = begun.elapsed().as_secs_f64();
    let taking = processor_seconds() - before;
    while ward.state.results.studies().unwrap().iter().map(|study| study.objects).sum::<u64>()
        < paths.len() as u64
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (count, all) = (paths.len() as f64, processor_seconds() - before);
    println!("{} images, {associations} associations", paths.len());
    println!(
        "acknowledged: {:.0} images/s, {:.0} per processor second so far",
        count / taken,
        count / taking
    );
    println!(
        "released as well: {:.0} images/s, {:.0} per processor second",
        count / begun.elapsed().as_secs_f64(),
        count / all
    );
    println!("peak memory: {} kB", memory("VmHWM"));
    ward.stop().await;
}
