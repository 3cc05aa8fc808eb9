//! Post-market surveillance: groups of events counted as the maker's plan says, and the signals they give (MDR Art. 83 to 88).

use crate::case::Case;
use crate::cases::{Cases, Use};
use crate::clock::Scope;
use crate::question::Holds;
use jiff::{SignedDuration, Timestamp};
use medward_file::kinds::{Surveillance, TrendMethod};
use medward_ledger::{Source, Subject};
use medward_trend::{Count, Cusum, CusumPath, increase};
use std::collections::BTreeMap;

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;
/// Length of a period of the cumulative sum, in days.
const PERIOD_DAYS: i64 = 30;
/// Most periods looked back over.
const PERIODS_MAX: i64 = 60;

/// The plan, with what stands for what it leaves open.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Days counted now.
    pub observation_days: i64,
    /// Days before, compared with.
    pub baseline_days: i64,
    /// Method.
    pub method: TrendMethod,
    /// Probability below which an increase is significant.
    pub significance: f64,
    /// How many times the usual rate the cumulative sum is tuned to.
    pub ratio: f64,
    /// Months between false alarms.
    pub months_between_false_alarms: f64,
    /// Most events of a group.
    pub thresholds: BTreeMap<String, u64>,
}

impl Plan {
    /// The plan of a policy.
    pub fn of(policy: &Surveillance) -> Self {
        let number = |value: &Option<medward_file::Number>, absent: i32, most: i32| {
            let value = value.as_ref().and_then(|value| i32::try_from(value.value).ok());
            value.unwrap_or(absent).clamp(1, most)
        };
        Self {
            observation_days: i64::from(number(&policy.observation_days, 90, 3_660)),
            baseline_days: i64::from(number(&policy.baseline_days, 365, 3_660)),
            method: policy.method.as_ref().map_or(TrendMethod::Both, |method| method.value),
            significance: f64::from(number(&policy.significance_per_mille, 10, 500)) / 1_000.0,
            ratio: f64::from(number(&policy.ratio_percent, 200, 10_000).max(101)) / 100.0,
            months_between_false_alarms: f64::from(
                number(&policy.months_between_false_alarms, 120, 12_000).max(2),
            ),
            thresholds: policy
                .thresholds
                .iter()
                .filter_map(|(group, most)| Some((group.to_string(), u64::try_from(most.value).ok()?)))
                .collect(),
        }
    }
}

/// Names of the groups that events are counted in, besides the sources.
pub const GROUPS: [&str; 5] = ["all", "serious", "non-serious", "security", "complaints"];

/// Whether a word names a group.
pub fn is_group(word: &str) -> bool {
    GROUPS.contains(&word) || Source::from_word(word).is_some()
}

/// What a group came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// The group.
    pub group: String,
    /// Events within the observation.
    pub now: Count,
    /// Events of the time before.
    pub before: Count,
    /// Probability of as many events now if nothing had changed.
    pub probability: Option<f64>,
    /// The cumulative sum.
    pub cusum: Option<CusumPath>,
    /// The most that the plan allows.
    pub threshold: Option<u64>,
    /// Signals that it gives.
    pub signals: Vec<Signal>,
    /// Risks that events of the observation are linked to.
    pub risks: Vec<String>,
}

/// A signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// More than the plan allows.
    Threshold,
    /// A statistically significant increase.
    Increase,
    /// The cumulative sum passed its limit within the observation.
    Cusum,
}

impl Signal {
    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Threshold => "threshold of the plan crossed",
            Self::Increase => "statistically significant increase",
            Self::Cusum => "cumulative sum past its limit",
        }
    }
}

/// The trends of all groups at a moment.
pub fn trends(cases: &Cases, scope: &Scope, plan: &Plan, at: Timestamp) -> Vec<Trend> {
    let mut groups: BTreeMap<&str, Vec<&Case>> = GROUPS.iter().map(|group| (*group, Vec::new())).collect();
    let counted = cases.iter().filter(|case| {
        case.joined.is_none() && !case.exercise && case.subject != Subject::Capa && case.known <= at
    });
    for case in counted {
        for group in groups_of(case, scope) {
            groups.entry(group).or_default().push(case);
        }
    }
    groups.into_iter().map(|(group, members)| trend(group, &members, cases, plan, at)).collect()
}

