//! Which single control stands alone: the search over paths that at most one control guards.
//!
//! Finding the fewest controls on any path is hard in general; whether *one* stands alone is not: a path counts while all
//! guards met on it are the same control, so a node is reached free or by a set of single controls.

use std::collections::{BTreeSet, VecDeque};

/// Guards by control: positions of controls in the file, sorted, each once.
pub type Controls = Box<[u32]>;

/// The graph of [`crate::Graph`], with controls in place of layers.
#[derive(Debug, Clone, Default)]
pub struct ControlGraph {
    /// Controls that guard each node once it is reached.
    pub nodes: Vec<Controls>,
    /// For each node the edges out of it.
    pub edges: Vec<Vec<(usize, Controls)>>,
}

/// How weakly a node is guarded, counted in single controls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alone {
    /// A path without any control leads here.
    pub free: bool,
    /// Controls each of which is all that stands on some path; empty when `free`.
    pub controls: BTreeSet<u32>,
}

/// Bits in one word of a set of controls.
const WORD: usize = 64;

/// A set of controls as bits, and whether the node is reached without any.
#[derive(Debug, Clone)]
struct Here {
    free: bool,
    words: Vec<u64>,
    is_open: bool,
}

impl Here {
    fn insert(&mut self, control: u32) -> bool {
        let (word, bit) = (control as usize / WORD, control as usize % WORD);
        let Some(word) = self.words.get_mut(word).filter(|word| **word & (1 << bit) == 0) else {
            return false;
        };
        *word |= 1 << bit;
        true
    }

    fn join(&mut self, other: &[u64]) -> bool {
        let mut is_new = false;
        for (word, more) in self.words.iter_mut().zip(other) {
            is_new |= more & !*word != 0;
            *word |= more;
        }
        is_new
    }
}

fn has(words: &[u64], control: u32) -> bool {
    let (word, bit) = (control as usize / WORD, control as usize % WORD);
    words.get(word).is_some_and(|word| word & (1 << bit) != 0)
}

/// What the guards on an edge and on the node behind it come to.
#[derive(Debug, Clone, Copy)]
enum Toll {
    Nothing,
    One(u32),
    Several,
}

fn toll(edge: &[u32], node: &[u32]) -> Toll {
    let mut guards = edge.iter().chain(node);
    match guards.next() {
        None => Toll::Nothing,
        Some(first) if guards.all(|guard| guard == first) => Toll::One(*first),
        Some(_) => Toll::Several,
    }
}

/// For every node the single controls that stand alone before it. Sets are carried whole from node to node, so that the cost
/// follows the number of edges and not that of edges times controls.
pub fn alone(graph: &ControlGraph, touched: &[usize], guards: &[u32]) -> Vec<Alone> {
    let every = graph.nodes.iter().chain(graph.edges.iter().flatten().map(|(_, guards)| guards)).flatten();
    let highest = every.chain(guards).max().map_or(0, |control| *control as usize);
    let blank = Here { free: false, words: vec![0; highest / WORD + 1], is_open: false };
    let mut found = vec![blank; graph.nodes.len()];
    let mut open = VecDeque::new();
    let node_guards = |node: usize| graph.nodes.get(node).map(AsRef::as_ref).unwrap_or_default();
    for node in touched {
        arrive(&mut found, &mut open, *node, toll(guards, node_guards(*node)), true, &[]);
    }
    while let Some(node) = open.pop_front() {
        let Some((free, words)) = found.get_mut(node).map(|here| {
            here.is_open = false;
            (here.free, here.words.clone())
        }) else {
            continue;
        };
        for (to, on_edge) in graph.edges.get(node).into_iter().flatten() {
            arrive(&mut found, &mut open, *to, toll(on_edge, node_guards(*to)), free, &words);
        }
    }
    found.iter().map(named).collect()
}

/// Carries what is known of one node over a toll to the next.
fn arrive(
    found: &mut [Here],
    open: &mut VecDeque<usize>,
    node: usize,
    toll: Toll,
    free: bool,
    words: &[u64],
) {
    let Some(here) = found.get_mut(node).filter(|here| !here.free) else { return };
    let is_new = match toll {
        Toll::Nothing if free => {
            here.free = true;
            true
        }
        Toll::Nothing => here.join(words),
        Toll::One(control) => (free || has(words, control)) && here.insert(control),
        Toll::Several => false,
    };
    if is_new && !here.is_open {
        here.is_open = true;
        open.push_back(node);
    }
}

fn named(here: &Here) -> Alone {
    if here.free {
        return Alone { free: true, controls: BTreeSet::new() };
    }
    let bits = here.words.len().saturating_mul(WORD);
    let controls =
        (0..u32::try_from(bits).unwrap_or(u32::MAX)).filter(|control| has(&here.words, *control)).collect();
    Alone { free: false, controls }
}
