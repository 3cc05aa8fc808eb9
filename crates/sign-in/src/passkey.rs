//! Passkeys (W3C Web Authentication Level 3): keys that an authenticator keeps for one site and uses once its owner has proven to be there.
//!
//! No library of those that exist fits: `webauthn-rs` needs OpenSSL, `webauthn_rp` a second generation of all ciphers with an RSA that
//! is not of constant time. What is asked here is little: no attestation (nobody vouches for an authenticator, so that nothing has to be
//! believed of one), the key in the form that browsers give it (section 5.2.1.1), and the user always verified, so that a passkey is
//! two factors by itself.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Algorithms by their numbers in COSE (RFC 9053, RFC 8812): ES256, `EdDSA`, RS256.
pub const PASSKEY_ALGORITHMS: [i64; 3] = [-7, -8, -257];
/// Longest id of a passkey (section 4), and of what a browser gives, in bytes.
const ID_BYTES_MAX: usize = 1_023;
const GIVEN_BYTES_MAX: usize = 4_096;
/// Flags of the authenticator data (section 6.1).
const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const ATTESTED: u8 = 1 << 6;

/// Why a passkey is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// Not what browsers give.
    #[error("the browser's answer cannot be read")]
    Form,
    /// It answers another challenge, or was made for another purpose.
    #[error("the answer is to another question")]
    Challenge,
    /// It was made for another site.
    #[error("the passkey is of another site")]
    Site,
    /// The authenticator did not see its owner, or did not ask for proof of who they are.
    #[error("the authenticator has not verified its user")]
    Unverified,
    /// A kind of key that does not count.
    #[error("a key of this kind is not taken")]
    Algorithm,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// The authenticator counts less than it did: there are two of it.
    #[error("there is a copy of the passkey")]
    Copied,
}

/// What a browser answers, and what it was asked: bytes in base 64 for addresses, as `toJSON` gives them.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Id of the passkey.
    pub id: &'a str,
    /// What the browser says that it was asked (`clientDataJSON`).
    pub client: &'a str,
    /// What the authenticator says (`authenticatorData`).
    pub authenticator: &'a str,
}

/// The site that asks.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Its address as browsers have it, such as `https://medward.example:8443`.
    pub origin: &'a str,
    /// Its host, for which its passkeys are.
    pub host: &'a str,
}

/// A passkey as it is kept. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passkey {
    /// Its id, in base 64 for addresses.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was made, in seconds since 1970-01-01.
    pub made: u64,
    /// The public key (`SubjectPublicKeyInfo`, RFC 5280), in base 64 for addresses.
    key: String,
    algorithm: i64,
    count: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

fn decoded(text: &str) -> Result<Vec<u8>, PasskeyError> {
    if text.len() > GIVEN_BYTES_MAX {
        return Err(PasskeyError::Form);
    }
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| PasskeyError::Form)
}

fn algorithm(number: i64) -> Result<&'static dyn VerificationAlgorithm, PasskeyError> {
    match number {
        -7 => Ok(&ECDSA_P256_SHA256_ASN1),
        -8 => Ok(&ED25519),
        -257 => Ok(&RSA_PKCS1_2048_8192_SHA256),
        _ => Err(PasskeyError::Algorithm),
    }
}

/// The challenge that an answer says it answers, by which the caller finds the question. Nothing of it is proven.
pub fn challenge_of(client: &str) -> Result<String, PasskeyError> {
    let client: Client = serde_json::from_slice(&decoded(client)?).map_err(|_| PasskeyError::Form)?;
    Ok(client.challenge)
}

/// What the authenticator says, held against the question; the client's part as it is signed, the authenticator's, its flags, its count.
fn judged(
    answer: &Answer<'_>,
    kind: &str,
    challenge: &str,
    site: &Site<'_>,
) -> Result<(Vec<u8>, Vec<u8>, u8, u32), PasskeyError> {
    let bytes = decoded(answer.client)?;
    let client: Client = serde_json::from_slice(&bytes).map_err(|_| PasskeyError::Form)?;
    if client.kind != kind || challenge.is_empty() || client.challenge != challenge {
        return Err(PasskeyError::Challenge);
    }
    let authenticator = decoded(answer.authenticator)?;
    let (of_site, rest) = authenticator.split_first_chunk::<32>().ok_or(PasskeyError::Form)?;
    let (flags, rest) = rest.split_first().ok_or(PasskeyError::Form)?;
    let (count, _) = rest.split_first_chunk::<4>().ok_or(PasskeyError::Form)?;
    let is_ours = of_site.as_slice() == Sha256::digest(site.host.as_bytes()).as_slice();
    if !is_ours || client.origin != site.origin || client.cross_origin {
        return Err(PasskeyError::Site);
    }
    if flags & PRESENT == 0 || flags & VERIFIED == 0 {
        return Err(PasskeyError::Unverified);
    }
    let (flags, count) = (*flags, u32::from_be_bytes(*count));
    Ok((bytes, authenticator, flags, count))
}

