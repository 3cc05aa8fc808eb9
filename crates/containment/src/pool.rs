//! The workers there are: some stand ready, some wait for more of the one whom they served, and so many are at work at once.

use crate::confine::Confined;
use crate::limits::Limits;
use crate::process::{Process, Program};
use crate::worker::{ContainmentError, Worker};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Requests that one process answers before another takes its place: its processor time is limited over its whole life.
const ANSWERS_MAX: u32 = 10_000;

/// Starts workers, and keeps some ready.
#[derive(Debug, Clone)]
pub struct Workers(Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) program: Program,
    pub(crate) limits: Limits,
    ready_max: usize,
    at_work_max: usize,
    pool: Mutex<Pool>,
    given_back: Condvar,
}

#[derive(Debug, Default)]
struct Pool {
    /// Nobody asked them yet.
    ready: Vec<Process>,
    /// With the one whom they served and serve again, the longest idle first.
    idle: Vec<(String, Process)>,
    at_work: usize,
}

impl Workers {
    /// Starts so many workers that stand ready, and says how far they are confined; more are started when they are taken, up to so
    /// many at work at once.
    pub fn start(
        program: Program,
        limits: Limits,
        ready: usize,
        at_work_max: usize,
    ) -> Result<(Self, Confined), ContainmentError> {
        let first = Process::start(&program, &limits)?;
        let confined = first.confined;
        let pool = Mutex::new(Pool { ready: vec![first], ..Pool::default() });
        let given_back = Condvar::new();
        let workers =
            Self(Arc::new(Shared { program, limits, ready_max: ready, at_work_max, pool, given_back }));
        workers.refill()?;
        Ok((workers, confined))
    }

    /// Starts what is missing of those that stand ready. To be called when there is time, so that who takes one need not wait.
    pub fn refill(&self) -> Result<(), ContainmentError> {
        while self.0.pool().ready.len() < self.0.ready_max {
            let process = Process::start(&self.0.program, &self.0.limits)?;
            self.0.pool().ready.push(process);
        }
        Ok(())
    }

    /// A worker for one who asks: nobody asked it before, and nobody will after.
    pub fn take(&self) -> Result<Worker, ContainmentError> {
        self.taken(None)
    }

    /// A worker that nobody else was or will be served by than the one of this name, who may be served by it again: whatever the
    /// bytes of one did to it, those of others never meet it.
    pub fn take_for(&self, whom: &str) -> Result<Worker, ContainmentError> {
        self.taken(Some(whom))
    }

    /// Waits for one to be given back where all are at work.
    fn taken(&self, whom: Option<&str>) -> Result<Worker, ContainmentError> {
        let Shared { at_work_max, limits, given_back, .. } = &*self.0;
        let waited = given_back
            .wait_timeout_while(self.0.pool(), limits.deadline, |pool| pool.at_work >= *at_work_max);
        let (mut pool, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(ContainmentError::Busy(*at_work_max));
        }
        pool.at_work = pool.at_work.saturating_add(1);
        let known = pool.idle.iter().rposition(|(of, _)| Some(of.as_str()) == whom);
        let process = known.map(|at| pool.idle.remove(at).1);
        drop(pool);
        // Counted from here on: what fails below gives its place back.
        let mut worker = Worker::new(Arc::clone(&self.0), whom.map(str::to_owned), process);
        worker.process()?;
        Ok(worker)
    }
}

impl Shared {
    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process that nobody asked yet.
    pub(crate) fn fresh(&self) -> Result<Process, ContainmentError> {
        let ready = self.pool().ready.pop();
        ready.map_or_else(|| Process::start(&self.program, &self.limits), Ok)
    }

    /// Takes a worker back: it waits for more of the one whom it served, or ends.
    pub(crate) fn give_back(&self, served: Option<(String, Process)>) {
        let served = served.filter(|(_, process)| process.answered < ANSWERS_MAX);
        let mut pool = self.pool();
        pool.at_work = pool.at_work.saturating_sub(1);
        pool.idle.extend(served);
        let too_many = pool.idle.len() > self.at_work_max;
        let ends = too_many.then(|| pool.idle.remove(0));
        drop(pool);
        self.given_back.notify_one();
        // Waits for its end without the lock.
        drop(ends);
    }
}
