//! `medward schema`.

use crate::output::{Error, print};
use std::process::ExitCode;

pub(super) fn run() -> Result<ExitCode, Error> {
    let schema = serde_json::to_string_pretty(&medward_file::json_schema())?;
    print(&format!("{schema}\n"))?;
    Ok(ExitCode::SUCCESS)
}
