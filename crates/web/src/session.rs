//! Sessions: short, rotating, in memory alone, so that a restart ends all of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Seconds without a request after which a session ends.
const IDLE_SECONDS: u64 = 900;
/// Seconds after which a session ends in any case: a working day.
pub(crate) const SECONDS_MAX: u64 = 28_800;
/// Seconds after which a token is replaced, and for which the former one still works: requests are under way.
const TOKEN_SECONDS: u64 = 300;
const FORMER_SECONDS: u64 = 30;
/// Most sessions kept.
const SESSIONS_MAX: usize = 10_000;
const TOKEN_BYTES: usize = 32;

/// Name of the cookie. The prefix makes browsers refuse it without `Secure`, with a `Domain`, or for another path.
pub(crate) const COOKIE: &str = "__Host-medward";

/// Who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Id of the person in the file.
    pub(crate) person: String,
    /// What a form must carry.
    pub(crate) csrf: String,
    /// What its owner names it by; it lets nobody in.
    pub(crate) name: String,
    /// Browser that it began in, in words of a closed list.
    pub(crate) browser: String,
    /// When it began, in seconds since 1970-01-01.
    pub(crate) begun: u64,
    /// When its owner last asked for a page.
    pub(crate) seen: u64,
    token_begun: u64,
    is_former: bool,
}

impl Session {
    fn is_over(&self, now: u64) -> bool {
        now.saturating_sub(self.begun) > SECONDS_MAX
            || now.saturating_sub(self.seen) > IDLE_SECONDS
            || (self.is_former && now.saturating_sub(self.token_begun) > FORMER_SECONDS)
    }
}

/// All sessions, by the digest of their token: what is in memory lets nobody in.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

pub(crate) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A text that nobody guesses; nothing where the system gives no random numbers.
pub(crate) fn random() -> Option<String> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

impl Sessions {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session of a person in a browser; gives its token. `None` where there is no randomness or no room.
    pub(crate) fn begin(&self, person: &str, browser: &str, now: u64) -> Option<String> {
        let (token, csrf, name) = (random()?, random()?, random()?);
        let mut sessions = self.lock();
        sessions.retain(|_, session| !session.is_over(now));
        if sessions.len() >= SESSIONS_MAX {
            return None;
        }
        let (person, browser) = (person.to_owned(), browser.to_owned());
        let (begun, seen, token_begun) = (now, now, now);
        let session = Session { person, csrf, name, browser, begun, seen, token_begun, is_former: false };
        sessions.insert(digest(&token), session);
        Some(token)
    }

    /// The session of a token, and a new token where the old one is to be replaced. What the page asks for by itself does not keep a
    /// session alive.
    pub(crate) fn find(&self, token: &str, now: u64, by_person: bool) -> Option<(Session, Option<String>)> {
        let mut sessions = self.lock();
        let at = digest(token);
        let session = sessions.get_mut(&at)?;
        if session.is_over(now) {
            sessions.remove(&at);
            return None;
        }
        if by_person {
            session.seen = now;
        }
        let found = session.clone();
        if !by_person || found.is_former || now.saturating_sub(found.token_begun) < TOKEN_SECONDS {
            return Some((found, None));
        }
        let Some(replacement) = random() else { return Some((found, None)) };
        (session.is_former, session.token_begun) = (true, now);
        sessions.insert(digest(&replacement), Session { token_begun: now, ..found.clone() });
        Some((found, Some(replacement)))
    }

    /// The sessions of a person at a moment, the newest first.
    pub(crate) fn of(&self, person: &str, now: u64) -> Vec<Session> {
        let is_open =
            |session: &&Session| session.person == person && !session.is_former && !session.is_over(now);
        let mut open: Vec<_> = self.lock().values().filter(is_open).cloned().collect();
        open.sort_by_key(|session| std::cmp::Reverse(session.begun));
        open
    }

