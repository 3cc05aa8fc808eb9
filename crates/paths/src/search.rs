//! The search over sets of layers.

/// A set of layers as a bit mask: bit n stands for layer n of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Layers(pub u64);

impl Layers {
    /// Both sets together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set without the layers of another.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// How many layers.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether every layer of this set is in the other.
    pub fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}

/// What can be travelled. Nodes are numbered from 0.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// Layers that guard each node once it is reached.
    pub nodes: Vec<Layers>,
    /// For each node the edges out of it: the node they lead to, the layers on the edge.
    pub edges: Vec<Vec<(usize, Layers)>>,
}

/// A way an attacker can be at a node: the layers met, and the step before.
#[derive(Debug, Clone, Copy)]
struct Label {
    node: usize,
    met: Layers,
    before: Option<usize>,
}

/// Everything that can be reached from one start.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    labels: Vec<Label>,
    /// For each node the labels that no other undercuts.
    best: Vec<Vec<usize>>,
    /// Whether the bound on sets per node was never met; if it was, a weaker path may exist.
    pub is_exact: bool,
}

impl Reach {
    /// The smallest sets of layers on paths to a node; empty when it cannot be reached.
    pub fn sets(&self, node: usize) -> impl Iterator<Item = Layers> {
        self.best
            .get(node)
            .into_iter()
            .flatten()
            .filter_map(|label| self.labels.get(*label))
            .map(|label| label.met)
    }

    /// The weakest path to a node with some layers lost: the nodes in order and the layers that still stand.
    pub fn weakest(&self, node: usize, lost: Layers) -> Option<(Vec<usize>, Layers)> {
        let labels = self.best.get(node)?.iter().filter_map(|label| self.labels.get(*label));
        let weakest = labels.min_by_key(|label| label.met.without(lost).count())?;
        let mut nodes = vec![weakest.node];
        let mut before = weakest.before;
        while let Some(label) = before.and_then(|label| self.labels.get(label)) {
            nodes.push(label.node);
            before = label.before;
        }
        nodes.reverse();
        Some((nodes, weakest.met.without(lost)))
    }
}

/// Most sets kept for one node; real architectures need a handful.
const SETS_MAX: usize = 256;

/// Searches from the nodes that an attacker can touch, having met `guards` on the way in.
pub fn reach(graph: &Graph, touched: &[usize], guards: Layers) -> Reach {
    let mut found = Reach { labels: Vec::new(), best: vec![Vec::new(); graph.nodes.len()], is_exact: true };
    let mut open = std::collections::VecDeque::new();
    for node in touched {
        let own = graph.nodes.get(*node).copied().unwrap_or_default();
        keep(&mut found, &mut open, Label { node: *node, met: guards.with(own), before: None });
    }
    while let Some(position) = open.pop_front() {
        let Some(label) = found.labels.get(position).copied() else { continue };
        let is_undercut = !found.best.get(label.node).is_some_and(|best| best.contains(&position));
        if is_undercut {
            continue;
        }
        for (node, on_edge) in graph.edges.get(label.node).into_iter().flatten() {
            let own = graph.nodes.get(*node).copied().unwrap_or_default();
            let met = label.met.with(*on_edge).with(own);
            keep(&mut found, &mut open, Label { node: *node, met, before: Some(position) });
        }
    }
    found
}

fn keep(found: &mut Reach, open: &mut std::collections::VecDeque<usize>, label: Label) {
    let Some(best) = found.best.get_mut(label.node) else { return };
    let met = |position: &usize| found.labels.get(*position).map_or_else(Layers::default, |label| label.met);
    if best.iter().any(|known| met(known).is_within(label.met)) {
        return;
    }
    best.retain(|known| !label.met.is_within(met(known)));
    if best.len() >= SETS_MAX {
        found.is_exact = false;
        return;
    }
    best.push(found.labels.len());
    open.push_back(found.labels.len());
    found.labels.push(label);
}
