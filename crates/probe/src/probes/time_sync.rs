//! `time-sync`: the clock of this machine against a time server (SNTP, RFC 5905).

use crate::configuration::{ConfigError, Terms};
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use jiff::Timestamp;
use medward_file::kinds::{Probe, TimeSyncProbe};
use std::hash::{BuildHasher as _, RandomState};
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

probe! {
    /// The clock of this machine agrees with a time server that is itself synchronised.
    TimeSync, "time-sync", time_sync: TimeSyncProbe, needs &["target", "time_sync.offset_ms_max"]
}

const PACKET_BYTES: usize = 48;
/// Version 4, mode client.
const FIRST_BYTE: u8 = 0x23;
const MODE_SERVER: u8 = 4;
/// Seconds from 1900 to 1970.
const EPOCH_SECONDS: i64 = 2_208_988_800;
const ERA_SECONDS: i64 = 1 << 32;
/// Longest wait for one answer; a packet lost is asked again.
const WAIT: Duration = Duration::from_millis(1500);
const TRIES: usize = 3;

struct Server {
    target: String,
    offset_ms_max: i64,
    dispersion_ms_max: i64,
}

fn prepare(reader: Terms, terms: &Probe, own: &TimeSyncProbe) -> Result<Server, ConfigError> {
    let why = "milliseconds the clock may be off";
    Ok(Server {
        target: reader.address(terms.target.as_ref())?,
        offset_ms_max: reader.needed_number(
            own.offset_ms_max.as_ref(),
            "time_sync.offset_ms_max",
            1..=3_600_000,
            why,
        )?,
        dispersion_ms_max: reader.number(
            own.dispersion_ms_max.as_ref(),
            "time_sync.dispersion_ms_max",
            1..=60_000,
            1000,
        )?,
    })
}

/// What the server says of itself and of the time.
struct Answer {
    leap: u8,
    stratum: u8,
    dispersion_ms: i64,
    offset_ms: i64,
    delay_ms: i64,
    packet: Vec<u8>,
}

fn field(packet: &[u8], at: usize) -> u32 {
    let bytes = packet.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    u32::from_be_bytes(bytes.unwrap_or_default())
}

/// Milliseconds since 1970 of an NTP timestamp, in the era nearest to now (RFC 5905 section 6).
fn milliseconds(packet: &[u8], at: usize, now_ms: i64) -> i64 {
    let seconds = i64::from(field(packet, at)) - EPOCH_SECONDS;
    let fraction = (i64::from(field(packet, at + 4)) * 1000) >> 32;
    let eras = (now_ms.div_euclid(1000) - seconds + ERA_SECONDS / 2).div_euclid(ERA_SECONDS);
    (seconds + eras * ERA_SECONDS) * 1000 + fraction
}

fn ask(context: &Context, address: SocketAddr, target: &str) -> Result<Option<Answer>, Fault> {
    context.keep_pace(&address.ip().to_string())?;
    let failed = |error: &std::io::Error| Fault::unreachable(target, error);
    let from = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(from).map_err(|error| failed(&error))?;
    socket.connect(address).map_err(|error| failed(&error))?;
    // A number nobody can guess instead of our time: an answer that does not carry it was not meant for us.
    let cookie = RandomState::new().hash_one(address).to_be_bytes();
    let mut packet = [0; PACKET_BYTES];
    if let Some(first) = packet.first_mut() {
        *first = FIRST_BYTE;
    }
    if let Some(transmit) = packet.get_mut(40..) {
        transmit.copy_from_slice(&cookie);
    }
    let sent_at: Timestamp = context.now();
    let sent = Instant::now();
    socket.send(&packet).map_err(|error| failed(&error))?;
    let mut buffer = [0; 512];
    while let Some(left) = WAIT.checked_sub(sent.elapsed()).filter(|left| !left.is_zero()) {
        let left = context.deadline.left_at_most(left)?;
        socket.set_read_timeout(Some(left)).map_err(|error| failed(&error))?;
        let count = match socket.recv(&mut buffer) {
            Ok(count) => count,
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => break,
            Err(error) => return Err(failed(&error)),
        };
        let elapsed_ms = i64::try_from(sent.elapsed().as_millis()).unwrap_or(i64::MAX);
        let answer = buffer.get(..count).unwrap_or_default();
        let first = answer.first().copied().unwrap_or_default();
        if count < PACKET_BYTES || first & 7 != MODE_SERVER || answer.get(24..32) != Some(&cookie) {
            continue;
        }
        let sent_ms = sent_at.as_millisecond();
        let received_there = milliseconds(answer, 32, sent_ms);
        let sent_there = milliseconds(answer, 40, sent_ms);
        let offset_ms = i64::midpoint(received_there - sent_ms, sent_there - (sent_ms + elapsed_ms));
        return Ok(Some(Answer {
            leap: first >> 6,
            stratum: answer.get(1).copied().unwrap_or_default(),
            dispersion_ms: (i64::from(field(answer, 8)) * 1000) >> 16,
            offset_ms,
            delay_ms: elapsed_ms - (sent_there - received_there),
            packet: answer.to_vec(),
        }));
    }
    Ok(None)
}

impl Prepared for Server {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let addresses = context.addresses(&self.target)?;
        let mut tries = addresses.iter().cycle().take(TRIES.max(addresses.len()));
        let answer = loop {
            let address = tries.next().ok_or(Fault::TimedOut)?;
            if let Some(answer) = ask(context, *address, &self.target)? {
                break answer;
            }
        };
        findings.raw("answer", crate::process::hexadecimal(&answer.packet));
        let Answer { leap, stratum, dispersion_ms, offset_ms, delay_ms, .. } = answer;
        if stratum == 0 {
            let code = String::from_utf8_lossy(answer.packet.get(12..16).unwrap_or_default()).into_owned();
            return Err(Fault::unintelligible(&self.target, &format!("it sends us away: {code}")));
        }
        let is_synchronised = leap != 3 && stratum < 16;
        let seen = format!("leap indicator {leap}, stratum {stratum}");
        findings.negative("the server is not unsynchronised", is_synchronised, seen);
        let expected =
            format!("the server is not off by more than {} ms by its own word", self.dispersion_ms_max);
        findings.negative(expected, dispersion_ms <= self.dispersion_ms_max, format!("{dispersion_ms} ms"));
        let expected = format!("the clock is off by at most {} ms", self.offset_ms_max);
        let seen = format!("{offset_ms} ms, known to {} ms", delay_ms / 2);
        let off = offset_ms.abs();
        // Half the way there and back is the most the measurement can be wrong by.
        let verdict = if off - delay_ms / 2 > self.offset_ms_max {
            Verdict::Broken
        } else if delay_ms / 2 > self.offset_ms_max {
            Verdict::Unknown
        } else {
            Verdict::from(off <= self.offset_ms_max)
        };
        findings.positive(expected, verdict, seen);
        Ok(())
    }

    fn repeat(&self) -> String {
        let host = self.target.rsplit_once(':').map_or(self.target.as_str(), |(host, _)| host);
        format!("chronyd -Q 'server {host} iburst'  # or: ntpdate -q {host}")
    }
}
