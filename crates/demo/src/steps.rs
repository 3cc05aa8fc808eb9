//! What is shown while the demo runs, and the commands that are run for it.

use crate::{DemoError, Options};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often something awaited is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Lines kept of what a command said that failed.
const LINES_MAX: usize = 20;

/// Runs and shows the steps.
#[derive(Debug)]
pub(crate) struct Steps<'o> {
    options: &'o Options,
    began: Instant,
}

/// A command that goes on until it is dropped.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl<'o> Steps<'o> {
    pub(crate) fn begin(options: &'o Options) -> Self {
        Self { options, began: Instant::now() }
    }

    /// Heading of a step, with the seconds since the beginning.
    pub(crate) fn step(&self, title: &str) -> Result<(), DemoError> {
        line(&format!("\n{:5.1} s  {title}", self.began.elapsed().as_secs_f32()))?;
        if self.options.ends.load(Ordering::Relaxed) { Err(DemoError::Ended) } else { Ok(()) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.options.medward);
        let at = |name: &str| self.options.directory.join(name);
        command
            .args(arguments)
            .current_dir(&self.options.directory)
            .env("MEDWARD_LEDGER_KEY", at("ledger.key"))
            .env("MEDWARD_LEDGER_PASSPHRASE_FILE", at("passphrase"))
            .env("MEDWARD_SIGNING_PASSPHRASE_FILE", at("passphrase"))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command without showing it; gives what it printed if it ended with one of these codes.
    pub(crate) fn quietly(&self, arguments: &[&str], codes: &[i32]) -> Result<String, DemoError> {
        let output = self.command(arguments).output().map_err(DemoError::io(&self.options.medward))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.code().is_some_and(|code| codes.contains(&code)) {
            return Ok(text);
        }
        let said = text + &String::from_utf8_lossy(&output.stderr);
        let lines: Vec<_> = said.lines().collect();
        let last = lines.get(lines.len().saturating_sub(LINES_MAX)..).unwrap_or_default();
        Err(DemoError::Command {
            command: arguments.join(" "),
            code: output.status.to_string(),
            said: last.join("\n"),
        })
    }

    /// Shows a command and runs it.
    pub(crate) fn medward(&self, arguments: &[&str], codes: &[i32]) -> Result<String, DemoError> {
        say(&shown(arguments))?;
        self.quietly(arguments, codes)
    }

    /// Shows a command and starts it, with what it says in a file.
    pub(crate) fn start(&self, arguments: &[&str], log: &str) -> Result<Running, DemoError> {
        say(&format!("{} &", shown(arguments)))?;
        let path = self.options.directory.join(log);
        let file = std::fs::File::create(&path).map_err(DemoError::io(&path))?;
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(file);
        Ok(Running(command.spawn().map_err(DemoError::io(&self.options.medward))?))
    }

    /// Waits until something is so.
    pub(crate) async fn until(
        &self,
        what: &'static str,
        seconds: u64,
        mut is_so: impl FnMut() -> bool,
    ) -> Result<(), DemoError> {
        let began = Instant::now();
        while !is_so() {
            if self.options.ends.load(Ordering::Relaxed) {
                return Err(DemoError::Ended);
            }
            if began.elapsed() > Duration::from_secs(seconds) {
                return Err(DemoError::Late(what));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.options.directory.join(name)
    }

    pub(crate) fn device(&self) -> PathBuf {
        self.at("lung-ct")
    }

    pub(crate) fn seconds(&self) -> f32 {
        self.began.elapsed().as_secs_f32()
    }

    pub(crate) fn program(&self) -> &Path {
        &self.options.medward
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.options.directory
    }
}

/// A line of what is shown.
pub(crate) fn line(text: &str) -> Result<(), DemoError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(DemoError::io("standard output"))
}

/// What came of a step.
pub(crate) fn say(text: &str) -> Result<(), DemoError> {
    text.lines().try_for_each(|one| line(&format!("         {one}")))
}

/// A command line as a user would type it.
fn shown(arguments: &[&str]) -> String {
    let quoted = arguments.iter().map(|argument| {
        if argument.contains([' ', ';']) { format!("\"{argument}\"") } else { (*argument).to_owned() }
    });
    format!("$ medward {}", quoted.collect::<Vec<_>>().join(" "))
}
