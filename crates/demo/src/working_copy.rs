//! A copy of the example, which the program carries in itself.

use crate::DemoError;
use include_dir::{Dir, include_dir};
use std::path::Path;

static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/lung-ct");

/// Stands in a directory that a demo made, so that only such a one is ever removed.
const MARK: &str = ".medward-demo";

/// Makes the directory anew with the example in `lung-ct`.
pub(crate) fn make(directory: &Path) -> Result<(), DemoError> {
    if directory.exists() {
        if !directory.join(MARK).exists() {
            return Err(DemoError::NotOurs(directory.to_path_buf()));
        }
        std::fs::remove_dir_all(directory).map_err(DemoError::io(directory))?;
    }
    let device = directory.join("lung-ct");
    std::fs::create_dir_all(&device).map_err(DemoError::io(&device))?;
    let mark = directory.join(MARK);
    std::fs::write(&mark, "Made by `medward demo`, which makes it anew each time.\n")
        .map_err(DemoError::io(&mark))?;
    EXAMPLE.extract(&device).map_err(DemoError::io(&device))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]
    use super::*;

    #[test]
    fn only_what_a_demo_made_is_made_anew() {
        let place = tempfile::tempdir().unwrap();
        let (own, other) = (place.path().join("own"), place.path().join("other"));
        make(&own).unwrap();
        assert!(own.join("lung-ct/device.toml").exists());
        std::fs::write(own.join("lung-ct/left-over.toml"), "").unwrap();
        make(&own).unwrap();
        assert!(!own.join("lung-ct/left-over.toml").exists());
        std::fs::create_dir(&other).unwrap();
        std::fs::write(other.join("thesis.tex"), "years of work").unwrap();
        assert!(matches!(make(&other), Err(DemoError::NotOurs(_))));
        assert!(other.join("thesis.tex").exists());
    }
}
