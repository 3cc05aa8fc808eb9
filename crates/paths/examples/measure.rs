//! Measures the analysis on 10,000 assets and 50,000 flows: `/usr/bin/time -v cargo run --release -p medward-paths --example measure`.

use medward_file::load_texts;
use medward_paths::{Layers, Model};
use std::fmt::Write as _;
use std::time::Instant;

const LAYERS: [&str; 8] =
    ["perimeter", "transport", "identity", "policy", "content", "privacy", "integrity", "vault"];

/// Numbers that look random and are the same in every run (a linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn main() {
    let mut numbers = Numbers(7);
    let mut text = String::new();
    for control in 0..400 {
        let layer = LAYERS.get(control % LAYERS.len()).copied().unwrap_or_default();
        let _ = write!(
            text,
            "[control.C{control}]\ntitle = \"t\"\nlayer = \"{layer}\"\nstate = \"implemented\"\n"
        );
    }
    for entry in 0..20 {
        let _ = write!(text, "[entry.E{entry}]\ntitle = \"t\"\nreaches = [\"A{}\"]\n", numbers.below(10_000));
    }
    for asset in 0..10_000 {
        let critical = asset % 50 == 0;
        let guard = numbers.below(400);
        let guards = if critical { format!("guards = [\"C{guard}\"]\n") } else { String::new() };
        let _ = write!(text, "[asset.A{asset}]\ntitle = \"t\"\ncritical = {critical}\n{guards}");
    }
    for flow in 0..50_000 {
        let (from, step) = (numbers.below(10_000), numbers.below(10_000));
        let guards = match numbers.below(3) {
            0 => String::new(),
            1 => format!("\"C{}\"", numbers.below(400)),
            _ => format!("\"C{}\", \"C{}\"", numbers.below(400), numbers.below(400)),
        };
        let _ = write!(text, "[flow.F{flow}]\nfrom = \"A{from}\"\nto = \"A{step}\"\nguards = [{guards}]\n");
    }
    let (file, problems) = load_texts([("measure.toml", text.as_str())]);
    let started = Instant::now();
    let (mut searching, mut single_out) = (std::time::Duration::ZERO, std::time::Duration::ZERO);
    let model = Model::new(&file);
    let critical: Vec<_> = model.critical().collect();
    let (mut pairs, mut fewest, mut alone) = (0_usize, u32::MAX, 0_usize);
    for entry in 0..file.entries.len() {
        let at = Instant::now();
        let found = model.from_entry(entry);
        searching += at.elapsed();
        let at = Instant::now();
        let single = model.alone_from_entry(entry);
        single_out += at.elapsed();
        for node in &critical {
            if let Some((_, layers)) = found.weakest(*node, Layers::default()) {
                pairs = pairs.saturating_add(1);
                fewest = fewest.min(layers.count());
            }
            alone = alone.saturating_add(single.get(*node).map_or(0, |alone| alone.controls.len()));
        }
    }
    let cut = critical.first().and_then(|node| model.narrowest_cut(*node)).map_or(0, |cut| cut.len());
    println!(
        "{} problems, {pairs} pairs, fewest layers {fewest}, {alone} single controls, cut of {cut} flows, {:?} of which {searching:?} on layers, {single_out:?} on single controls",
        problems.len(),
        started.elapsed()
    );
}
