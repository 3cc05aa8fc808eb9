//! The graph of a security file.

use crate::{Graph, Layers, Reach, reach};
use medward_file::kinds::{Asset, Control};
use medward_file::{Link, SecurityFile};

/// The architecture of a file as a graph, with its layers by name.
#[derive(Debug)]
pub struct Model<'f> {
    file: &'f SecurityFile,
    /// Names of the layers; the position is the bit in [`Layers`].
    pub layers: Vec<&'f str>,
    /// The graph; node n is asset n of the file.
    pub graph: Graph,
}

impl<'f> Model<'f> {
    /// Builds the graph. Layers past the 64th share the last bit, which can only understate independence.
    pub fn new(file: &'f SecurityFile) -> Self {
        let mut layers: Vec<&str> =
            file.controls.iter().filter_map(|control| Some(&*control.layer.as_ref()?.value)).collect();
        layers.sort_unstable();
        layers.dedup();
        let mut model = Self { file, layers, graph: Graph::default() };
        model.graph.nodes = file.assets.iter().map(|asset| model.guards(&asset.guards)).collect();
        model.graph.edges = vec![Vec::new(); file.assets.len()];
        for flow in &file.flows {
            let (Some(from), Some(to)) = (Self::node(&flow.from), Self::node(&flow.to)) else { continue };
            let guards = model.guards(&flow.guards);
            model.edge(from, to, guards);
            if flow.both_ways.as_ref().is_some_and(|both| both.value) {
                model.edge(to, from, guards);
            }
        }
        model
    }

    fn edge(&mut self, from: usize, to: usize, guards: Layers) {
        if let Some(edges) = self.graph.edges.get_mut(from) {
            edges.push((to, guards));
        }
    }

    fn node(asset: &Link<Asset>) -> Option<usize> {
        asset.target().map(|target| target.index as usize)
    }

    /// The layers of some controls; planned controls and those without a layer do not count.
    fn guards(&self, controls: &[Link<Control>]) -> Layers {
        let counted = controls.iter().filter_map(|link| self.file.follow(link)).filter(|control| {
            control
                .state
                .as_ref()
                .is_some_and(|state| state.value == medward_file::kinds::ControlState::Implemented)
        });
        let layers = counted.filter_map(|control| self.layer(&control.layer.as_ref()?.value));
        layers.fold(Layers::default(), Layers::with)
    }

    /// The layer with a name, as a set of one.
    pub fn layer(&self, name: &str) -> Option<Layers> {
        let position = self.layers.iter().position(|known| *known == name)?;
        Some(Layers(1_u64.checked_shl(u32::try_from(position).ok()?.min(63)).unwrap_or_default()))
    }

    /// Names of the layers in a set.
    pub fn names(&self, set: Layers) -> Vec<&'f str> {
        let is_in = |name: &&&str| self.layer(name).is_some_and(|layer| layer.is_within(set));
        self.layers.iter().filter(is_in).copied().collect()
    }

    /// What can be reached from an entry, by its position in the file.
    pub fn from_entry(&self, entry: usize) -> Reach {
        let Some(entry) = self.file.entries.get(entry) else { return Reach::default() };
        let touched: Vec<usize> = entry.reaches.iter().filter_map(Self::node).collect();
        reach(&self.graph, &touched, self.guards(&entry.guards))
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
}
