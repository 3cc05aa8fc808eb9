//! The graph of a security file.

use crate::cut::{Network, narrowest};
use crate::single::{Alone, ControlGraph, Controls, alone};
use crate::{Graph, Layers, Reach, reach};
use medward_file::kinds::{Asset, Control, ControlState};
use medward_file::{Link, Record, SecurityFile};

/// The architecture of a file as a graph, with its layers by name.
#[derive(Debug)]
pub struct Model<'f> {
    file: &'f SecurityFile,
    /// Names of the layers; the position is the bit in [`Layers`].
    pub layers: Vec<&'f str>,
    /// The graph; node n is asset n of the file.
    pub graph: Graph,
    by_control: ControlGraph,
    /// `(from, to, flow)` of every edge.
    edges: Vec<(usize, usize, u32)>,
    counts: Vec<bool>,
}

impl<'f> Model<'f> {
    /// The graph in which the controls declared implemented count.
    pub fn new(file: &'f SecurityFile) -> Self {
        Self::with(file, is_implemented)
    }

    /// The graph in which the controls count that a caller chooses, such as those proven today. Layers past the 64th
    /// share the last bit, which can only understate independence.
    pub fn with(file: &'f SecurityFile, counts: impl Fn(&Record<Control>) -> bool) -> Self {
        let mut layers: Vec<&str> =
            file.controls.iter().filter_map(|control| Some(&*control.layer.as_ref()?.value)).collect();
        layers.sort_unstable();
        layers.dedup();
        let mut model = Self {
            file,
            layers,
            graph: Graph::default(),
            by_control: ControlGraph::default(),
            edges: Vec::new(),
            counts: file.controls.iter().map(counts).collect(),
        };
        for asset in &file.assets {
            model.graph.nodes.push(model.guards(&asset.guards));
            model.by_control.nodes.push(model.controls(&asset.guards));
        }
        model.graph.edges = vec![Vec::new(); file.assets.len()];
        model.by_control.edges = vec![Vec::new(); file.assets.len()];
        for (number, flow) in (0u32..).zip(&file.flows) {
            let (Some(from), Some(to)) = (Self::node(&flow.from), Self::node(&flow.to)) else { continue };
            model.edge(from, to, number, &flow.guards);
            if flow.both_ways.as_ref().is_some_and(|both| both.value) {
                model.edge(to, from, number, &flow.guards);
            }
        }
        model
    }

    fn edge(&mut self, from: usize, to: usize, flow: u32, guards: &[Link<Control>]) {
        let (layers, controls) = (self.guards(guards), self.controls(guards));
        if let Some(edges) = self.graph.edges.get_mut(from) {
            edges.push((to, layers));
        }
        if let Some(edges) = self.by_control.edges.get_mut(from) {
            edges.push((to, controls));
        }
        self.edges.push((from, to, flow));
    }

    fn node(asset: &Link<Asset>) -> Option<usize> {
        asset.target().map(|target| target.index as usize)
    }

    /// Positions of those of some controls that count.
    fn controls(&self, links: &[Link<Control>]) -> Controls {
        let counts = |position: &u32| self.counts.get(*position as usize).copied().unwrap_or_default();
        let mut found: Vec<u32> = links
            .iter()
            .filter_map(|link| Some(link.target()?.index))
            .filter(|position| counts(position))
            .collect();
        found.sort_unstable();
        found.dedup();
        found.into()
    }

    /// The layers of those of some controls that count; a control without a layer guards nothing.
    fn guards(&self, links: &[Link<Control>]) -> Layers {
        let controls = self.controls(links);
        let counted = controls.iter().filter_map(|position| self.file.controls.get(*position as usize));
        let layers = counted.filter_map(|control| self.layer(&control.layer.as_ref()?.value));
        layers.fold(Layers::default(), Layers::with)
    }

    /// The layer with a name, as a set of one.
    pub fn layer(&self, name: &str) -> Option<Layers> {
        let position = self.layers.binary_search(&name).ok()?;
        Some(Layers(1_u64.checked_shl(u32::try_from(position).ok()?.min(63)).unwrap_or_default()))
    }

    /// Names of the layers in a set.
    pub fn names(&self, set: Layers) -> Vec<&'f str> {
        let is_in = |name: &&&str| self.layer(name).is_some_and(|layer| layer.is_within(set));
        self.layers.iter().filter(is_in).copied().collect()
    }

    fn touched(&self, entry: usize) -> Vec<usize> {
        let entry = self.file.entries.get(entry);
        entry.into_iter().flat_map(|entry| &entry.reaches).filter_map(Self::node).collect()
    }

    /// What can be reached from an entry, by its position in the file.
    pub fn from_entry(&self, entry: usize) -> Reach {
        let guards = self.file.entries.get(entry).map(|entry| self.guards(&entry.guards)).unwrap_or_default();
        reach(&self.graph, &self.touched(entry), guards)
    }

    /// For every asset the single controls that are all that stands on some path from an entry.
    pub fn alone_from_entry(&self, entry: usize) -> Vec<Alone> {
        let guards =
            self.file.entries.get(entry).map(|entry| self.controls(&entry.guards)).unwrap_or_default();
        alone(&self.by_control, &self.touched(entry), &guards)
    }

    /// Ids of the fewest flows on which one more guard would stand on every path from any entry to an asset; `None` where
    /// an entry touches the asset itself, so that only the asset or the entry can be guarded.
    pub fn narrowest_cut(&self, asset: usize) -> Option<Vec<String>> {
        let touched: Vec<usize> =
            (0..self.file.entries.len()).flat_map(|entry| self.touched(entry)).collect();
        let network = Network { nodes: self.graph.nodes.len(), edges: &self.edges };
        let flows = narrowest(&network, &touched, asset)?;
        Some(
            flows
                .iter()
                .filter_map(|flow| Some(self.file.flows.get(*flow as usize)?.id().to_owned()))
                .collect(),
        )
    }

    /// Positions of the critical assets.
    pub fn critical(&self) -> impl Iterator<Item = usize> {
        let assets = self.file.assets.iter().enumerate();
        assets
            .filter(|(_, asset)| asset.critical.as_ref().is_some_and(|critical| critical.value))
            .map(|(node, _)| node)
    }

    /// Ids of assets along a path.
    pub fn ids(&self, nodes: &[usize]) -> Vec<&'f str> {
        nodes.iter().filter_map(|node| Some(self.file.assets.get(*node)?.id())).collect()
    }

    /// Layers that guard a flow, by its position in the file.
    pub fn flow_layers(&self, flow: usize) -> Layers {
        self.file.flows.get(flow).map(|flow| self.guards(&flow.guards)).unwrap_or_default()
    }
}

/// Whether a control is declared to be there.
pub fn is_implemented(control: &Record<Control>) -> bool {
    control.state.as_ref().is_some_and(|state| state.value == ControlState::Implemented)
}
