//! Who a person is: local accounts with passphrase and one-time code, and tokens of an OpenID Connect provider.
//!
//! The ward asks here before policy decides what somebody may do; nothing here knows roles or policies. Nothing here opens files or
//! sockets, or reads a clock: the caller keeps accounts, fetches the provider's documents, and says what time it is.

mod account;
mod oidc;
mod throttle;

pub use account::{Account, AccountError, Enrolment};
pub use oidc::{Identity, Provider, TokenError};
pub use throttle::{Standing, Throttle};
