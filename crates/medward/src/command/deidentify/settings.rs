//! What a run of `medward deidentify` works with: policy, keys, mapping and directories, checked before the first file.

use super::Arguments;
use crate::command::passphrase;
use crate::files::{MARK, clear_unfinished};
use crate::output::Error;
use medward_deid::mapping::MappingWriter;
use medward_deid::role::RolePublic;
use medward_deid::{Options, Policy, ProfileOption, ProjectKey};
use medward_ledger::key;
use std::fs::{self, File};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Name in the key files of projects.
const KEY_NAME: &str = "deidentification.project";

pub(super) fn policy(arguments: &Arguments) -> Result<Policy, Error> {
    if let Some(path) = &arguments.policy {
        let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
        return Policy::from_toml(&text)
            .map_err(|error| Error::Usage(format!("{}, {error}", path.display())));
    }
    let options = arguments.option.iter().map(|name| name.parse::<ProfileOption>());
    let options = options.collect::<Result<Vec<_>, _>>().and_then(Options::new);
    options.map(Policy::with_options).map_err(|error| Error::Usage(error.to_string()))
}

/// The project's key: derived from a key file sealed under a passphrase, or the plain file that an unattended gateway
/// reads.
pub(super) fn key(arguments: &Arguments) -> Result<ProjectKey, Error> {
    let usage = |error: medward_deid::key::KeyError| Error::Usage(error.to_string());
    let Some(path) = &arguments.key else {
        return if arguments.anonymise { ProjectKey::throwaway().map_err(usage) } else { Err(no_key()) };
    };
    let text = match fs::read_to_string(path) {
        Ok(text) => zeroize::Zeroizing::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && arguments.create_key => {
            let passphrase = passphrase(arguments.passphrase_file.as_deref(), "the new project key")?;
            key::create(path, KEY_NAME, &passphrase)?;
            return derived(path, &passphrase);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::Usage(format!(
                "there is no key `{}`: --create-key makes one",
                path.display()
            )));
        }
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    if !ProjectKey::is_plain_file(&text) {
        return derived(path, &passphrase(arguments.passphrase_file.as_deref(), "the project key")?);
    }
    let mode = fs::metadata(path).map_err(Error::io("read", path))?.permissions().mode();
    if mode & 0o077 != 0 {
        let path = path.display();
        return Err(Error::Usage(format!(
            "`{path}` is a plain key, and open to other users of this machine: chmod 600 {path}"
        )));
    }
    ProjectKey::from_text(&text).map_err(|error| Error::Usage(format!("`{}`: {error}", path.display())))
}

fn no_key() -> Error {
    let message = "pseudonyms come from a key: say which\n  \
        --key project.key --create-key  makes one, sealed under a passphrase; later runs with it give the same pseudonyms\n  \
        --key project.key               uses one that is there\n  \
        --anonymise                     a key that is thrown away: no way back, no link to any other run";
    Error::Usage(message.to_owned())
}

fn derived(path: &Path, passphrase: &str) -> Result<ProjectKey, Error> {
    Ok(ProjectKey::new(*key::derive(path, passphrase, ProjectKey::PURPOSE)?))
}

pub(super) fn mapping(arguments: &Arguments) -> Result<Option<(MappingWriter<File>, &Path)>, Error> {
    let Some(path) = &arguments.mapping else { return Ok(None) };
    let [first, second] = arguments.role.as_slice() else {
        return Err(Error::Usage("the mapping is sealed for two roles: give --role twice".to_owned()));
    };
    let public = |path: &PathBuf| {
        let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
        RolePublic::from_text(&text).map_err(|error| Error::Usage(format!("`{}`: {error}", path.display())))
    };
    let (first, second) = (public(first)?, public(second)?);
    let file =
        File::options().create(true).append(true).mode(0o600).open(path).map_err(Error::io("write", path))?;
    let writer =
        MappingWriter::new(file, &first, &second).map_err(|error| Error::Usage(error.to_string()))?;
    Ok(Some((writer, path)))
}

pub(super) fn quarantine(arguments: &Arguments) -> PathBuf {
    arguments.quarantine.clone().unwrap_or_else(|| {
        let mut name = arguments.output.components().as_path().as_os_str().to_owned();
        name.push("-quarantine");
        PathBuf::from(name)
    })
}

/// Makes sure that all results of a directory come from one policy and key, and clears away what a crash left.
pub(super) fn claim(output: &Path, fingerprint: &str) -> Result<(), Error> {
    let mark = output.join(MARK);
    match fs::read_to_string(&mark) {
        Ok(found) if found.trim() == fingerprint => {}
        Ok(_) => {
            let output = output.display();
            return Err(Error::Usage(format!(
                "`{output}` was made with another policy or key, or anonymised: choose another directory"
            )));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs::write(&mark, format!("{fingerprint}\n")).map_err(Error::io("write", &mark))?;
        }
        Err(error) => return Err(Error::io("read", &mark)(error)),
    }
    clear_unfinished(output)
}
