//! The dashboard: what file and ledger say of a device today, for the people who keep it safe.
//!
//! Called by the command line. Pages are made on the server, read without script, and judge nothing themselves: they show what `live`,
//! `risk`, `paths`, `coverage` and `response` say. What is asked for passes `guard` first: without a session there is no page.
//! File and ledger are read again when they change (`device`), never for a request.

mod accounts;
mod device;
mod drawing;
mod error;
mod guard;
mod page;
mod pages;
mod server;
mod session;
mod summary;
mod tls;
mod words;

pub use accounts::Accounts;
pub use error::WebError;
pub use server::{Options, serve};
