//! MAC algorithms of PS3.15 Annex C (0400,0015): which exist, which may sign, and their digests.

use aws_lc_rs::digest::{self, Context};
use md5::Digest as _;
use md5::Md5;
use ripemd::Ripemd160;
use std::fmt;

/// A MAC algorithm by its defined term in (0400,0015).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MacAlgorithm {
    /// `SHA256`.
    Sha256,
    /// `SHA384`.
    Sha384,
    /// `SHA512`.
    Sha512,
    /// `RIPEMD160`: 80 bits against collisions. The default of dcmsign.
    Ripemd160,
    /// `SHA1`: collisions are made in practice.
    Sha1,
    /// `MD5`: collisions are made in seconds.
    Md5,
}

impl MacAlgorithm {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Sha256, Self::Sha384, Self::Sha512, Self::Ripemd160, Self::Sha1, Self::Md5];

    /// The defined term.
    pub const fn term(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
            Self::Ripemd160 => "RIPEMD160",
            Self::Sha1 => "SHA1",
            Self::Md5 => "MD5",
        }
    }

    /// Of a defined term.
    pub fn from_term(term: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.term().as_bytes() == term)
    }

    /// Two contents with the same MAC can be made, or nearly: such a signature is verified and never made, and a valid one
    /// is not simply valid.
    pub const fn is_weak(self) -> bool {
        matches!(self, Self::Ripemd160 | Self::Sha1 | Self::Md5)
    }

    /// DER of the `DigestInfo` before the digest (RFC 8017 section 9.2, note 1).
    pub(crate) const fn digest_info(self) -> &'static [u8] {
        match self {
            Self::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            Self::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
            Self::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
            Self::Ripemd160 => b"\x30\x21\x30\x09\x06\x05\x2b\x24\x03\x02\x01\x05\x00\x04\x14",
            Self::Sha1 => b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
            Self::Md5 => b"\x30\x20\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x05\x00\x04\x10",
        }
    }
}

impl fmt::Display for MacAlgorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.term())
    }
}

/// The algorithm behind a digest. The two that aws-lc-rs does not have come from `RustCrypto`.
#[derive(Clone)]
enum Function {
    Listed(Context),
    Ripemd160(Ripemd160),
    Md5(Md5),
}

impl Function {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Listed(context) => context.update(bytes),
            Self::Ripemd160(hasher) => hasher.update(bytes),
            Self::Md5(hasher) => hasher.update(bytes),
        }
    }
}

/// Bytes that are gathered before the digest takes them.
const GATHERED: usize = 512;

/// A digest that is being made. Small pieces are gathered: a header is four of them, and each call costs as much as the
/// digest of a short value.
#[derive(Clone)]
pub(crate) struct Hasher {
    function: Function,
    gathered: Vec<u8>,
}

impl Hasher {
    pub(crate) fn new(algorithm: MacAlgorithm) -> Self {
        let listed = match algorithm {
            MacAlgorithm::Sha256 => &digest::SHA256,
            MacAlgorithm::Sha384 => &digest::SHA384,
            MacAlgorithm::Sha512 => &digest::SHA512,
            MacAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            MacAlgorithm::Ripemd160 => return Self::of(Function::Ripemd160(Ripemd160::new())),
            MacAlgorithm::Md5 => return Self::of(Function::Md5(Md5::new())),
        };
        Self::of(Function::Listed(Context::new(listed)))
    }

    fn of(function: Function) -> Self {
        Self { function, gathered: Vec::with_capacity(GATHERED) }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if self.gathered.len().saturating_add(bytes.len()) > GATHERED {
            self.function.update(&self.gathered);
            self.gathered.clear();
        }
        if bytes.len() > GATHERED {
            self.function.update(bytes);
        } else {
            self.gathered.extend_from_slice(bytes);
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.function.update(&self.gathered);
        match self.function {
            Function::Listed(context) => context.finish().as_ref().to_vec(),
            Function::Ripemd160(hasher) => hasher.finalize().to_vec(),
            Function::Md5(hasher) => hasher.finalize().to_vec(),
        }
    }
}

/// Digest of bytes.
pub(crate) fn digest_of(algorithm: MacAlgorithm, bytes: &[u8]) -> Vec<u8> {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_published_vectors() {
        let of = |algorithm| u64::from_be_bytes(*digest_of(algorithm, b"abc").first_chunk().unwrap());
        // FIPS 180-4 and RFC 1321; RIPEMD-160 from its authors' page.
        assert_eq!(of(MacAlgorithm::Sha256), 0xba78_16bf_8f01_cfea);
        assert_eq!(of(MacAlgorithm::Sha384), 0xcb00_753f_45a3_5e8b);
        assert_eq!(of(MacAlgorithm::Sha512), 0xddaf_35a1_9361_7aba);
        assert_eq!(of(MacAlgorithm::Sha1), 0xa999_3e36_4706_816a);
        assert_eq!(of(MacAlgorithm::Ripemd160), 0x8eb2_08f7_e05d_987a);
        assert_eq!(of(MacAlgorithm::Md5), 0x9001_5098_3cd2_4fb0);
    }

    #[test]
    fn terms_read_back_and_three_are_weak() {
        for one in MacAlgorithm::ALL {
            assert_eq!(MacAlgorithm::from_term(one.term().as_bytes()), Some(one));
            let info = one.digest_info();
            assert_eq!(usize::from(*info.last().unwrap()), digest_of(one, b"").len());
            assert_eq!(usize::from(info[1]) + 2, info.len() + digest_of(one, b"").len());
        }
        assert_eq!(MacAlgorithm::from_term(b"SHA-256"), None);
        assert_eq!(MacAlgorithm::ALL.into_iter().filter(|one| one.is_weak()).count(), 3);
    }
}
