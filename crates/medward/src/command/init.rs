//! `medward init`.

use crate::output::{Error, print};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Directory to create
    directory: PathBuf,
}

const FILES: &[(&str, &str)] = &[
    ("device.toml", include_str!("../../templates/device.toml")),
    ("policy.toml", include_str!("../../templates/policy.toml")),
    ("architecture.toml", include_str!("../../templates/architecture.toml")),
    ("risks.toml", include_str!("../../templates/risks.toml")),
];

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let directory = &arguments.directory;
    let made = |action, path: &std::path::Path| {
        let path = path.to_path_buf();
        move |source| Error::Io { action, path, source }
    };
    // Refuses to touch a directory that exists: nothing of a user's is ever overwritten.
    std::fs::create_dir(directory).map_err(made("create", directory))?;
    for (name, text) in FILES {
        let path = directory.join(name);
        std::fs::write(&path, text).map_err(made("write", &path))?;
    }
    let shown = directory.display();
    print(&format!("{shown}: {} files written; next: medward check {shown}\n", FILES.len()))?;
    Ok(ExitCode::SUCCESS)
}
