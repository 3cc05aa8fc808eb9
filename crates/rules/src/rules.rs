//! The rules by family; each family's module lists its rules.

pub(crate) mod r1;
pub(crate) mod r2;
pub(crate) mod r3;
pub(crate) mod r4;
pub(crate) mod r5;
pub(crate) mod r6;
pub(crate) mod r7;
pub(crate) mod r8;

/// Every family's rules, by code.
pub(crate) const FAMILIES: &[&[&crate::Rule]] =
    &[r1::RULES, r2::RULES, r3::RULES, r4::RULES, r5::RULES, r6::RULES, r7::RULES, r8::RULES];
