//! The seal of an image: digests of its pixels and of each group of its header, and a pseudonym in place of its UID.
//!
//! The digest of the pixels is plain SHA-256: who has the image, also without its header, can find its seal. Everything else
//! is HMAC-SHA-256 under a [`SealKey`], because names and numbers are guessed in no time; without the key a seal tells nothing
//! of a patient, and once the key is erased it never will again.
//!
//! Native pixels give the same digest in every transfer syntax. Encapsulated pixels are sealed as their fragments: another
//! compression, or none, is another digest, even where the image is the same.

use crate::canonical::{Content, is_pixels};
use crate::group::Group;
use crate::reading::read_all;
use crate::verify::limits;
use aws_lc_rs::hmac;
use medward_dicom_scan::{DataSet, Refused, Scanner, Tag, WriteError};
use std::fmt;
use std::io::{Read, Seek};
use zeroize::Zeroizing;

const SERIES_UID: Tag = Tag::new(0x0020, 0x000E);
const INSTANCE_UID: Tag = Tag::new(0x0008, 0x0018);
const INSTANCE_NUMBER: Tag = Tag::new(0x0020, 0x0013);

/// Why there is no seal.
#[derive(Debug, thiserror::Error)]
pub enum NotSealed {
    /// The scan refused the object.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It cannot be told from others.
    #[error(
        "it has no SOP Instance UID (0008,0018) or Series Instance UID (0020,000E), or they are there twice"
    )]
    NoUid,
    /// The source failed.
    #[error("cannot be read: {0}")]
    Read(#[from] WriteError),
    /// No random numbers.
    #[error("the system gives no random numbers")]
    System,
}

/// What pseudonyms and digests of headers are made under. Wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for SealKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealKey(..)")
    }
}

impl SealKey {
    /// Of 32 bytes that nobody can guess.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new one.
    pub fn generate() -> Result<Self, NotSealed> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).map_err(|_| NotSealed::System)?;
        Ok(Self(bytes))
    }

    /// The bytes, to be kept where the images are kept.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The seal of one image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceSeal {
    /// Pseudonym of the SOP Instance UID.
    pub instance: [u8; 32],
    /// Instance Number (0020,0013), by which people name an image; no secret.
    pub number: Option<i32>,
    /// SHA-256 of the pixels.
    pub pixels: [u8; 32],
    /// Digest of each group of the header, in the order of [`Group::ALL`].
    pub groups: [[u8; 32]; Group::ALL.len()],
}

impl InstanceSeal {
    /// One digest over all groups of the header.
    pub fn header(&self) -> [u8; 32] {
        let whole = crate::algorithm::digest_of(crate::MacAlgorithm::Sha256, self.groups.as_flattened());
        whole.try_into().unwrap_or_default()
    }

    /// The groups that differ.
    pub fn changed_groups(&self, other: &Self) -> Vec<Group> {
        let all = Group::ALL.into_iter().zip(self.groups.iter().zip(&other.groups));
        all.filter(|(_, (one, other))| one != other).map(|(group, _)| group).collect()
    }
}

/// A seal with what identifies the image, which never leaves the caller.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The seal.
    pub seal: InstanceSeal,
    /// SOP Instance UID.
    pub uid: String,
    /// It has pixels at all.
    pub has_pixels: bool,
}

/// Makes seals under one key.
#[derive(Clone)]
pub struct Sealer {
    key: hmac::Key,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealer(..)")
    }
}

impl Sealer {
    /// Under a key.
    pub fn new(key: &SealKey) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key.bytes()) }
    }

    /// Scans and seals a Part 10 file or a bare data set.
    pub fn object<R: Read + Seek>(&self, source: &mut R) -> Result<Sealed, NotSealed> {
        let mut scanner = Scanner::new(&limits());
        scanner.scan(source)?;
        self.data_set(&scanner.into_data_set(), source)
    }

    /// Seals what was scanned of a source; bulk values are read from it in pieces.
    pub fn data_set<R: Read + Seek>(&self, data_set: &DataSet, source: &mut R) -> Result<Sealed, NotSealed> {
        let uid = single(data_set, INSTANCE_UID).ok_or(NotSealed::NoUid)?;
        let number = single(data_set, INSTANCE_NUMBER).and_then(|text| text.trim().parse().ok());
        let mut content = Content::new(data_set, &self.key);
        read_all(data_set, source, &mut [&mut content])?;
        let (groups, pixels) = content.finish();
        let has_pixels = data_set.children(None).any(|(_, element)| is_pixels(element.tag));
        let instance = self.pseudonym("instance", &uid);
        Ok(Sealed { seal: InstanceSeal { instance, number, pixels, groups }, uid, has_pixels })
    }

    /// Pseudonym of a series, the same for each of its images.
    pub fn series(&self, series_uid: &str) -> [u8; 32] {
        self.pseudonym("series", series_uid)
    }

    fn pseudonym(&self, of: &str, uid: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in ["medward seal 1 ", of, " uid ", uid] {
            context.update(part.as_bytes());
        }
        context.sign().as_ref().try_into().unwrap_or_default()
    }
}

/// Series Instance UID of an object, by which it finds its manifest.
pub fn series_uid(data_set: &DataSet) -> Result<String, NotSealed> {
    single(data_set, SERIES_UID).ok_or(NotSealed::NoUid)
}

/// Text of an element at the top that is there once.
fn single(data_set: &DataSet, tag: Tag) -> Option<String> {
    let mut found = data_set.children(None).filter(|(_, element)| element.tag == tag);
    let (_, element) = found.next().filter(|_| found.next().is_none())?;
    let text = data_set.value(element)?;
    let text = String::from_utf8_lossy(text);
    let text = text.trim_end_matches(['\0', ' ']);
    (!text.is_empty()).then(|| text.to_owned())
}
