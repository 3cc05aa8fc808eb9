//! Single controls and narrowest cuts agree with trying everything, on small graphs of any shape.

#![allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    clippy::unwrap_used,
    reason = "the oracles are kept as plain as possible"
)]

use medward_file::load_texts;
use medward_paths::{ControlGraph, Model, alone};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The sets of controls met on every simple path.
fn sets(
    graph: &ControlGraph,
    at: usize,
    goal: usize,
    met: &BTreeSet<u32>,
    seen: u32,
    found: &mut Vec<BTreeSet<u32>>,
) {
    let mut met = met.clone();
    met.extend(graph.nodes[at].iter());
    if at == goal {
        found.push(met);
        return;
    }
    for (node, guards) in &graph.edges[at] {
        if seen & (1 << node) == 0 {
            let mut onward = met.clone();
            onward.extend(guards.iter());
            sets(graph, *node, goal, &onward, seen | 1 << node, found);
        }
    }
}

fn guards() -> impl Strategy<Value = Box<[u32]>> {
    prop::collection::btree_set(0_u32..4, 0..3).prop_map(|set| set.into_iter().collect())
}

/// A file with assets a0, a1 ..., the first of which is touched from the only entry.
fn file_of(size: usize, edges: &[(usize, usize)]) -> String {
    let mut text = "[entry.e]\ntitle = \"outside\"\nreaches = [\"a0\"]\n".to_owned();
    for node in 0..size {
        let _ = write!(text, "[asset.a{node}]\ntitle = \"t\"\n");
    }
    for (number, (from, to)) in edges.iter().enumerate() {
        let _ = write!(text, "[flow.f{number}]\nfrom = \"a{from}\"\nto = \"a{to}\"\n");
    }
    text
}

fn is_joined(edges: &[(usize, usize)], cut: u32, goal: usize) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![0]);
    while let Some(node) = open.pop() {
        if seen.insert(node) {
            let onward =
                edges.iter().enumerate().filter(|(number, edge)| edge.0 == node && cut & (1 << number) == 0);
            open.extend(onward.map(|(_, edge)| edge.1));
        }
    }
    seen.contains(&goal)
}

proptest! {
    #[test]
    fn single_controls_agree_with_all_paths(
        nodes in prop::collection::vec(guards(), 2..6),
        edges in prop::collection::vec((0_usize..6, 0_usize..6, guards()), 0..14),
        start in guards(),
    ) {
        let size = nodes.len();
        let mut graph = ControlGraph { nodes, edges: vec![Vec::new(); size] };
        for (from, to, guards) in edges {
            graph.edges[from % size].push((to % size, guards));
        }
        let found = alone(&graph, &[0], &start);
        for goal in 0..size {
            let mut all = Vec::new();
            sets(&graph, 0, goal, &start.iter().copied().collect(), 1, &mut all);
            let free = all.iter().any(BTreeSet::is_empty);
            let single: BTreeSet<u32> = all.iter().filter(|set| set.len() == 1).flatten().copied().collect();
            prop_assert_eq!(found[goal].free, free);
            prop_assert_eq!(&found[goal].controls, &if free { BTreeSet::new() } else { single });
        }
    }

    #[test]
    fn a_narrowest_cut_parts_and_none_is_narrower(
        size in 2_usize..6,
        edges in prop::collection::vec((0_usize..6, 0_usize..6), 0..9),
    ) {
        let edges: Vec<_> = edges.into_iter().map(|(from, to)| (from % size, to % size)).collect();
        let text = file_of(size, &edges);
        let (file, problems) = load_texts([("a.toml", text.as_str())]);
        prop_assert!(problems.is_empty());
        let model = Model::new(&file);
        for goal in 1..size {
            let position = file.assets.iter().position(|asset| asset.id() == format!("a{goal}")).unwrap();
            let cut = model.narrowest_cut(position).unwrap();
            let mask = cut.iter().fold(0, |mask, flow| mask | 1_u32 << flow[1..].parse::<u32>().unwrap());
            prop_assert!(!is_joined(&edges, mask, goal));
            let narrower = (0..1_u32 << edges.len()).find(|other| {
                (other.count_ones() as usize) < cut.len() && !is_joined(&edges, *other, goal)
            });
            prop_assert_eq!(narrower, None);
        }
    }
}

#[test]
fn an_asset_touched_by_the_entry_has_no_cut() {
    let (file, _) = load_texts([("a.toml", file_of(1, &[]).as_str())]);
    assert_eq!(Model::new(&file).narrowest_cut(0), None);
}

#[test]
fn a_drawing_escapes_what_records_say() {
    let text = "[entry.e]\ntitle = \"<script>\"\nreaches = [\"a\"]\n[zone.z]\ntitle = \"R & D\"\n\
        [asset.a]\ntitle = \"\\\"quoted\\\"\"\nzone = \"z\"\n";
    let (file, _) = load_texts([("a.toml", text)]);
    let drawing = medward_paths::svg::draw(&file);
    assert!(!drawing.contains("<script>") && drawing.contains("&lt;script&gt;"));
    assert!(drawing.contains("R &amp; D") && drawing.contains("&quot;quoted&quot;"));
}