    /// Ends the session of a person that they name.
    pub(crate) fn end_named(&self, person: &str, name: &str) {
        self.lock().retain(|_, session| session.person != person || session.name != name);
    }

    /// Ends the sessions of a person that began until a moment.
    pub(crate) fn end_until(&self, person: &str, at: u64) {
        self.lock().retain(|_, session| session.person != person || session.begun > at);
    }

    /// Ends all sessions of a person.
    pub(crate) fn end_all(&self, person: &str) {
        self.lock().retain(|_, session| session.person != person);
    }

    /// Ends the session of a token, and what was begun under its former ones.
    pub(crate) fn end(&self, token: &str) {
        let mut sessions = self.lock();
        if let Some(ended) = sessions.remove(&digest(token)) {
            sessions.retain(|_, session| session.name != ended.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_idle_and_in_any_case() {
        let sessions = Sessions::default();
        let token = sessions.begin("clerk", "", 0).unwrap();
        assert!(sessions.find(&token, IDLE_SECONDS, false).is_some());
        assert!(
            sessions.find(&token, IDLE_SECONDS + 1, false).is_none(),
            "what the page asks keeps none alive"
        );
        let mut token = sessions.begin("clerk", "", 0).unwrap();
        let mut now = 0;
        while now <= SECONDS_MAX {
            let (_, replaced) = sessions.find(&token, now, true).unwrap();
            token = replaced.unwrap_or(token);
            now += IDLE_SECONDS;
        }
        assert!(sessions.find(&token, now, true).is_none());
        assert!(sessions.find("", 0, true).is_none());
    }

    #[test]
    fn a_token_is_replaced_and_the_former_one_dies() {
        let sessions = Sessions::default();
        let first = sessions.begin("clerk", "", 0).unwrap();
        let second = sessions.find(&first, TOKEN_SECONDS, true).unwrap().1.unwrap();
        assert!(sessions.find(&first, TOKEN_SECONDS + FORMER_SECONDS, true).unwrap().1.is_none());
        assert!(sessions.find(&first, TOKEN_SECONDS + FORMER_SECONDS + 1, true).is_none());
        assert!(sessions.find(&second, TOKEN_SECONDS + FORMER_SECONDS + 1, true).is_some());
        sessions.end(&second);
        assert!(sessions.find(&second, TOKEN_SECONDS + FORMER_SECONDS + 1, true).is_none());
    }

    #[test]
    fn signing_out_everywhere_ends_the_sessions_of_that_person_alone() {
        let sessions = Sessions::default();
        let [one, two] = [0, 0].map(|now| sessions.begin("clerk", "", now).unwrap());
        let other = sessions.begin("other", "", 0).unwrap();
        let replaced = sessions.find(&one, TOKEN_SECONDS, true).unwrap().1.unwrap();
        let open = sessions.of("clerk", TOKEN_SECONDS);
        assert_eq!(
            open.iter().map(|session| session.begun).collect::<Vec<_>>(),
            [0, 0],
            "a former token is none"
        );
        sessions.end_named("other", &open[0].name);
        assert_eq!(sessions.of("clerk", TOKEN_SECONDS).len(), 2, "nobody ends what is another's");
        sessions.end_named("clerk", &open[0].name);
        assert_eq!(sessions.of("clerk", TOKEN_SECONDS).len(), 1);
        sessions.end_all("clerk");
        for token in [one, two, replaced] {
            assert!(sessions.find(&token, TOKEN_SECONDS, true).is_none());
        }
        assert!(sessions.find(&other, TOKEN_SECONDS, true).is_some());
    }

    #[test]
    fn signing_out_ends_former_tokens_too() {
        let sessions = Sessions::default();
        let first = sessions.begin("clerk", "", 0).unwrap();
        let second = sessions.find(&first, TOKEN_SECONDS, true).unwrap().1.unwrap();
        sessions.end(&second);
        assert!(sessions.find(&first, TOKEN_SECONDS, true).is_none());
    }
}
