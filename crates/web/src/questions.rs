//! Challenges that a browser was asked to answer: each is answered once, soon, and for what it was asked.

use crate::session::random;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Seconds that somebody has to touch their authenticator.
const SECONDS_MAX: u64 = 300;
/// Most open questions; the oldest go first.
const QUESTIONS_MAX: usize = 10_000;

/// What a challenge is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum For {
    /// Letting somebody in.
    SignIn,
    /// A new passkey of a person.
    Passkey(String),
}

/// The open questions.
#[derive(Debug, Default)]
pub(crate) struct Questions(Mutex<HashMap<String, (For, u64)>>);

impl Questions {
    /// Asks at a moment in seconds since 1970-01-01; gives the challenge in base 64 for addresses.
    pub(crate) fn ask(&self, what: For, now: u64) -> Option<String> {
        let challenge = random()?;
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, (_, asked)| now.saturating_sub(*asked) <= SECONDS_MAX);
        if open.len() >= QUESTIONS_MAX {
            let oldest = open.iter().min_by_key(|(_, (_, asked))| *asked).map(|(key, _)| key.clone());
            open.remove(&oldest?);
        }
        open.insert(challenge.clone(), (what, now));
        Some(challenge)
    }

    /// Takes a question away that was asked for this; whether it was open.
    pub(crate) fn take(&self, challenge: &str, what: &For, now: u64) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = open.remove(challenge);
        taken.is_some_and(|(asked, at)| asked == *what && now.saturating_sub(at) <= SECONDS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_once_soon_and_for_what_it_was_asked() {
        let questions = Questions::default();
        let ask = |what, now| questions.ask(what, now).unwrap();
        let one = ask(For::SignIn, 10);
        assert!(questions.take(&one, &For::SignIn, 11) && !questions.take(&one, &For::SignIn, 11));
        let of_other = ask(For::Passkey("other".to_owned()), 10);
        assert!(!questions.take(&of_other, &For::Passkey("clerk".to_owned()), 11));
        let late = ask(For::SignIn, 10);
        assert!(!questions.take(&late, &For::SignIn, 11 + SECONDS_MAX));
        for _ in 0..QUESTIONS_MAX + 5 {
            ask(For::SignIn, 500);
        }
        assert!(questions.0.lock().unwrap().len() <= QUESTIONS_MAX);
    }
}
