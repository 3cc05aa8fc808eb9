//! The manifest of a series: the seals of all its images under one signature, so that none can be changed, taken away, added
//! or put in the place of another unnoticed.
//!
//! A text in three parts with an empty line between: what is signed, with the SHA-256 of the third part and the key of the
//! seals; signatures (C2SP signed-note); a line for each image. The manifest is kept with the images and erased with them;
//! the ledger holds its digest alone, which tells nothing once the key is gone.

use crate::algorithm::{MacAlgorithm, digest_of};
use crate::group::Group;
use crate::seal::{InstanceSeal, SealKey};
use medward_ledger::{Digest, Note, Signer, VerifierKey};
use std::fmt::Write as _;

/// First line of a manifest. No head of a log begins so and has a number in its second line.
const FIRST: &str = "medward series manifest 1";
/// Most images of a series.
const INSTANCES_MAX: usize = 200_000;
/// Largest manifest, in bytes.
const BYTES_MAX: usize = 256 << 20;

/// Why a manifest is none, or not by this key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not the text of one.
    #[error("this is no manifest of a series: {0}")]
    Form(&'static str),
    /// Not signed by the key, or changed.
    #[error("the manifest: {0}")]
    Signature(#[from] medward_ledger::note::NoteError),
    /// The list of images is not the one that was signed.
    #[error("the list of images in the manifest is not the one that was signed")]
    List,
    /// An image is there twice.
    #[error("two images of the series have the same SOP Instance UID: {0} and {1}")]
    Twice(String, String),
}

/// An image in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its seal.
    pub seal: InstanceSeal,
    /// Digest of the line of the image that it was made from, in the manifest that this one was made from.
    pub made_from: Option<Digest>,
}

impl Line {
    /// Digest of the line, by which an image made from this one names it.
    pub fn digest(&self) -> Digest {
        sha256(self.text().as_bytes())
    }

    fn text(&self) -> String {
        let seal = &self.seal;
        let number = seal.number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let mut text = format!("{} {number} {}", hex(&seal.instance), hex(&seal.pixels));
        for group in &seal.groups {
            let _ = write!(text, " {}", hex(group));
        }
        if let Some(from) = &self.made_from {
            let _ = write!(text, " {from}");
        }
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let instance = unhex(words.next()?)?;
        let number = match words.next()? {
            "-" => None,
            number => Some(number.parse().ok()?),
        };
        let pixels = unhex(words.next()?)?;
        let mut groups = [[0; 32]; Group::ALL.len()];
        for group in &mut groups {
            *group = unhex(words.next()?)?;
        }
        let made_from = words.next().map(Digest::try_from).transpose().ok()?;
        let line = Self { seal: InstanceSeal { instance, number, pixels, groups }, made_from };
        // One spelling only.
        (words.next().is_none() && line.text() == text).then_some(line)
    }
}

/// The sealed images of a series.
#[derive(Debug, Clone)]
pub struct Manifest {
    key: SealKey,
    series: [u8; 32],
    made_from: Option<Digest>,
    /// By instance.
    lines: Vec<Line>,
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::of(digest_of(MacAlgorithm::Sha256, bytes).try_into().unwrap_or_default())
}

