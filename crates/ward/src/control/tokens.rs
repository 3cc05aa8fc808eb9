//! What people ask about bearer tokens.

use super::{Answer, Answered, By, Control, done, text};
use crate::tokens::Token;
use jiff::Timestamp;
use medward_ward_ledger::Event;
use serde::{Deserialize, Serialize};

/// A token, without anything secret. Moments are seconds since 1970-01-01.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Record of its sender.
    pub sender: String,
    /// When it was made.
    pub issued: i64,
    /// When it ends.
    pub expires: i64,
    /// When it was revoked.
    pub revoked: Option<i64>,
}

impl From<Token> for Listed {
    fn from(token: Token) -> Self {
        let Token { sender, issued, expires, revoked, .. } = token;
        Self { sender, issued, expires, revoked }
    }
}

impl Control {
    pub(super) fn tokens(&self) -> Answer {
        let all = self.state.tokens.all().into_iter();
        Answer::Tokens { tokens: all.map(|(name, token)| (name, token.into())).collect() }
    }

    pub(super) fn issue(&self, name: &str, sender: &str, days: u16, by: By) -> Answered {
        let (token, secret) =
            self.state.tokens.issue(name, sender, days, Timestamp::now().as_second()).map_err(text)?;
        let expires = token.expires;
        let event = Event::TokenIssued { token: name.to_owned(), sender: sender.to_owned(), expires, by };
        if let Err(error) = self.state.watch.record(&event) {
            // What cannot be written down is not done.
            self.state.tokens.revoke(name, token.issued).map_err(text)?;
            return Err(text(error));
        }
        Ok(Answer::Issued { expires, token: secret })
    }

    pub(super) fn revoke(&self, token: String) -> Answered {
        // First the deed: whoever revokes cannot wait for a ledger.
        self.state.tokens.revoke(&token, Timestamp::now().as_second()).map_err(text)?;
        let said = format!("`{token}` is refused from now on");
        self.state.watch.record(&Event::TokenRevoked { token }).map_err(text)?;
        done(said)
    }
}
