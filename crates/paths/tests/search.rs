//! The search agrees with walking every simple path, on small graphs of any shape.

#![allow(clippy::indexing_slicing, reason = "the oracle is kept as plain as possible")]

use medward_paths::{Graph, Layers, reach};
use proptest::prelude::*;

/// The fewest layers on any simple path, by trying them all.
fn oracle(graph: &Graph, at: usize, goal: usize, met: Layers, seen: u32, lost: Layers) -> Option<u32> {
    let met = met.with(graph.nodes[at]);
    if at == goal {
        return Some(met.without(lost).count());
    }
    let seen = seen | 1 << at;
    let onward = graph.edges[at].iter().filter(|(node, _)| seen & (1 << node) == 0);
    onward.filter_map(|(node, layers)| oracle(graph, *node, goal, met.with(*layers), seen, lost)).min()
}

proptest! {
    #[test]
    fn fewest_layers_and_knock_outs_agree_with_the_oracle(
        nodes in prop::collection::vec(0_u64..32, 2..7),
        edges in prop::collection::vec((0_usize..7, 0_usize..7, 0_u64..32), 0..16),
        guards in 0_u64..8,
        lost in 0_u64..32,
    ) {
        let size = nodes.len();
        let mut graph = Graph { nodes: nodes.into_iter().map(Layers).collect(), edges: vec![Vec::new(); size] };
        for (from, to, layers) in edges {
            graph.edges[from % size].push((to % size, Layers(layers)));
        }
        let found = reach(&graph, &[0], Layers(guards));
        prop_assert!(found.is_exact);
        for goal in 0..size {
            let weakest = found.weakest(goal, Layers(lost)).map(|(_, layers)| layers.count());
            prop_assert_eq!(weakest, oracle(&graph, 0, goal, Layers(guards), 0, Layers(lost)));
        }
    }
}

#[test]
fn two_controls_of_one_layer_are_one_layer() {
    let graph = Graph { nodes: vec![Layers(0), Layers(1)], edges: vec![vec![(1, Layers(1))], Vec::new()] };
    let (path, layers) = reach(&graph, &[0], Layers(0)).weakest(1, Layers(0)).unwrap();
    assert_eq!((path, layers.count()), (vec![0, 1], 1));
}
