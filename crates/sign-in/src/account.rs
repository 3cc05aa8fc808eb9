//! Local accounts: a passphrase (Argon2id, RFC 9106) that is hard to guess, and a one-time code (RFC 6238) that works once.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fmt;
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

/// Memory and passes that one guess costs (OWASP: at least 19 MiB with two passes).
const MEMORY_KIB: u32 = 65_536;
const PASSES: u32 = 3;
/// Most that a stored account may ask for, in KiB and passes: a hostile file must not take the machine.
const MEMORY_KIB_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 100;
/// Shortest and longest passphrase, in characters: the longest that is ever hashed (ASVS 5.0, 6.2.1 and 6.2.9).
const CHARACTERS: std::ops::RangeInclusive<usize> = 12..=256;
/// Characters of a passphrase that its strength is judged by: the time that takes grows faster than the length.
const CHARACTERS_JUDGED: usize = 100;
/// Bytes of the secret of one-time codes (RFC 4226 section 4: at least 16, 20 are recommended).
const SECRET_BYTES: usize = 20;
/// Seconds of a step, and steps before and behind that count: clocks differ.
const STEP_SECONDS: u64 = 30;
const STEPS_ASIDE: u16 = 1;

/// Why an account cannot be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Too short or too long.
    #[error("a passphrase has {} to {} characters", CHARACTERS.start(), CHARACTERS.end())]
    Length,
    /// Too easy to guess; what would help.
    #[error("this passphrase is easy to guess: {0}")]
    Weak(String),
    /// Passphrase or code are wrong, or the code was used before. Which of them is not said.
    #[error("passphrase or code are wrong")]
    Wrong,
    /// The stored account is damaged.
    #[error("the stored account is damaged")]
    Form,
    /// No random numbers, or a hash that refuses.
    #[error("the system gives no random numbers")]
    System,
}

/// A local account as it is kept. The caller keeps it sealed: the secret of the one-time codes is in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Id of the person in the security file.
    pub person: String,
    memory_kib: u32,
    passes: u32,
    salt: String,
    hash: String,
    secret: String,
    /// The newest step whose code was used: no code works twice.
    last_step: u64,
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Account").field("person", &self.person).finish_non_exhaustive()
    }
}

/// What the person takes into their authenticator; shown once.
pub struct Enrolment {
    /// The secret in base 32, as authenticators take it by hand.
    pub secret: Zeroizing<String>,
    /// The same as an `otpauth` address, as they take it from a picture.
    pub address: Zeroizing<String>,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Enrolment(..)")
    }
}

fn hashed(
    passphrase: &str,
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
) -> Result<Zeroizing<[u8; 32]>, AccountError> {
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| AccountError::Form)?;
    let mut hash = Zeroizing::new([0; 32]);
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let done = argon.hash_password_into(passphrase.as_bytes(), salt, hash.as_mut());
    done.map_err(|_| AccountError::Form)?;
    Ok(hash)
}

/// A passphrase that is not too long to be one; none of those that are is that of an account, as the empty one is not.
fn bounded(passphrase: &str) -> &str {
    if passphrase.chars().count() <= *CHARACTERS.end() { passphrase } else { "" }
}

/// Whether a passphrase is long and hard to guess enough for a person.
fn judged(passphrase: &str, person: &str) -> Result<(), AccountError> {
    if !CHARACTERS.contains(&passphrase.chars().count()) {
        return Err(AccountError::Length);
    }
    let beginning: Zeroizing<String> = Zeroizing::new(passphrase.chars().take(CHARACTERS_JUDGED).collect());
    let entropy = zxcvbn::zxcvbn(&beginning, &[person, "medward"]);
    if entropy.score() >= zxcvbn::Score::Three {
        return Ok(());
    }
    let feedback = entropy.feedback();
    let said = feedback.and_then(zxcvbn::feedback::Feedback::warning).map(|warning| warning.to_string());
    Err(AccountError::Weak(said.unwrap_or_else(|| "use several uncommon words".to_owned())))
}

fn codes(secret: &[u8]) -> Result<Totp, AccountError> {
    let builder =
        Builder::new().with_secret(secret.to_vec()).with_skew(STEPS_ASIDE).with_step_duration(STEP_SECONDS);
    builder.build().map_err(|_| AccountError::Form)
}

/// Base 32 without padding (RFC 4648 section 6).
fn base_32(bytes: &[u8]) -> Zeroizing<String> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut text, mut bits, mut held) = (Zeroizing::new(String::new()), 0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits = bits.saturating_add(8);
        while bits >= 5 {
            bits = bits.saturating_sub(5);
            let digit = (held >> bits) & 31;
            let digit = usize::try_from(digit).ok().and_then(|digit| ALPHABET.get(digit));
            text.push(char::from(digit.copied().unwrap_or_default()));
        }
    }
    text
}

