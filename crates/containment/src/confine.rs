//! The worker takes its own rights away. Done once, before any thread is started, and never undone.

use crate::limits::{Landlock, Limits};
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
};
use landlock::{RulesetStatus, Scope};
use medward_sabotage::{Broken, is};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, remove_capability_from_bounding_set, set_capabilities,
    set_no_new_privs,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use std::collections::BTreeMap;
use std::io;

/// The newest rules that are asked for: files, TCP, device calls, abstract sockets and signals.
const RULES: ABI = ABI::V6;

/// How far a worker is confined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confined {
    /// By everything this crate knows.
    Fully,
    /// The kernel knows older rules of landlock only: everything else holds.
    WithOlderLandlock,
    /// The kernel has no landlock, and that was allowed.
    WithoutLandlock,
}

/// Why a worker could not confine itself.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// More than one thread: the others would not be confined.
    #[error("the process has threads already; a worker confines itself first")]
    Threads,
    /// No landlock, and it is required.
    #[error("the kernel has no landlock; nothing is read without unless the configuration allows it")]
    NoLandlock,
    /// A measure failed.
    #[error("cannot {0}: {1}")]
    Failed(&'static str, String),
}

fn failed<E: ToString>(what: &'static str) -> impl FnOnce(E) -> ConfineError {
    move |error| ConfineError::Failed(what, error.to_string())
}

/// Takes away everything but computing and talking to the parent.
pub(crate) fn confine(limits: &Limits) -> Result<Confined, ConfineError> {
    if is(Broken::ScanUnconfined) {
        return Ok(Confined::Fully);
    }
    let threads = std::fs::read_dir("/proc/self/task").map_err(failed("count threads"))?.count();
    if threads != 1 {
        return Err(ConfineError::Threads);
    }
    // Where memory runs out it is this one that ends, and not who asked it. A system without the file has no such choice.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(failed("forbid dumps"))?;
    drop_capabilities(CapabilitySet::empty())?;
    let confined = landlocked(limits.landlock)?;
    limit(limits)?;
    let filter = filter().map_err(failed("make the filter of system calls"))?;
    seccompiler::apply_filter(&filter).map_err(failed("filter system calls"))?;
    Ok(confined)
}

fn drop_capabilities(kept: CapabilitySet) -> Result<(), ConfineError> {
    for capability in (CapabilitySet::all() - kept).iter() {
        // Only who has capabilities can give up more of them; who has none loses nothing.
        let _ = remove_capability_from_bounding_set(capability);
    }
    let had = capabilities(None).map_err(failed("read capabilities"))?.permitted;
    let kept = had & kept;
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    set_capabilities(None, sets).map_err(failed("give up capabilities"))
}

/// What the parent itself gives up, before it starts a thread: capabilities, all but that of ports below 1024 where it listens on one,
/// privileges by programs that it starts, and dumps of its memory, in which keys lie.
pub fn give_up_privileges(listens_low: bool) -> Result<(), ConfineError> {
    let kept = if listens_low { CapabilitySet::NET_BIND_SERVICE } else { CapabilitySet::empty() };
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(failed("forbid dumps"))?;
    set_no_new_privs(true).map_err(failed("set no_new_privs"))?;
    drop_capabilities(kept)
}

fn limit(limits: &Limits) -> Result<(), ConfineError> {
    let most = [
        (Resource::As, limits.memory_bytes),
        (Resource::Cpu, limits.processor_seconds),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nproc, 0),
        // What is open stays open; nothing more can be.
        (Resource::Nofile, 0),
    ];
    for (resource, most) in most {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(failed("limit resources"))?;
    }
    Ok(())
}

/// Rules that forbid all that landlock knows, with no exception; `no_new_privs` comes with them.
fn landlocked(wanted: Landlock) -> Result<Confined, ConfineError> {
    let ruleset = || {
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(RULES))?
            .handle_access(AccessNet::from_all(RULES))?
            .scope(Scope::from_all(RULES))?
            .create()?
            .restrict_self()
    };
    let status = ruleset().map_err(failed("apply landlock"))?;
    if !status.no_new_privs {
        return Err(ConfineError::Failed("set no_new_privs", "the kernel does not".to_owned()));
    }
    match status.ruleset {
        RulesetStatus::FullyEnforced => Ok(Confined::Fully),
        RulesetStatus::PartiallyEnforced => Ok(Confined::WithOlderLandlock),
        RulesetStatus::NotEnforced if wanted == Landlock::IfAvailable => Ok(Confined::WithoutLandlock),
        RulesetStatus::NotEnforced => Err(ConfineError::NoLandlock),
    }
}

/// System calls that computing and talking over an open socket need; every other one gives `EPERM`.
const ALLOWED: [libc::c_long; 24] = [
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_yield,
    libc::SYS_sigaltstack,
    libc::SYS_write,
    libc::SYS_writev,
];

fn filter() -> Result<BpfProgram, seccompiler::Error> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.map(|call| (call, Vec::new())).into();
    // Memory, but none that can be executed.
    let not_executable = SeccompCondition::new(
        2,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::MaskedEq(u64::from(libc::PROT_EXEC.unsigned_abs())),
        0,
    )?;
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![SeccompRule::new(vec![not_executable.clone()])?]);
    }
    // Bytes over the open socket, to nobody by name.
    let nobody = SeccompCondition::new(4, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?;
    rules.insert(libc::SYS_sendto, vec![SeccompRule::new(vec![nobody])?]);
    // A signal to itself alone: how an abort ends.
    let own =
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, u64::from(std::process::id()))?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![own])?]);
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let architecture = std::env::consts::ARCH.try_into()?;
    Ok(SeccompFilter::new(rules, denied, SeccompAction::Allow, architecture)?.try_into()?)
}

/// Moves standard input to a socket: what the parent gave is open at that place.
pub(crate) fn parent() -> io::Result<std::os::unix::net::UnixStream> {
    use std::os::fd::AsFd as _;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}
