//! `audit-flow` and `emergency` with a log file and a log server.

use crate::bench::{Bench, errs, fails, passes};
use crate::web::serve_web;
use medward_probe::Observation;

fn audit(cause: &str, more: &str) -> Observation {
    let bench = Bench::new();
    bench.write("audit.log", "earlier Synthetic^Patient\n");
    bench.run(&format!(
        "kind = \"audit-flow\"\ntarget = \"audit.log\"\ntimeout_seconds = 5\naudit_flow = {{ cause = [\"sh\", \"-c\", \"{cause}\", \"sh\", \"{{marker}}\"], seconds_max = 1 {more} }}"
    ))
}

#[test]
fn an_event_that_arrives_passes_and_one_that_does_not_fails() {
    passes(&audit("echo login $1 >> audit.log", ", never = [\"Synthetic^Patient\"]"));
    fails(&audit("true", ""), "did not arrive");
    fails(&audit("echo something else >> audit.log", ""), "did not arrive");
    // The log was rotated meanwhile.
    passes(&audit("echo $1 > audit.log", ""));
}

#[test]
fn a_forbidden_text_in_the_log_fails() {
    let seen = audit("echo login $1 of Synthetic^Patient >> audit.log", ", never = [\"Synthetic^Patient\"]");
    fails(&seen, "Synthetic^Patient");
}

#[test]
fn a_cause_that_breaks_and_a_log_that_is_missing_are_errors() {
    errs(&audit("exit 3", ""), "exit code 3");
    errs(&audit("sleep 60", ""), "out of time");
    let terms = "kind = \"audit-flow\"\ntarget = \"gone.log\"\naudit_flow = { cause = [\"echo\", \"{marker}\"], seconds_max = 1 }";
    errs(&Bench::new().run(terms), "gone.log");
    let said = Bench::refuse(&terms.replace("{marker}", "x"));
    assert!(said.contains("given no `{marker}`"), "{said}");
    let said = Bench::refuse(&terms.replace("seconds_max = 1", "seconds_max = 60"));
    assert!(said.contains("out of range"), "{said}");
}

/// A log server that finds what the command wrote; or says yes to everything; or gives the question back.
#[test]
fn a_log_server_that_finds_everything_fails() {
    let run = |answer: fn(&str, &str) -> String| {
        let bench = Bench::new();
        let written = bench.write("written", "");
        let address = serve_web(move |asked| {
            let found = std::fs::read_to_string(&written).unwrap();
            (200, String::new(), answer(&asked.path, &found))
        });
        bench.run(&format!(
            "kind = \"audit-flow\"\ntarget = \"http://{address}/search?q={{marker}}\"\ntimeout_seconds = 5\naudit_flow = {{ cause = [\"sh\", \"-c\", \"echo $1 >> written\", \"sh\", \"{{marker}}\"], seconds_max = 2 }}"
        ))
    };
    passes(&run(|path, found| {
        let wanted = path.split('=').nth(1).unwrap();
        found.lines().filter(|line| *line == wanted).collect::<Vec<_>>().join("\n")
    }));
    fails(&run(|path, _| format!("1 hit for {}", path.split('=').nth(1).unwrap())), "before it is caused");
    fails(&run(|_, _| "no hit".to_owned()), "did not arrive");
}

/// A door with a lock file, and everything done to it in a list.
fn glass(open: &str, shut: &str, refused: &str) -> (Observation, bool) {
    let bench = Bench::new();
    bench.write("glass.log", "");
    let part =
        |name: &str, script: &str| format!("{name} = [\"sh\", \"-c\", \"{script}\", \"sh\", \"{{marker}}\"]");
    let seen = bench.run(&format!(
        "kind = \"emergency\"\ntarget = \"glass.log\"\ntimeout_seconds = 4\nemergency = {{ {}, {}, {}, seconds_max = 1 }}",
        part("open", open),
        part("shut", shut),
        part("refused", refused)
    ));
    let open = bench.directory.path().join("opened").exists();
    (seen, open)
}

const OPEN: &str = "touch opened; echo opened $1 >> glass.log";

#[test]
fn the_emergency_path_opens_is_logged_and_shuts_again() {
    let (seen, still_open) = glass(OPEN, "rm opened", "exit 1");
    passes(&seen);
    assert!(!still_open);
    fails(&glass("exit 1", "true", "exit 1").0, "path opens: exit code 1");
    fails(&glass("touch opened", "rm opened", "exit 1").0, "its use is in the log");
    fails(&glass(OPEN, "rm opened", "exit 0").0, "without the right");
    let (seen, still_open) = glass(OPEN, "exit 1", "exit 1");
    fails(&seen, "shuts again");
    assert!(still_open);
}

#[test]
fn the_path_is_shut_even_when_opening_it_hangs() {
    let (seen, still_open) = glass("touch opened; sleep 60", "rm opened", "exit 1");
    errs(&seen, "out of time");
    assert!(!still_open);
    errs(&glass(OPEN, "rm opened", "exit 127").0, "without the right");
}
