//! A provider made for the test, and what its tokens become in hostile hands.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be made is a failed test"
)]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use medward_sign_in::{Provider, TokenError};
use serde_json::{Value, json};

const ISSUER: &str = "https://identity.example/realms/clinic";
const NOW: u64 = 1_800_000_000;

/// A provider of identities with one key.
struct TestProvider {
    key: EcdsaKeyPair,
    id: &'static str,
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl TestProvider {
    fn new(id: &'static str) -> Self {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Self {
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap(),
            id,
        }
    }

    fn jwk(&self) -> Value {
        // An uncompressed point: 4, x, y.
        let point = self.key.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": x, "y": y})
    }

    fn keys(&self) -> Vec<u8> {
        json!({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}, {"kty": "unknown"}, self.jwk()]})
            .to_string()
            .into_bytes()
    }

    fn signed(&self, head: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encoded(head), encoded(claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    fn head(&self) -> Value {
        json!({"alg": "ES256", "kid": self.id, "typ": "JWT"})
    }

    fn token(&self, claims: &Value) -> String {
        self.signed(&self.head(), claims)
    }
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "8f1e", "aud": "ward", "iat": NOW - 10, "exp": NOW + 300, "nonce": "n-1", "jti": "t-1",
        "groups": ["radiology", "on-call"], "amr": ["pwd", "otp"],
    })
}

/// The claims with one changed, or, for null, left out.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

fn known(issuer: &TestProvider) -> Provider {
    let mut provider = Provider::new(ISSUER, "ward", "groups");
    assert_eq!(provider.take_keys(&issuer.keys()), Ok(1));
    provider
}

#[test]
fn a_token_of_the_provider_says_who_it_is() {
    let issuer = TestProvider::new("k1");
    let provider = known(&issuer);
    let identity = provider.verify(&issuer.token(&claims()), NOW).unwrap();
    assert_eq!((identity.subject.as_str(), identity.expires), ("8f1e", NOW + 300));
    assert_eq!(identity.groups, ["radiology", "on-call"]);
    assert_eq!(identity.methods, ["pwd", "otp"]);
    let one = issuer.token(&with("groups", json!("radiology")));
    assert_eq!(provider.verify(&one, NOW).unwrap().groups, ["radiology"]);
    let without = issuer.token(&with("groups", Value::Null));
    assert!(provider.verify(&without, NOW).unwrap().groups.is_empty());
}

#[test]
fn forged_tokens_are_refused() {
    let (issuer, forger) = (TestProvider::new("k1"), TestProvider::new("k1"));
    let provider = known(&issuer);
    let right = issuer.token(&claims());
    let refused =
        |token: &str, error: TokenError| assert_eq!(provider.verify(token, NOW), Err(error), "{token}");
    refused(&forger.token(&claims()), TokenError::Signature);
    refused(&TestProvider::new("k2").token(&claims()), TokenError::UnknownKey);
    // No signature, and none of its kind.
    let (head, body) = (encoded(&json!({"alg": "none", "kid": "k1"})), encoded(&claims()));
    for token in [
        format!("{head}.{body}."),
        format!("{head}.{body}"),
        format!("{}.", right.rsplit_once('.').unwrap().0),
    ] {
        assert!(provider.verify(&token, NOW).is_err(), "{token}");
    }
    // The public key taken for a shared secret, and a shared secret that the document lists.
    for id in ["k1", "shared"] {
        let signed = format!("{}.{body}", encoded(&json!({"alg": "HS256", "kid": id})));
        let secret = if id == "k1" { issuer.key.public_key().as_ref().to_vec() } else { b"secret".to_vec() };
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
        let tag = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()));
        assert!(provider.verify(&token, NOW).is_err(), "{id}");
    }
    // A key of the forger's own, or where to find one; an extension that nobody here understands.
    for (name, value) in [
        ("jwk", forger.jwk()),
        ("jku", json!("https://forger.example/keys")),
        ("x5u", json!("https://forger.example/chain")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("typ", json!("logout+jwt")),
    ] {
        let mut head = forger.head();
        head[name] = value;
        refused(&forger.signed(&head, &claims()), TokenError::Form);
    }
    // Every byte of a right one changed.
    for at in 0..right.len() {
        let mut changed = right.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        // The last character of a part has bits that say nothing, and must be zero.
        assert!(changed == right || provider.verify(&changed, NOW).is_err(), "byte {at}");
    }
    for token in ["", ".", "..", "...", "a.b.c", &"x".repeat(20_000), &format!("{right}.x")] {
        refused(token, TokenError::Form);
    }
}

