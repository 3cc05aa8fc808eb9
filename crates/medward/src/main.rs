//! Medward's command line.
//!
//! The top floor: it reads arguments, calls the crates below and prints. Exit codes: 0 clean, 1 findings, 2 could
//! not run.

mod acting;
mod alarms;
mod command;
mod files;
mod live;
mod outgoing;
mod output;
mod progress;
mod signing;
mod wards;

use clap::Parser;
use std::process::ExitCode;

/// Checks the cybersecurity file of a medical device as a compiler checks source.
#[derive(Debug, Parser)]
#[command(name = "medward", version, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: command::Command,
}

fn main() -> ExitCode {
    match command::run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("medward: {}", output::visible(&error.to_string()));
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn no_command_has_two_arguments_of_one_name() {
        super::Arguments::command().debug_assert();
    }
}
