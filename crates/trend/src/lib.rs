//! Whether events became more frequent, as MDR Art. 88 asks: an exact comparison of two rates, and a cumulative sum over periods.
//!
//! Called by post-market surveillance. Counts and exposures in, numbers out: it knows no event, no calendar and no law, and it never decides
//! what is significant; the plan of the maker does. Exposure is whatever use is measured in (studies read, device-days); only that
//! both sides use the same unit matters.

use statrs::function::beta::checked_beta_reg;

/// Events counted over an exposure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// Events.
    pub events: u64,
    /// Exposure in which they occurred; more than zero.
    pub exposure: f64,
}

impl Count {
    /// Events for each unit of exposure; none without exposure.
    pub fn rate(self) -> Option<f64> {
        is_exposure(self.exposure).then(|| number(self.events) / self.exposure)
    }
}

fn is_exposure(exposure: f64) -> bool {
    exposure.is_finite() && exposure > 0.0
}

#[expect(clippy::cast_precision_loss, reason = "counts of events lie far below 2^53")]
fn number(events: u64) -> f64 {
    events as f64
}

/// The probability of at least as many events now as were seen, if the rate were still that of before: the exact conditional test of
/// two Poisson rates (Przyborowski and Wilenski 1940). Given their sum, the events now are binomial with the share of
/// exposure as probability. `None` where an exposure is not a positive number.
pub fn increase(before: Count, now: Count) -> Option<f64> {
    if !is_exposure(before.exposure) || !is_exposure(now.exposure) {
        return None;
    }
    if now.events == 0 {
        return Some(1.0);
    }
    let share = now.exposure / (before.exposure + now.exposure);
    // P(X >= x) for X binomial(n, p) is the regularised incomplete beta function I_p(x, n - x + 1).
    checked_beta_reg(number(now.events), number(before.events) + 1.0, share).ok()
}

/// A cumulative sum of log-likelihood ratios over periods: it adds up small excesses that no single period shows (Lucas 1985).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cusum {
    /// Events for each unit of exposure, as usual.
    pub usual_rate: f64,
    /// How many times the usual rate it is tuned to find; more than 1.
    pub ratio: f64,
    /// Periods that on average pass at least before a false alarm (Lorden 1971: limit = ln of it).
    pub periods_between_false_alarms: f64,
}

/// What a cumulative sum came to.
#[derive(Debug, Clone, PartialEq)]
pub struct CusumPath {
    /// The sum after each period.
    pub sums: Vec<f64>,
    /// The sum at which it alarms.
    pub limit: f64,
    /// First period, from 0, in which it alarmed.
    pub alarm: Option<usize>,
}

impl Cusum {
    /// The path over periods in order; `None` where a parameter or an exposure makes no sense. A period without exposure adds
    /// nothing.
    pub fn over(&self, periods: &[Count]) -> Option<CusumPath> {
        let sound = is_exposure(self.usual_rate)
            && self.ratio.is_finite()
            && self.ratio > 1.0
            && self.periods_between_false_alarms.is_finite()
            && self.periods_between_false_alarms > 1.0
            && periods.iter().all(|period| period.exposure.is_finite() && period.exposure >= 0.0);
        if !sound {
            return None;
        }
        let limit = self.periods_between_false_alarms.ln();
        let (mut sum, mut sums, mut alarm) = (0.0_f64, Vec::with_capacity(periods.len()), None);
        for (index, period) in periods.iter().enumerate() {
            let expected = self.usual_rate * period.exposure;
            let step = number(period.events).mul_add(self.ratio.ln(), -expected * (self.ratio - 1.0));
            sum = (sum + step).max(0.0);
            if alarm.is_none() && sum >= limit {
                alarm = Some(index);
            }
            sums.push(sum);
        }
        Some(CusumPath { sums, limit, alarm })
    }
}
