//! A key-encryption key that never leaves its token: AES-256-GCM done by a PKCS#11 module (OASIS PKCS#11 2.40 section 2.12).

use super::{KeyProvider, ProviderError};
use crate::key::{KEY_BYTES, SecretKey, TAG_BYTES, fill_random};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

const IV_BYTES: usize = 12;
const TAG_BITS: u64 = TAG_BYTES as u64 * 8;

/// Where a key is: the module of the token's maker, and the labels of token and key.
#[derive(Debug, Clone)]
pub struct Token {
    /// The shared library. It runs inside the process: name only one that is trusted.
    pub library: PathBuf,
    /// Label of the token.
    pub token: String,
    /// Label of the key.
    pub key: String,
}

/// A key-encryption key in a token. Calls to the token are made one at a time.
pub struct TokenKey {
    id: String,
    session: Mutex<(Session, ObjectHandle)>,
    /// Kept open as long as the session.
    _module: Pkcs11,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenKey({})", self.id)
    }
}

fn failed(action: &'static str) -> impl FnOnce(Error) -> ProviderError {
    move |error| ProviderError::Token { action, reason: error.to_string() }
}

impl TokenKey {
    /// Logs in to a token and finds the key there.
    pub fn open(token: &Token, pin: &str) -> Result<Self, ProviderError> {
        let (module, session) = logged_in(token, pin)?;
        let found = session.find_objects(&template(token)).map_err(failed("be searched"))?;
        let [key] = found.as_slice() else {
            let reason = format!("{} AES keys are called `{}`, one is expected", found.len(), token.key);
            return Err(ProviderError::Token { action: "give the key", reason });
        };
        let id = format!("token:{}:{}", token.token, token.key);
        Ok(Self { id, session: Mutex::new((session, *key)), _module: module })
    }

    /// Makes a key in a token, which does not give it out again.
    pub fn generate(token: &Token, pin: &str) -> Result<Self, ProviderError> {
        let (module, session) = logged_in(token, pin)?;
        let mut made = template(token);
        made.extend([
            Attribute::ValueLen((KEY_BYTES as u64).into()),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ]);
        session.generate_key(&Mechanism::AesKeyGen, &made).map_err(failed("make a key"))?;
        drop((session, module));
        Self::open(token, pin)
    }
}

fn template(token: &Token) -> Vec<Attribute> {
    let label = token.key.as_bytes().to_vec();
    vec![Attribute::Class(ObjectClass::SECRET_KEY), Attribute::KeyType(KeyType::AES), Attribute::Label(label)]
}

fn logged_in(token: &Token, pin: &str) -> Result<(Pkcs11, Session), ProviderError> {
    let module = Pkcs11::new(&token.library).map_err(failed("be loaded"))?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // Another vault of this process uses it.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(failed("be initialised")(error)),
    }
    let slots = module.get_slots_with_token().map_err(failed("list its slots"))?;
    let is_it = |info: cryptoki::slot::TokenInfo| info.label() == token.token;
    let slot = slots.into_iter().find(|slot| module.get_token_info(*slot).is_ok_and(is_it));
    let absent =
        || ProviderError::Token { action: "be found", reason: format!("no token `{}`", token.token) };
    let session = module.open_rw_session(slot.ok_or_else(absent)?).map_err(failed("open a session"))?;
    match session.login(UserType::User, Some(&AuthPin::new(pin.into()))) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok((module, session)),
        Err(error) => Err(failed("be logged in to")(error)),
    }
}

impl KeyProvider for TokenKey {
    fn id(&self) -> &str {
        &self.id
    }

    fn wrap(&self, key: &SecretKey, bound: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let mut iv = [0; IV_BYTES];
        fill_random(&mut iv).map_err(|_| ProviderError::System)?;
        let mut wrapped = iv.to_vec();
        let parameters = GcmParams::new(&mut iv, bound, TAG_BITS.into()).map_err(failed("wrap a key"))?;
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let body = session.0.encrypt(&Mechanism::AesGcm(parameters), session.1, key.expose());
        wrapped.extend(body.map_err(failed("wrap a key"))?);
        Ok(wrapped)
    }

    fn unwrap(&self, wrapped: &[u8], bound: &[u8]) -> Result<Option<SecretKey>, ProviderError> {
        let Some((iv, body)) = wrapped.split_first_chunk::<IV_BYTES>() else { return Ok(None) };
        if body.len() != KEY_BYTES.saturating_add(TAG_BYTES) {
            return Ok(None);
        }
        let mut iv = *iv;
        let parameters = GcmParams::new(&mut iv, bound, TAG_BITS.into()).map_err(failed("unwrap a key"))?;
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        match session.0.decrypt(&Mechanism::AesGcm(parameters), session.1, body) {
            Ok(plain) => Ok(SecretKey::from_slice(&Zeroizing::new(plain))),
            // Tokens name a tag that does not hold in different ways.
            Err(Error::Pkcs11(
                RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange | RvError::GeneralError,
                _,
            )) => Ok(None),
            Err(error) => Err(failed("unwrap a key")(error)),
        }
    }
}
