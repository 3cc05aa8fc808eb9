//! `firewall` against rulesets that nftables itself printed.

use crate::bench::{Bench, errs, fails, passes};
use std::io::Write as _;
use std::process::{Command, Stdio};

const DEMANDED: &str = "table inet ward {
    set peers { type ipv4_addr; elements = { 10.0.0.5, 10.0.0.9 } }
    chain input {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        ip saddr @peers tcp dport 11112 counter accept
        tcp dport 22 drop
    }
}
";

/// What the kernel gives back for a ruleset, in a network of its own; nothing where that cannot be made here.
fn printed(ruleset: &str) -> Option<String> {
    let mut child = Command::new("unshare")
        .args(["-n", "sh", "-c", "nft -f - && nft -j list ruleset"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(ruleset.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    if !output.status.success() {
        eprintln!("SKIPPED: nftables in a network namespace is not to be had here");
        return None;
    }
    String::from_utf8(output.stdout).ok()
}

const TERMS: &str =
    "kind = \"firewall\"\nfirewall = { demanded = \"demanded.json\", loaded = \"loaded.json\" }";

fn run(loaded: &str) -> Option<medward_probe::Observation> {
    let bench = Bench::new();
    bench.write("demanded.json", printed(DEMANDED)?);
    bench.write("loaded.json", printed(loaded)?);
    Some(bench.run(TERMS))
}

#[test]
fn the_demanded_ruleset_passes_whatever_its_handles_counters_and_neighbours() {
    let Some(seen) = run(DEMANDED) else { return };
    passes(&seen);
    let counted = DEMANDED
        .replace("counter accept", "counter packets 8 bytes 900 accept")
        .replace("10.0.0.5, 10.0.0.9", "10.0.0.9, 10.0.0.5");
    passes(&run(&format!("table ip other {{\nchain c {{\n}}\n}}\n{counted}")).unwrap());
}

#[test]
fn every_kind_of_sabotage_fails() {
    if printed(DEMANDED).is_none() {
        return;
    }
    for (from, to, about) in [
        ("policy drop", "policy accept", "chain input"),
        ("        tcp dport 22 drop\n", "", "everything demanded is loaded"),
        ("tcp dport 22 drop", "tcp dport 22 accept", "nothing else is loaded"),
        ("tcp dport 22 drop", "tcp dport 22 drop\n tcp dport 23 accept", "nothing else is loaded"),
        ("10.0.0.9", "10.0.0.9, 10.6.6.6", "set peers"),
        ("hook input priority 0", "hook input priority 300", "chain input"),
    ] {
        assert!(DEMANDED.contains(from));
        fails(&run(&DEMANDED.replace(from, to)).unwrap(), about);
    }
    let moved = DEMANDED
        .replace("        tcp dport 22 drop\n", "")
        .replace("        ct state", "        tcp dport 22 drop\n        ct state");
    fails(&run(&moved).unwrap(), "demanded order");
    fails(&run("table ip other {\nchain c {\n}\n}\n").unwrap(), "everything demanded is loaded");
}

#[test]
fn nothing_demanded_nothing_loaded_and_an_old_export_are_errors() {
    let bench = Bench::new();
    errs(&bench.run(TERMS), "demanded.json");
    let rule = r#"{"nftables": [{"rule": {"family": "inet", "table": "t", "chain": "c", "expr": [{"drop": null}]}}]}"#;
    bench.write("demanded.json", r#"{"nftables": [{"metainfo": {"version": "1.0.6"}}]}"#);
    bench.write("loaded.json", rule);
    errs(&bench.run(TERMS), "demands no rule");
    bench.write("demanded.json", rule);
    passes(&bench.run(TERMS));
    bench.write("loaded.json", "Operation not permitted");
    errs(&bench.run(TERMS), "loaded.json");
    bench.write("loaded.json", rule);
    let later = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48)).to_string();
    errs(&bench.at(&later).run(TERMS), "says nothing of now");
}
