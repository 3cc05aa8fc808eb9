//! One file a kind of probe.

pub mod accounts;
pub mod at_rest;
pub mod backup;
pub mod command;
pub mod firewall;
pub mod http;
pub mod password_policy;
pub mod port;
pub mod review;
pub mod sbom_age;
pub mod tls;
