//! Tokens of an OpenID Connect provider (OpenID Connect Core 1.0 section 3.1.3.7; RFC 8725 on what goes wrong with tokens).
//!
//! Only signatures by public keys count, by a key that the provider's own document lists, and only for this audience. A token cannot name
//! its key by itself, nor an address to fetch one from. One that is redeemed to sign in works once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use std::collections::HashMap;

/// Signatures that count: all by public keys, none that is broken.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
];
/// Longest token and document, in bytes.
const TOKEN_BYTES_MAX: usize = 16_384;
const DOCUMENT_BYTES_MAX: usize = 1 << 20;
/// Clocks of provider and ward may differ by so many seconds.
const LEEWAY_SECONDS: u64 = 30;
/// Longest life of a token, in seconds: a longer one could not be revoked in time.
const LIFE_SECONDS_MAX: u64 = 86_400;
/// Most redeemed tokens that are remembered; none more are redeemed until some expire.
const REDEEMED_MAX: usize = 100_000;

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token, or one that asks for what is not done here.
    #[error("this is no token that is taken here")]
    Form,
    /// No key of the provider has the id; its keys may have changed: fetch them again, not more often than now and then.
    #[error("the token names a key that the provider does not list")]
    UnknownKey,
    /// The signature does not hold, or is of a kind that does not count.
    #[error("the signature of the token does not hold")]
    Signature,
    /// Another provider's.
    #[error("the token is of another issuer")]
    Issuer,
    /// Meant for others.
    #[error("the token is for others")]
    Audience,
    /// Too old, not yet valid, or with a life that is too long.
    #[error("the token is not valid now")]
    Time,
    /// It does not answer the request that was made.
    #[error("the token does not answer this request")]
    Nonce,
    /// It was redeemed before.
    #[error("the token was used before")]
    Replayed,
    /// Too many tokens were redeemed that are still valid.
    #[error("too many people sign in at once; try again later")]
    Busy,
    /// The document of the provider is not one, or not of this issuer.
    #[error("the provider's document is not one of this issuer")]
    Document,
}

/// Who a token is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Names the person at the provider, and nobody else ever (`sub`).
    pub subject: String,
    /// Until when the token counts, in seconds since 1970-01-01.
    pub expires: u64,
    /// Values of the claim that names groups or roles.
    pub groups: Vec<String>,
    /// How the person proved who they are (`amr`).
    pub methods: Vec<String>,
}

/// Where a provider answers (OpenID Connect Discovery 1.0 section 3).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Endpoints {
    /// Where people are sent.
    #[serde(rename = "authorization_endpoint")]
    pub authorization: String,
    /// Where a code becomes a token.
    #[serde(rename = "token_endpoint")]
    pub token: String,
    /// Where the keys are.
    #[serde(rename = "jwks_uri")]
    pub keys: String,
}

/// A provider whose tokens are taken.
pub struct Provider {
    issuer: String,
    audience: String,
    groups_claim: String,
    keys: HashMap<String, (DecodingKey, Option<Algorithm>)>,
    redeemed: HashMap<String, u64>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Provider").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// One or many.
#[derive(Deserialize)]
#[serde(untagged)]
enum Many {
    One(String),
    Many(Vec<String>),
}

impl Many {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Many,
    exp: u64,
    iat: u64,
    nbf: Option<u64>,
    azp: Option<String>,
    nonce: Option<String>,
    jti: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
    #[serde(flatten)]
    others: HashMap<String, serde_json::Value>,
}

impl Provider {
    /// A provider by its issuer (as the security file has it), the audience that its tokens are made for here, and the claim that names groups.
    /// It knows no keys yet.
    pub fn new(issuer: &str, audience: &str, groups_claim: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            groups_claim: groups_claim.to_owned(),
            keys: HashMap::new(),
            redeemed: HashMap::new(),
        }
    }

    /// Where the document is that names the keys (OpenID Connect Discovery 1.0 section 4).
    pub fn discovery_address(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'))
    }

    /// Reads the document of discovery. One of another issuer is refused, and an address without TLS.
    pub fn endpoints(&self, document: &[u8]) -> Result<Endpoints, TokenError> {
        #[derive(Deserialize)]
        struct Document {
            issuer: String,
            #[serde(flatten)]
            endpoints: Endpoints,
        }
        let Document { issuer, endpoints } = small(document)?;
        let Endpoints { authorization, token, keys } = &endpoints;
        let is_ours = issuer == self.issuer;
        let is_safe = [authorization, token, keys].into_iter().all(|address| address.starts_with("https://"));
        if is_ours && is_safe { Ok(endpoints) } else { Err(TokenError::Document) }
    }

