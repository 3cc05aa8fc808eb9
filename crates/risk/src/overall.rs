//! The overall residual risk: the worst level and the spread on each axis (ISO 14971 clause 8).
//!
//! The evaluation of the whole is made by people, once, in the benefit-risk analysis (MDCG 2019-16 3.5); this gives them
//! the counts.

use std::collections::BTreeMap;

use crate::assessment::{AxisResult, Evaluation};
use crate::level::{Level, Levels};
use crate::scale::{Exploitability, Ordinal, PrivacySeverity, SafetySeverity};

/// The spread of risks on one axis.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AxisOverall {
    /// Worst level of any risk; `None` if no risk touches the axis.
    pub worst: Option<Level>,
    /// Number of risks at each level, zeros included.
    pub counts: BTreeMap<Level, usize>,
    /// Number of risks that do not touch the axis.
    pub unaffected: usize,
}

/// Which risks stand in which cell of a matrix. Only cells with risks are held.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HeatMap<S, I> {
    cells: BTreeMap<(S, Exploitability), Vec<I>>,
}

/// Both axes, never added up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Overall<I> {
    /// Spread on the safety axis.
    pub safety: AxisOverall,
    /// Spread on the privacy axis.
    pub privacy: AxisOverall,
    /// Cells of the safety matrix; the column is the one used, after any cap of P2.
    pub safety_map: HeatMap<SafetySeverity, I>,
    /// Cells of the privacy matrix.
    pub privacy_map: HeatMap<PrivacySeverity, I>,
}

impl<S: Ordinal, I> HeatMap<S, I> {
    /// Ids of the risks in a cell, in the order given.
    pub fn ids(&self, severity: S, exploitability: Exploitability) -> &[I] {
        self.cells.get(&(severity, exploitability)).map_or(&[], Vec::as_slice)
    }

    /// Number of risks in a cell.
    pub fn count(&self, severity: S, exploitability: Exploitability) -> usize {
        self.ids(severity, exploitability).len()
    }

    /// Cells that hold risks, least severe first.
    pub fn cells(&self) -> impl Iterator<Item = (S, Exploitability, &[I])> {
        self.cells.iter().map(|(&(severity, column), ids)| (severity, column, ids.as_slice()))
    }
}

/// The spread of these risks.
pub fn overall<'a, I: Clone + 'a>(
    risks: impl IntoIterator<Item = (&'a I, &'a Evaluation)>,
    levels: &Levels,
) -> Overall<I> {
    let empty = || AxisOverall {
        worst: None,
        counts: levels.iter().map(|(level, _)| (level, 0)).collect(),
        unaffected: 0,
    };
    let mut all = Overall {
        safety: empty(),
        privacy: empty(),
        safety_map: HeatMap { cells: BTreeMap::new() },
        privacy_map: HeatMap { cells: BTreeMap::new() },
    };
    for (id, evaluation) in risks {
        enter(evaluation.safety, id, &mut all.safety, &mut all.safety_map);
        enter(evaluation.privacy, id, &mut all.privacy, &mut all.privacy_map);
    }
    all
}

fn enter<S: Ordinal, I: Clone>(
    result: Option<AxisResult<S>>,
    id: &I,
    axis: &mut AxisOverall,
    map: &mut HeatMap<S, I>,
) {
    let Some(AxisResult { severity, column, level, .. }) = result else {
        axis.unaffected = axis.unaffected.saturating_add(1);
        return;
    };
    axis.worst = axis.worst.max(Some(level));
    let count = axis.counts.entry(level).or_default();
    *count = count.saturating_add(1);
    map.cells.entry((severity, column)).or_default().push(id.clone());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::Assessment;
    use crate::method::Method;
    use crate::p2::P2;

    #[test]
    fn each_axis_is_counted_alone() {
        let method = Method::starting();
        let levels = &method.parts().levels;
        let risk = |exploitability, safety, privacy| {
            let assessment = Assessment {
                exploitability: Exploitability::at(exploitability),
                safety: SafetySeverity::new(safety),
                p2: P2::Unknown,
                privacy: PrivacySeverity::new(privacy),
            };
            method.evaluate(&assessment).unwrap()
        };
        let risks = [("R-1", risk(2, 4, 5)), ("R-2", risk(2, 4, 0)), ("R-3", risk(5, 1, 5))];
        let all = overall(risks.iter().map(|(id, evaluation)| (id, evaluation)), levels);
        assert_eq!(all.safety.worst, levels.find("M"));
        assert_eq!(all.privacy.worst, levels.find("U"));
        assert_eq!((all.safety.unaffected, all.privacy.unaffected), (0, 1));
        let counts: Vec<usize> = all.safety.counts.values().copied().collect();
        assert_eq!(counts, [1, 2, 0, 0]);
        let cell = all.safety_map.ids(SafetySeverity::at(4), Exploitability::at(2));
        assert_eq!(cell, ["R-1", "R-2"]);
        assert_eq!(all.privacy_map.count(PrivacySeverity::at(5), Exploitability::at(5)), 1);
    }
}
