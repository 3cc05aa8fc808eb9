//! `emergency`: the break-glass path opens, is logged, shuts again, and stays shut to whom it is not for.

use crate::arrival::{Log, marker, seconds};
use crate::configuration::{ConfigError, Terms, optional};
use crate::probes::command::refusal;
use crate::process::Program;
use crate::registry::probe;
use crate::{Context, Deadline, Fault, Findings, Prepared, Verdict};
use medward_file::kinds::{EmergencyProbe, Probe};
use std::time::Duration;

probe! {
    /// The break-glass path opens, its use stands in the log, it shuts again, and without the right to it it stays shut.
    Emergency, "emergency", emergency: EmergencyProbe,
    needs &["target", "emergency.open", "emergency.shut", "emergency.refused", "emergency.seconds_max"]
}

/// Shutting gets its own time: a path opened by a probe must not stay open because the probe was late.
const SHUT: Duration = Duration::from_secs(10);

struct Glass {
    log: Log,
    open: Program,
    shut: Program,
    refused: Program,
    seconds_max: u64,
}

fn prepare(reader: Terms, terms: &Probe, own: &EmergencyProbe) -> Result<Glass, ConfigError> {
    let program = |argv| Program::new(argv, &own.environment, &own.secrets);
    let open = reader.list(&own.open, "emergency.open", "command that opens the path; give it `{marker}`")?;
    if let Some(first) =
        own.open.first().filter(|_| !open.iter().skip(1).any(|part| part.contains("{marker}")))
    {
        let why = "is given no `{marker}`, so its use could not be found in the log";
        return Err(reader.unusable("emergency.open", &first.value, first.span, why));
    }
    let shut = reader.list(&own.shut, "emergency.shut", "command that shuts the path again")?;
    let why = "command that tries to open it without the right to; without it the probe cannot fail";
    let refused = reader.list(&own.refused, "emergency.refused", why)?;
    let credential = (own.credential.as_ref(), "emergency.credential");
    Ok(Glass {
        log: Log::new(reader, terms.target.as_ref(), credential, optional(own.trust.as_ref()))?,
        open: program(open),
        shut: program(shut),
        refused: program(refused),
        seconds_max: seconds(reader, terms, own.seconds_max.as_ref(), "emergency.seconds_max")?,
    })
}

impl Glass {
    fn opens(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let used = marker();
        let mark = self.log.mark(context)?;
        let ended = self.open.filled("marker", &used).run(context)?;
        findings.raw(&self.open.shown(), ended.raw());
        let verdict = ended.exit.map_or(Verdict::Unknown, |code| Verdict::from(code == 0));
        findings.positive("the emergency path opens", verdict, ended.shown());
        if verdict == Verdict::Held {
            let arrived = self.log.wait(context, &mark, &used, self.seconds_max)?;
            let expected = format!("its use is in the log within {} seconds", self.seconds_max);
            let seen = if arrived.is_some() { "it arrived" } else { "it did not arrive" };
            findings.positive(expected, arrived.is_some(), seen);
        }
        Ok(())
    }
}

impl Prepared for Glass {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let refused = self.refused.filled("marker", &marker()).run(context)?;
        findings.raw(&self.refused.shown(), refused.raw());
        let expected = "without the right to it the emergency path stays shut";
        findings.negative(expected, refusal(&refused, None), refused.shown());
        let opened = self.opens(context, findings);
        let late = Context { deadline: Deadline::after(SHUT), ..context.clone() };
        let shut = self.shut.run(&late)?;
        let verdict = shut.exit.map_or(Verdict::Unknown, |code| Verdict::from(code == 0));
        findings.positive("the emergency path shuts again", verdict, shut.shown());
        opened
    }

    fn repeat(&self) -> String {
        let (refused, open, shut) = (self.refused.shown(), self.open.shown(), self.shut.shown());
        format!("{refused}  # must be refused\n{open}  # must open\n{}\n{shut}", self.log.shown())
    }
}
