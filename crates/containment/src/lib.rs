//! Containment: hostile bytes are read by a process that can do nothing but compute.
//!
//! The ward asks a [`Worker`] about each object that arrives; whatever these bytes do to it ends with the process, and no other sender
//! is ever served by it. The worker is the same program, started anew with a hidden argument; there it calls [`serve`] with what it can
//! do, confines itself before it reads a byte, and answers until nobody asks. What it answers is as hostile as what it read.
//!
//! | taken away | by |
//! |---|---|
//! | files, sockets, signals to others | landlock without any rule; seccomp |
//! | new processes, threads, programs, memory that can be executed | seccomp: a list of what is allowed |
//! | memory, processor time, files, core dumps | resource limits |
//! | capabilities, privileges by programs | emptied sets, `no_new_privs` |
//!
//! Linux only: elsewhere nothing can be started.

mod confine;
mod frame;
mod limits;
mod object;
mod pool;
mod process;
mod serve;
mod worker;

pub use confine::{ConfineError, Confined, give_up_privileges};
pub use limits::{Landlock, Limits, LimitsError};
pub use object::Object;
pub use pool::Workers;
pub use process::Program;
pub use serve::serve;
pub use worker::{ContainmentError, Worker};
