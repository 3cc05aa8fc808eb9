//! Who a person is: local accounts with passphrase and one-time code, passkeys, and tokens of an OpenID Connect provider.
//!
//! The ward asks here before policy decides what somebody may do; nothing here knows roles or policies. Nothing here opens files or
//! sockets, or reads a clock: the caller keeps accounts, fetches the provider's documents, and says what time it is.

mod account;
mod oidc;
mod passkey;
mod throttle;

pub use account::{Account, AccountError, Enrolment};
pub use oidc::{Endpoints, Identity, Provider, TokenError};
pub use passkey::{Answer, PASSKEY_ALGORITHMS, Passkey, PasskeyError, Site, challenge_of};
pub use throttle::{Standing, Throttle};
