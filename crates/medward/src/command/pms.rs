//! `medward pms`: post-market surveillance with security as a topic: trends, signals, the security section of the periodic safety update
//! report.

mod psur;

use super::event::say;
use crate::acting::{Acting, Device, Looking, When, writer};
use crate::output::{Error, Format, print, visible};
use medward_ledger::{Act, RecordId};
use medward_response::door::entry;
use medward_response::{Plan, Scope, Trend, trends};
use std::fmt::Write as _;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Compare how often things happen with before, as the policy's plan says (MDR Art. 88)
    Trend(Looking),
    /// Write the security section of the periodic safety update report of a period (MDR Art. 86)
    Psur(psur::Arguments),
    /// Say how much the device was used in a period: what rates are measured against
    Used {
        #[command(flatten)]
        acting: Acting,
        /// Beginning of the period
        #[arg(long, value_name = "WHEN")]
        from: When,
        /// End of the period, not part of it
        #[arg(long, value_name = "WHEN")]
        until: When,
        /// Uses, such as studies read
        #[arg(long)]
        uses: u64,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Trend(looking) => trend(&looking.device()?, looking.format),
        Arguments::Psur(arguments) => psur::run(arguments),
        Arguments::Used { acting, from, until, uses } => {
            let device = Device::read(&acting.directory, None)?;
            if until.0 <= from.0 || until.0 > device.at {
                let message = "a period of use ends after it begins, and not in the future";
                return Err(Error::Usage(message.into()));
            }
            let overlaps = device.cases.uses.iter().any(|one| one.from < until.0 && from.0 < one.until);
            if overlaps {
                return Err(Error::Usage(
                    "use in part of that period is stated already; it would count twice".into(),
                ));
            }
            let writer = writer(&device, acting, true)?;
            let act = Act::Used { from: from.0.as_second(), until: until.0.as_second(), uses: *uses };
            let case = RecordId::try_from("surveillance")?;
            let index = writer.write(entry(case, act, false, writer.role(), writer.now())?)?;
            say(&format!("{uses} uses from {} to {}, entry {index}", from.0, until.0))
        }
    }
}

/// The plan of the policy, without which nothing is significant.
fn plan(device: &Device) -> Result<Plan, Error> {
    let policy = device.file.policy.as_ref().and_then(|(_, policy)| policy.surveillance.as_ref());
    policy.map(Plan::of).ok_or_else(|| {
        Error::Usage(
            "the policy has no plan: write `[policy.surveillance]` with `observation_days`, `baseline_days` and `thresholds` \
             (MDR Art. 84, 88)"
                .into(),
        )
    })
}

fn trend(device: &Device, format: Format) -> Result<ExitCode, Error> {
    let (scope, plan) = (Scope::of(&device.file)?, plan(device)?);
    let trends = trends(&device.cases, &scope, &plan, device.at);
    let has_signal = trends.iter().any(|one| !one.signals.is_empty());
    print(&match format {
        Format::Human => visible(&human(&trends, &plan, device)),
        Format::Json => serde_json::to_string_pretty(&trends.iter().map(json).collect::<Vec<_>>())? + "\n",
    })?;
    Ok(if has_signal { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn human(trends: &[Trend], plan: &Plan, device: &Device) -> String {
    let unit = if device.cases.uses.is_empty() { "days" } else { "uses" };
    let mut text = format!(
        "{} days up to {} against the {} before; significant below {}\n\n{:<14} {:>8} {:>8} {:>12} {:>6}  p\n",
        plan.observation_days,
        medward_clocks::moment(device.at, &jiff::tz::TimeZone::UTC),
        plan.baseline_days,
        plan.significance,
        "group",
        "now",
        "before",
        format!("per {unit}"),
        "most"
    );
    for one in trends {
        let ratio = one.now.rate().zip(one.before.rate()).filter(|(_, before)| *before > 0.0);
        let ratio = ratio.map_or_else(|| "-".to_owned(), |(now, before)| format!("x {:.2}", now / before));
        let p = one.probability.map_or_else(|| "-".to_owned(), |p| format!("{p:.4}"));
        let most = one.threshold.map_or_else(|| "-".to_owned(), |most| most.to_string());
        let signals: Vec<_> = one.signals.iter().map(|signal| signal.words()).collect();
        let line = format!(
            "{:<14} {:>8} {:>8} {ratio:>12} {most:>6}  {p}  {}",
            one.group,
            one.now.events,
            one.before.events,
            signals.join("; ")
        );
        let _ = writeln!(text, "{}", line.trim_end());
        if !one.signals.is_empty() && !one.risks.is_empty() {
            let _ = writeln!(text, "{:14} look again at {}", "", one.risks.join(", "));
        }
    }
    text
}

fn json(one: &Trend) -> serde_json::Value {
    serde_json::json!({
        "group": one.group,
        "now": {"events": one.now.events, "exposure": one.now.exposure},
        "before": {"events": one.before.events, "exposure": one.before.exposure},
        "probability": one.probability,
        "cusum": one.cusum.as_ref().map(|path| serde_json::json!({"sums": path.sums, "limit": path.limit, "alarm": path.alarm})),
        "threshold": one.threshold,
        "signals": one.signals.iter().map(|signal| signal.words()).collect::<Vec<_>>(),
        "risks": one.risks,
    })
}
