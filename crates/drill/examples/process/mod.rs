//! What the kernel says of processes: of this one, which has the ward in it, and of the readers that the ward started.

/// Children of this process that run: the readers of the ward, once peers have ended.
pub fn children() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of = |task: std::io::Result<std::fs::DirEntry>| {
        // A thread may have ended meanwhile.
        let children = std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        children.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    tasks.flat_map(of).collect()
}

/// Processor seconds of a process, and where told so of its children that ended; none where it has ended itself.
pub fn processor_seconds(of: &str, with_children: bool) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{of}/stat")).ok()?;
    let after_name = stat.rsplit_once(')').unwrap().1;
    let ticks = after_name.split_whitespace().skip(11).take(if with_children { 4 } else { 2 });
    Some(ticks.map(|field| field.parse::<f64>().unwrap()).sum::<f64>() / 100.0)
}

/// A number of the status of a process, such as `VmHWM` in kB; 0 where it has ended.
pub fn status(of: &str, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{of}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or_default()
}
