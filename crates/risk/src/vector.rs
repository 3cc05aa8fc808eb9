//! Exploitability factors out of a CVSS vector, versions 3.0, 3.1 and 4.0.
//!
//! A CVSS base score is not a risk: only the metrics that say how an attack is made are read (AV, AC, AT, PR, UI, E
//! and their modified forms). The impact metrics play no part, because severity is a clinical and a privacy judgement.

use std::ops::Range;

use cvss::{Cvss, Error as CvssError, MetricType};
use thiserror::Error;

use crate::exploitability::{Access, Complexity, Conditions, Factors, KnownExploit, Privileges, UserAction};

/// What is wrong with a vector.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Fault {
    /// The text does not begin with `CVSS:` and a version.
    #[error("this is not a CVSS vector; it begins like `CVSS:3.1/AV:N`")]
    NotAVector,
    /// A version that is not read.
    #[error("CVSS version `{0}` is not read; 3.0, 3.1 and 4.0 are")]
    Version(String),
    /// A part is not of the form `NAME:VALUE`.
    #[error("`{0}` is not of the form NAME:VALUE")]
    Component(String),
    /// A metric that this version does not have.
    #[error("this CVSS version has no metric `{0}`")]
    UnknownMetric(String),
    /// A value that the metric does not have.
    #[error("the metric {metric} has no value `{value}`")]
    Value {
        /// The metric.
        metric: String,
        /// The value given.
        value: String,
    },
    /// A metric given twice.
    #[error("the metric {0} is given twice")]
    Twice(String),
    /// A metric that this version requires is not given.
    #[error("the metric {0} is missing")]
    Missing(String),
    /// Refused by the parser for a reason of its own.
    #[error("the vector is not valid: {0}")]
    Other(String),
}

/// A vector that could not be read, and where.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{fault}")]
pub struct VectorError {
    /// What is wrong.
    pub fault: Fault,
    /// The bytes of the vector it is about; `None` if the fault has no place, as when a metric is missing.
    pub place: Option<Range<usize>>,
}

/// What to do with environmental (modified) metrics that make an attack harder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Environment {
    /// The instructions for use state and justify the environment, so its metrics count.
    Stated,
    /// They do not; modified metrics count only where they make an attack easier.
    NotStated,
}

/// Base metrics that a version 3 vector must have; the parser accepts vectors without them.
const REQUIRED_V3: [&str; 8] = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"];

/// The factors that a vector states. Exposure and gain are not in a vector, so they stay at their worst.
pub fn factors(vector: &str, environment: Environment) -> Result<Factors, VectorError> {
    let parsed: Cvss = vector.parse().map_err(|error| located(vector, &error))?;
    let four = match parsed {
        Cvss::CvssV30(_) | Cvss::CvssV31(_) => {
            if let Some(metric) = REQUIRED_V3.into_iter().find(|metric| value(vector, metric).is_none()) {
                return Err(VectorError { fault: Fault::Missing(metric.to_owned()), place: None });
            }
            false
        }
        Cvss::CvssV40(_) => true,
        _ => return Err(VectorError { fault: Fault::Version("2.0".to_owned()), place: None }),
    };
    Ok(Factors {
        access: metric(vector, "AV", environment, |value| match value {
            "P" => Access::Physical,
            "L" => Access::Local,
            "A" => Access::Adjacent,
            _ => Access::Network,
        }),
        complexity: metric(vector, "AC", environment, |value| match value {
            "H" => Complexity::High,
            _ => Complexity::Low,
        }),
        conditions: metric(vector, "AT", environment, |value| match value {
            "P" => Conditions::Present,
            _ => Conditions::None,
        }),
        privileges: metric(vector, "PR", environment, |value| match value {
            "H" => Privileges::High,
            "L" => Privileges::Low,
            _ => Privileges::None,
        }),
        // Version 3 does not tell usual work from unusual acts, so `R` counts as the easier of both.
        user_action: metric(vector, "UI", environment, |value| match value {
            "A" => UserAction::Active,
            "P" | "R" => UserAction::Passive,
            _ => UserAction::None,
        }),
        known_exploit: known_exploit(value(vector, "E").as_deref(), four),
        ..Factors::default()
    })
}

