//! `port` against listeners, over IPv4 and IPv6.

use crate::bench::{Bench, errs, fails, passes};
use medward_probe::Observation;
use rustix::net::{AddressFamily, SocketType, bind, listen, socket};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};

fn listener(host: &str) -> (TcpListener, String) {
    let listener = TcpListener::bind((host, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// An address nobody listens on: just given back, and the system hands out others first.
fn shut(host: &str) -> String {
    listener(host).1
}

fn probe(open: &str, closed: &str, more: &str) -> Observation {
    Bench::new()
        .run(&format!("kind = \"port\"\nport = {{ open = [\"{open}\"], closed = [\"{closed}\"] {more} }}"))
}

#[test]
fn an_open_and_a_closed_port_pass() {
    for host in ["127.0.0.1", "::1"] {
        let (_listener, open) = listener(host);
        let seen = probe(&open, &shut(host), "");
        passes(&seen);
        assert!(seen.repeat.contains("must fail"), "{}", seen.repeat);
    }
}

#[test]
fn a_forbidden_port_that_answers_fails() {
    for host in ["127.0.0.1", "::1"] {
        let ((_first, open), (_second, forbidden)) = (listener(host), listener(host));
        fails(&probe(&open, &forbidden, ""), &format!("{forbidden} is closed"));
    }
}

#[test]
fn a_needed_port_that_is_shut_fails() {
    let needed = shut("127.0.0.1");
    fails(&probe(&needed, &shut("127.0.0.1"), ""), &format!("{needed} is open"));
}

#[test]
fn a_name_that_does_not_exist_is_an_error() {
    errs(&probe("no-such-host.invalid:104", "127.0.0.1:1", ""), "no-such-host.invalid");
}

/// A port that never answers: nobody accepts and the queue is full.
#[test]
fn silence_is_closed_only_where_the_file_says_so_and_the_host_is_alive() {
    let silent = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&silent, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
    listen(&silent, 0).unwrap();
    let address: std::net::SocketAddr = rustix::net::getsockname(&silent).unwrap().try_into().unwrap();
    let _fills_the_queue: Vec<_> =
        (0..2).map(|_| TcpStream::connect_timeout(&address, std::time::Duration::from_millis(200))).collect();
    let address = address.to_string();
    let (_listener, open) = listener("127.0.0.1");
    errs(&probe(&open, &address, ""), "no answer");
    passes(&probe(&open, &address, ", silence = \"closed\""));
    // The open port is on another host, which says nothing of this one.
    let (_listener, elsewhere) = listener("::1");
    errs(&probe(&elsewhere, &address, ", silence = \"closed\""), "no answer");
}

#[test]
fn both_halves_are_demanded() {
    let open = Bench::refuse("kind = \"port\"\nport = { closed = [\"127.0.0.1:1\"] }");
    assert!(open.contains("`port.open`"), "{open}");
    let closed = Bench::refuse("kind = \"port\"\nport = { open = [\"127.0.0.1:1\"] }");
    assert!(closed.contains("`port.closed`"), "{closed}");
    let port = Bench::refuse("kind = \"port\"\nport = { open = [\"ward\"], closed = [\"ward:1\"] }");
    assert!(port.contains("host:port"), "{port}");
}
