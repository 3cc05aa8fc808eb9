//! Warnings on the desktop of whoever runs the command, by `notify-send`, the freedesktop.org notification client: speaking D-Bus ourselves would bring
//! sixty crates for one message.

use crate::output::Error;
use std::process::{Command, Stdio};

/// Shows a notification. No shell takes part, and no text is read as an option.
pub(super) fn notify(title: &str, text: &str) -> Result<(), Error> {
    let failed = |reason: String| {
        Error::Usage(format!(
            "the desktop was not told: {reason}; `notify-send` (package libnotify-bin) shows notifications"
        ))
    };
    let mut command = Command::new("notify-send");
    command.args(["--app-name=Medward", "--urgency=critical", "--", title, text]);
    let output = command.stdin(Stdio::null()).output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
