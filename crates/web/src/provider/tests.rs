//! A provider of the test, in the same process; and who tries to come back from it without having gone.

use super::{Client, ProviderError, Remote, Return, SignInProvider};
use crate::pages::router;
use crate::test_device::TestDevice;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use medward_sign_in::TokenError;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;

const ISSUER: &str = "https://identity.example";
const ORIGIN: &str = "https://medward.example";
const NOW: u64 = 1_800_000_000;

/// What the provider was asked at its authorisation endpoint, and how it is disposed.
#[derive(Debug)]
struct State {
    key: EcdsaKeyPair,
    asked: HashMap<String, String>,
    issuer: &'static str,
    nonce: Option<&'static str>,
    is_down: bool,
    now: Option<u64>,
}

#[derive(Debug, Clone)]
struct TestProvider(Arc<Mutex<State>>);

impl Remote for TestProvider {
    fn get(&self, address: &str) -> Result<Vec<u8>, String> {
        let state = self.0.lock().unwrap();
        if state.is_down {
            return Err("connection refused".to_owned());
        }
        let document = if address.ends_with("/keys") {
            let point = state.key.public_key().as_ref();
            let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
            json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "one", "x": x, "y": y}]})
        } else {
            assert_eq!(address, format!("{ISSUER}/.well-known/openid-configuration"));
            json!({"issuer": ISSUER, "authorization_endpoint": format!("{ISSUER}/authorize"),
                "token_endpoint": format!("{ISSUER}/token"), "jwks_uri": format!("{ISSUER}/keys")})
        };
        Ok(document.to_string().into_bytes())
    }

    fn post(&self, address: &str, form: &[(&str, &str)]) -> Result<Vec<u8>, String> {
        assert_eq!(address, format!("{ISSUER}/token"));
        let form: HashMap<&str, &str> = form.iter().copied().collect();
        let state = self.0.lock().unwrap();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"]));
        if form["code"] != "the-code" || state.asked["code_challenge"] != challenge {
            return Err("invalid_grant".to_owned());
        }
        assert_eq!(form["redirect_uri"], state.asked["redirect_uri"]);
        let nonce = state.nonce.unwrap_or(&state.asked["nonce"]);
        let now = state.now.unwrap_or(NOW);
        let claims = json!({"iss": state.issuer, "sub": "4711", "aud": "medward", "iat": now, "exp": now + 300, "nonce": nonce});
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(&json!({"alg": "ES256", "kid": "one"})), encoded(&claims));
        let signature = state.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()));
        Ok(json!({"access_token": "x", "token_type": "Bearer", "id_token": token}).to_string().into_bytes())
    }
}

fn site() -> (TestProvider, SignInProvider) {
    let document =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap();
    let state = State { key, asked: HashMap::new(), issuer: ISSUER, nonce: None, is_down: false, now: None };
    let remote = TestProvider(Arc::new(Mutex::new(state)));
    let client = Client {
        issuer: ISSUER.to_owned(),
        id: "medward".to_owned(),
        secret: None,
        remote: Box::new(remote.clone()),
    };
    (remote, SignInProvider::new(client))
}

/// Goes to the provider; gives what the browser keeps and what it comes back with.
fn gone(remote: &TestProvider, provider: &SignInProvider) -> (String, Return) {
    let way = provider.begin(ORIGIN, NOW).unwrap();
    let (address, query) = way.address.split_once('?').unwrap();
    assert_eq!(address, format!("{ISSUER}/authorize"));
    let asked: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert_eq!((asked["code_challenge_method"].as_str(), asked["client_id"].as_str()), ("S256", "medward"));
    assert_eq!(asked["redirect_uri"], format!("{ORIGIN}/sign-in/return"));
    let state = asked["state"].clone();
    remote.0.lock().unwrap().asked = asked;
    (way.browser, Return { state, code: "the-code".to_owned(), error: None, iss: None })
}

#[test]
fn who_went_comes_back_once() {
    let (remote, provider) = site();
    let (browser, back) = gone(&remote, &provider);
    assert_eq!(provider.finish(&back, &browser, NOW + 5).unwrap(), "4711");
    assert!(matches!(provider.finish(&back, &browser, NOW + 5), Err(ProviderError::Unknown)));
}

