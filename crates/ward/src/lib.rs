//! The ward: a gateway of independent layers through which every scan passes on its way to the AI.
//!
//! The command line runs it with what the security file says ([`Configuration`]); it never widens what that says. The data's way is the
//! list of modules: `gateway` takes a connection, `service` speaks to it, as `web` does where it is DICOMweb, `intake` takes an object,
//! `reading` has it read by a process that can do nothing else, `keep` puts it on stable storage,
//! `release` makes the pseudonymised result, `forward` sends that on, `way_back` gives what the AI answers its patient
//! again, `query` and `retrieve` answer who asks for what is pseudonymised. `layers` decides at every step, and `watch` writes down.

mod alarms;
mod audit;
mod certificates;
mod configuration;
pub mod control;
mod decision;
mod emergency;
mod facts;
mod firewall;
mod follow;
mod forward;
mod gateway;
mod handed;
mod intake;
mod issuer;
mod keep;
mod layers;
mod metrics;
mod network;
mod nodes;
mod outgoing;
mod part;
mod part10;
mod people;
mod post;
mod problem;
mod query;
mod queue;
mod reading;
mod release;
mod reread;
mod retrieve;
mod revocation;
mod rollback;
mod service;
mod signing;
mod state;
mod tell;
mod tls;
mod tokens;
mod traces;
mod watch;
mod watching;
mod way_back;
mod web;

pub use audit::AuditError;
pub use certificates::{Authority, AuthorityError, Issued, Usage};
pub use configuration::{Bounds, Configuration, ConfigurationError};
pub use decision::Refusal;
pub use firewall::ruleset;
pub use gateway::{Gateway, GatewayError, deidentifier};
pub use issuer::{IssuerError, KnownIssuer};
pub use layers::policy::SCHEMA;
pub use layers::{Policies, PolicyError};
pub use medward_ward_ledger::Event;
pub use metrics::MetricsAt;
pub use network::{Network, NetworkError};
pub use nodes::{KnownDestination, KnownSender, Repository};
pub use people::{KnownPerson, Permits};
pub use queue::{Delivery, Queue, QueueError};
pub use reading::{Reader, serve as serve_reader};
pub use state::{State, StateError};
pub use tls::{TlsError, fingerprint};
pub use tokens::{DAYS_MAX, Secret, Token, TokenError, Tokens};
pub use watch::{Watch, WatchError};
pub use way_back::{WayBack, WayBackError};
pub use web::ROOT as WEB_ROOT;
