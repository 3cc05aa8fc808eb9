//! How far long work has come: on a terminal only, on standard error, so that what is printed stays what was asked for.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;

/// Counts what has no known end: `what` in the plural.
pub(crate) fn counting(what: &str) -> ProgressBar {
    shown(|| styled(ProgressBar::new_spinner(), &format!("{{spinner}} {{pos}} {what}, {{per_sec}}")))
}

/// Counts up to a total: `what` in the plural.
pub(crate) fn of(total: usize, what: &str) -> ProgressBar {
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    shown(|| styled(ProgressBar::new(total), &format!("{{bar:30}} {{pos}}/{{len}} {what} {{msg}}")))
}

/// Says what is being done.
pub(crate) fn saying() -> ProgressBar {
    shown(|| styled(ProgressBar::new_spinner(), "{spinner} {msg}"))
}

fn shown(bar: impl FnOnce() -> ProgressBar) -> ProgressBar {
    if std::io::stderr().is_terminal() { bar() } else { ProgressBar::hidden() }
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
