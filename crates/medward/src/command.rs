//! The commands, one file each.

mod account;
mod approve;
mod attest;
mod capa;
mod catalog;
mod check;
mod complaint;
mod deidentify;
mod demo;
mod dicom;
mod event;
mod evidence;
mod explain;
mod incident;
mod init;
mod key;
mod ledger;
mod paths;
mod pms;
mod probe;
mod reidentify;
mod report;
mod review;
mod risk;
mod schema;
mod seal;
mod trace;
mod ward;
mod web;

use crate::output::Error;
pub(crate) use ledger::{DIRECTORY, KeyArguments, keep, passphrase, public_key};
pub(crate) use medward_acting::whole_file;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Say who may sign in to the dashboard
    #[command(subcommand)]
    Account(account::Arguments),
    /// Approve records as they read today, signed with your own key
    Approve(approve::Arguments),
    /// Write into the ledger what people saw of a control
    Attest(attest::Arguments),
    /// Open corrective and preventive actions, take them further, check their effect
    #[command(subcommand)]
    Capa(capa::Arguments),
    /// Check a security file and report every gap, with place, reason and mend
    Check(check::Arguments),
    /// Show what laws and standards ask, and how far a file answers
    #[command(subcommand)]
    Catalog(catalog::Arguments),
    /// Log complaints, say whether security is concerned, close them
    #[command(subcommand)]
    Complaint(complaint::Arguments),
    /// Take out of DICOM files what identifies patients and staff (PS3.15 Annex E)
    Deidentify(deidentify::Arguments),
    /// Look at DICOM files before anything else opens them
    #[command(subcommand)]
    Dicom(dicom::Arguments),
    /// Report what happened or was found; list, correct, join and import it
    #[command(subcommand)]
    Event(event::Arguments),
    /// Bring test results and records of other systems into the ledger as evidence
    #[command(subcommand)]
    Evidence(evidence::Arguments),
    /// Write a small security file to start from
    Init(init::Arguments),
    /// Say what a rule asks, why, and how to mend a finding
    Explain(explain::Arguments),
    /// Triage an event, decide, follow vigilance and breach notification with their clocks, fill their forms
    #[command(subcommand)]
    Incident(incident::Arguments),
    /// Make a key to sign approvals and attestations with
    #[command(subcommand)]
    Key(key::Arguments),
    /// Begin, verify and show the ledger of a device
    #[command(subcommand)]
    Ledger(ledger::Arguments),
    /// Show the weakest attack paths and what the loss of a layer would expose
    Paths(paths::Arguments),
    /// Watch how often things happen: trends, signals, the security section of the periodic safety update report
    #[command(subcommand)]
    Pms(pms::Arguments),
    /// Run the probes of the controls and write what they saw into the ledger
    #[command(subcommand)]
    Probe(probe::Arguments),
    /// Bring results made on pseudonymised data back to their patient; takes two people of different roles
    #[command(subcommand)]
    Reidentify(reidentify::Arguments),
    /// Make the documents that a notified body, an auditor or hospital IT asks for
    Report(report::Arguments),
    /// Note that a record's links were reviewed against what they lead to today
    Review(review::Arguments),
    /// Show the ranked register of risks with a heat map for each axis
    Risk(risk::Arguments),
    /// Show the traceability matrix from risk to test and catalogue entry
    Trace(trace::Arguments),
    /// Sign DICOM images, seal their series, and verify both
    #[command(subcommand)]
    Seal(seal::Arguments),
    /// Run the gateway through which every scan passes, and ask it
    #[command(subcommand)]
    Ward(ward::Arguments),
    /// Serve the dashboard: layers, risks, controls, paths, clocks and ledger as they stand today
    Web(web::Arguments),
    /// Play the whole loop on this machine: a ward, a stand-in AI, attacks, two procedures, reports
    Demo(demo::Arguments),
    /// Print the JSON Schema of the file format, for editors
    Schema,
    /// What the gateway starts, confined, to read what comes from outside; not for people
    #[command(name = ward::READER, hide = true)]
    Reader {
        /// Its limits
        limits: String,
    },
}

/// Runs a command.
pub(crate) fn run(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Account(arguments) => account::run(&arguments),
        Command::Approve(arguments) => approve::run(&arguments),
        Command::Attest(arguments) => attest::run(&arguments),
        Command::Catalog(arguments) => catalog::run(&arguments),
        Command::Deidentify(arguments) => deidentify::run(&arguments),
        Command::Capa(arguments) => capa::run(&arguments),
        Command::Complaint(arguments) => complaint::run(&arguments),
        Command::Event(arguments) => event::run(&arguments),
        Command::Incident(arguments) => incident::run(&arguments),
        Command::Pms(arguments) => pms::run(&arguments),
        Command::Dicom(arguments) => dicom::run(&arguments),
        Command::Evidence(arguments) => evidence::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Key(arguments) => key::run(&arguments),
        Command::Ledger(arguments) => ledger::run(&arguments),
        Command::Paths(arguments) => paths::run(&arguments),
        Command::Probe(arguments) => probe::run(&arguments),
        Command::Reidentify(arguments) => reidentify::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Review(arguments) => review::run(&arguments),
        Command::Risk(arguments) => risk::run(&arguments),
        Command::Seal(arguments) => seal::run(&arguments),
        Command::Trace(arguments) => trace::run(&arguments),
        Command::Ward(arguments) => ward::run(&arguments),
        Command::Web(arguments) => web::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Reader { limits } => Ok(medward_ward::serve_reader(&limits)),
        Command::Schema => schema::run(),
    }
}