fn groups_of(case: &Case, scope: &Scope) -> Vec<&'static str> {
    if case.subject == Subject::Complaint {
        return vec!["complaints"];
    }
    let mut groups = vec!["all", case.source.word()];
    let holds = scope.findings(case);
    // Not yet triaged counts as neither.
    match holds("serious-incident") {
        Holds::Yes => groups.push("serious"),
        Holds::No => groups.push("non-serious"),
        Holds::Unsure => {}
    }
    let is_security = matches!(case.source, Source::WardAlarm | Source::ProbeFailure | Source::Vulnerability);
    if is_security || holds("breach") == Holds::Yes {
        groups.push("security");
    }
    groups
}

fn trend(group: &str, members: &[&Case], cases: &Cases, plan: &Plan, at: Timestamp) -> Trend {
    let back = |from: Timestamp, days: i64| {
        from.checked_sub(SignedDuration::from_secs(days.saturating_mul(DAY))).unwrap_or(Timestamp::MIN)
    };
    let observed = back(at, plan.observation_days);
    let earlier = back(observed, plan.baseline_days);
    let count = |from: Timestamp, until: Timestamp| Count {
        events: members.iter().filter(|case| from < case.known && case.known <= until).count() as u64,
        // Time before the ledger began is no time without events: it is not counted.
        exposure: exposure(&cases.uses, from.max(cases.began.unwrap_or(from)).min(until), until),
    };
    let (now, before) = (count(observed, at), count(earlier, observed));
    let probability = increase(before, now);
    let cusum = before.rate().filter(|rate| *rate > 0.0).and_then(|usual_rate| {
        let months = (plan.observation_days / PERIOD_DAYS).clamp(1, PERIODS_MAX);
        let periods: Vec<Count> = (0..months)
            .rev()
            .map(|month| {
                let until = back(at, month * PERIOD_DAYS);
                count(back(until, PERIOD_DAYS), until)
            })
            .collect();
        let between = plan.months_between_false_alarms;
        Cusum { usual_rate, ratio: plan.ratio, periods_between_false_alarms: between }.over(&periods)
    });
    let threshold = plan.thresholds.get(group).copied();
    let mut signals = Vec::new();
    if threshold.is_some_and(|most| now.events > most) {
        signals.push(Signal::Threshold);
    }
    let by = |method| plan.method == method || plan.method == TrendMethod::Both;
    if by(TrendMethod::Poisson) && probability.is_some_and(|probability| probability < plan.significance) {
        signals.push(Signal::Increase);
    }
    if by(TrendMethod::Cusum) && cusum.as_ref().is_some_and(|path| path.alarm.is_some()) {
        signals.push(Signal::Cusum);
    }
    let recent = members.iter().filter(|case| observed < case.known);
    let mut risks: Vec<String> = recent.flat_map(|case| risks_of(case)).map(str::to_owned).collect();
    risks.sort();
    risks.dedup();
    Trend { group: group.to_owned(), now, before, probability, cusum, threshold, signals, risks }
}

/// Ids of the risks that a case is linked to.
pub fn risks_of(case: &Case) -> impl Iterator<Item = &str> {
    case.links.iter().filter_map(|link| link.strip_prefix("risk."))
}

/// Use within a time, each period by its share; days where nobody has said how much the device was used.
#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of centuries and uses of a device lie far below 2^53"
)]
fn exposure(uses: &[Use], from: Timestamp, until: Timestamp) -> f64 {
    let seconds = |from: Timestamp, until: Timestamp| until.duration_since(from).as_secs().max(0) as f64;
    if uses.is_empty() {
        return seconds(from, until) / DAY as f64;
    }
    let share = |one: &Use| {
        let within = seconds(one.from.max(from), one.until.min(until));
        one.uses as f64 * within / seconds(one.from, one.until)
    };
    uses.iter().map(share).sum()
}
