//! `medward ward tokens`.

use super::ask::{Asking, asked};
use crate::output::Error;
use medward_file::kinds::WebIdentity;
use medward_ward::control::Ask;
use medward_ward::{Configuration, DAYS_MAX};
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Tokens {
    /// Make a token and print it, this once; only a digest of it is kept
    #[command(
        after_help = "Examples:\n  medward ward tokens issue archive-2027 --sender S-PACS --passphrase-file pass > token\n\nThe file \
        says by `web` of the [sender.*] whether it needs one, alone or beside its certificate. Whoever has the token can come as that \
        sender from its networks: hand it over like a password."
    )]
    Issue {
        /// Its name: small letters, digits and hyphens; it stays in the ledger, so name nobody
        name: String,
        /// Id of the sender that it is for
        #[arg(long, value_name = "ID")]
        sender: String,
        /// Days that it lives
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=i64::from(DAYS_MAX)))]
        days: u16,
        #[command(flatten)]
        asking: Asking,
    },
    /// List the tokens, whose they are and until when
    List {
        #[command(flatten)]
        asking: Asking,
    },
    /// End a token: the next request that shows it is refused
    Revoke {
        /// Its name
        name: String,
        #[command(flatten)]
        asking: Asking,
    },
}

pub(super) fn run(arguments: &Tokens) -> Result<ExitCode, Error> {
    match arguments {
        Tokens::Issue { name, sender, days, asking } => {
            may_have_one(&asking.opened.which.configuration()?, sender)?;
            let (name, of) = (name.clone(), sender.clone());
            let done = asked(asking, Ask::TokenIssue { name, sender: of, days: *days })?;
            eprintln!("medward: for `{sender}`, for {days} days; it is not shown again");
            Ok(done)
        }
        Tokens::List { asking } => asked(asking, Ask::TokenList),
        Tokens::Revoke { name, asking } => asked(asking, Ask::TokenRevoke { name: name.clone() }),
    }
}

/// A token for somebody who may not come with one would be a secret without use.
fn may_have_one(configuration: &Configuration, id: &str) -> Result<(), Error> {
    let ward = &configuration.id;
    let Some(sender) = configuration.senders.iter().find(|sender| sender.id == id) else {
        return Err(Error::Usage(format!("no `[sender.{id}]` sends to the ward `{ward}`")));
    };
    match sender.web {
        Some(WebIdentity::Token | WebIdentity::Both) => Ok(()),
        _ => Err(Error::Usage(format!(
            "`[sender.{id}]` does not come with a token: write `web = \"token\"` or `web = \"certificate-and-token\"` there first"
        ))),
    }
}