impl Passkey {
    /// Takes a new passkey (section 7.1): its public key as the browser gives it, with the number of its algorithm. The caller has let
    /// its owner in by other means, and keeps each challenge for one answer. `made` is in seconds since 1970-01-01.
    pub fn register(
        answer: &Answer<'_>,
        (key, number): (&str, i64),
        challenge: &str,
        site: &Site<'_>,
        (name, made): (&str, u64),
    ) -> Result<Self, PasskeyError> {
        let (_, authenticator, flags, count) = judged(answer, "webauthn.create", challenge, site)?;
        let id = decoded(answer.id)?;
        // After site, flags and count: kind of authenticator, length of the id, the id.
        let attested = authenticator.get(37 + 16..).ok_or(PasskeyError::Form)?;
        let (length, rest) = attested.split_first_chunk::<2>().ok_or(PasskeyError::Form)?;
        let said = rest.get(..usize::from(u16::from_be_bytes(*length)));
        if flags & ATTESTED == 0 || id.is_empty() || id.len() > ID_BYTES_MAX || said != Some(id.as_slice()) {
            return Err(PasskeyError::Form);
        }
        let bytes = decoded(key)?;
        let key = UnparsedPublicKey::new(algorithm(number)?, &bytes);
        key.parse().map_err(|_| PasskeyError::Algorithm)?;
        Ok(Self {
            id: URL_SAFE_NO_PAD.encode(id),
            name: name.to_owned(),
            made,
            key: URL_SAFE_NO_PAD.encode(bytes),
            algorithm: number,
            count,
        })
    }

    /// Lets its owner in (section 7.2). The passkey changes by it: keep it before they get any further.
    pub fn sign_in(
        &mut self,
        answer: &Answer<'_>,
        signature: &str,
        challenge: &str,
        site: &Site<'_>,
    ) -> Result<(), PasskeyError> {
        if decoded(answer.id)? != decoded(&self.id)? {
            return Err(PasskeyError::Form);
        }
        let (client, authenticator, _, count) = judged(answer, "webauthn.get", challenge, site)?;
        let signed = [authenticator.as_slice(), Sha256::digest(&client).as_slice()].concat();
        let key = UnparsedPublicKey::new(algorithm(self.algorithm)?, decoded(&self.key)?);
        key.verify(&signed, &decoded(signature)?).map_err(|_| PasskeyError::Signature)?;
        // Authenticators that do not count say 0 each time (section 6.1.1).
        if (count, self.count) != (0, 0) && count <= self.count {
            return Err(PasskeyError::Copied);
        }
        self.count = count;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    };

    const SITE: Site<'_> = Site { origin: "https://medward.example", host: "medward.example" };

    fn encoded(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    type Signs<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

    fn der(key: &impl AsDer<PublicKeyX509Der<'static>>) -> String {
        encoded(key.as_der().unwrap().as_ref())
    }

    /// What a browser and an authenticator say.
    struct Said {
        client: String,
        authenticator: Vec<u8>,
    }

    impl Said {
        fn new(kind: &str, challenge: &str, origin: &str, (host, flags, count): (&str, u8, u32)) -> Self {
            let client = format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}"}}"#);
            let site = Sha256::digest(host.as_bytes());
            let mut authenticator = [site.as_slice(), &[flags], count.to_be_bytes().as_slice()].concat();
            if kind == "webauthn.create" {
                authenticator.extend([[0; 16].as_slice(), &[0, 3], b"key"].concat());
            }
            Self { client: encoded(client), authenticator }
        }

        fn signed(&self, sign: Signs<'_>) -> String {
            let client = URL_SAFE_NO_PAD.decode(&self.client).unwrap();
            encoded(sign(&[self.authenticator.as_slice(), Sha256::digest(client).as_slice()].concat()))
        }
    }

    const GOOD: u8 = PRESENT | VERIFIED;

    fn registered(
        key: &str,
        number: i64,
        origin: &str,
        of_authenticator: (&str, u8, u32),
    ) -> Result<Passkey, PasskeyError> {
        let said = Said::new("webauthn.create", "AAAA", origin, of_authenticator);
        let authenticator = encoded(&said.authenticator);
        let id = encoded("key");
        let answer = Answer { id: &id, client: &said.client, authenticator: &authenticator };
        Passkey::register(&answer, (key, number), "AAAA", &SITE, ("laptop", 1))
    }

    fn tried(
        passkey: &mut Passkey,
        said: &Said,
        challenge: &str,
        sign: Signs<'_>,
    ) -> Result<(), PasskeyError> {
        let (id, authenticator) = (passkey.id.clone(), encoded(&said.authenticator));
        let answer = Answer { id: &id, client: &said.client, authenticator: &authenticator };
        passkey.sign_in(&answer, &said.signed(sign), challenge, &SITE)
    }

