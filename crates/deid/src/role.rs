//! Keys of the two roles that together can open the mapping; either alone opens nothing. Never shows a secret.
//!
//! Sealing is X25519 with a key of one use (as RFC 9180 does in its base mode), HMAC-SHA-256 for derivation and
//! ChaCha20-Poly1305. Who de-identifies needs the public halves only, and cannot read what was written.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::fmt;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// Who must be there for a way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The data protection officer, or who acts for them.
    Privacy,
    /// A physician or who answers for the treatment.
    Clinical,
}

impl Role {
    /// As key files and the command line call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Privacy => "privacy",
            Self::Clinical => "clinical",
        }
    }

    /// By its name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Privacy, Self::Clinical].into_iter().find(|role| role.name() == name)
    }
}

/// Why a key of a role, or what was sealed for it, does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// The text is no such key.
    #[error("this is no public key of a role: one line with role and 64 hexadecimal digits is expected")]
    Form,
    /// The same role twice.
    #[error("both keys are of the role {}: two people of different roles are needed", .0.name())]
    SameRole(Role),
    /// The key does not open it.
    #[error("the {} key does not open this mapping: it was made for another one, or the file was changed", .0.name())]
    Closed(Role),
    /// No random numbers.
    #[error("the system gives no random numbers")]
    System,
}

const PUBLIC: &str = "medward-role-public-1";
/// What the seals of roles are bound to.
const SEAL: &str = "medward-role-secret-1";

/// Public half of a role's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RolePublic {
    /// Whose.
    pub role: Role,
    key: [u8; 32],
}

/// Secret half of a role's key; wiped when dropped.
pub struct RoleSecret {
    role: Role,
    secret: StaticSecret,
}

impl fmt::Debug for RoleSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RoleSecret({}, ..)", self.role.name())
    }
}

impl RolePublic {
    /// From the text of a key file.
    pub fn from_text(text: &str) -> Result<Self, RoleError> {
        let read = || {
            let mut words = text.split_whitespace();
            let (found, role, digits) = (words.next()?, words.next()?, words.next()?);
            if found != PUBLIC || digits.len() != 64 || !digits.is_ascii() || words.next().is_some() {
                return None;
            }
            let mut key = [0; 32];
            for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks(2)) {
                *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
            }
            Some(Self { role: Role::from_name(role)?, key })
        };
        read().ok_or(RoleError::Form)
    }

    /// The text of a key file.
    pub fn to_text(&self) -> String {
        let digits: String =
            self.key.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(digit).collect();
        format!("{PUBLIC} {} {digits}\n", self.role.name())
    }

    /// Seals for this role: 32 bytes of the one-use key, and the sealed bytes.
    pub(crate) fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, RoleError> {
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *random).map_err(|_| RoleError::System)?;
        let once = StaticSecret::from(*random);
        let once_public = PublicKey::from(&once).to_bytes();
        let key = self.agree(&once.diffie_hellman(&PublicKey::from(self.key)), &once_public)?;
        let cipher = ChaCha20Poly1305::new(&Key::from(*key));
        // The key is of one use: so is the nonce.
        let sealed = cipher.encrypt(&Nonce::default(), Payload { msg: plain, aad: SEAL.as_bytes() });
        let mut out = once_public.to_vec();
        out.extend_from_slice(&sealed.map_err(|_| RoleError::System)?);
        Ok(out)
    }

    /// The key that both sides come to, bound to both public keys and the role.
    fn agree(
        &self,
        shared: &x25519_dalek::SharedSecret,
        once_public: &[u8; 32],
    ) -> Result<Zeroizing<[u8; 32]>, RoleError> {
        let closed = RoleError::Closed(self.role);
        if !shared.was_contributory() {
            return Err(closed);
        }
        let mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(shared.as_bytes()).map_err(|_| closed)?;
        let mac = mac.chain_update(b"medward role seal 1 ").chain_update(self.role.name());
        let key = mac.chain_update(once_public).chain_update(self.key).finalize();
        Ok(Zeroizing::new(key.into_bytes().into()))
    }
}

fn digit(four_bits: u8) -> Option<char> {
    char::from_digit(u32::from(four_bits), 16)
}

impl RoleSecret {
    /// A new key for a role.
    pub fn generate(role: Role) -> Result<Self, RoleError> {
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *random).map_err(|_| RoleError::System)?;
        Ok(Self::new(role, &random))
    }

    /// Of 32 secret bytes, such as are derived from a sealed key file.
    pub fn new(role: Role, secret: &Zeroizing<[u8; 32]>) -> Self {
        Self { role, secret: StaticSecret::from(**secret) }
    }

    /// Whose it is.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The public half.
    pub fn public(&self) -> RolePublic {
        RolePublic { role: self.role, key: PublicKey::from(&self.secret).to_bytes() }
    }

    /// Opens what was sealed for this role.
    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, RoleError> {
        let closed = RoleError::Closed(self.role);
        let (once, sealed) = sealed.split_first_chunk::<32>().ok_or(closed)?;
        let shared = self.secret.diffie_hellman(&PublicKey::from(*once));
        let key = self.public().agree(&shared, once)?;
        let cipher = ChaCha20Poly1305::new(&Key::from(*key));
        let plain = cipher.decrypt(&Nonce::default(), Payload { msg: sealed, aad: SEAL.as_bytes() });
        plain.map(Zeroizing::new).map_err(|_| closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_role_it_was_sealed_for_opens_it() {
        let privacy = RoleSecret::generate(Role::Privacy).unwrap();
        let other = RoleSecret::generate(Role::Privacy).unwrap();
        let mut sealed = privacy.public().seal(b"secret").unwrap();
        assert_eq!(&**privacy.open(&sealed).unwrap(), b"secret");
        assert_eq!(other.open(&sealed), Err(RoleError::Closed(Role::Privacy)));
        let last = sealed.len() - 1;
        sealed[last] ^= 1;
        assert!(privacy.open(&sealed).is_err());
        assert!(privacy.open(b"short").is_err());
        assert_eq!(RolePublic::from_text(&privacy.public().to_text()).unwrap(), privacy.public());
        assert_eq!(RolePublic::from_text("medward-role-public-1 privacy 00"), Err(RoleError::Form));
        assert_eq!(format!("{privacy:?}"), "RoleSecret(privacy, ..)");
    }
}