/// In version 3, `H` says that working code is widespread, not that it was used; only version 4 states attacks.
fn known_exploit(maturity: Option<&str>, four: bool) -> KnownExploit {
    match (four, maturity) {
        (true, Some("A")) => KnownExploit::Exploited,
        (_, Some("P")) => KnownExploit::ProofOfConcept,
        (_, Some("U")) => KnownExploit::NoneFound,
        _ => KnownExploit::FunctionalOrUnknown,
    }
}

/// The value of a base metric, replaced by its modified form where that counts.
fn metric<V: Copy + Ord>(vector: &str, name: &str, environment: Environment, read: impl Fn(&str) -> V) -> V {
    let base = read(value(vector, name).as_deref().unwrap_or_default());
    let modified = value(vector, &format!("M{name}")).filter(|value| value != "X").map(|value| read(&value));
    match (modified, environment) {
        (None, _) => base,
        (Some(modified), Environment::Stated) => modified,
        // Values are ordered by hindrance, so the lesser is the easier attack.
        (Some(modified), Environment::NotStated) => modified.min(base),
    }
}

/// The parts of a vector with their places: the prefix first, then the metrics.
fn components(vector: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut start = 0usize;
    vector.split('/').map(move |text| {
        let place = start..start.saturating_add(text.len());
        start = place.end.saturating_add(1);
        (place, text)
    })
}

/// Whether a part gives this metric. The parser ignores case, so this does.
fn names(component: &str, metric: &str) -> bool {
    component.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case(metric))
}

/// The value of a metric, in upper case.
fn value(vector: &str, metric: &str) -> Option<String> {
    let (_, component) = components(vector).skip(1).find(|(_, component)| names(component, metric))?;
    component.split_once(':').map(|(_, value)| value.to_ascii_uppercase())
}

