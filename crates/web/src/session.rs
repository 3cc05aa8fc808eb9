//! Sessions: short, rotating, in memory alone, so that a restart ends all of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Seconds without a request after which a session ends.
const IDLE_SECONDS: u64 = 900;
/// Seconds after which a session ends in any case: a working day.
const SECONDS_MAX: u64 = 28_800;
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
    begun: u64,
    seen: u64,
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

fn digest(token: &str) -> [u8; 32] {
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

    /// Begins a session of a person; gives its token. `None` where there is no randomness or no room.
    pub(crate) fn begin(&self, person: &str, now: u64) -> Option<String> {
        let (token, csrf) = (random()?, random()?);
        let mut sessions = self.lock();
        sessions.retain(|_, session| !session.is_over(now));
        if sessions.len() >= SESSIONS_MAX {
            return None;
        }
        let person = person.to_owned();
        let session = Session { person, csrf, begun: now, seen: now, token_begun: now, is_former: false };
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

    /// When the session of a token began.
    pub(crate) fn begun(&self, token: &str) -> Option<u64> {
        self.lock().get(&digest(token)).map(|session| session.begun)
    }

    /// How many sessions a person has at a moment.
    pub(crate) fn count(&self, person: &str, now: u64) -> usize {
        let sessions = self.lock();
        let of_person = |session: &&Session| session.person == person && !session.is_former;
        sessions.values().filter(of_person).filter(|session| !session.is_over(now)).count()
    }

    /// Ends all sessions of a person.
    pub(crate) fn end_all(&self, person: &str) {
        self.lock().retain(|_, session| session.person != person);
    }

    /// Ends the session of a token, and what was begun under its former ones.
    pub(crate) fn end(&self, token: &str) {
        let mut sessions = self.lock();
        if let Some(ended) = sessions.remove(&digest(token)) {
            sessions.retain(|_, session| session.csrf != ended.csrf);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_idle_and_in_any_case() {
        let sessions = Sessions::default();
        let token = sessions.begin("clerk", 0).unwrap();
        assert!(sessions.find(&token, IDLE_SECONDS, false).is_some());
        assert!(
            sessions.find(&token, IDLE_SECONDS + 1, false).is_none(),
            "what the page asks keeps none alive"
        );
        let mut token = sessions.begin("clerk", 0).unwrap();
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
        let first = sessions.begin("clerk", 0).unwrap();
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
        let [one, two] = [0, 0].map(|now| sessions.begin("clerk", now).unwrap());
        let other = sessions.begin("other", 0).unwrap();
        let replaced = sessions.find(&one, TOKEN_SECONDS, true).unwrap().1.unwrap();
        assert_eq!((sessions.count("clerk", TOKEN_SECONDS), sessions.begun(&replaced)), (2, Some(0)));
        sessions.end_all("clerk");
        for token in [one, two, replaced] {
            assert!(sessions.find(&token, TOKEN_SECONDS, true).is_none());
        }
        assert!(sessions.find(&other, TOKEN_SECONDS, true).is_some());
    }

    #[test]
    fn signing_out_ends_former_tokens_too() {
        let sessions = Sessions::default();
        let first = sessions.begin("clerk", 0).unwrap();
        let second = sessions.find(&first, TOKEN_SECONDS, true).unwrap().1.unwrap();
        sessions.end(&second);
        assert!(sessions.find(&first, TOKEN_SECONDS, true).is_none());
    }
}
