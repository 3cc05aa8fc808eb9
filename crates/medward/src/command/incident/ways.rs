//! Ways by which the owners of a limit are told: the terminal, this desktop, mail, a webhook.

use super::desktop::notify;
use super::escalate::Warning;
use super::mail::{Login, Mail};
use super::webhook;
use crate::acting::{Device, warn};
use crate::output::Error;
use std::collections::BTreeMap;
use std::path::Path;
use zeroize::Zeroizing;

/// One way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way<'d> {
    /// What is printed was said.
    Terminal,
    /// A notification on the desktop of whoever runs the command.
    Desktop,
    /// A mail to a role.
    Mail { role: &'d str, address: &'d str },
    /// A message to a webhook.
    Webhook(&'d str),
}

impl Way<'_> {
    /// Its name in the ledger.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Terminal => "terminal".to_owned(),
            Self::Desktop => "desktop".to_owned(),
            Self::Mail { role, .. } => format!("mail.{role}"),
            Self::Webhook(_) => "webhook".to_owned(),
        }
    }
}

/// The ways by which whoever answers for `safety`, `privacy` or `security` is told.
pub(super) fn ways<'d>(device: &'d Device, owner: &str, desktop: bool) -> Vec<Way<'d>> {
    let mut ways = vec![Way::Terminal];
    ways.extend(desktop.then_some(Way::Desktop));
    let policy = device.file.policy.as_ref().and_then(|(_, policy)| policy.escalation.as_ref());
    let Some(policy) = policy else { return ways };
    if policy.smtp.is_some() {
        let roles = device.owners(owner).filter_map(|role| Some((role.id(), &*role.mail.as_ref()?.value)));
        let before = ways.len();
        ways.extend(roles.map(|(role, address)| Way::Mail { role, address }));
        if ways.len() == before {
            warn(&format!("no role that answers for {owner} has a `mail`: nobody is written to"));
        }
    }
    ways.extend(policy.webhook.as_ref().map(|address| Way::Webhook(&address.value)));
    ways
}

/// What it takes to send.
pub(super) struct Sender {
    mail: Option<Mail>,
    secret: Option<Zeroizing<String>>,
    seconds: i64,
}

impl Sender {
    /// By the policy of a device and a file of secrets.
    pub(super) fn of(device: &Device, secrets: Option<&Path>) -> Result<Self, Error> {
        let mut secrets = secrets.map(read).transpose()?.unwrap_or_default();
        let login: Login = secrets.remove("smtp_user").zip(secrets.remove("smtp_password"));
        let policy = device.file.policy.as_ref().and_then(|(_, policy)| policy.escalation.as_ref());
        let mail = match policy.map(|policy| (&policy.smtp, &policy.from)) {
            Some((Some(server), Some(from))) => Some(Mail::open(server, from, login)?),
            Some((Some(_), None)) => {
                let message = "`[policy.escalation]` has `smtp` and no `from`: say where mail comes from";
                return Err(Error::Usage(message.into()));
            }
            _ => None,
        };
        Ok(Self { mail, secret: secrets.remove("webhook_secret"), seconds: device.at.as_second() })
    }

    /// Tells by one way.
    pub(super) fn tell(&self, way: &Way<'_>, warning: &Warning<'_>) -> Result<(), Error> {
        let title = format!("Medward: {} {}", warning.case.id, warning.limit);
        match way {
            Way::Terminal => Ok(()),
            Way::Desktop => notify(&title, &warning.text),
            Way::Mail { address, .. } => match &self.mail {
                Some(mail) => mail.send(address, &title, &warning.text),
                None => Err(Error::Usage("the policy names no mail server".into())),
            },
            Way::Webhook(address) => {
                webhook::post(address, self.secret.as_ref(), self.seconds, &warning.row())
            }
        }
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, Zeroizing<String>>, Error> {
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(Error::io("read", path))?);
    // The parser's own message would quote the line, and with it the secret.
    let read: BTreeMap<String, String> = toml::from_str(&text).map_err(|_| {
        Error::Usage(format!("`{}` is no TOML file of `name = \"value\"` lines", path.display()))
    })?;
    Ok(read.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect())
}
