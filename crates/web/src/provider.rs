//! Signing in through an OpenID Connect provider: the authorisation code flow with PKCE (RFC 7636, S256), state and nonce.
//!
//! The library `openidconnect` brings a second client of HTTP and checks tokens by the clock of the machine; tokens are checked by
//! `sign-in` here, as everywhere. Who a subject of the provider is in the file is kept beside the accounts. A provider that is down keeps
//! nobody out who has an account.

use crate::session::random;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use medward_sign_in::{Endpoints, Provider, TokenError};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// Seconds that somebody has at the provider, and for which its documents count.
const SECONDS_MAX: u64 = 600;
const DOCUMENT_SECONDS: u64 = 3_600;
/// Seconds between two looks for keys that a token names and nobody knows.
const KEYS_SECONDS: u64 = 60;
/// Most people under way.
const UNDER_WAY_MAX: usize = 10_000;
/// Longest value that a return may bring, in bytes.
const VALUE_BYTES_MAX: usize = 4_096;

/// Why nobody is let in by the provider.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    /// It does not answer, or not as it should.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(String),
    /// The browser brings nothing that was begun here, or too late.
    #[error("this sign-in was not begun here, or too long ago")]
    Unknown,
    /// The provider says no.
    #[error("the provider refuses: {0}")]
    Refused(String),
    /// Its token does not count.
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// How the provider is asked. Answers are whole or an error.
pub trait Remote: Send + Sync + std::fmt::Debug {
    /// What stands at an address.
    fn get(&self, address: &str) -> Result<Vec<u8>, String>;
    /// What a form sent there is answered with.
    fn post(&self, address: &str, form: &[(&str, &str)]) -> Result<Vec<u8>, String>;
}

/// What the provider knows the dashboard by.
#[derive(Debug)]
pub struct Client {
    /// Address of the provider, as its tokens name it.
    pub issuer: String,
    /// Id of the client, for which its tokens are.
    pub id: String,
    /// What the client proves itself with, where the provider gave it something.
    pub secret: Option<Zeroizing<String>>,
    /// The way to the provider.
    pub remote: Box<dyn Remote>,
}

#[derive(Debug)]
struct UnderWay {
    begun: u64,
    browser: [u8; 32],
    nonce: String,
    verifier: Zeroizing<String>,
    back: String,
}

#[derive(Debug, Default)]
struct Documents {
    endpoints: Option<Endpoints>,
    read: u64,
    keys_read: u64,
}

/// The provider, and who is under way to it.
#[derive(Debug)]
pub(crate) struct SignInProvider {
    client: Client,
    provider: Mutex<Provider>,
    documents: Mutex<Documents>,
    under_way: Mutex<HashMap<String, UnderWay>>,
}

/// Where somebody is sent, and what their browser keeps until they are back.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) address: String,
    pub(crate) browser: String,
}

/// What somebody comes back with.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Return {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    error: Option<String>,
    iss: Option<String>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

impl SignInProvider {
    pub(crate) fn new(client: Client) -> Self {
        let provider = Provider::new(&client.issuer, &client.id, "groups");
        Self {
            client,
            provider: Mutex::new(provider),
            documents: Mutex::default(),
            under_way: Mutex::default(),
        }
    }

    /// What people know the provider by.
    pub(crate) fn name(&self) -> &str {
        self.client.issuer.trim_start_matches("https://").split('/').next().unwrap_or_default()
    }

    /// The addresses of the provider; its document is read again now and then.
    fn endpoints(&self, now: u64) -> Result<Endpoints, ProviderError> {
        let mut documents = locked(&self.documents);
        let is_known = now.saturating_sub(documents.read) < DOCUMENT_SECONDS;
        if let Some(endpoints) = documents.endpoints.clone().filter(|_| is_known) {
            return Ok(endpoints);
        }
        let address = locked(&self.provider).discovery_address();
        let document = self.client.remote.get(&address).map_err(ProviderError::Unreachable)?;
        let endpoints = locked(&self.provider).endpoints(&document)?;
        (documents.endpoints, documents.read, documents.keys_read) = (Some(endpoints.clone()), now, 0);
        Ok(endpoints)
    }

