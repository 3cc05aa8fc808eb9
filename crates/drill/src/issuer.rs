//! A made-up provider of tokens, and tokens of it: true ones, and what forgers make of what is public.

use crate::DrillError;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Who it is, and whom its tokens are for.
pub(crate) const ISSUER: &str = "https://identity.drill.example";
pub(crate) const AUDIENCE: &str = "ward-of-a-drill";
/// Subject of the tokens of [`crate::ARCHIVE`].
pub const ARCHIVE_SUBJECT: &str = "archive-client";
const KEY_ID: &str = "drill-1";
const LIFE_SECONDS: i64 = 600;

/// The provider.
#[derive(Debug)]
pub struct Provider {
    key: EcdsaKeyPair,
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn claims(subject: &str) -> Value {
    let now = Timestamp::now().as_second();
    let expires = now.saturating_add(LIFE_SECONDS);
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": expires })
}

impl Provider {
    /// One with a key of its own.
    pub(crate) fn new() -> Result<Self, DrillError> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let key = key.map_err(|_| DrillError::Site("no key of a provider can be made".to_owned()))?;
        Ok(Self { key })
    }

    /// Its public keys (RFC 7517).
    pub(crate) fn keys(&self) -> String {
        let point = self.key.public_key().as_ref();
        let part =
            |range| URL_SAFE_NO_PAD.encode(point.get::<std::ops::Range<usize>>(range).unwrap_or_default());
        let key = json!({
            "kty": "EC", "crv": "P-256", "kid": KEY_ID, "alg": "ES256", "use": "sig", "x": part(1..33), "y": part(33..65),
        });
        json!({ "keys": [key] }).to_string()
    }

    fn signed(&self, claims: &Value) -> Result<String, DrillError> {
        let signed = format!("{}.{}", encoded(&json!({ "alg": "ES256", "kid": KEY_ID })), encoded(claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.map_err(|_| DrillError::Site("a token cannot be signed".to_owned()))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// A true token about a subject.
    pub fn token(&self, subject: &str) -> Result<String, DrillError> {
        self.signed(&claims(subject))
    }

    /// Tokens about a subject that must not count: without a signature, signed with what is public (RFC 8725 section 2.1), changed
    /// behind the signature, for somebody else, and past their time.
    pub(crate) fn forged(&self, subject: &str) -> Result<Vec<String>, DrillError> {
        let head = |algorithm| encoded(&json!({ "alg": algorithm, "kid": KEY_ID }));
        let without = format!("{}.{}.", head("none"), encoded(&claims(subject)));
        let mut forged = vec![without];
        let point = self.key.public_key().as_ref();
        for secret in [self.keys().as_bytes(), point] {
            let signed = format!("{}.{}", head("HS256"), encoded(&claims(subject)));
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
            forged.push(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag)));
        }
        let other = self.token("somebody-else")?;
        let parts: Vec<&str> = other.split('.').collect();
        if let [head, _, signature] = *parts.as_slice() {
            forged.push(format!("{head}.{}.{signature}", encoded(&claims(subject))));
        }
        for (name, value) in
            [("aud", json!("another")), ("iss", json!("https://evil.example")), ("exp", json!(1_000_000))]
        {
            let mut claims = claims(subject);
            if let Some(claim) = claims.get_mut(name) {
                *claim = value;
            }
            forged.push(self.signed(&claims)?);
        }
        Ok(forged)
    }
}
