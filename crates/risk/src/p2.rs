//! P2: how likely a hazardous situation, once there, harms (ISO 14971 annex on risk concepts). A clinical estimate,
//! kept apart from exploitability, and of no meaning on the privacy axis.

use thiserror::Error;

use crate::scale::{Exploitability, Ordinal, Scale};

/// The clinical estimate of P2, least likely first.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum P2 {
    /// Harm only in rare circumstances.
    Remote,
    /// Harm now and then.
    Occasional,
    /// Harm more often than not.
    Probable,
    /// Harm each time.
    Certain,
    /// Not estimated; counts as certain.
    #[default]
    Unknown,
}

impl P2 {
    /// The value that counts: unknown is certain.
    #[must_use]
    pub fn counted(self) -> Self {
        if self == Self::Unknown { Self::Certain } else { self }
    }
}

/// Why caps are not valid.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum CapsError {
    /// A cap is not on the exploitability scale.
    #[error("the cap {cap} for P2 {p2:?} is not on the exploitability scale")]
    OffScale {
        /// The estimate.
        p2: P2,
        /// Its cap.
        cap: u8,
    },
    /// A less likely harm is capped less strictly than a more likely one.
    #[error("P2 {less:?} is capped less strictly than the more likely {more:?}")]
    Disorder {
        /// The less likely estimate.
        less: P2,
        /// The more likely estimate.
        more: P2,
    },
}

/// The highest matrix column that counts on the safety axis for an estimate of P2.
///
/// Harm is never more likely than P2 itself, so a low P2 may cap the column; a cap compares and never multiplies
/// (SEV-5). The starting policy has no caps: P2 is then recorded but changes nothing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Caps {
    /// Cap for [`P2::Remote`].
    pub remote: Option<Exploitability>,
    /// Cap for [`P2::Occasional`].
    pub occasional: Option<Exploitability>,
    /// Cap for [`P2::Probable`].
    pub probable: Option<Exploitability>,
}

impl Caps {
    /// The column of the safety matrix for this exploitability and P2.
    pub fn column(self, exploitability: Exploitability, p2: P2) -> Exploitability {
        self.cap(p2).map_or(exploitability, |cap| exploitability.min(cap))
    }

    /// Every fault of the caps.
    pub fn faults(self, scale: &Scale<Exploitability>) -> Vec<CapsError> {
        let estimates = [P2::Remote, P2::Occasional, P2::Probable];
        let mut faults = Vec::new();
        for p2 in estimates {
            if let Some(cap) = self.cap(p2).filter(|cap| !scale.holds(*cap)) {
                faults.push(CapsError::OffScale { p2, cap: cap.rank() });
            }
        }
        for (less, more) in estimates.into_iter().zip(estimates.into_iter().skip(1)) {
            // No cap is the least strict cap.
            let strict = |p2| self.cap(p2).map_or(u8::MAX, Ordinal::rank);
            if strict(less) > strict(more) {
                faults.push(CapsError::Disorder { less, more });
            }
        }
        faults
    }

    fn cap(self, p2: P2) -> Option<Exploitability> {
        match p2 {
            P2::Remote => self.remote,
            P2::Occasional => self.occasional,
            P2::Probable => self.probable,
            P2::Certain | P2::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defaults;

    #[test]
    fn unknown_is_never_capped() {
        let two = Exploitability::new(2);
        let caps = Caps { remote: two, occasional: two, probable: two };
        let five = Exploitability::at(5);
        assert_eq!(caps.column(five, P2::Unknown), five);
        assert_eq!(Some(caps.column(five, P2::Remote)), two);
        assert_eq!(caps.column(Exploitability::at(1), P2::Remote), Exploitability::at(1));
    }

    #[test]
    fn caps_follow_likelihood() {
        let caps =
            Caps { remote: None, occasional: Exploitability::new(3), probable: Exploitability::new(7) };
        assert_eq!(
            caps.faults(&defaults::exploitability()),
            [
                CapsError::OffScale { p2: P2::Probable, cap: 7 },
                CapsError::Disorder { less: P2::Remote, more: P2::Occasional },
            ]
        );
    }
}
