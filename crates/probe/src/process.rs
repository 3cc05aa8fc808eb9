//! Running a program: arguments as they are, no shell, an empty environment, and nobody left when time is up.

use crate::{Context, Fault};
use medward_file::{Map, Text};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use sha2::{Digest as _, Sha256};
use std::io::{Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Bytes of output kept; the digest covers all of it.
const OUTPUT_BYTES_MAX: usize = 1 << 20;
/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(5);
/// Where programs without a path are looked for.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program with its arguments and environment.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Variables by name.
    pub environment: Vec<(String, String)>,
    /// Variables by name, with the name of the secret each holds.
    pub secrets: Vec<(String, String)>,
    /// What it reads.
    pub input: Vec<u8>,
    /// Whether the probe itself chose it, so that nobody who writes the file chooses what runs.
    pub is_ours: bool,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; absent when a signal ended it.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The beginning of its standard output.
    pub output: Vec<u8>,
    /// SHA-256 of all its standard output, in hexadecimal digits.
    pub output_sha256: String,
    /// Bytes of its standard output.
    pub output_bytes: u64,
    /// The beginning of its standard error.
    pub errors: Vec<u8>,
}

impl Ended {
    /// How it ended, in words.
    pub fn shown(&self) -> String {
        match (self.exit, self.signal) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None) => "ended in an unknown way".to_owned(),
        }
    }

    /// Output and errors, for the record.
    pub fn raw(&self) -> Vec<u8> {
        let mut raw = self.output.clone();
        if !self.errors.is_empty() {
            raw.extend_from_slice(b"\n[standard error]\n");
            raw.extend_from_slice(&self.errors);
        }
        raw
    }
}

impl Program {
    /// A program with the variables of its terms.
    pub fn new(argv: Vec<String>, environment: &Map<Text>, secrets: &Map<Text>) -> Self {
        let pairs =
            |map: &Map<Text>| map.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Self { argv, environment: pairs(environment), secrets: pairs(secrets), ..Self::default() }
    }

    /// The same with `{name}` replaced in each argument but the program itself.
    #[must_use]
    pub fn filled(&self, name: &str, value: &str) -> Self {
        let place = format!("{{{name}}}");
        let mut filled = self.clone();
        for argument in filled.argv.iter_mut().skip(1) {
            *argument = argument.replace(&place, value);
        }
        filled
    }

    /// The command as one would type it.
    pub fn shown(&self) -> String {
        let quoted = |text: &String| {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=@%+,{}".contains(letter);
            if !text.is_empty() && text.chars().all(plain) {
                text.clone()
            } else {
                format!("'{}'", text.replace('\'', r"'\''"))
            }
        };
        let names = self.secrets.iter().map(|(variable, secret)| format!("{variable}=[secret {secret}]"));
        names.chain(self.argv.iter().map(quoted)).collect::<Vec<_>>().join(" ")
    }

    /// Runs it to its end or the deadline, whichever comes first; then nothing of its process group is left.
    pub fn run(&self, context: &Context) -> Result<Ended, Fault> {
        if !self.is_ours && !context.environment.may_run_commands {
            let mend =
                "`--allow-commands` permits it: only for files whose authors you trust to run programs here";
            return Err(Fault::NotPermitted { what: "running programs named in the file".to_owned(), mend });
        }
        context.deadline.left()?;
        let mut child = self.command(context)?.spawn().map_err(|error| Fault::NotStarted {
            program: self.argv.first().cloned().unwrap_or_default(),
            why: error.to_string(),
        })?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        if let Some(mut input) = input {
            let bytes = self.input.clone();
            // On its own thread: a program that never reads must not hold up its deadline.
            std::thread::spawn(move || input.write_all(&bytes));
        }
        let (output, errors) = (collect(output), collect(errors));
        let ended = wait(&child, context);
        kill_group(&child);
        let status = child.wait();
        ended?;
        let status = status.map_err(|error| Fault::unintelligible("the end of the program", &error))?;
        let left = context.deadline.left_at_most(Duration::from_secs(5))?;
        let output = output.recv_timeout(left).map_err(|_| Fault::TimedOut)?;
        let errors = errors.recv_timeout(left).map_err(|_| Fault::TimedOut)?;
        Ok(Ended {
            exit: status.code(),
            signal: status.signal(),
            output: output.beginning,
            output_sha256: output.sha256,
            output_bytes: output.bytes,
            errors: errors.beginning,
        })
    }

    fn command(&self, context: &Context) -> Result<Command, Fault> {
        let mut argv = self.argv.iter();
        let program = argv.next().map(String::as_str).unwrap_or_default();
        // With a slash it is a path from the file's directory, whatever directory the system would start from.
        let path = if program.contains('/') { context.path(program) } else { PathBuf::from(program) };
        let mut command = Command::new(path);
        command.args(argv).env_clear().env("PATH", PATH).env("LC_ALL", "C");
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        for (name, secret) in &self.secrets {
            command.env(name, context.secret(secret)?);
        }
        let directory = &context.environment.directory;
        if !directory.as_os_str().is_empty() {
            command.current_dir(directory);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        Ok(command)
    }
}

/// Waits without reaping: while the dead leader is there, no other group can take its number.
fn wait(child: &Child, context: &Context) -> Result<(), Fault> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    loop {
        match waitid(WaitId::Pid(Pid::from_child(child)), options) {
            Ok(None) => context.deadline.sleep(POLL)?,
            Ok(Some(_)) => return Ok(()),
            Err(error) => return Err(Fault::unintelligible("the state of the program", &error)),
        }
    }
}

fn kill_group(child: &Child) {
    // Fails only when the group is already empty.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
}

struct Collected {
    beginning: Vec<u8>,
    sha256: String,
    bytes: u64,
}

fn collect(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Collected> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut beginning, mut digest, mut bytes) = (Vec::new(), Sha256::new(), 0);
        let mut buffer = vec![0; 64 << 10];
        if let Some(mut stream) = stream {
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                let part = buffer.get(..count).unwrap_or_default();
                digest.update(part);
                bytes += count as u64;
                let room = OUTPUT_BYTES_MAX.saturating_sub(beginning.len());
                beginning.extend_from_slice(part.get(..room).unwrap_or(part));
            }
        }
        let _ = sender.send(Collected { beginning, sha256: hexadecimal(&digest.finalize()), bytes });
    });
    receiver
}

/// Lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| DIGITS.get(usize::from(value)).map_or('0', |digit| char::from(*digit));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