    fn read_keys(&self, endpoints: &Endpoints, now: u64) -> Result<(), ProviderError> {
        let mut documents = locked(&self.documents);
        if now.saturating_sub(documents.keys_read) < KEYS_SECONDS {
            return Ok(());
        }
        let keys = self.client.remote.get(&endpoints.keys).map_err(ProviderError::Unreachable)?;
        documents.keys_read = now;
        locked(&self.provider).take_keys(&keys)?;
        Ok(())
    }

    /// Sends somebody to the provider, from the site of this origin, at a moment in seconds since 1970-01-01.
    pub(crate) fn begin(&self, origin: &str, now: u64) -> Result<Way, ProviderError> {
        let endpoints = self.endpoints(now)?;
        let powerless = || ProviderError::Unreachable("the system gives no random numbers".to_owned());
        let [state, nonce, verifier, browser] =
            [random(), random(), random(), random()].map(|it| it.ok_or_else(powerless));
        let (state, nonce, verifier, browser) = (state?, nonce?, Zeroizing::new(verifier?), browser?);
        let back = format!("{origin}/sign-in/return");
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("scope", "openid")
            .append_pair("client_id", &self.client.id)
            .append_pair("redirect_uri", &back)
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let joint = if endpoints.authorization.contains('?') { '&' } else { '?' };
        let mut under_way = locked(&self.under_way);
        under_way.retain(|_, one| now.saturating_sub(one.begun) <= SECONDS_MAX);
        if under_way.len() >= UNDER_WAY_MAX {
            return Err(ProviderError::Refused("too many people sign in at once".to_owned()));
        }
        let one = UnderWay { begun: now, browser: digest(&browser), nonce, verifier, back };
        under_way.insert(state, one);
        Ok(Way { address: format!("{}{joint}{query}", endpoints.authorization), browser })
    }

    /// Whom the provider has let in; `browser` is what theirs kept. What was begun ends here, whatever comes of it.
    pub(crate) fn finish(&self, back: &Return, browser: &str, now: u64) -> Result<String, ProviderError> {
        let one = locked(&self.under_way).remove(&back.state).ok_or(ProviderError::Unknown)?;
        let is_ours = crate::guard::is_same(&one.browser, &digest(browser));
        if !is_ours || now.saturating_sub(one.begun) > SECONDS_MAX {
            return Err(ProviderError::Unknown);
        }
        // Another provider's answer (RFC 9207).
        if back.iss.as_ref().is_some_and(|issuer| *issuer != self.client.issuer) {
            return Err(TokenError::Issuer.into());
        }
        if back.error.is_some() || back.code.is_empty() || back.code.len() > VALUE_BYTES_MAX {
            let said: String =
                back.error.iter().flat_map(|it| it.chars()).filter(char::is_ascii_graphic).take(60).collect();
            return Err(ProviderError::Refused(said));
        }
        let endpoints = self.endpoints(now)?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", back.code.as_str()),
            ("redirect_uri", one.back.as_str()),
            ("client_id", self.client.id.as_str()),
            ("code_verifier", one.verifier.as_str()),
        ];
        form.extend(self.client.secret.as_ref().map(|secret| ("client_secret", secret.as_str())));
        let answer = self.client.remote.post(&endpoints.token, &form).map_err(ProviderError::Unreachable)?;
        let token = token_of(&answer)?;
        let redeemed = locked(&self.provider).redeem(&token, &one.nonce, now);
        let redeemed = match redeemed {
            Err(TokenError::UnknownKey) => {
                self.read_keys(&endpoints, now)?;
                locked(&self.provider).redeem(&token, &one.nonce, now)
            }
            other => other,
        };
        Ok(redeemed?.subject)
    }
}

fn token_of(answer: &[u8]) -> Result<Zeroizing<String>, ProviderError> {
    #[derive(Deserialize)]
    struct Tokens {
        id_token: String,
    }
    let tokens = serde_json::from_slice::<Tokens>(answer);
    tokens.map(|tokens| Zeroizing::new(tokens.id_token)).map_err(|_| TokenError::Form.into())
}

#[cfg(test)]
mod tests;
