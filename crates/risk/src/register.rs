//! The ranked register: every risk with its level on each axis, before and after its controls.

use crate::{Method, Side, sides};
use medward_file::SecurityFile;
use medward_file::kinds::{Acceptance, Risk};

/// A risk on one axis at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State<'f> {
    /// Severity on the axis's scale, from 1.
    pub severity: i64,
    /// Exploitability, from 1.
    pub exploitability: i64,
    /// Level by the matrix of the axis.
    pub level: &'f str,
    /// What the level means.
    pub acceptance: Acceptance,
}

/// A risk in the register.
#[derive(Debug, Clone)]
pub struct Ranked<'f> {
    /// Its id.
    pub id: &'f str,
    /// Its title.
    pub title: &'f str,
    /// Before any control: safety, privacy; `None` where there is no such branch or it cannot be judged.
    pub initial: [Option<State<'f>>; 2],
    /// With every control of the risk in force: safety, privacy.
    pub residual: [Option<State<'f>>; 2],
}

impl Ranked<'_> {
    /// The severity that ranks: the higher of both (SEV-1), with what remains.
    pub fn severity(&self) -> i64 {
        self.residual.iter().flatten().map(|state| state.severity).max().unwrap_or(0)
    }

    /// Which axis decides: `safety`, `privacy`, `both` or `none`.
    pub fn deciding(&self) -> &'static str {
        let [safety, privacy] = self.residual.map(|state| state.map_or(0, |state| state.severity));
        match safety.cmp(&privacy) {
            std::cmp::Ordering::Greater => "safety",
            std::cmp::Ordering::Less => "privacy",
            std::cmp::Ordering::Equal if safety == 0 => "none",
            std::cmp::Ordering::Equal => "both",
        }
    }

    /// The worse acceptance of both axes: a risk is acceptable only on each (SEV-2).
    pub fn acceptance(&self) -> Option<Acceptance> {
        self.residual.iter().flatten().map(|state| state.acceptance).max()
    }

    fn order(&self) -> (Option<Acceptance>, i64, i64) {
        let exploitability =
            self.residual.iter().flatten().map(|state| state.exploitability).max().unwrap_or(0);
        (self.acceptance(), self.severity(), exploitability)
    }
}

/// Every risk of a file, the worst first: by what its levels mean, then severity, then exploitability, then id.
pub fn register(file: &SecurityFile) -> Vec<Ranked<'_>> {
    let method = Method::of(file);
    let mut ranked: Vec<_> = file
        .risks
        .iter()
        .map(|risk| {
            let judged = sides(&risk.body);
            Ranked {
                id: risk.id(),
                title: &risk.title,
                initial: judged.each_ref().map(|side| initial(method, risk, side)),
                residual: judged.each_ref().map(|side| residual(method, risk, side)),
            }
        })
        .collect();
    ranked.sort_by(|left, right| right.order().cmp(&left.order()).then_with(|| left.id.cmp(right.id)));
    ranked
}

fn initial<'f>(method: Method<'f>, risk: &'f Risk, side: &Side<'f>) -> Option<State<'f>> {
    let severity = side.severity?.value;
    let exploitability = risk.exploitability.as_ref()?.level.as_ref()?.value;
    let level = method.level(side.axis, severity, exploitability)?;
    Some(State { severity, exploitability, level, acceptance: method.acceptance(level)? })
}

fn residual<'f>(method: Method<'f>, risk: &'f Risk, side: &Side<'f>) -> Option<State<'f>> {
    let remains = method.remains(risk, side)?;
    Some(State {
        severity: remains.severity.value,
        exploitability: remains.exploitability.value,
        level: remains.level,
        acceptance: remains.acceptance,
    })
}
