//! `medward account`: who may sign in to the dashboard, and which programs may ask it.

mod token;

use super::web::accounts;
use super::{KeyArguments, passphrase, whole_file};
use crate::output::{Error, print, visible};
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Make the account of a person of the file; prints what their authenticator takes, once
    Add {
        /// Directory of the security file
        directory: PathBuf,
        /// Id of the person in the file
        person: String,
        /// File whose first line is the person's passphrase; asked for on the terminal when absent
        #[arg(long, value_name = "FILE")]
        account_passphrase_file: Option<PathBuf>,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// Link a person of the file to what an OpenID Connect provider calls them (`sub`), for `medward web --provider`
    Link {
        /// Directory of the security file
        directory: PathBuf,
        /// Id of the person in the file
        person: String,
        /// What the provider's tokens name them by
        subject: String,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// Take every way in of a person away: account, passkeys, link to a provider
    Remove {
        /// Directory of the security file
        directory: PathBuf,
        /// Id of the person
        person: String,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// List who has an account
    List {
        /// Directory of the security file
        directory: PathBuf,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// Tokens of programs
    #[command(subcommand)]
    Token(token::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    match arguments {
        Arguments::Add { directory, person, account_passphrase_file, key } => {
            let file = whole_file(directory)?;
            let accounts = accounts(directory, key)?;
            let given = passphrase(account_passphrase_file.as_deref(), "the new account")?;
            if account_passphrase_file.is_none() && *given != *passphrase(None, "the new account, again")? {
                return Err(Error::Usage("the passphrases differ; nothing was changed".to_owned()));
            }
            let enrolment = accounts.add(&file, person, &given)?;
            print(&format!(
                "account of {} made. Enter this into an authenticator now; it is not shown again:\n  secret   {}\n  address  {}\n",
                visible(person),
                *enrolment.secret,
                *enrolment.address
            ))?;
        }
        Arguments::Link { directory, person, subject, key } => {
            accounts(directory, key)?.link(&whole_file(directory)?, person, subject)?;
        }
        Arguments::Remove { directory, person, key } => accounts(directory, key)?.remove(person)?,
        Arguments::List { directory, key } => {
            let people = accounts(directory, key)?.people()?;
            let lines: Vec<_> = people.iter().map(|person| visible(person) + "\n").collect();
            print(&lines.concat())?;
        }
        Arguments::Token(arguments) => token::run(arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}
