//! Series held against their manifests: which were named, whether the ledger knows them, and what is not as it was sealed.

use super::verify::Arguments;
use crate::command::{DIRECTORY, public_key};
use crate::output::Error;
use medward_ledger::segment::{Reader, Step};
use medward_ledger::{Entry, VerifierKey, verify};
use medward_seal::{Comparison, Finding, Manifest, Sealed, Sealer};
use std::fs;
use std::path::{Path, PathBuf};

/// A manifest that its key signed, with where it lies.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) manifest: Manifest,
    sealer: Sealer,
    /// When it was sealed, in seconds since 1970, and the number of the entry; where the ledger was asked.
    pub(super) entry: Option<(i64, u64)>,
}

/// The manifests of a run.
pub(super) struct Manifests(Vec<Opened>);

impl Manifests {
    /// Opens the files named, and all `*.manifest` of the directories.
    pub(super) fn open(arguments: &Arguments) -> Result<Self, Error> {
        if arguments.manifest.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let ledger = arguments.device.as_ref().map(|device| device.join(DIRECTORY));
        if ledger.is_none() && arguments.public_key.is_none() {
            let message =
                "a manifest proves nothing without the key of its signer: give --public-key or --device";
            return Err(Error::Usage(message.to_owned()));
        }
        let key = public_key(ledger.as_deref().unwrap_or(Path::new("")), arguments.public_key.as_deref())?;
        let mut paths = Vec::new();
        for path in &arguments.manifest {
            if path.is_dir() {
                let inside = walkdir::WalkDir::new(path).sort_by_file_name().into_iter();
                let inside = inside.map(|entry| entry.map_err(|error| Error::Usage(error.to_string())));
                for entry in inside {
                    let path = entry?.into_path();
                    paths.extend(
                        path.extension().is_some_and(|extension| extension == "manifest").then_some(path),
                    );
                }
            } else {
                paths.push(path.clone());
            }
        }
        if paths.is_empty() {
            return Err(Error::Usage(
                "there is no manifest: files of the name *.manifest are looked for".to_owned(),
            ));
        }
        let mut opened = Vec::new();
        for path in paths {
            let text = fs::read(&path).map_err(Error::io("read", &path))?;
            let manifest = Manifest::open(&text, &key);
            let manifest =
                manifest.map_err(|error| Error::Usage(format!("`{}`: {error}", path.display())))?;
            let sealer = Sealer::new(manifest.key());
            opened.push(Opened { path, manifest, sealer, entry: None });
        }
        if let Some(ledger) = ledger {
            find_entries(&ledger, &key, &mut opened)?;
        }
        Ok(Self(opened))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> &[Opened] {
        &self.0
    }

    /// The manifest of a series, by its number, and what seals under its key.
    pub(super) fn of_series(&self, uid: &str) -> Option<(usize, &Sealer)> {
        let mut all = self.0.iter().enumerate();
        let found = all.find(|(_, opened)| opened.sealer.series(uid) == *opened.manifest.series());
        found.map(|(number, opened)| (number, &opened.sealer))
    }

    /// What is not as it was sealed, for each manifest, once all images were seen.
    pub(super) fn compare(&self, images: &[(usize, Sealed)]) -> Vec<Vec<Finding>> {
        let mut comparisons: Vec<Comparison<'_>> =
            self.0.iter().map(|opened| Comparison::new(&opened.manifest)).collect();
        for (number, image) in images {
            if let Some(comparison) = comparisons.get_mut(*number) {
                comparison.add(image);
            }
        }
        comparisons.into_iter().map(|comparison| comparison.finish().err().unwrap_or_default()).collect()
    }
}

/// Looks the manifests up in a ledger that holds.
fn find_entries(ledger: &Path, key: &VerifierKey, opened: &mut [Opened]) -> Result<(), Error> {
    if let Err(findings) = verify(ledger, key, &[]) {
        let first = findings.first().map(ToString::to_string).unwrap_or_default();
        return Err(Error::Usage(format!("the ledger proves nothing: {first}; see `medward ledger verify`")));
    }
    let mut reader = Reader::open(&ledger.join("segment")).map_err(Error::io("read", ledger))?;
    loop {
        let index = reader.count;
        let Step::Entry(bytes) = reader.step().map_err(Error::io("read", ledger))? else { return Ok(()) };
        let Ok(Entry::SeriesSeal { manifest, received, .. }) = Entry::parse(&bytes) else { continue };
        for one in opened.iter_mut().filter(|one| one.entry.is_none() && one.manifest.digest() == manifest) {
            one.entry = Some((received, index));
        }
    }
}
