//! `medward seal`: DICOM digital signatures and seals of series, made and verified.

mod record;
mod series;
mod sign;
mod stamps;
mod verify;

use crate::output::Error;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Add a digital signature (PS3.15 Annex C) to DICOM files, written into another directory
    Sign(sign::Arguments),
    /// Seal the series of a directory: a signed manifest for each, which shows every later change
    Record(record::Arguments),
    /// Verify signatures, and series against their manifests; what is unsigned is never accepted
    Verify(verify::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Sign(arguments) => sign::run(arguments),
        Arguments::Record(arguments) => record::run(arguments),
        Arguments::Verify(arguments) => verify::run(arguments),
    }
}
