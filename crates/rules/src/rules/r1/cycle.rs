//! R1-005: records that lie within or derive from themselves.

use crate::rule::rule;
use crate::{Context, Report};
use medward_file::Kind;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

rule! {
    /// Zones lie within each other in a circle, or requirements derive from each other in a circle.
    ///
    /// Why: a circle has no beginning: the outermost zone and the first reason for a requirement cannot be named (ISO 14971
    /// clause 4.5).
    ///
    /// Mend: take out one link of the circle shown.
    ///
    /// Example:
    ///
    /// ```toml
    /// [zone.hospital]
    /// title = "Hospital"
    /// within = "gateway"
    ///
    /// [zone.gateway]
    /// title = "Gateway"
    /// within = "hospital"
    /// ```
    "R1-005" "cycle" Error
    clauses: ["ISO 14971:2019 4.5"],
    why: "a circle has no beginning, so that nothing in it is founded",
    check: check,
}

fn check(context: &Context<'_>, report: &mut Report) {
    for kind in [Kind::Zone, Kind::Requirement] {
        let mut records = Vec::new();
        context.file.each_record(|record| records.extend((record.at.kind == kind).then_some(record)));
        let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(records.len(), records.len());
        for _ in &records {
            graph.add_node(());
        }
        for (from, record) in records.iter().enumerate() {
            context.file.links_of(record.at, &mut |link, _| {
                if let Some(to) = link.target.filter(|to| to.kind == kind) {
                    graph.add_edge(NodeIndex::new(from), NodeIndex::new(to.index as usize), ());
                }
            });
        }
        // Kosaraju's algorithm goes without recursion, so that a long chain costs no stack.
        for part in kosaraju_scc(&graph) {
            let Some(first) = part.iter().min().copied() else { continue };
            let is_circle = part.len() > 1 || graph.contains_edge(first, first);
            let Some(record) = records.get(first.index()).filter(|_| is_circle) else { continue };
            let names: Vec<_> = circle(&graph, first)
                .iter()
                .filter_map(|node| records.get(node.index()).copied().map(Context::name))
                .collect();
            let message =
                format!("`{}` leads back to itself: {}", Context::name(*record), names.join(" -> "));
            report.find(record.id.span, message, "take out one of these links");
        }
    }
}

/// A shortest way from a node back to itself.
fn circle(graph: &DiGraph<(), ()>, first: NodeIndex) -> Vec<NodeIndex> {
    let mut before: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut open = VecDeque::from([first]);
    while let Some(node) = open.pop_front() {
        for to in graph.neighbors(node) {
            if to == first {
                let mut way = vec![first, node];
                while let Some(node) =
                    way.last().filter(|node| **node != first).and_then(|node| before.get(node))
                {
                    way.push(*node);
                }
                way.reverse();
                return way;
            }
            if let Entry::Vacant(vacant) = before.entry(to) {
                vacant.insert(node);
                open.push_back(to);
            }
        }
    }
    vec![first]
}
