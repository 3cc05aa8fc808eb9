//! The dashboard: what file and ledger say of a device today, for the people who keep it safe.
//!
//! Called by the command line. Pages are made on the server, read without script, and judge nothing themselves: they show what `live`,
//! `risk`, `paths`, `coverage` and `response` say, and what people do on them goes through `acting`, as on the command line.
//! What is asked for passes `guard` first: without a session there is no page, and what a session may ask for stands in `rights`.
//! File and ledger are read again when they change (`device`), never for a request.

mod accounts;
mod api;
mod browser;
mod desk;
mod device;
mod drawing;
mod entries;
mod error;
mod exposed;
mod form;
mod guard;
mod journal;
mod json;
mod page;
mod pages;
mod passkeys;
mod probing;
mod provider;
mod questions;
mod rate;
mod rights;
mod sealed;
mod server;
mod session;
mod summary;
#[cfg(test)]
mod test_device;
mod tls;
mod tokens;
mod words;
mod work;

pub use accounts::Accounts;
pub use desk::{Desk, Offered, Press};
pub use error::WebError;
pub use provider::{Client, Remote};
pub use server::{Options, serve};
pub use tokens::{Scope, Token, Tokens, Wanted};