impl Account {
    /// Makes an account; gives what the person takes into their authenticator.
    pub fn new(person: &str, passphrase: &str) -> Result<(Self, Enrolment), AccountError> {
        judged(passphrase, person)?;
        let (mut salt, mut secret) = ([0; 16], Zeroizing::new([0; SECRET_BYTES]));
        for bytes in [salt.as_mut_slice(), secret.as_mut_slice()] {
            getrandom::fill(bytes).map_err(|_| AccountError::System)?;
        }
        let hash = hashed(passphrase, &salt, MEMORY_KIB, PASSES)?;
        let account = Self {
            person: person.to_owned(),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            salt: STANDARD.encode(salt),
            hash: STANDARD.encode(hash.as_slice()),
            secret: STANDARD.encode(secret.as_slice()),
            last_step: 0,
        };
        let secret = base_32(secret.as_slice());
        // Ids of people need no escapes; whatever does is left out of the label.
        let label: String = person.chars().filter(char::is_ascii_alphanumeric).collect();
        let address =
            Zeroizing::new(format!("otpauth://totp/Medward:{label}?secret={}&issuer=Medward", *secret));
        Ok((account, Enrolment { secret, address }))
    }

    /// Lets the person in, at a moment in seconds since 1970-01-01. The account changes by it: keep it before the person gets any
    /// further, or the code works twice.
    pub fn sign_in(&mut self, passphrase: &str, code: &str, now: u64) -> Result<(), AccountError> {
        if self.memory_kib > MEMORY_KIB_MAX || self.passes > PASSES_MAX {
            return Err(AccountError::Form);
        }
        let decode = |text: &str| STANDARD.decode(text).map(Zeroizing::new).map_err(|_| AccountError::Form);
        let (salt, kept, secret) = (decode(&self.salt)?, decode(&self.hash)?, decode(&self.secret)?);
        // Hashed in any case, so that the time tells nothing.
        let given = hashed(bounded(passphrase), &salt, self.memory_kib, self.passes)?;
        let is_right = is_same(given.as_slice(), &kept);
        let step = codes(&secret)?.check(code, now).filter(|step| *step > self.last_step);
        match step {
            Some(step) if is_right => {
                self.last_step = step;
                Ok(())
            }
            _ => Err(AccountError::Wrong),
        }
    }

    /// What to do where there is no such account, so that the time does not tell which accounts there are.
    pub fn of_nobody(passphrase: &str) -> AccountError {
        // Of a salt that nobody has; the result is of no use.
        let _ = hashed(bounded(passphrase), &[0; 16], MEMORY_KIB, PASSES);
        AccountError::Wrong
    }
}

/// Compares in a time that does not depend on the content.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |all, (one, other)| all | (one ^ other));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSPHRASE: &str = "viola tundra cobalt heron";

    fn code(account: &Account, now: u64) -> String {
        let secret = STANDARD.decode(&account.secret).unwrap();
        codes(&secret).unwrap().generate(now).to_string()
    }

    #[test]
    fn both_are_needed_and_a_code_works_once() {
        let (mut account, enrolment) = Account::new("clerk", PASSPHRASE).unwrap();
        let now = 1_800_000_000;
        let right = code(&account, now);
        assert_eq!(account.sign_in("viola tundra cobalt herons", &right, now), Err(AccountError::Wrong));
        assert_eq!(account.sign_in(PASSPHRASE, "000000x", now), Err(AccountError::Wrong));
        assert_eq!(account.sign_in(PASSPHRASE, &right, now), Ok(()));
        // Again, a moment later, and out of the step before.
        assert_eq!(account.sign_in(PASSPHRASE, &right, now + 1), Err(AccountError::Wrong));
        let before = code(&account, now - 30);
        assert_eq!(account.sign_in(PASSPHRASE, &before, now + 1), Err(AccountError::Wrong));
        let next = code(&account, now + 30);
        assert_eq!(account.sign_in(PASSPHRASE, &next, now + 30), Ok(()));
        // A clock that jumped back lets no old code in.
        assert_eq!(account.sign_in(PASSPHRASE, &right, now), Err(AccountError::Wrong));
        assert_eq!(enrolment.secret.len(), 32);
        assert!(enrolment.address.contains(&*enrolment.secret));
        let kept = serde_json::to_string(&account).unwrap();
        assert_eq!(serde_json::from_str::<Account>(&kept).unwrap(), account);
        assert!(!format!("{account:?}{enrolment:?}").contains(&*enrolment.secret));
    }

    #[test]
    fn passphrases_that_are_guessed_are_refused() {
        assert_eq!(Account::new("clerk", "short").unwrap_err(), AccountError::Length);
        assert_eq!(Account::new("clerk", &"x".repeat(257)).unwrap_err(), AccountError::Length);
        for weak in
            ["passwordpassword", "aaaaaaaaaaaaaaa", "qwertyuiop123", "clerkclerkclerk", "medwardmedward"]
        {
            assert!(matches!(Account::new("clerk", weak), Err(AccountError::Weak(_))), "{weak}");
        }
    }

    /// RFC 6238 appendix B, SHA-1: the last six of the eight digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let codes = codes(b"12345678901234567890").unwrap();
        for (moment, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(codes.generate(moment).to_string(), code);
        }
        assert_eq!(*base_32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_damaged_account_costs_nothing() {
        let (mut account, _) = Account::new("clerk", PASSPHRASE).unwrap();
        account.memory_kib = u32::MAX;
        assert_eq!(account.sign_in(PASSPHRASE, "", 0), Err(AccountError::Form));
        assert_eq!(Account::of_nobody(PASSPHRASE), AccountError::Wrong);
    }
}
