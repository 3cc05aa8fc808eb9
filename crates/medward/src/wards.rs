//! Ledgers of wards as commands find them: where the file says, or where the user does.

use crate::acting::warn;
use crate::output::Error;
use medward_file::SecurityFile;
use medward_ward_ledger::History;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where wards keep their state, if not where the file says.
#[derive(Debug, clap::Args)]
pub(crate) struct Wards {
    /// Directory that a ward keeps its state in, or a copy of it; may be given several times
    #[arg(long = "ward", value_name = "ID=DIRECTORY")]
    apart: Vec<Apart>,
}

#[derive(Debug, Clone)]
struct Apart {
    ward: String,
    state: PathBuf,
}

impl FromStr for Apart {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (ward, state) = text.split_once('=').ok_or("write the id of the ward, `=`, and the directory")?;
        Ok(Self { ward: ward.to_owned(), state: PathBuf::from(state) })
    }
}

/// What the ledgers of the wards of a file say, by the id of the ward. A ward whose state is not on this machine is left out, one whose
/// state may not be read is said.
pub(crate) fn histories(
    file: &SecurityFile,
    directory: &Path,
    arguments: &Wards,
) -> Result<Vec<(String, History)>, Error> {
    if let Some(apart) =
        arguments.apart.iter().find(|apart| file.wards.iter().all(|ward| ward.id() != apart.ward))
    {
        return Err(Error::Usage(format!("the file has no `[ward.{}]`", apart.ward.escape_debug())));
    }
    let mut histories = Vec::new();
    for ward in &file.wards {
        let apart = arguments.apart.iter().find(|apart| apart.ward == ward.id());
        let state = apart.map_or_else(|| directory.join(&*ward.state.value), |apart| apart.state.clone());
        match std::fs::metadata(state.join(medward_ward_ledger::LEDGER)) {
            Ok(_) => {}
            Err(error) if apart.is_none() && error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) if apart.is_none() => {
                warn(&format!(
                    "what happened in `{}` is not known: `{}`: {error}",
                    ward.id(),
                    state.display()
                ));
                continue;
            }
            Err(source) => return Err(Error::Io { action: "read", path: state, source }),
        }
        histories.push((ward.id().to_owned(), medward_live::ward(ward, &state)?));
    }
    Ok(histories)
}
