//! The narrowest cut: the fewest flows on which a guard would stand on every path to an asset.

use petgraph::algo::dinics;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

/// Flows by number with the nodes they join.
pub(crate) struct Network<'a> {
    /// How many nodes there are.
    pub(crate) nodes: usize,
    /// `(from, to, flow)`.
    pub(crate) edges: &'a [(usize, usize, u32)],
}

/// Numbers of the flows of a narrowest cut between the touched nodes and a goal, sorted; `None` where a touched node is the
/// goal itself, so that no flow lies between.
pub(crate) fn narrowest(network: &Network<'_>, touched: &[usize], goal: usize) -> Option<Vec<u32>> {
    if touched.contains(&goal) {
        return None;
    }
    let wide = u32::try_from(network.edges.len()).unwrap_or(u32::MAX).saturating_add(1);
    let mut graph: DiGraph<(), u32> = DiGraph::with_capacity(network.nodes, network.edges.len());
    let source = graph.add_node(());
    let nodes: Vec<NodeIndex> = (0..network.nodes).map(|_| graph.add_node(())).collect();
    let mut flow_of = Vec::new();
    for (from, to, flow) in network.edges {
        if let (Some(from), Some(to)) = (nodes.get(*from), nodes.get(*to)) {
            graph.add_edge(*from, *to, 1);
            flow_of.push(Some(*flow));
        }
    }
    for node in touched.iter().filter_map(|node| nodes.get(*node)) {
        graph.add_edge(source, *node, wide);
        flow_of.push(None);
    }
    let goal = *nodes.get(goal)?;
    let (_, used) = dinics(&graph, source, goal);
    let near = residual(&graph, &used, source);
    let is_near = |node: NodeIndex| near.get(node.index()).copied().unwrap_or_default();
    let crossing = graph.edge_references().filter(|edge| is_near(edge.source()) && !is_near(edge.target()));
    let mut flows: Vec<u32> =
        crossing.filter_map(|edge| flow_of.get(edge.id().index()).copied().flatten()).collect();
    flows.sort_unstable();
    flows.dedup();
    Some(flows)
}

/// Nodes that can still be reached from the source where capacity is left.
fn residual(graph: &DiGraph<(), u32>, used: &[u32], source: NodeIndex) -> Vec<bool> {
    let mut seen = vec![false; graph.node_count()];
    let mut open = vec![source];
    while let Some(node) = open.pop() {
        match seen.get_mut(node.index()) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        let used = |edge: petgraph::graph::EdgeIndex| used.get(edge.index()).copied().unwrap_or_default();
        let onward =
            graph.edges(node).filter(|edge| used(edge.id()) < *edge.weight()).map(|edge| edge.target());
        let back = graph.edges_directed(node, petgraph::Direction::Incoming);
        open.extend(onward.chain(back.filter(|edge| used(edge.id()) > 0).map(|edge| edge.source())));
    }
    seen
}
