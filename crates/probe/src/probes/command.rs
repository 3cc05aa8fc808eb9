//! `command`: a program that must succeed and one that must be refused. No shell stands between.

use crate::configuration::{ConfigError, Terms, optional};
use crate::process::{Ended, Program};
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::kinds::{CommandProbe, Probe};
use serde_json::Value;

probe! {
    /// A program of the maker's own succeeds with a known answer, and one that must be refused is refused.
    Command, "command", command: CommandProbe, needs &["command.run", "command.refused"]
}

/// Exit codes by which launchers such as `env` and `timeout` say that they could not start a program.
const NOT_STARTED: [i64; 2] = [126, 127];

struct Commands {
    run: Program,
    exit: i64,
    answer: Option<(String, String)>,
    refused: Program,
    refused_exit: Option<i64>,
}

fn prepare(reader: Terms, _: &Probe, own: &CommandProbe) -> Result<Commands, ConfigError> {
    let program = |argv| Program::new(argv, &own.environment, &own.secrets);
    let why = "a program that must be refused; without it the probe cannot fail";
    let refused = program(reader.list(&own.refused, "command.refused", why)?);
    let answer = match (optional(own.pointer.as_ref()), optional(own.equals.as_ref())) {
        (Some(pointer), Some(equals)) => Some((pointer, equals)),
        (None, None) => None,
        (Some(_), None) => {
            return Err(reader.missing("command.equals", "what must stand at `command.pointer`"));
        }
        // Without a pointer the whole answer is compared.
        (None, Some(equals)) => Some((String::new(), equals)),
    };
    if let (Some((pointer, _)), Some(written)) = (&answer, &own.pointer)
        && !pointer.is_empty()
        && !pointer.starts_with('/')
    {
        return Err(reader.unusable(
            "command.pointer",
            pointer,
            written.span,
            "must begin with `/` (RFC 6901)",
        ));
    }
    let run = program(reader.list(&own.run, "command.run", "program and arguments that must succeed")?);
    let codes = 0..=255;
    let exit = reader.number(own.exit.as_ref(), "command.exit", codes.clone(), 0)?;
    let refused_exit = reader.optional_number(own.refused_exit.as_ref(), "command.refused_exit", codes)?;
    Ok(Commands { run, exit, answer, refused, refused_exit })
}

impl Commands {
    fn judge_run(&self, ended: &Ended, findings: &mut Findings) {
        let expected = format!("`{}` ends with exit code {}", self.run.shown(), self.exit);
        let verdict = match ended.exit.map(i64::from) {
            Some(code) if code == self.exit => Verdict::Held,
            None => Verdict::Unknown,
            Some(code) if NOT_STARTED.contains(&code) => Verdict::Unknown,
            Some(_) => Verdict::Broken,
        };
        findings.positive(expected, verdict, ended.shown());
        let (Some((pointer, wanted)), Verdict::Held) = (&self.answer, verdict) else { return };
        let expected = if pointer.is_empty() {
            format!("its output is {wanted}")
        } else {
            format!("its output holds {wanted} at {pointer}")
        };
        let text = String::from_utf8_lossy(&ended.output);
        let document = serde_json::from_str::<Value>(&text);
        if pointer.is_empty() && text.trim() == wanted.trim() {
            findings.positive(expected, Verdict::Held, "the same");
            return;
        }
        match document.as_ref().map(|document| document.pointer(pointer)) {
            Ok(Some(found)) => findings.positive(expected, is_value(found, wanted), found.to_string()),
            Ok(None) => findings.positive(expected, Verdict::Unknown, "nothing there"),
            Err(_) if pointer.is_empty() => findings.positive(expected, Verdict::Broken, text.trim()),
            Err(error) => findings.positive(expected, Verdict::Unknown, format!("no JSON: {error}")),
        }
    }

    fn judge_refused(&self, ended: &Ended, findings: &mut Findings) {
        let shown = self.refused.shown();
        let expected = match self.refused_exit {
            Some(code) => format!("`{shown}` is refused with exit code {code}"),
            None => format!("`{shown}` is refused"),
        };
        findings.negative(expected, refusal(ended, self.refused_exit), ended.shown());
    }
}

/// Whether a program was refused. One that broke down or never started was not: it says nothing.
pub(crate) fn refusal(ended: &Ended, wanted: Option<i64>) -> Verdict {
    match (ended.exit, wanted) {
        (Some(code), Some(wanted)) if i64::from(code) == wanted => Verdict::Held,
        (Some(0), _) => Verdict::Broken,
        (Some(code), None) if !NOT_STARTED.contains(&i64::from(code)) => Verdict::Held,
        _ => Verdict::Unknown,
    }
}

/// Whether a JSON value is what was written: as JSON, or a string as it is.
pub(crate) fn is_value(found: &Value, wanted: &str) -> bool {
    found.as_str() == Some(wanted)
        || serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *found)
}

impl Prepared for Commands {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let ended = self.run.run(context)?;
        findings.raw(&self.run.shown(), ended.raw());
        self.judge_run(&ended, findings);
        let ended = self.refused.run(context)?;
        findings.raw(&self.refused.shown(), ended.raw());
        self.judge_refused(&ended, findings);
        Ok(())
    }

    fn repeat(&self) -> String {
        let (run, refused) = (self.run.shown(), self.refused.shown());
        format!("{run}  # must end with {}\n{refused}  # must be refused", self.exit)
    }
}
