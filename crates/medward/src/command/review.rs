//! `medward review`: remembers what links were reviewed against.

use crate::command::whole_file;
use crate::output::{Error, print, visible};
use medward_file::SecurityFile;
use medward_file::edit::Edit;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `review`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Writes `reviewed.ID = \"fingerprint\"` for each linked record; a later change of that record makes\n\
    the link suspect (rule R1-006) until it is reviewed again."
)]
pub(crate) struct Arguments {
    /// Id of the record whose links were reviewed, or kind.id
    record: String,
    /// Directory of the security file
    #[arg(default_value = ".")]
    directory: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let file = whole_file(&arguments.directory)?;
    let found = file.find_any(&arguments.record);
    let [at] = found.as_slice() else {
        let message = if found.is_empty() {
            format!("there is no record `{}`", arguments.record)
        } else {
            format!("several kinds have a record `{}`; name it as kind.id", arguments.record)
        };
        return Err(Error::Usage(message));
    };
    let Some(record) = file.record(*at) else { return Ok(ExitCode::SUCCESS) };
    let path = file.sources.get(record.id.span.source).map_or("", |source| source.path.as_str());
    let mut edit = Edit::of_file(&arguments.directory.join(path))?;
    let mut count = 0_usize;
    for (linked, fingerprint) in linked(&file, *at) {
        edit.set_reviewed(at.kind.word(), &record.id.value, &linked, &fingerprint)?;
        count = count.saturating_add(1);
    }
    edit.save()?;
    print(&visible(&format!("{}.{}: {count} links reviewed\n", at.kind.word(), &*record.id.value)))?;
    Ok(ExitCode::SUCCESS)
}

fn linked(file: &SecurityFile, at: medward_file::RecordRef) -> Vec<(String, String)> {
    let mut linked = Vec::new();
    file.links_of(at, &mut |link, _| {
        if let Some(fingerprint) = link.target.and_then(|target| file.fingerprint(target)) {
            linked.push((link.id.to_string(), fingerprint.to_string()));
        }
    });
    linked
}