    #[test]
    fn keys_of_every_kind_let_their_owner_in() {
        let random = SystemRandom::new();
        let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let edwards = Ed25519KeyPair::generate().unwrap();
        let rsa = aws_lc_rs::signature::RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let p256_key = der(p256.public_key());
        let edwards_key = der(edwards.public_key());
        let rsa_key = der(rsa.public_key());
        let by_p256 = |signed: &[u8]| p256.sign(&random, signed).unwrap().as_ref().to_vec();
        let by_edwards = |signed: &[u8]| edwards.sign(signed).as_ref().to_vec();
        let by_rsa = |signed: &[u8]| {
            let mut signature = vec![0; rsa.public_modulus_len()];
            rsa.sign(&RSA_PKCS1_SHA256, &random, signed, &mut signature).unwrap();
            signature
        };
        let kinds: [(i64, &str, Signs<'_>); 3] =
            [(-7, &p256_key, &by_p256), (-8, &edwards_key, &by_edwards), (-257, &rsa_key, &by_rsa)];
        for (number, key, sign) in kinds {
            let made = registered(key, number, SITE.origin, (SITE.host, GOOD | ATTESTED, 0)).unwrap();
            let mut passkey = made.clone();
            let said = |challenge, count| {
                Said::new("webauthn.get", challenge, SITE.origin, (SITE.host, GOOD, count))
            };
            assert_eq!(tried(&mut passkey, &said("BBBB", 5), "BBBB", sign), Ok(()), "{number}");
            assert_eq!(tried(&mut passkey, &said("BBBB", 5), "BBBB", sign), Err(PasskeyError::Copied));
            let other = |_: &[u8]| by_edwards(b"something else");
            let refused = tried(&mut passkey, &said("BBBB", 6), "BBBB", &other);
            assert_eq!(refused, Err(PasskeyError::Signature));
            for (wrong, _, _) in kinds.iter().filter(|(wrong, _, _)| *wrong != number) {
                let refused = registered(key, *wrong, SITE.origin, (SITE.host, GOOD | ATTESTED, 0));
                assert_eq!(refused, Err(PasskeyError::Algorithm), "{number} as {wrong}");
            }
            // One that does not count.
            let mut passkey = made;
            for _ in 0..2 {
                assert_eq!(tried(&mut passkey, &said("BBBB", 0), "BBBB", sign), Ok(()));
            }
        }
    }

    #[test]
    fn what_was_made_for_others_or_without_the_owner_is_refused() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let key = der(pair.public_key());
        let sign = |signed: &[u8]| pair.sign(signed).as_ref().to_vec();
        let of_host = (SITE.host, GOOD | ATTESTED, 0);
        let evil = "https://medward.example.evil";
        assert_eq!(registered(&key, -8, evil, of_host), Err(PasskeyError::Site));
        let unverified = (SITE.host, PRESENT | ATTESTED, 0);
        assert_eq!(registered(&key, -8, SITE.origin, unverified), Err(PasskeyError::Unverified));
        assert_eq!(registered(&key, -8, SITE.origin, (SITE.host, GOOD, 0)), Err(PasskeyError::Form));
        assert_eq!(registered(&key, -9, SITE.origin, of_host), Err(PasskeyError::Algorithm));
        let mut passkey = registered(&key, -8, SITE.origin, of_host).unwrap();
        let refused = [
            ("webauthn.create", "BBBB", SITE.origin, (SITE.host, GOOD, 1), PasskeyError::Challenge),
            ("webauthn.get", "CCCC", SITE.origin, (SITE.host, GOOD, 1), PasskeyError::Challenge),
            ("webauthn.get", "BBBB", evil, (SITE.host, GOOD, 1), PasskeyError::Site),
            ("webauthn.get", "BBBB", SITE.origin, ("evil", GOOD, 1), PasskeyError::Site),
            ("webauthn.get", "BBBB", SITE.origin, (SITE.host, PRESENT, 1), PasskeyError::Unverified),
            ("webauthn.get", "BBBB", SITE.origin, (SITE.host, VERIFIED, 1), PasskeyError::Unverified),
        ];
        for (kind, challenge, origin, of_authenticator, wanted) in refused {
            let said = Said::new(kind, challenge, origin, of_authenticator);
            assert_eq!(tried(&mut passkey, &said, "BBBB", &sign), Err(wanted), "{kind} {challenge} {origin}");
        }
        let said = Said::new("webauthn.get", "", SITE.origin, (SITE.host, GOOD, 1));
        assert_eq!(tried(&mut passkey, &said, "", &sign), Err(PasskeyError::Challenge), "no challenge");
    }

    #[test]
    fn no_bytes_of_a_browser_panic() {
        for length in 0..70 {
            let bytes = encoded(vec![0xff; length]);
            let answer = Answer { id: &bytes, client: &bytes, authenticator: &bytes };
            assert!(Passkey::register(&answer, (&bytes, -7), "AAAA", &SITE, ("", 0)).is_err());
            let said = Said::new("webauthn.create", "AAAA", SITE.origin, (SITE.host, GOOD | ATTESTED, 0));
            let cut = encoded(said.authenticator.get(..length).unwrap_or(&said.authenticator));
            let answer = Answer { id: &bytes, client: &said.client, authenticator: &cut };
            assert!(Passkey::register(&answer, (&bytes, -7), "AAAA", &SITE, ("", 0)).is_err());
        }
    }
}
