//! The ranked register: every risk before its controls and as it stands with those in force.

use crate::from_file::FileMethod;
use crate::residual::Residual;
use crate::{Evaluation, assessment::worst_first};
use medward_file::kinds::Control;
use medward_file::{Record, SecurityFile};

/// A risk in the register.
#[derive(Debug, Clone)]
pub struct Ranked<'f> {
    /// Its id.
    pub id: &'f str,
    /// Its title.
    pub title: &'f str,
    /// Before any control.
    pub initial: Evaluation,
    /// With the controls in force.
    pub residual: Evaluation,
    /// How the residual came about: controls that do not count now, notes.
    pub state: Residual<&'f str>,
}

/// Every risk that can be judged, the worst first; what cannot be judged is reported by the rules.
pub fn register<'f>(
    file: &'f SecurityFile,
    method: &FileMethod<'f>,
    in_force: impl Fn(&Record<Control>) -> bool,
) -> Vec<Ranked<'f>> {
    let judged = |risk: &'f Record<medward_file::kinds::Risk>| {
        let state = method.residual(file, &risk.body, &in_force)?;
        Some(Ranked {
            id: risk.id(),
            title: &risk.title,
            initial: method.method().evaluate(&method.initial(&risk.body)?).ok()?,
            residual: method.method().evaluate(&state.assessment).ok()?,
            state,
        })
    };
    let mut ranked: Vec<_> = file.risks.iter().filter_map(judged).collect();
    ranked.sort_by(|left, right| worst_first((&left.id, &left.residual), (&right.id, &right.residual)));
    ranked
}
