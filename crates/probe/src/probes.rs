//! One file a kind of probe.

pub mod accounts;
pub mod at_rest;
pub mod audit_flow;
pub mod backup;
pub mod canary;
pub mod command;
pub mod dicom;
pub mod emergency;
pub mod firewall;
pub mod http;
pub mod openscap;
pub mod osquery;
pub mod password_policy;
pub mod port;
pub mod prometheus;
pub mod review;
pub mod sbom_age;
pub mod sql;
pub mod time_sync;
pub mod tls;