fn hex(bytes: &[u8; 32]) -> Digest {
    Digest::of(*bytes)
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digest = Digest::try_from(text).ok()?;
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(digest.as_str().as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

impl Manifest {
    /// Of the seals of a series, made under the key.
    pub fn new(key: SealKey, series: [u8; 32], seals: Vec<InstanceSeal>) -> Result<Self, ManifestError> {
        let lines = seals.into_iter().map(|seal| Line { seal, made_from: None }).collect();
        Self { key, series, made_from: None, lines }.sorted()
    }

    fn sorted(mut self) -> Result<Self, ManifestError> {
        self.lines.sort_by_key(|line| line.seal.instance);
        if self.lines.len() > INSTANCES_MAX {
            return Err(ManifestError::Form("it has too many images"));
        }
        let pairs = self.lines.iter().zip(self.lines.iter().skip(1));
        for (one, next) in pairs {
            if one.seal.instance == next.seal.instance {
                let name = |line: &Line| name(&line.seal);
                return Err(ManifestError::Twice(name(one), name(next)));
            }
        }
        Ok(self)
    }

    /// Notes that the series was made from another, as by de-identification: every image with the pixels of one of the old
    /// series is chained to it. Gives the images that are chained to none, because their pixels are others or those of two.
    pub fn chain_to(&mut self, old: &Self) -> Vec<InstanceSeal> {
        self.made_from = Some(old.digest());
        let mut by_pixels: Vec<&Line> = old.lines.iter().collect();
        by_pixels.sort_by_key(|line| line.seal.pixels);
        let mut alone = Vec::new();
        for line in &mut self.lines {
            let first = by_pixels.partition_point(|old| old.seal.pixels < line.seal.pixels);
            let mut same = by_pixels.iter().skip(first).take_while(|old| old.seal.pixels == line.seal.pixels);
            match (same.next(), same.next()) {
                (Some(old), None) => line.made_from = Some(old.digest()),
                _ => alone.push(line.seal.clone()),
            }
        }
        alone
    }

    /// Chains one image to the one that it was made from, where the caller knows which: also when its pixels were changed.
    /// `false` if either is not there.
    pub fn chain(&mut self, instance: &[u8; 32], old: &Self, old_instance: &[u8; 32]) -> bool {
        let Some(from) = old.line(old_instance).map(Line::digest) else { return false };
        let Ok(at) = self.lines.binary_search_by_key(instance, |line| line.seal.instance) else {
            return false;
        };
        self.made_from = Some(old.digest());
        if let Some(line) = self.lines.get_mut(at) {
            line.made_from = Some(from);
        }
        true
    }

    /// Checks that this series was made from the old one and nothing was put under: gives the images that name none of its
    /// images, and those whose pixels are not the ones of the image they name.
    pub fn check_chain(&self, old: &Self) -> Result<(Vec<&Line>, Vec<&Line>), ManifestError> {
        if self.made_from.as_ref() != Some(&old.digest()) {
            return Err(ManifestError::Form("it was not made from that series"));
        }
        let mut known: Vec<(Digest, [u8; 32])> =
            old.lines.iter().map(|line| (line.digest(), line.seal.pixels)).collect();
        known.sort_unstable();
        let (mut unknown, mut other_pixels) = (Vec::new(), Vec::new());
        for line in &self.lines {
            let named = line.made_from.as_ref();
            let at = named.and_then(|named| known.binary_search_by(|(digest, _)| digest.cmp(named)).ok());
            match at.and_then(|at| known.get(at)) {
                None => unknown.push(line),
                Some((_, pixels)) if *pixels != line.seal.pixels => other_pixels.push(line),
                Some(_) => {}
            }
        }
        Ok((unknown, other_pixels))
    }

    /// The images by instance.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The line of an instance.
    pub fn line(&self, instance: &[u8; 32]) -> Option<&Line> {
        let at = self.lines.binary_search_by_key(instance, |line| line.seal.instance).ok()?;
        self.lines.get(at)
    }

    /// The key of its seals.
    pub fn key(&self) -> &SealKey {
        &self.key
    }

    /// Pseudonym of the series.
    pub fn series(&self) -> &[u8; 32] {
        &self.series
    }

    /// Digest of the manifest that this one was made from.
    pub fn made_from(&self) -> Option<&Digest> {
        self.made_from.as_ref()
    }

    /// Digest of what is signed, as the ledger keeps it.
    pub fn digest(&self) -> Digest {
        sha256(self.head(&self.list()).as_bytes())
    }

    fn list(&self) -> String {
        self.lines.iter().fold(String::new(), |mut text, line| {
            text.push_str(&line.text());
            text.push('\n');
            text
        })
    }

    fn head(&self, list: &str) -> String {
        let (key, list) = (hex(self.key.bytes()), sha256(list.as_bytes()));
        let (series, count) = (hex(&self.series), self.lines.len());
        let mut text = format!("{FIRST}\nkey {key}\nseries {series}\nimages {count} {list}\n");
        if let Some(from) = &self.made_from {
            let _ = writeln!(text, "made from {from}");
        }
        text
    }

    /// The text, signed.
    pub fn sign(&self, signer: &Signer) -> Result<String, ManifestError> {
        let list = self.list();
        let mut note = Note::new(self.head(&list))?;
        note.add(signer.sign(note.text(), 0));
        Ok(format!("{note}\n{list}"))
    }

    /// Reads a manifest that the key signed. Nothing of one that it did not sign is given.
    pub fn open(text: &[u8], key: &VerifierKey) -> Result<Self, ManifestError> {
        let form = ManifestError::Form;
        if text.len() > BYTES_MAX {
            return Err(form("it is too large"));
        }
        let text = std::str::from_utf8(text).map_err(|_| form("it is not UTF-8"))?;
        let parts = text.split_once("\n\n");
        let (head, rest) = parts.ok_or(form("no empty line parts what is signed from the signatures"))?;
        let (signatures, list) =
            rest.split_once("\n\n").ok_or(form("no empty line parts signatures and list"))?;
        let note = Note::parse(format!("{head}\n\n{signatures}\n").as_bytes())?;
        note.verify(key)?;
        Self::parse(note.text(), list)
    }

    fn parse(head: &str, list: &str) -> Result<Self, ManifestError> {
        let form = || ManifestError::Form("what is signed is not laid out as it must be");
        let mut lines = head.lines();
        if lines.next() != Some(FIRST) {
            return Err(form());
        }
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
        let key = field("key").and_then(|key| unhex(&key)).ok_or_else(form)?;
        let series = field("series").and_then(|series| unhex(&series)).ok_or_else(form)?;
        let _images = field("images").ok_or_else(form)?;
        let made_from = field("made from").map(Digest::try_from).transpose().map_err(|_| form())?;
        let mut seals = Vec::new();
        for line in list.lines() {
            if seals.len() >= INSTANCES_MAX {
                return Err(ManifestError::Form("it has too many images"));
            }
            seals.push(Line::parse(line).ok_or(ManifestError::List)?);
        }
        let manifest = Self { key: SealKey::new(key), series, made_from, lines: seals }.sorted()?;
        // The one comparison that counts: what was read, written again, is what was signed.
        if manifest.head(list) == head { Ok(manifest) } else { Err(ManifestError::List) }
    }
}

/// How people name an image of which only the seal is there.
pub(crate) fn name(seal: &InstanceSeal) -> String {
    match seal.number {
        Some(number) => format!("image number {number}"),
        None => format!("image {:.16}", hex(&seal.instance).as_str()),
    }
}
