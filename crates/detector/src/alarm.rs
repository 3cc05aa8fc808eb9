//! What a detector says.

/// A pattern that a detector looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// More objects taken away than anybody needs at once.
    BulkExport,
    /// Objects that come again with another content, in numbers.
    Rewriting,
    /// Studies erased, or held objects destroyed, in numbers.
    MassErasure,
    /// An object at rest that is not what was stored.
    Damage,
    /// A ledger that lacks entries which it had: the ward itself says so at its start, since what stands in the ledger cannot show it.
    Rollback,
    /// A sender that never sent before.
    FirstSeen,
    /// A sender at work when it never is.
    OddHours,
    /// Refusals in numbers, from one address or under one name.
    Guessing,
    /// A canary that somebody asked for.
    Canary,
    /// Originals handed out in an emergency.
    Emergency,
}

impl Pattern {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::BulkExport,
        Self::Rewriting,
        Self::MassErasure,
        Self::Damage,
        Self::Rollback,
        Self::FirstSeen,
        Self::OddHours,
        Self::Guessing,
        Self::Canary,
        Self::Emergency,
    ];

    /// Its word, as the ledger has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::BulkExport => "bulk-export",
            Self::Rewriting => "rewriting",
            Self::MassErasure => "mass-erasure",
            Self::Damage => "damage",
            Self::Rollback => "rollback",
            Self::FirstSeen => "first-seen",
            Self::OddHours => "odd-hours",
            Self::Guessing => "guessing",
            Self::Canary => "canary",
            Self::Emergency => "emergency",
        }
    }
}

/// An alarm: of whom or what, and in a line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Which pattern.
    pub pattern: Pattern,
    /// The id of a sender or of the ward, or the label of an address.
    pub about: String,
    /// Names nobody, and holds no number that could be a patient's.
    pub title: String,
}
