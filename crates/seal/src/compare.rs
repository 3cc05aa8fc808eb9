//! Images against the manifest of their series: what was changed, taken away, added or put in another's place, by name.

use crate::group::Group;
use crate::manifest::{Manifest, name};
use crate::seal::{InstanceSeal, Sealed};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Something that is not as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A sealed image is not there.
    Removed {
        /// Which.
        image: String,
    },
    /// An image is there that was not sealed.
    Added {
        /// SOP Instance UID.
        uid: String,
    },
    /// An image is there more than once.
    Twice {
        /// SOP Instance UID.
        uid: String,
    },
    /// The pixels were changed.
    Pixels {
        /// Which.
        image: String,
    },
    /// The pixels are those of another sealed image: the two were swapped, or one was put over the other.
    PixelsOf {
        /// Which.
        image: String,
        /// Whose pixels it has.
        of: String,
    },
    /// The header was changed.
    Header {
        /// Which.
        image: String,
        /// What of it.
        groups: Vec<Group>,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed { image } => write!(formatter, "{image} was sealed and is not there"),
            Self::Added { uid } => write!(formatter, "{uid} was not sealed with the series"),
            Self::Twice { uid } => write!(formatter, "{uid} is there more than once"),
            Self::Pixels { image } => write!(formatter, "{image}: the pixels were changed"),
            Self::PixelsOf { image, of } => write!(formatter, "{image}: the pixels are those of {of}"),
            Self::Header { image, groups } => {
                let names: Vec<&str> = groups.iter().map(|group| group.name()).collect();
                write!(formatter, "{image}: the header was changed: {}", names.join(", "))
            }
        }
    }
}

/// A series that is as it was sealed: every image, and nothing else. Only [`Comparison::finish`] says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchanged {
    images: usize,
}

impl Unchanged {
    /// How many images.
    pub const fn images(&self) -> usize {
        self.images
    }
}

/// Holds images against a manifest, one by one and in any order.
#[derive(Debug)]
pub struct Comparison<'m> {
    manifest: &'m Manifest,
    by_pixels: HashMap<[u8; 32], Vec<&'m InstanceSeal>>,
    seen: HashSet<[u8; 32]>,
    findings: Vec<Finding>,
}

impl<'m> Comparison<'m> {
    /// With a manifest, which was opened with the key of whoever is believed.
    pub fn new(manifest: &'m Manifest) -> Self {
        let mut by_pixels: HashMap<[u8; 32], Vec<&InstanceSeal>> = HashMap::new();
        for line in manifest.lines() {
            by_pixels.entry(line.seal.pixels).or_default().push(&line.seal);
        }
        Self { manifest, by_pixels, seen: HashSet::new(), findings: Vec::new() }
    }

    /// Adds an image of the series, sealed under the key of the manifest.
    pub fn add(&mut self, image: &Sealed) -> &[Finding] {
        let begun = self.findings.len();
        let now = &image.seal;
        if !self.seen.insert(now.instance) {
            self.findings.push(Finding::Twice { uid: image.uid.clone() });
        }
        match self.manifest.line(&now.instance) {
            None => self.findings.push(Finding::Added { uid: image.uid.clone() }),
            Some(line) => self.compare(&line.seal, now),
        }
        self.findings.get(begun..).unwrap_or_default()
    }

    fn compare(&mut self, sealed: &InstanceSeal, now: &InstanceSeal) {
        let image = name(sealed);
        if sealed.pixels != now.pixels {
            let others = self.by_pixels.get(&now.pixels).map(Vec::as_slice).unwrap_or_default();
            self.findings.push(match others.first() {
                Some(other) => Finding::PixelsOf { image: image.clone(), of: name(other) },
                None => Finding::Pixels { image: image.clone() },
            });
        }
        let groups = sealed.changed_groups(now);
        if !groups.is_empty() {
            self.findings.push(Finding::Header { image, groups });
        }
    }

    /// All findings, once every image that is there was added; those that were not are missed now.
    pub fn finish(mut self) -> Result<Unchanged, Vec<Finding>> {
        let missed = self.manifest.lines().iter().filter(|line| !self.seen.contains(&line.seal.instance));
        let missed: Vec<Finding> = missed.map(|line| Finding::Removed { image: name(&line.seal) }).collect();
        self.findings.extend(missed);
        if self.findings.is_empty() {
            Ok(Unchanged { images: self.manifest.lines().len() })
        } else {
            Err(self.findings)
        }
    }
}
