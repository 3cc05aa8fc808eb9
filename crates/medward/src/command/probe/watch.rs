//! `medward probe run --watch`: each probe as often as the file says, until told to end.
//!
//! The file is read anew before each round, so that a change takes effect; while it cannot be read the last one that could be is
//! kept. What goes wrong in a round is said and tried again: a watch that ends by itself would look like silence.

use super::{KeyArguments, RunArguments, append, chosen, environment, open_with, schedule};
use crate::command::{DIRECTORY, whole_file};
use crate::output::{Error, Format, print, visible};
use indicatif::ProgressBar;
use jiff::Timestamp;
use medward_file::kinds::Control;
use medward_file::{Limits, SecurityFile, load};
use medward_probe::{Environment, Job, Observation, Options};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How soon a request to end is heard.
const STEP: Duration = Duration::from_millis(200);
/// Longest sleep between two looks at the file.
const LOOK: Duration = Duration::from_mins(1);
/// Pause before what could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// A probe of a control, by its place in the file.
type Place = (String, usize);

struct Watch<'w> {
    arguments: &'w RunArguments,
    key: KeyArguments,
    passphrase: Zeroizing<String>,
    environment: Environment,
    file: SecurityFile,
    jobs: Vec<Job>,
    due: HashMap<Place, Instant>,
    bar: ProgressBar,
}

pub(super) fn run(arguments: &RunArguments) -> Result<ExitCode, Error> {
    let key = arguments.key()?;
    let passphrase = key.passphrase()?;
    // What is wrong with key, ledger or file is said now and not in the first night.
    drop(open_with(&arguments.directory, &key, &passphrase)?);
    let file = whole_file(&arguments.directory)?;
    let (jobs, unable) = chosen(&file, &arguments.control)?;
    for (probe, reason) in &unable {
        eprintln!("medward: {}", visible(&format!("{probe} cannot run: {reason}")));
    }
    let end = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&end))?;
    }
    let mut watch = Watch {
        arguments,
        key,
        passphrase,
        environment: environment(arguments)?,
        file,
        jobs,
        due: HashMap::new(),
        bar: crate::progress::saying(),
    };
    while !end.load(Ordering::SeqCst) {
        let wake = watch.round();
        watch.sleep_until(wake, &end);
    }
    watch.bar.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

impl Watch<'_> {
    /// Runs what is due and says when to wake up.
    fn round(&mut self) -> Instant {
        self.read_again();
        let now = Instant::now();
        let is_due = |job: &&Job| self.due.get(&place(job)).is_none_or(|due| *due <= now);
        let due: Vec<Job> = self.jobs.iter().filter(is_due).cloned().collect();
        if due.is_empty() {
            return self.wake();
        }
        let options = Options { parallel: self.arguments.parallel };
        self.bar.set_message(format!("running {} probes", due.len()));
        let observations = medward_probe::run(&due, &self.environment, options, |_| self.bar.tick());
        let written = self.write(&observations);
        if let Err(error) = &written {
            self.say(&format!("medward: {error}; what was seen is lost, it is looked at again"));
        }
        for job in &due {
            let pause = if written.is_ok() { self.pause(job) } else { AGAIN };
            let next = now.checked_add(pause).unwrap_or(now);
            self.due.insert(place(job), next);
        }
        self.wake()
    }

    /// Reads the file anew, unless it cannot be read or asks for nothing.
    fn read_again(&mut self) {
        let (file, problems) = load(&self.arguments.directory, Limits::default());
        if !problems.is_empty() {
            self.say("medward: the file cannot be read now; the probes of the last one that could be go on");
            return;
        }
        match chosen(&file, &self.arguments.control) {
            Ok((jobs, _)) => (self.file, self.jobs) = (file, jobs),
            Err(error) => self.say(&format!("medward: {error}; the probes of before go on")),
        }
        let known: Vec<Place> = self.jobs.iter().map(place).collect();
        self.due.retain(|place, _| known.contains(place));
    }

    fn write(&self, observations: &[Observation]) -> Result<(), Error> {
        let directory = &self.arguments.directory;
        // Open only while writing: between rounds other processes append.
        let log = open_with(directory, &self.key, &self.passphrase)?;
        for seen in observations {
            append(&log, &directory.join(DIRECTORY), &self.file, seen)?;
        }
        drop(log);
        let lines = observations.iter().map(|seen| line(seen, self.arguments.format));
        let lines: String = lines.collect::<Result<_, Error>>()?;
        self.bar.suspend(|| print(&lines))
    }

    /// The interval of a probe, shortened by up to a tenth, so that probes of one schedule do not all run at once.
    fn pause(&self, job: &Job) -> Duration {
        let control = self.file.by_id::<Control>(&job.control);
        let every = control.and_then(|control| schedule(control, job.number).ok());
        let every = every.and_then(|every| Duration::try_from(every.interval()).ok());
        let every = every.unwrap_or(Duration::from_hours(24));
        let mut hasher = DefaultHasher::new();
        (place(job), Timestamp::now().as_second()).hash(&mut hasher);
        let tenth = every / 10;
        let part = u32::try_from(hasher.finish() % 1_000).unwrap_or_default();
        every.saturating_sub(tenth / 1_000 * part)
    }

    fn wake(&self) -> Instant {
        let soon = Instant::now().checked_add(LOOK);
        self.due.values().copied().chain(soon).min().unwrap_or_else(Instant::now)
    }

    fn sleep_until(&self, wake: Instant, end: &AtomicBool) {
        loop {
            let left = wake.saturating_duration_since(Instant::now());
            if left.is_zero() || end.load(Ordering::SeqCst) {
                return;
            }
            let next = self.due.values().min().map(|due| due.saturating_duration_since(Instant::now()));
            let seconds = next.unwrap_or_default().as_secs();
            self.bar.set_message(format!("{} probes, the next in {seconds} s; Ctrl-C ends", self.jobs.len()));
            std::thread::sleep(left.min(STEP));
        }
    }

    fn say(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{}", visible(text)));
    }
}

fn place(job: &Job) -> Place {
    (job.control.clone(), job.number)
}

fn line(seen: &Observation, format: Format) -> Result<String, Error> {
    Ok(match format {
        Format::Json => serde_json::to_string(seen)? + "\n",
        Format::Human => {
            let outcome = format!("{:?}", seen.outcome).to_lowercase();
            visible(&format!("{} {outcome:<7} {} {} {}\n", seen.ended, seen.control, seen.kind, seen.target))
        }
    })
}
