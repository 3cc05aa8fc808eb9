//! `port`: what must be open from here is open, what must be closed is closed. Proof of the firewall layer.

use crate::configuration::{ConfigError, Terms, texts};
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::kinds::{PortProbe, Probe, Silence};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

probe! {
    /// Ports that must be open from here accept connections, and ports that must be closed do not, over IPv4 and IPv6.
    Port, "port", port: PortProbe, needs &["port.open", "port.closed"]
}

/// Longest wait for one connection; a packet lost is sent again after 1 and 3 s.
const WAIT: Duration = Duration::from_secs(4);

struct Ports {
    open: Vec<String>,
    closed: Vec<String>,
    silence: Silence,
}

fn prepare(reader: Terms, _: &Probe, own: &PortProbe) -> Result<Ports, ConfigError> {
    let open = reader.list(&own.open, "port.open", "an open port shows that the network works from here")?;
    reader.list(&own.closed, "port.closed", "without a port that must be closed the probe cannot fail")?;
    for address in own.open.iter().chain(&own.closed) {
        reader.checked_address("port", address)?;
    }
    let silence = own.silence.as_ref().map_or(Silence::Unknown, |silence| silence.value);
    Ok(Ports { open, closed: texts(&own.closed), silence })
}

/// What a connection attempt met.
enum Met {
    Open,
    Refused,
    /// No answer, or a router's word that there is no way.
    Silent(String),
}

fn attempt(context: &Context, address: SocketAddr) -> Result<Met, Fault> {
    Ok(match context.connect_to(address, WAIT)? {
        Ok(_) => Met::Open,
        Err(error) => match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Met::Refused,
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Met::Silent("no answer".to_owned()),
            _ => Met::Silent(error.to_string()),
        },
    })
}

impl Prepared for Ports {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let mut answered: Vec<IpAddr> = Vec::new();
        for target in &self.open {
            let expected = format!("{target} is open");
            for address in context.addresses(target)? {
                match attempt(context, address)? {
                    Met::Open => {
                        answered.push(address.ip());
                        findings.positive(&expected, Verdict::Held, format!("{address} is open"));
                    }
                    Met::Refused => {
                        findings.positive(&expected, Verdict::Broken, format!("{address} refuses"));
                    }
                    Met::Silent(why) => {
                        findings.positive(&expected, Verdict::Unknown, format!("{address}: {why}"));
                    }
                }
            }
        }
        for target in &self.closed {
            let expected = format!("{target} is closed");
            for address in context.addresses(target)? {
                match attempt(context, address)? {
                    Met::Open => findings.negative(&expected, Verdict::Broken, format!("{address} is open")),
                    Met::Refused => {
                        findings.negative(&expected, Verdict::Held, format!("{address} refuses"));
                    }
                    Met::Silent(why) => {
                        let known = self.silence == Silence::Closed && answered.contains(&address.ip());
                        let verdict = if known { Verdict::Held } else { Verdict::Unknown };
                        findings.negative(&expected, verdict, format!("{address}: {why}"));
                    }
                }
            }
        }
        Ok(())
    }

    fn repeat(&self) -> String {
        let line = |target: &String, wanted: &str| {
            let (host, port) = target.rsplit_once(':').unwrap_or((target, ""));
            format!("nc -vz -w 4 {} {port}  # must {wanted}", host.trim_matches(['[', ']']))
        };
        let open = self.open.iter().map(|target| line(target, "succeed"));
        open.chain(self.closed.iter().map(|target| line(target, "fail"))).collect::<Vec<_>>().join("\n")
    }
}
