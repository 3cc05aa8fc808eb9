//! `medward account token`: tokens by which programs use the dashboard's interface.

use super::super::web::accounts;
use super::super::{KeyArguments, whole_file};
use crate::output::{Error, print, visible};
use jiff::Timestamp;
use medward_evidence::moment;
use medward_web::{Scope, Wanted};
use std::path::PathBuf;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Arguments {
    /// Make a token; prints it once, on standard output alone
    #[command(
        after_help = "Example:\n  medward account token create lung-ct ci --owner clerk --scope device --scope ledger --key ledger.key\n\n\
        Programs bring it as `Authorization: Bearer TOKEN` to /api/v1; what there is stands in /api/v1/openapi.json."
    )]
    Create {
        /// Directory of the security file
        directory: PathBuf,
        /// What it is called: small letters, digits and hyphens
        name: String,
        /// Id of the person of the file who answers for it; when they leave, it ends
        #[arg(long, value_name = "PERSON")]
        owner: String,
        /// What it may be used for: device, incidents, ledger (reading), report, probe (writing, as far as its owner's roles allow); may be
        /// given several times
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<Scope>,
        /// Days that it lives, at most 366
        #[arg(long, value_name = "NUMBER", default_value_t = 90)]
        days: u64,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// List the tokens: name, owner, scopes, end
    List {
        /// Directory of the security file
        directory: PathBuf,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// End a token at once
    Revoke {
        /// Directory of the security file
        directory: PathBuf,
        /// What it is called
        name: String,
        #[command(flatten)]
        key: KeyArguments,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    match arguments {
        Arguments::Create { directory, name, owner, scopes, days, key } => {
            let file = whole_file(directory)?;
            let wanted = Wanted { name, owner, scopes: scopes.iter().copied().collect(), days: *days };
            let now = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
            let token = accounts(directory, key)?.tokens().create(&file, wanted, now)?;
            eprintln!("medward: token `{}` made; it is not shown again", visible(name));
            print(&format!("{}\n", *token))
        }
        Arguments::List { directory, key } => {
            let line = |(name, token): &(String, medward_web::Token)| {
                let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.word()).collect();
                let (owner, end) =
                    (visible(&token.owner), moment(i64::try_from(token.expires).unwrap_or(i64::MAX)));
                format!("{}  {owner}  {}  until {end}\n", visible(name), scopes.join(","))
            };
            let tokens = accounts(directory, key)?.tokens().list()?;
            print(&tokens.iter().map(line).collect::<String>())
        }
        Arguments::Revoke { directory, name, key } => Ok(accounts(directory, key)?.tokens().revoke(name)?),
    }
}