    /// Takes the keys of the provider, in place of those before. Keys without an id, for encryption or of unknown kinds are left out;
    /// gives how many are there now. A document without any leaves the keys as they are.
    pub fn take_keys(&mut self, document: &[u8]) -> Result<usize, TokenError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<serde_json::Value>,
        }
        let document: Document = small(document)?;
        let known = document.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let set = JwkSet { keys: known.collect() };
        let keys: HashMap<_, _> = set.keys.iter().filter_map(key_of).collect();
        if keys.is_empty() {
            return Err(TokenError::Document);
        }
        self.keys = keys;
        Ok(self.keys.len())
    }

    /// Whom a token is about, at a moment in seconds since 1970-01-01. For tokens that come with each request.
    pub fn verify(&self, token: &str, now: u64) -> Result<Identity, TokenError> {
        self.checked(token, now).map(|(identity, _)| identity)
    }

    /// The same for a token that a person signs in with: it has to answer the request with this nonce, and works once.
    pub fn redeem(&mut self, token: &str, nonce: &str, now: u64) -> Result<Identity, TokenError> {
        let (identity, claims) = self.checked(token, now)?;
        if nonce.is_empty() || claims.nonce.as_deref() != Some(nonce) {
            return Err(TokenError::Nonce);
        }
        self.redeemed.retain(|_, expires| expires.saturating_add(LEEWAY_SECONDS) >= now);
        // The part that is signed names a token; the signature does not, since some kinds can be written in two ways.
        let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
        let names = [
            Some(format!("nonce {nonce}")),
            Some(format!("token {signed}")),
            claims.jti.map(|id| format!("id {id}")),
        ];
        let names: Vec<String> = names.into_iter().flatten().collect();
        if names.iter().any(|name| self.redeemed.contains_key(name)) {
            return Err(TokenError::Replayed);
        }
        if self.redeemed.len() >= REDEEMED_MAX {
            return Err(TokenError::Busy);
        }
        self.redeemed.extend(names.into_iter().map(|name| (name, identity.expires)));
        Ok(identity)
    }

    fn checked(&self, token: &str, now: u64) -> Result<(Identity, Claims), TokenError> {
        let header = header_of(token)?;
        let (key, algorithm) = self.keys.get(&header.kid).ok_or(TokenError::UnknownKey)?;
        let wanted: Vec<Algorithm> = match algorithm {
            Some(algorithm) => vec![*algorithm],
            None => ALGORITHMS.into_iter().filter(|one| one.family() == key.family()).collect(),
        };
        let first = wanted.first().copied().ok_or(TokenError::Signature)?;
        let mut validation = Validation::new(first);
        validation.algorithms = wanted;
        // What is claimed is looked at below, by the caller's clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let claims = decode::<Claims>(token, key, &validation).map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::Json(_) => TokenError::Form,
            _ => TokenError::Signature,
        })?;
        self.judged(claims.claims, now)
    }

    fn judged(&self, claims: Claims, now: u64) -> Result<(Identity, Claims), TokenError> {
        if claims.iss != self.issuer {
            return Err(TokenError::Issuer);
        }
        let claims_audience = claims.aud.into_vec();
        let is_for_us = claims_audience.contains(&self.audience);
        // Section 3.1.3.7, steps 4 and 5: who else it is for must not be whom it was given to.
        let is_given_to_us = match &claims.azp {
            Some(party) => *party == self.audience,
            None => claims_audience.len() == 1,
        };
        if !is_for_us || !is_given_to_us {
            return Err(TokenError::Audience);
        }
        let begins = claims.nbf.unwrap_or(claims.iat).max(claims.iat);
        let is_now =
            now < claims.exp.saturating_add(LEEWAY_SECONDS) && begins <= now.saturating_add(LEEWAY_SECONDS);
        if !is_now || claims.exp.saturating_sub(claims.iat) > LIFE_SECONDS_MAX || claims.exp <= claims.iat {
            return Err(TokenError::Time);
        }
        if claims.sub.is_empty() || claims.sub.len() > 255 {
            return Err(TokenError::Form);
        }
        let groups = match claims.others.get(&self.groups_claim) {
            Some(value) => {
                serde_json::from_value::<Many>(value.clone()).map_err(|_| TokenError::Form)?.into_vec()
            }
            None => Vec::new(),
        };
        let (subject, methods) = (claims.sub.clone(), claims.amr.clone());
        let identity = Identity { subject, expires: claims.exp, groups, methods };
        Ok((identity, Claims { aud: Many::Many(claims_audience), ..claims }))
    }
}

fn small<T: serde::de::DeserializeOwned>(document: &[u8]) -> Result<T, TokenError> {
    if document.len() > DOCUMENT_BYTES_MAX {
        return Err(TokenError::Document);
    }
    serde_json::from_slice(document).map_err(|_| TokenError::Document)
}

/// A key for checking signatures, by its id.
fn key_of(key: &Jwk) -> Option<(String, (DecodingKey, Option<Algorithm>))> {
    let id = key.common.key_id.clone().filter(|id| !id.is_empty())?;
    let signs = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let algorithm = match key.common.key_algorithm {
        None => None,
        Some(named) => {
            let named = named.to_string();
            Some(ALGORITHMS.into_iter().find(|one| format!("{one:?}") == named)?)
        }
    };
    let decoding = DecodingKey::from_jwk(key).ok()?;
    let is_public = ALGORITHMS.iter().any(|one| one.family() == decoding.family());
    (signs && is_public).then_some((id, (decoding, algorithm)))
}

#[derive(Deserialize)]
struct Head {
    kid: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(flatten)]
    others: HashMap<String, serde_json::Value>,
}

/// Reads what a token says of itself, before anything of it is believed.
fn header_of(token: &str) -> Result<Head, TokenError> {
    let mut parts = token.split('.');
    let (Some(head), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenError::Form);
    };
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenError::Form);
    }
    let head = URL_SAFE_NO_PAD.decode(head).map_err(|_| TokenError::Form)?;
    let head: Head = serde_json::from_slice(&head).map_err(|_| TokenError::Form)?;
    // Keys that a token brings along, and extensions that have to be understood (RFC 7515 section 4.1).
    let brings = ["jwk", "jku", "x5u", "x5c", "crit"].iter().any(|name| head.others.contains_key(*name));
    // An access token of RFC 9068 and an ID token say what they are, if they say anything.
    let is_known = head
        .typ
        .as_deref()
        .is_none_or(|kind| ["JWT", "at+jwt"].iter().any(|it| kind.eq_ignore_ascii_case(it)));
    if brings || !is_known { Err(TokenError::Form) } else { Ok(head) }
}
