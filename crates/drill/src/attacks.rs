//! The attacks, by where they strike.

mod connection;
mod identity;
mod insider;
mod object;
mod privacy;
mod rest;
mod result;
mod retrieval;
mod vault;
mod web;

pub(crate) use insider::records as people;

use crate::Attack;

/// Every attack of the drill.
pub const ATTACKS: &[&[Attack]] = &[
    identity::ATTACKS,
    connection::ATTACKS,
    insider::ATTACKS,
    object::ATTACKS,
    privacy::ATTACKS,
    rest::ATTACKS,
    result::ATTACKS,
    retrieval::ATTACKS,
    vault::ATTACKS,
    web::ATTACKS,
];
