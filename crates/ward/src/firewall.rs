//! The perimeter as an nftables ruleset: the same networks as in the file, in front of the ward.

use crate::configuration::Configuration;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A ruleset for `nft -f -`: it replaces its own table and touches no other.
pub fn ruleset(configuration: &Configuration) -> String {
    let networks = |is_ipv4: bool| -> BTreeSet<String> {
        let all = configuration.senders.iter().flat_map(|sender| &sender.networks);
        all.filter(|network| network.is_ipv4() == is_ipv4).map(ToString::to_string).collect()
    };
    let ports: BTreeSet<_> = std::iter::once(configuration.listen).chain(configuration.web_listen).collect();
    let ports: Vec<_> = ports.iter().map(|address| address.port().to_string()).collect();
    let (ports, most) = (ports.join(", "), configuration.bounds.connections_per_source_max);
    let mut text = format!(
        "# The perimeter of ward {}: made from the security file, do not edit.\n\
         table inet medward\ndelete table inet medward\ntable inet medward {{\n",
        configuration.id
    );
    for (name, kind, is_ipv4) in [("senders4", "ipv4_addr", true), ("senders6", "ipv6_addr", false)] {
        let elements: Vec<_> = networks(is_ipv4).into_iter().collect();
        let _ = write!(text, "\tset {name} {{\n\t\ttype {kind}\n\t\tflags interval\n\t\tauto-merge\n");
        if !elements.is_empty() {
            let _ = writeln!(text, "\t\telements = {{ {} }}", elements.join(", "));
        }
        text.push_str("\t}\n");
    }
    for (name, kind) in [("open4", "ipv4_addr"), ("open6", "ipv6_addr")] {
        let _ = write!(text, "\tset {name} {{\n\t\ttype {kind}\n\t\tsize 65535\n\t\tflags dynamic\n\t}}\n");
    }
    let _ = write!(
        text,
        "\tchain ward {{\n\
         \t\ttype filter hook input priority filter; policy accept;\n\
         \t\ttcp dport != {{ {ports} }} accept\n\
         \t\tct state established,related accept\n\
         \t\tip saddr @senders4 ct state new add @open4 {{ ip saddr ct count over {most} }} counter reject with tcp reset\n\
         \t\tip6 saddr @senders6 ct state new add @open6 {{ ip6 saddr ct count over {most} }} counter reject with tcp reset\n\
         \t\tip saddr @senders4 accept\n\
         \t\tip6 saddr @senders6 accept\n\
         \t\tcounter drop\n\
         \t}}\n}}\n"
    );
    text
}
