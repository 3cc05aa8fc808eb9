//! `medward seal record`: a signed manifest for each series of a directory, and its digest in the ledger of a device.

use crate::command::ledger::{KeyArguments, open_with};
use crate::files::{self, Source};
use crate::output::{Error, counted, print, visible};
use jiff::Timestamp;
use medward_dicom_scan::Scanner;
use medward_ledger::{Digest, Entry, key};
use medward_seal::{InstanceSeal, Manifest, NotSealed, SealKey, Sealer, limits, series_uid};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as MapEntry;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

/// Arguments of `seal record`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A manifest is kept where the images are kept, and erased with them: it holds the key under which names and \
    numbers were sealed. The ledger holds its digest alone.\n\nExamples:\n  \
    medward seal record study/ manifests/ --key ledger.key --device lung-ct\n  \
    medward seal record clean/ clean-manifests/ --made-from manifests/4f0c.manifest --key ledger.key\n\n\
    Exit codes: 0 every file was sealed, 1 some were no images, 2 could not run, and then nothing was written."
)]
pub(crate) struct Arguments {
    /// File, or directory with all that is below it
    input: PathBuf,
    /// Directory for the manifests
    output: PathBuf,
    #[command(flatten)]
    key: KeyArguments,
    /// Directory of the security file whose ledger gets the digests; the key is then that of the ledger
    #[arg(long, value_name = "DIRECTORY")]
    device: Option<PathBuf>,
    /// Manifest of the series that this one was made from, as by de-identification; images with the same pixels are chained
    #[arg(long, value_name = "FILE")]
    made_from: Option<PathBuf>,
}

/// Key and seals of a series.
type Series = BTreeMap<String, (SealKey, Vec<InstanceSeal>)>;

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let passphrase = arguments.key.passphrase()?;
    let signer = key::open(&arguments.key.path, &passphrase)?;
    let usage = |error: &dyn std::fmt::Display| Error::Usage(error.to_string());
    let old = arguments.made_from.as_ref().map(|path| {
        let text = fs::read(path).map_err(Error::io("read", path))?;
        Manifest::open(&text, signer.verifier())
            .map_err(|error| Error::Usage(format!("`{}`: {error}", path.display())))
    });
    let old = old.transpose()?;
    let (input, output) = files::apart(&arguments.input, &arguments.output)?;
    files::clear_unfinished(&output)?;
    let (series, skipped) = seals(&input)?;
    let mut text = skipped.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    });
    if old.is_some() && series.len() > 1 {
        return Err(Error::Usage("--made-from is for one series at a time".to_owned()));
    }
    let (mut parts, mut entries, mut images) = (Vec::new(), Vec::new(), 0);
    let now = Timestamp::now().as_second();
    for (uid, (key, seals)) in series {
        let pseudonym = Sealer::new(&key).series(&uid);
        let mut manifest = Manifest::new(key, pseudonym, seals).map_err(|error| usage(&error))?;
        if let Some(old) = &old {
            let alone = manifest.chain_to(old);
            for seal in &alone {
                let number =
                    seal.number.map_or_else(|| "without a number".to_owned(), |number| number.to_string());
                let _ = writeln!(
                    text,
                    "image {number} is chained to none: its pixels are of no image, or of two, there"
                );
            }
        }
        let name = output.join(format!("{:.16}.manifest", Digest::of(pseudonym).as_str()));
        let part = tempfile::Builder::new().prefix(files::UNFINISHED).tempfile_in(&output);
        let part = part.map_err(Error::io("write", &output))?;
        fs::write(part.path(), manifest.sign(&signer).map_err(|error| usage(&error))?)
            .map_err(Error::io("write", &name))?;
        let _ = writeln!(text, "{}: {}", name.display(), counted(manifest.lines().len() as u64, "image"));
        images += manifest.lines().len();
        parts.push((part.into_temp_path(), name));
        entries.push(Entry::SeriesSeal {
            series: Digest::of(pseudonym),
            manifest: manifest.digest(),
            images: manifest.lines().len() as u64,
            made_from: manifest.made_from().cloned(),
            received: now,
            signed: None,
        });
    }
    let count = parts.len();
    // The ledger is opened before anything is written, so that a wrong key leaves nothing behind.
    let log =
        arguments.device.as_ref().map(|device| open_with(device, &arguments.key, &passphrase)).transpose()?;
    files::name_parts(&output, parts)?;
    if let Some(log) = log {
        for entry in entries {
            let receipt = log.append(&entry.canonical()?)?;
            let _ = writeln!(text, "in the ledger as entry {}", receipt.index);
        }
    }
    let _ = writeln!(
        text,
        "{count} series with {} sealed, {} left out",
        counted(images as u64, "image"),
        counted(skipped.len() as u64, "file")
    );
    print(&visible(&text))?;
    Ok(if skipped.is_empty() && images > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Seals of all images, by series, and what was left out, with why.
fn seals(input: &Path) -> Result<(Series, Vec<String>), Error> {
    let keys: Mutex<BTreeMap<String, SealKey>> = Mutex::new(BTreeMap::new());
    let bar = files::progress();
    let (mut series, mut skipped) = (Series::new(), Vec::new());
    let input = [input.to_path_buf()];
    files::batches(&input, |batch| {
        let sealed: Vec<_> = batch
            .par_iter()
            .map(|path| {
                let sealed = seal(path, &keys);
                bar.inc(1);
                sealed
            })
            .collect();
        for (path, sealed) in batch.iter().zip(sealed) {
            match sealed {
                Ok((uid, key, seal)) => series.entry(uid).or_insert((key, Vec::new())).1.push(seal),
                Err(reason) => skipped.push(format!("{}: {reason}", path.display())),
            }
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok((series, skipped))
}

fn seal(
    path: &Path,
    keys: &Mutex<BTreeMap<String, SealKey>>,
) -> Result<(String, SealKey, InstanceSeal), String> {
    let mut source = Source::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    let mut scanner = Scanner::new(&limits());
    scanner.scan(&mut source).map_err(|error| error.to_string())?;
    let data_set = scanner.into_data_set();
    let reason = |error: NotSealed| error.to_string();
    let uid = series_uid(&data_set).map_err(reason)?;
    let mut keys = keys.lock().map_err(|_| "another thread failed".to_owned())?;
    let key = match keys.entry(uid.clone()) {
        MapEntry::Occupied(known) => known.get().clone(),
        MapEntry::Vacant(new) => new.insert(SealKey::generate().map_err(reason)?).clone(),
    };
    drop(keys);
    let sealed = Sealer::new(&key).data_set(&data_set, &mut source).map_err(reason)?;
    Ok((uid, key, sealed.seal))
}