/// Through the pages: the way there, back, and in; and who the file does not know stays out.
#[tokio::test]
async fn somebody_of_the_file_is_let_in_by_their_browser() {
    let (remote, provider) = site();
    let TestDevice { mut gate, directory: _kept, .. } =
        TestDevice::new("[role.r]\ntitle = \"R\"\n[person.clerk]\nroles = [\"r\"]\n");
    gate.provider = Some(provider);
    let gate = Arc::new(gate);
    let pages = router(Arc::clone(&gate));
    let ask = async |path: &str, cookie: &str| {
        let request =
            Request::get(path).header(header::COOKIE, cookie).header(header::HOST, "medward.example");
        pages.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    let cookies = |answer: &Response| {
        let all =
            answer.headers().get_all(header::SET_COOKIE).iter().map(|one| one.to_str().unwrap().to_owned());
        all.collect::<Vec<_>>()
    };
    let go = async || {
        let answer = ask("/sign-in/provider", "").await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let way = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
        let asked: HashMap<String, String> =
            form_urlencoded::parse(way.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
        let back = format!("/sign-in/return?code=the-code&state={}", asked["state"]);
        remote.0.lock().unwrap().asked = asked;
        let [kept] = cookies(&answer).try_into().unwrap();
        assert!(kept.ends_with("Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"), "{kept}");
        (kept.split(';').next().unwrap().to_owned(), back)
    };
    // The moment of the pages is that of the clock, which the test's tokens are not of.
    remote.0.lock().unwrap().now = Some(crate::guard::now());
    let (kept, back) = go().await;
    assert_eq!(ask(&back, &kept).await.status(), StatusCode::UNAUTHORIZED, "linked to nobody");
    gate.accounts.link(&gate.device.now().file, "clerk", "4711").unwrap();
    let (kept, back) = go().await;
    assert_eq!(ask(&back, "").await.status(), StatusCode::UNAUTHORIZED, "another browser");
    assert_eq!(ask(&back, &kept).await.status(), StatusCode::UNAUTHORIZED, "what was begun has ended");
    let (kept, back) = go().await;
    let answer = ask(&back, &kept).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let session = cookies(&answer).into_iter().find(|one| one.starts_with("__Host-medward=")).unwrap();
    assert!(session.ends_with("SameSite=Strict"), "{session}");
    assert_eq!(ask("/", session.split(';').next().unwrap()).await.status(), StatusCode::OK);
}

#[test]
fn nobody_comes_back_who_has_not_gone() {
    let (remote, provider) = site();
    let (_, back) = gone(&remote, &provider);
    let (browser_of_other, _) = gone(&remote, &provider);
    assert!(matches!(provider.finish(&back, &browser_of_other, NOW), Err(ProviderError::Unknown)));
    let forged = Return { state: "made up".to_owned(), code: "the-code".to_owned(), ..Return::default() };
    assert!(matches!(provider.finish(&forged, "", NOW), Err(ProviderError::Unknown)));
    let (browser, back) = gone(&remote, &provider);
    assert!(matches!(provider.finish(&back, &browser, NOW + 601), Err(ProviderError::Unknown)));
}

#[test]
fn what_does_not_answer_the_request_lets_nobody_in() {
    let (remote, provider) = site();
    let (browser, mut back) = gone(&remote, &provider);
    "stolen".clone_into(&mut back.code);
    assert!(matches!(provider.finish(&back, &browser, NOW), Err(ProviderError::Unreachable(_))));
    let (browser, mut back) = gone(&remote, &provider);
    back.iss = Some("https://forger.example".to_owned());
    let mixed_up = provider.finish(&back, &browser, NOW);
    assert!(matches!(mixed_up, Err(ProviderError::Token(TokenError::Issuer))));
    let (browser, mut back) = gone(&remote, &provider);
    back.error = Some("access_denied\u{1b}[2J".to_owned());
    assert_eq!(
        provider.finish(&back, &browser, NOW).unwrap_err().to_string(),
        "the provider refuses: access_denied[2J"
    );
    let (browser, back) = gone(&remote, &provider);
    remote.0.lock().unwrap().nonce = Some("of another sign-in");
    let replayed = provider.finish(&back, &browser, NOW);
    assert!(matches!(replayed, Err(ProviderError::Token(TokenError::Nonce))));
    let (browser, back) = gone(&remote, &provider);
    remote.0.lock().unwrap().nonce = None;
    remote.0.lock().unwrap().issuer = "https://forger.example";
    let forged = provider.finish(&back, &browser, NOW);
    assert!(matches!(forged, Err(ProviderError::Token(TokenError::Issuer))));
}

#[test]
fn a_provider_that_is_down_is_said_and_asked_again() {
    let (remote, provider) = site();
    remote.0.lock().unwrap().is_down = true;
    assert!(matches!(provider.begin(ORIGIN, NOW), Err(ProviderError::Unreachable(_))));
    remote.0.lock().unwrap().is_down = false;
    let (browser, back) = gone(&remote, &provider);
    assert!(provider.finish(&back, &browser, NOW).is_ok());
}
