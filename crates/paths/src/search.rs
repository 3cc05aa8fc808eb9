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
    /// For each node the sets that no other undercuts, with the label each was found by.
    best: Vec<Vec<(Layers, usize)>>,
    /// Whether the bound on sets per node was never met; if it was, a weaker path may exist.
    pub is_exact: bool,
}

impl Reach {
    /// The smallest sets of layers on paths to a node; empty when it cannot be reached.
    pub fn sets(&self, node: usize) -> impl Iterator<Item = Layers> {
        self.best.get(node).into_iter().flatten().map(|(met, _)| *met)
    }

    /// The weakest path to a node with some layers lost: the nodes in order and the layers that still stand.
    pub fn weakest(&self, node: usize, lost: Layers) -> Option<(Vec<usize>, Layers)> {
        let (met, label) = self.best.get(node)?.iter().min_by_key(|(met, _)| met.without(lost).count())?;
        let mut nodes = Vec::new();
        let mut before = Some(*label);
        while let Some(label) = before.and_then(|label| self.labels.get(label)) {
            nodes.push(label.node);
            before = label.before;
        }
        nodes.reverse();
        Some((nodes, met.without(lost)))
    }

    /// Takes a label up unless a set of the node undercuts it, and puts it into the queue of its size.
    fn keep(&mut self, open: &mut [Vec<usize>], label: Label) {
        let Some(best) = self.best.get_mut(label.node) else { return };
        if best.iter().any(|(known, _)| known.is_within(label.met)) {
            return;
        }
        best.retain(|(known, _)| !label.met.is_within(*known));
        if best.len() >= SETS_MAX {
            self.is_exact = false;
            return;
        }
        let position = self.labels.len();
        best.push((label.met, position));
        if let Some(queue) = open.get_mut(label.met.count() as usize) {
            queue.push(position);
        }
        self.labels.push(label);
    }
}

/// Most sets kept for one node; real architectures need a handful.
const SETS_MAX: usize = 256;

/// Sizes a set of layers can have.
const SIZES: usize = 65;

/// Searches from the nodes that an attacker can touch, having met `guards` on the way in.
pub fn reach(graph: &Graph, touched: &[usize], guards: Layers) -> Reach {
    let mut found = Reach { labels: Vec::new(), best: vec![Vec::new(); graph.nodes.len()], is_exact: true };
    // Sets only grow along a path, so that going through them by size never extends one that is undercut later.
    let mut open = vec![Vec::new(); SIZES];
    for node in touched {
        let own = graph.nodes.get(*node).copied().unwrap_or_default();
        found.keep(&mut open, Label { node: *node, met: guards.with(own), before: None });
    }
    for size in 0..SIZES {
        while let Some(position) = open.get_mut(size).and_then(Vec::pop) {
            let Some(label) = found.labels.get(position).copied() else { continue };
            let is_undercut =
                !found.best.get(label.node).is_some_and(|best| best.contains(&(label.met, position)));
            if is_undercut {
                continue;
            }
            for (node, on_edge) in graph.edges.get(label.node).into_iter().flatten() {
                let own = graph.nodes.get(*node).copied().unwrap_or_default();
                let met = label.met.with(*on_edge).with(own);
                found.keep(&mut open, Label { node: *node, met, before: Some(position) });
            }
        }
    }
    found
}
