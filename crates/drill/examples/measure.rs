//! Measures receivers over mutual TLS, side by side: `cargo run --release -p medward-drill --example measure STUDY [ASSOCIATIONS] [RECEIVER] [AT_ONCE]`.
//!
//! STUDY is a directory of CT files, as `bench/study STUDY --passes` writes it. RECEIVER is `ward`, with every layer on and its
//! acknowledgements durable, `storescp` of dcmtk, or `orthanc`; `ward-web` and `orthanc-web` are sent to
//! by STOW-RS, `AT_ONCE` images to a request, by curl. dcmtk's `storescu` sends to the others, so that the processor time printed is the
//! receiver's alone; that of the ward includes de-identifying and sealing every result. `ward-without-LAYER` is the ward with a layer
//! off, and for what each costs its policies let everything out. What the environment says of `TCP_NODELAY` holds for senders and for
//! storescp.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program for measuring"
)]

#[path = "measure/web.rs"]
mod web;

use medward_drill::{CT_1, POLICIES, Running, Site, WARD};
use medward_file::kinds::WardLayer;
use medward_test_peers::Listening;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

mod peers;
mod process;

/// Processor seconds of a receiver: of a process with its children that ended; of this one, which has the senders as children,
/// without those, and with the readers.
fn processor_seconds(of: &str) -> f64 {
    let seconds = |of: &str, with_children| process::processor_seconds(of, with_children).unwrap_or_default();
    if of == "self" {
        seconds(of, false) + process::children().iter().map(|one| seconds(one, false)).sum::<f64>()
    } else {
        seconds(of, true)
    }
}

fn memory(of: &str) -> u64 {
    process::status(of, "VmHWM")
}

/// Sends all files over so many associations at once; the seconds until the last was acknowledged.
fn send(site: &Site, paths: &[PathBuf], associations: usize, port: u16) -> f64 {
    let begun = Instant::now();
    let mut senders = Vec::new();
    for part in paths.chunks(paths.len().div_ceil(associations)) {
        let mut sender = Command::new("storescu");
        sender.arg("+tls").arg(site.pki("ct-1.key")).arg(site.pki("ct-1.pem"));
        sender.arg("+cf").arg(site.pki("ca.pem"));
        sender.args(["-xe", "-pdu", "131072", "-aet", CT_1, "-aec", WARD, "127.0.0.1"]);
        sender.arg(port.to_string()).args(part).stdout(Stdio::null());
        senders.push(sender.spawn().unwrap());
    }
    assert!(senders.into_iter().all(|mut sender| sender.wait().unwrap().success()), "a sender failed");
    begun.elapsed().as_secs_f64()
}

fn print(what: &str, count: usize, seconds: f64, processor: f64) {
    let count = count as f64;
    println!("{what}: {:.0} images/s, {:.0} per processor second", count / seconds, count / processor);
}

/// A layer by its word.
fn layer(word: &str) -> WardLayer {
    *WardLayer::ALL.iter().find(|layer| layer.word() == word).unwrap()
}

/// Waits until all results are made, and prints what that took since.
async fn released(ward: &Running, count: usize, begun: Instant, before: f64) {
    let made = || ward.state.results.studies().unwrap().iter().map(|study| study.objects).sum::<u64>();
    while made() < count as u64 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    print("released as well", count, begun.elapsed().as_secs_f64(), processor_seconds("self") - before);
}

async fn ward(site: &Site, off: Option<WardLayer>, paths: &[PathBuf], associations: usize) {
    let ward = site.start(off, None).await.unwrap();
    let (before, begun) = (processor_seconds("self"), Instant::now());
    let taken = tokio::task::block_in_place(|| send(site, paths, associations, ward.address.port()));
    print("acknowledged", paths.len(), taken, processor_seconds("self") - before);
    released(&ward, paths.len(), begun, before).await;
    let beside: u64 = process::children().iter().map(|one| memory(one)).sum();
    println!(
        "peak memory: {} kB, and its readers {beside} kB, of which much is the program and shared",
        memory("self")
    );
    ward.stop().await;
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(study) = arguments.next() else {
        eprintln!(
            "measure DIRECTORY [ASSOCIATIONS] [ward|ward-without-LAYER|storescp|orthanc|ward-web|orthanc-web] [AT_ONCE]: \
             a directory of CT files"
        );
        std::process::exit(2);
    };
    let associations: usize = arguments.next().map_or(1, |number| number.parse().unwrap());
    let receiver = arguments.next().unwrap_or_else(|| "ward".to_owned());
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(study).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    println!("{receiver}: {} images, {associations} associations", paths.len());
    let off = receiver.strip_prefix("ward-without-").map(layer);
    let site = match off {
        // Without de-identification the policies would keep everything in.
        Some(_) => Site::new(&format!(
            "{POLICIES}\npermit (principal is Ward, action == Action::\"release\", resource);"
        )),
        None => Site::new(POLICIES),
    };
    let site = site.unwrap();
    if receiver == "ward" || off.is_some() {
        return ward(&site, off, &paths, associations).await;
    }
    let at_once: usize = arguments.next().map_or(1, |number| number.parse().unwrap());
    if receiver == "ward-web" {
        let ward = site.start(None, None).await.unwrap();
        return web::ward(&site, ward, &paths, associations, at_once).await;
    }
    if receiver == "orthanc-web" {
        return web::peer(&site, &paths, associations, at_once);
    }
    // What is not installed was said.
    let Some(peer) = Listening::start(peers::command(&receiver, &site)) else { return };
    let of = peer.process().to_string();
    let before = processor_seconds(&of);
    let taken = send(&site, &paths, associations, peer.port);
    // A child that storescp forked is counted once it has ended and been waited for.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    print("acknowledged", paths.len(), taken, processor_seconds(&of) - before);
    if receiver != "storescp" {
        // Of storescp each association is a process of its own.
        println!("peak memory: {} kB", memory(&of));
    }
}
