//! `audit-flow`: an event caused now stands in the log in time, and nothing stands there that must not.

use crate::arrival::{Log, marker, seconds};
use crate::configuration::{ConfigError, Terms, optional, texts};
use crate::process::Program;
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::kinds::{AuditFlowProbe, Probe};

probe! {
    /// An event caused now arrives in the log within the seconds allowed; one that was not caused does not, and no forbidden text comes with it.
    AuditFlow, "audit-flow", audit_flow: AuditFlowProbe,
    needs &["target", "audit_flow.cause", "audit_flow.seconds_max"]
}

struct Flow {
    log: Log,
    cause: Program,
    seconds_max: u64,
    never: Vec<String>,
}

fn prepare(reader: Terms, terms: &Probe, own: &AuditFlowProbe) -> Result<Flow, ConfigError> {
    let why = "command that causes an event; `{marker}` in an argument becomes the text looked for";
    let cause = reader.list(&own.cause, "audit_flow.cause", why)?;
    if let Some(first) =
        own.cause.first().filter(|_| !cause.iter().skip(1).any(|part| part.contains("{marker}")))
    {
        let why = "is given no `{marker}`, so its event could not be told from others";
        return Err(reader.unusable("audit_flow.cause", &first.value, first.span, why));
    }
    let credential = (own.credential.as_ref(), "audit_flow.credential");
    Ok(Flow {
        log: Log::new(reader, terms.target.as_ref(), credential, optional(own.trust.as_ref()))?,
        cause: Program::new(cause, &own.environment, &own.secrets),
        seconds_max: seconds(reader, terms, own.seconds_max.as_ref(), "audit_flow.seconds_max")?,
        never: texts(&own.never),
    })
}

impl Prepared for Flow {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let (caused, never_caused) = (marker(), marker());
        let mark = self.log.mark(context)?;
        let before = self.log.added(context, &mark, &caused)?.contains(&caused);
        findings.negative("the event is not in the log before it is caused", !before, "looked before");
        let ended = self.cause.filled("marker", &caused).run(context)?;
        findings.raw(&self.cause.shown(), ended.raw());
        let expected = format!("the event is in the log within {} seconds", self.seconds_max);
        if ended.exit != Some(0) {
            findings.positive(
                expected,
                Verdict::Unknown,
                format!("the command that causes it: {}", ended.shown()),
            );
            return Ok(());
        }
        let Some(added) = self.log.wait(context, &mark, &caused, self.seconds_max)? else {
            findings.positive(expected, Verdict::Broken, "it did not arrive");
            return Ok(());
        };
        findings.positive(expected, Verdict::Held, format!("{caused} arrived"));
        let lines: Vec<_> = added.lines().filter(|line| line.contains(&caused)).collect();
        findings.raw("the event in the log", lines.join("\n"));
        let other = self.log.added(context, &mark, &never_caused)?.contains(&never_caused);
        findings.negative("an event that was not caused is not in the log", !other, never_caused);
        for text in &self.never {
            findings.negative(
                format!("{text:?} was not added to the log"),
                !added.contains(text.as_str()),
                "looked",
            );
        }
        Ok(())
    }

    fn repeat(&self) -> String {
        format!("{}  # with a text of your own for {{marker}}\n{}", self.cause.shown(), self.log.shown())
    }
}
