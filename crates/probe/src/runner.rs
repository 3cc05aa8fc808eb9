//! Running many probes at once, each under its deadline.

use crate::registry::Ready;
use crate::{ConfigError, Context, Deadline, Environment, Fault, Findings, Observation, Outcome, Prepared};
use medward_file::SecurityFile;
use std::collections::VecDeque;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A probe past its deadline gets this long to notice before it is left behind.
const GRACE: Duration = Duration::from_secs(2);

/// One probe of one control, ready to run.
#[derive(Clone)]
pub struct Job {
    /// Id of the control.
    pub control: String,
    /// Which of its probes, from 0.
    pub number: usize,
    /// Kind of probe.
    pub kind: &'static str,
    /// What is probed; empty where the kind has no target.
    pub target: String,
    /// Time it may take.
    pub timeout: Duration,
    /// The probe with its terms.
    pub prepared: Arc<dyn Prepared>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Job({} {} {})", self.control, self.number, self.kind)
    }
}

/// How many at once.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Probes running at the same time.
    pub parallel: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { parallel: 8 }
    }
}

/// Every probe of a file that can run, and every one that cannot with the reason: control, number, error.
pub fn jobs(file: &SecurityFile) -> (Vec<Job>, Vec<(String, usize, ConfigError)>) {
    let (mut jobs, mut errors) = (Vec::new(), Vec::new());
    for control in &file.controls {
        for (number, terms) in control.probes.iter().enumerate() {
            let id = control.id().to_owned();
            match crate::registry::prepare(terms) {
                Ok(Ready { probe, prepared, timeout }) => jobs.push(Job {
                    control: id,
                    number,
                    kind: probe.kind(),
                    target: terms.target.as_ref().map(|target| target.to_string()).unwrap_or_default(),
                    timeout,
                    prepared: Arc::from(prepared),
                }),
                Err(error) => errors.push((id, number, error)),
            }
        }
    }
    (jobs, errors)
}

/// Runs all jobs and gives their observations in the same order. `ended` hears of each as it ends, for progress.
pub fn run(
    jobs: &[Job],
    environment: &Environment,
    options: Options,
    ended: impl Fn(&Observation) + Sync,
) -> Vec<Observation> {
    let waiting: Mutex<VecDeque<(usize, &Job)>> = Mutex::new(jobs.iter().enumerate().collect());
    let done = Mutex::new(Vec::with_capacity(jobs.len()));
    std::thread::scope(|scope| {
        for _ in 0..options.parallel.clamp(1, jobs.len().max(1)) {
            scope.spawn(|| {
                while let Some((place, job)) = next(&waiting) {
                    let observation = run_one(job, environment);
                    ended(&observation);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((place, observation));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, observation)| observation).collect()
}

fn next<'a>(waiting: &Mutex<VecDeque<(usize, &'a Job)>>) -> Option<(usize, &'a Job)> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// Runs one job on a thread of its own: one that hangs in the system, as in a name lookup, is left behind.
fn run_one(job: &Job, environment: &Environment) -> Observation {
    let started = environment.clock.now();
    let context = Context { environment: environment.clone(), deadline: Deadline::after(job.timeout) };
    let prepared = Arc::clone(&job.prepared);
    let redactor = environment.redactor();
    let findings_redactor = redactor.clone();
    let (sender, receiver) = mpsc::channel();
    let spawned = std::thread::Builder::new().name(format!("probe {}", job.kind)).spawn(move || {
        let mut findings = Findings::new(findings_redactor);
        let ended = prepared.run(&context, &mut findings);
        let _ = sender.send((findings, ended.err()));
    });
    let (findings, fault) = match spawned {
        Err(_) => (Findings::new(redactor.clone()), Some(Fault::Broke)),
        Ok(_detached) => match receiver.recv_timeout(job.timeout + GRACE) {
            Ok(ended) => ended,
            Err(RecvTimeoutError::Timeout) => (Findings::new(redactor.clone()), Some(Fault::TimedOut)),
            // The sender is gone without a word: the probe panicked.
            Err(RecvTimeoutError::Disconnected) => (Findings::new(redactor.clone()), Some(Fault::Broke)),
        },
    };
    Observation {
        control: job.control.clone(),
        number: job.number,
        kind: job.kind.to_owned(),
        target: redactor.redact(&job.target),
        outcome: Outcome::of(&findings.checks, fault.as_ref()),
        error: fault.map(|fault| redactor.redact(&fault.to_string())),
        checks: findings.checks,
        started,
        ended: environment.clock.now(),
        raw: findings.raw,
        repeat: redactor.redact(&job.prepared.repeat()),
    }
}