/// The parser's error in our terms, with the place that it does not tell.
fn located(vector: &str, error: &CvssError) -> VectorError {
    let nth = |metric: &str, index: usize| {
        let mut found = components(vector).skip(1).filter(|(_, component)| names(component, metric));
        found.nth(index).map(|(place, _)| place)
    };
    let prefix = components(vector).next().map(|(place, _)| place);
    let metric_value = |metric: MetricType, value: &str| {
        let fault = Fault::Value { metric: metric.name().to_owned(), value: value.to_owned() };
        // The first part of that name may be right and a second one wrong, so look for the value too.
        let part = components(vector).skip(1).find(|(_, component)| {
            names(component, metric.name())
                && component.split_once(':').is_some_and(|(_, given)| given.eq_ignore_ascii_case(value))
        });
        VectorError { fault, place: part.map(|(place, _)| place) }
    };
    let twice = |metric: MetricType| VectorError {
        fault: Fault::Twice(metric.name().to_owned()),
        place: nth(metric.name(), 1),
    };
    match error {
        CvssError::InvalidPrefix { .. } => VectorError { fault: Fault::NotAVector, place: prefix },
        CvssError::UnsupportedVersion { version } => {
            VectorError { fault: Fault::Version(version.clone()), place: prefix }
        }
        CvssError::InvalidComponent { component } => {
            let found = components(vector).find(|(_, text)| text == component).map(|(place, _)| place);
            // Without a version in front there are no metrics to be wrong.
            let fault = if found.as_ref().is_none_or(|place| place.start == 0) {
                Fault::NotAVector
            } else {
                Fault::Component(component.clone())
            };
            VectorError { fault, place: found.or(prefix) }
        }
        CvssError::UnknownMetric { name } => {
            VectorError { fault: Fault::UnknownMetric(name.clone()), place: nth(name, 0) }
        }
        CvssError::InvalidMetricV3 { metric_type, value } => {
            metric_value(MetricType::V3(*metric_type), value)
        }
        CvssError::InvalidMetricV4 { metric_type, value } => {
            metric_value(MetricType::V4(*metric_type), value)
        }
        CvssError::DuplicateMetricV3 { metric_type } => twice(MetricType::V3(*metric_type)),
        CvssError::DuplicateMetricV4 { metric_type } => twice(MetricType::V4(*metric_type)),
        CvssError::MissingMandatoryMetricV4 { metric_type } => {
            let metric = MetricType::V4(*metric_type).name().to_owned();
            VectorError { fault: Fault::Missing(metric), place: None }
        }
        CvssError::InvalidMetricV2 { .. }
        | CvssError::DuplicateMetricV2 { .. }
        | CvssError::MissingMandatoryMetricV2 { .. } => {
            VectorError { fault: Fault::NotAVector, place: prefix }
        }
        other => VectorError { fault: Fault::Other(other.to_string()), place: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exploitability::estimate;
    use crate::scale::Ordinal;
    use crate::scoring::Scoring;

    fn level(vector: &str, environment: Environment) -> u8 {
        estimate(&factors(vector, environment).unwrap(), &Scoring::default()).level.rank()
    }

    fn fault(vector: &str) -> (Fault, Option<&str>) {
        let VectorError { fault, place } = factors(vector, Environment::Stated).unwrap_err();
        (fault, place.map(|place| &vector[place]))
    }

    const HARDEST_4: &str = "CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H";

    #[test]
    fn impact_plays_no_part() {
        let base = "CVSS:3.1/AV:A/AC:L/PR:L/UI:R/S:U";
        let none = level(&format!("{base}/C:N/I:N/A:N"), Environment::Stated);
        let all = level(&format!("{base}/C:H/I:H/A:H"), Environment::Stated);
        assert_eq!((none, all), (3, 3));
    }

    #[test]
    fn both_versions_span_the_scale() {
        let easiest_3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L";
        let hardest_3 = "CVSS:3.0/AV:P/AC:H/PR:H/UI:R/S:C/C:H/I:H/A:H";
        let easiest_4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N";
        let levels =
            [easiest_3, hardest_3, easiest_4, HARDEST_4].map(|vector| level(vector, Environment::Stated));
        assert_eq!(levels, [5, 1, 5, 1]);
    }

    #[test]
    fn attacks_reported_by_the_vector_set_the_highest_level() {
        assert_eq!(level(&format!("{HARDEST_4}/E:A"), Environment::Stated), 5);
        assert_eq!(level(&format!("{HARDEST_4}/E:P"), Environment::Stated), 1);
        // In version 3 widespread code is no report of attacks.
        let widespread = "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:H/I:H/A:H/E:H";
        assert_eq!(level(widespread, Environment::Stated), 1);
    }

    #[test]
    fn a_better_environment_counts_only_when_stated_and_a_worse_one_always() {
        let better = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/MAV:P";
        assert_eq!(level(better, Environment::NotStated), 5);
        assert_eq!(level(better, Environment::Stated), 3);
        let worse = "CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/MAV:N/MAC:X";
        assert_eq!(level(worse, Environment::NotStated), 5);
    }

    #[test]
    fn each_fault_is_named_with_its_place() {
        let value = |metric: &str, value: &str| Fault::Value { metric: metric.into(), value: value.into() };
        let base = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        let cases = [
            ("9.8".to_owned(), Fault::NotAVector, Some("9.8")),
            (String::new(), Fault::NotAVector, Some("")),
            ("AV:N/AC:L/Au:N/C:P/I:P/A:P".into(), Fault::Version("2.0".into()), None),
            (base.replace("3.1", "5.0"), Fault::Version("5.0".into()), Some("CVSS:5.0")),
            (base.replace("AC:L", "AC"), Fault::Component("AC".into()), Some("AC")),
            (base.replace("AV:N", "AV:F"), value("AV", "F"), Some("AV:F")),
            (format!("{base}/AV:Q"), value("AV", "Q"), Some("AV:Q")),
            (format!("{base}/ZZ:N"), Fault::UnknownMetric("ZZ".into()), Some("ZZ:N")),
            (format!("{base}/av:P"), Fault::Twice("AV".into()), Some("av:P")),
            (base.replace("/PR:N", ""), Fault::Missing("PR".into()), None),
            (HARDEST_4.replace("/AT:P", ""), Fault::Missing("AT".into()), None),
            (HARDEST_4.replace("UI:A", "UI:R"), value("UI", "R"), Some("UI:R")),
        ];
        for (vector, expected, place) in cases {
            assert_eq!(fault(&vector), (expected, place), "{vector}");
        }
    }
}