#[test]
fn tokens_for_others_or_of_another_time_are_refused() {
    let issuer = TestProvider::new("k1");
    let provider = known(&issuer);
    let refused = |claims: Value, error: TokenError| {
        assert_eq!(provider.verify(&issuer.token(&claims), NOW), Err(error), "{claims}");
    };
    refused(with("iss", json!("https://identity.example/realms/other")), TokenError::Issuer);
    refused(with("aud", json!("portal")), TokenError::Audience);
    refused(with("aud", json!(["ward", "portal"])), TokenError::Audience);
    refused(with("azp", json!("portal")), TokenError::Audience);
    refused(with("aud", json!([])), TokenError::Audience);
    refused(with("exp", json!(NOW - 31)), TokenError::Time);
    refused(with("exp", json!(NOW + 90_000)), TokenError::Time);
    refused(with("iat", json!(NOW + 60)), TokenError::Time);
    refused(with("nbf", json!(NOW + 60)), TokenError::Time);
    for name in ["iss", "sub", "aud", "exp", "iat"] {
        refused(with(name, Value::Null), TokenError::Form);
    }
    refused(with("sub", json!("")), TokenError::Form);
    refused(with("groups", json!({"a": 1})), TokenError::Form);
    let mut both = with("aud", json!(["ward", "portal"]));
    both["azp"] = json!("ward");
    assert!(provider.verify(&issuer.token(&both), NOW).is_ok());
}

#[test]
fn a_token_signs_in_once_and_only_where_it_was_asked_for() {
    let issuer = TestProvider::new("k1");
    let mut provider = known(&issuer);
    let token = issuer.token(&claims());
    assert_eq!(provider.redeem(&token, "n-2", NOW), Err(TokenError::Nonce));
    assert_eq!(provider.redeem(&token, "", NOW), Err(TokenError::Nonce));
    assert!(provider.redeem(&token, "n-1", NOW).is_ok());
    assert_eq!(provider.redeem(&token, "n-1", NOW + 1), Err(TokenError::Replayed));
    // The same content signed anew is the same token, and so is another one with its id.
    assert_eq!(provider.redeem(&issuer.token(&claims()), "n-1", NOW + 1), Err(TokenError::Replayed));
    let other = issuer.token(&with("nonce", json!("n-3")));
    assert_eq!(provider.redeem(&other, "n-3", NOW), Err(TokenError::Replayed));
    let mut fresh = with("nonce", json!("n-3"));
    fresh["jti"] = json!("t-3");
    assert!(provider.redeem(&issuer.token(&fresh), "n-3", NOW).is_ok());
    // Until it has expired for sure.
    assert_eq!(provider.redeem(&token, "n-1", NOW + 320), Err(TokenError::Replayed));
    assert_eq!(provider.redeem(&token, "n-1", NOW + 400), Err(TokenError::Time));
}

#[test]
fn documents_of_others_change_nothing() {
    let (issuer, next) = (TestProvider::new("k1"), TestProvider::new("k2"));
    let mut provider = known(&issuer);
    assert_eq!(provider.discovery_address(), format!("{ISSUER}/.well-known/openid-configuration"));
    let document = |issuer: &str, keys: &str| {
        let (authorization, token) = ("https://identity.example/authorize", "https://identity.example/token");
        let document = json!({
            "issuer": issuer, "jwks_uri": keys, "authorization_endpoint": authorization, "token_endpoint": token,
        });
        document.to_string().into_bytes()
    };
    let address = "https://identity.example/keys";
    assert_eq!(provider.endpoints(&document(ISSUER, address)).unwrap().keys, address);
    for wrong in [
        document("https://forger.example", address),
        document(ISSUER, "http://identity.example/keys"),
        b"<html>".to_vec(),
        vec![b' '; (1 << 20) + 1],
    ] {
        assert_eq!(provider.endpoints(&wrong), Err(TokenError::Document));
    }
    for wrong in [&b"{}"[..], br#"{"keys": []}"#, br#"{"keys": [{"kty": "oct", "k": "AA", "kid": "k1"}]}"#] {
        assert_eq!(provider.take_keys(wrong), Err(TokenError::Document));
    }
    assert!(provider.verify(&issuer.token(&claims()), NOW).is_ok());
    // The provider changes its key: the old one counts no more.
    assert_eq!(provider.verify(&next.token(&claims()), NOW), Err(TokenError::UnknownKey));
    assert_eq!(provider.take_keys(&next.keys()), Ok(1));
    assert!(provider.verify(&next.token(&claims()), NOW).is_ok());
    assert_eq!(provider.verify(&issuer.token(&claims()), NOW), Err(TokenError::UnknownKey));
}
