//! What many peers at once cost: `cargo run --release -p medward-drill --example strain idle [ward|storescp|orthanc]` or `strain large`.
//!
//! `idle` holds 1,000 connections that sent one byte and wait, and asks a C-ECHO over mutual TLS with dcmtk's `echoscu` meanwhile.
//! `large` stores one multi-frame object over each of 64 associations at once, out of a generator: 64 MiB each, or as many as said. The
//! memory of the ward is this process's, with the senders of `large` in it and its readers beside.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a program for measuring"
)]

use medward_drill::{CT_1, Client, Ct, PASSPHRASE, POLICIES, Site, WARD, reader_beside};
use medward_test_peers::Listening;
use medward_ward::Gateway;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;

mod peers;

const HELD: usize = 1_000;
const ECHOES: usize = 30;
const ASSOCIATIONS: u32 = 64;

fn kilobytes(of: &str, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{of}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or_default()
}

/// A ward of the site that lets one sender do as much as the file could at most allow.
async fn ward(site: &Site) -> SocketAddr {
    site.write_file("127.0.0.1:0", None, None).unwrap();
    let mut configuration = site.configuration().unwrap();
    configuration.bounds.connections_per_source_max = 4_096;
    configuration.bounds.object_bytes_max = 4 << 30;
    configuration.senders.iter_mut().for_each(|sender| sender.associations_max = 64);
    let gateway = Gateway::open(configuration, PASSPHRASE, &reader_beside()).await.unwrap();
    let address = gateway.address().unwrap();
    tokio::spawn(gateway.run(std::future::pending()));
    address
}

/// Time of a C-ECHO with everything around it; none where there is no answer in five seconds.
fn echo(site: &Site, port: u16) -> Option<Duration> {
    let begun = Instant::now();
    let answered = Command::new("echoscu")
        .args(["-to", "5", "-ta", "5", "-td", "5", "+tls"])
        .args([site.pki("ct-1.key"), site.pki("ct-1.pem")])
        .arg("+cf")
        .arg(site.pki("ca.pem"))
        .args(["-aet", CT_1, "-aec", WARD, "127.0.0.1", &port.to_string()])
        .stderr(Stdio::null())
        .status();
    answered.unwrap().success().then(|| begun.elapsed())
}

fn idle(site: &Site, port: u16, of: &str) {
    let alone = echo(site, port);
    println!("C-ECHO with nobody else: {alone:?}");
    let before = kilobytes(of, "VmRSS");
    let connection = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.write_all(&[22]).ok()?;
        Some(stream)
    };
    let (mut times, mut unanswered, mut most) = (Vec::new(), 0, before);
    while times.len() + unanswered < ECHOES {
        // Those that were closed for their silence come again.
        let held: Vec<TcpStream> = (0..HELD).filter_map(|_| connection()).collect();
        for _ in 0..10 {
            match echo(site, port) {
                Some(time) => times.push(time),
                None => unanswered += 1,
            }
            most = most.max(kilobytes(of, "VmRSS"));
            if unanswered >= 3 {
                println!(
                    "{} held: {unanswered} of {} C-ECHO without an answer in 5 s",
                    held.len(),
                    times.len() + unanswered
                );
                return;
            }
        }
        println!("{} held", held.len());
    }
    times.sort();
    println!(
        "C-ECHO among them: median {:?}, worst {:?}, {unanswered} unanswered",
        times[times.len() / 2],
        times.last()
    );
    println!(
        "memory: {before} kB before, {most} kB at most: {:.1} kB a connection",
        (most - before) as f64 / HELD as f64
    );
}

async fn large(site: Arc<Site>, address: SocketAddr, mebibytes: u64) {
    let begun = Instant::now();
    let mut senders = tokio::task::JoinSet::new();
    for number in 1..=ASSOCIATIONS {
        let site = Arc::clone(&site);
        senders.spawn(async move {
            let mut association = Client::honest(&site, address).associate().await.unwrap().unwrap();
            let ct = Ct::new(number, 1);
            // Up to the length of its pixel data, then pixels that stand nowhere.
            let whole = ct.data_set();
            let pixels = mebibytes << 20;
            let mut head = whole[..whole.len() - 32 * 32 * 2 - 4].to_vec();
            head.extend(u32::try_from(pixels).unwrap().to_le_bytes());
            let length = head.len() as u64 + pixels;
            let mut source = head.as_slice().chain(tokio::io::repeat(7).take(pixels));
            let (class, instance) =
                ("1.2.840.10008.5.1.4.1.1.2".parse().unwrap(), ct.instance.parse().unwrap());
            association.store(3, &class, &instance, &mut source, length).await.unwrap()
        });
    }
    let statuses = senders.join_all().await;
    let taken = statuses.iter().filter(|status| **status == 0).count();
    println!(
        "{taken} of {ASSOCIATIONS} objects of {mebibytes} MiB in {:.0} s",
        begun.elapsed().as_secs_f64()
    );
    println!("memory: {} kB at most", kilobytes("self", "VmHWM"));
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let site = Arc::new(Site::new(POLICIES).unwrap());
    match arguments.as_slice() {
        ["idle"] | ["idle", "ward"] => {
            let port = ward(&site).await.port();
            tokio::task::block_in_place(|| idle(&site, port, "self"));
        }
        ["idle", peer] => {
            let Some(peer) = Listening::start(peers::command(peer, &site)) else { return };
            idle(&site, peer.port, &peer.process().to_string());
        }
        ["large", more @ ..] => {
            let address = ward(&site).await;
            let mebibytes = more.first().map_or(64, |number| number.parse().unwrap());
            large(Arc::clone(&site), address, mebibytes).await;
        }
        _ => {
            eprintln!("strain idle [ward|storescp|orthanc], or strain large [MEBIBYTES]");
            std::process::exit(2);
        }
    }
}
