//! Procedures as state machines drawn from data: states, transitions, owners, decisions that take two people.

use crate::data::{DataError, once};
use crate::question::Axis;
use serde::Deserialize;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// A state.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Which kind of role owns it: `safety`, `security`, `privacy`; `none` for any.
    pub owner: String,
    /// What is to be done next.
    pub task: String,
    /// What must not be done meanwhile.
    #[serde(default)]
    pub hold: Option<String>,
    /// Whether duties of the procedure end here: a confirmed decision not to report.
    #[serde(default)]
    pub stops: bool,
    /// Whether nothing is left to do.
    #[serde(default)]
    pub end: bool,
}

/// A transition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// Id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// States from which it leads.
    pub from: Vec<String>,
    /// State it leads to; `=` for where it began.
    pub to: String,
    /// Whether it needs a reason, or the number under which it was sent.
    #[serde(default)]
    pub because: bool,
    /// Whether another person than the one of the step before has to take it (four eyes).
    #[serde(default)]
    pub other_person: bool,
    /// Clocks that it fulfils.
    #[serde(default)]
    pub fulfils: Vec<String>,
}

/// A procedure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// Id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Where it is shown: `vigilance`, `breach`, `further`, `quality`.
    pub column: String,
    /// The axis it looks at.
    pub axis: Axis,
    /// Where it comes from.
    pub source: String,
    /// State in which it begins.
    pub begin: String,
    /// States.
    #[serde(rename = "state")]
    pub states: Vec<State>,
    /// Transitions.
    #[serde(rename = "transition")]
    pub transitions: Vec<Transition>,
}

impl Procedure {
    /// A state by id.
    pub fn state(&self, id: &str) -> Option<&State> {
        self.states.iter().find(|state| state.id == id)
    }

    /// A transition by id.
    pub fn transition(&self, id: &str) -> Option<&Transition> {
        self.transitions.iter().find(|transition| transition.id == id)
    }

    /// The transitions that lead from a state.
    pub fn from(&self, state: &str) -> impl Iterator<Item = &Transition> {
        self.transitions.iter().filter(move |one| one.from.iter().any(|from| from == state))
    }

    /// The procedure as a drawing in the language of Graphviz.
    pub fn drawing(&self) -> String {
        let mut text = format!("digraph \"{}\" {{\n  rankdir=LR; node [shape=box];\n", self.id);
        for state in &self.states {
            let shape = if state.end { ", peripheries=2" } else { "" };
            let _ = writeln!(text, "  \"{}\" [label=\"{}\"{shape}];", state.id, state.title);
        }
        for one in &self.transitions {
            let mark = if one.other_person { " (second person)" } else { "" };
            for from in &one.from {
                let to = if one.to == "=" { from } else { &one.to };
                let _ = writeln!(text, "  \"{from}\" -> \"{to}\" [label=\"{}{mark}\"];", one.id);
            }
        }
        text.push_str("}\n");
        text
    }
}

macro_rules! procedures {
    ($($name:literal),+ $(,)?) => {
        const NAMES: &[&str] = &[$($name),+];

        fn read(place: usize) -> Option<Result<&'static Procedure, DataError>> {
            static READ: [OnceLock<Result<Procedure, DataError>>; NAMES.len()] =
                [const { OnceLock::new() }; NAMES.len()];
            const TEXTS: &[&str] = &[$(include_str!(concat!("../data/procedures/", $name, ".toml"))),+];
            Some(once(READ.get(place)?, NAMES.get(place)?, TEXTS.get(place)?))
        }
    };
}

// A new procedure is a file in `data/procedures/` and its name here.
procedures!("vigilance", "breach", "breach-processor", "network", "product", "rights", "capa", "complaint");

/// Every procedure.
pub fn procedures() -> Result<Vec<&'static Procedure>, DataError> {
    (0..NAMES.len()).filter_map(read).collect()
}

/// The procedure of an id.
pub fn procedure(id: &str) -> Result<Option<&'static Procedure>, DataError> {
    NAMES.iter().position(|name| *name == id).and_then(read).transpose()
}
