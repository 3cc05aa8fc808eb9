//! `command` with programs of the system.

use crate::bench::{Bench, errs, fails, passes};
use medward_probe::Outcome;
use std::time::{Duration, Instant};

fn terms(run: &str, refused: &str, more: &str) -> String {
    format!(
        "kind = \"command\"\ntimeout_seconds = 5\ncommand = {{ run = {run}, refused = {refused} {more} }}"
    )
}

#[test]
fn success_and_refusal_pass() {
    passes(&Bench::new().run(&terms(r#"["true"]"#, r#"["false"]"#, "")));
    let answer = r#"["printf", "%s", '{"tls": {"versions": ["1.3"]}}']"#;
    passes(&Bench::new().run(&terms(
        answer,
        r#"["false"]"#,
        r#", pointer = "/tls/versions/0", equals = "1.3""#,
    )));
}

#[test]
fn what_should_be_refused_and_is_not_fails() {
    fails(&Bench::new().run(&terms(r#"["true"]"#, r#"["true"]"#, "")), "`true` is refused");
}

#[test]
fn another_exit_code_or_answer_fails() {
    fails(&Bench::new().run(&terms(r#"["false"]"#, r#"["false"]"#, "")), "exit code 0");
    let answer = r#"["printf", "%s", '{"n": 1}']"#;
    fails(
        &Bench::new().run(&terms(answer, r#"["false"]"#, r#", pointer = "/n", equals = "2""#)),
        "holds 2 at /n",
    );
}

#[test]
fn nothing_said_is_an_error() {
    let bench = Bench::new();
    errs(&bench.run(&terms(r#"["no-such-program"]"#, r#"["false"]"#, "")), "no-such-program");
    errs(&bench.run(&terms(r#"["true"]"#, r#"["no-such-program"]"#, "")), "no-such-program");
    // A launcher that finds nothing to launch ends with 127, which is no refusal.
    errs(&bench.run(&terms(r#"["true"]"#, r#"["env", "no-such-program"]"#, "")), "is refused");
    errs(&bench.run(&terms(r#"["true"]"#, r#"["sh", "-c", "kill -9 $$"]"#, "")), "signal 9");
    let absent = r#", pointer = "/x", equals = "1""#;
    errs(&bench.run(&terms(r#"["printf", "{}"]"#, r#"["false"]"#, absent)), "nothing there");
    errs(&bench.run(&terms(r#"["printf", "no"]"#, r#"["false"]"#, absent)), "no JSON");
}

#[test]
fn programs_run_only_when_the_caller_allows_it() {
    let mut bench = Bench::new();
    bench.environment.may_run_commands = false;
    errs(&bench.run(&terms(r#"["true"]"#, r#"["false"]"#, "")), "not permitted");
}

#[test]
fn no_shell_and_no_inherited_environment() {
    let bench = Bench::new();
    let untouched = bench.run(&terms(
        r#"["printf", "%s", "$(id);`id`*"]"#,
        r#"["false"]"#,
        r#", equals = "$(id);`id`*""#,
    ));
    passes(&untouched);
    let environment = r#", environment = { ONLY = "this" }, equals = "LC_ALL=C\nONLY=this\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin""#;
    bench.write("sorted", "#!/bin/sh\nenv -u PWD -u _ -u SHLVL -u OLDPWD env | sort\n");
    let seen = bench.run(&terms(r#"["/bin/sh", "sorted"]"#, r#"["false"]"#, environment));
    passes(&seen);
}

#[test]
fn a_secret_reaches_the_program_and_nothing_else() {
    let bench = Bench::new().with_secret("db", "hunter2-hunter2");
    let secrets = r#", secrets = { PASSWORD = "db" }"#;
    let seen =
        bench.run(&terms(r#"["sh", "-c", "echo $PASSWORD; echo $PASSWORD >&2"]"#, r#"["false"]"#, secrets));
    passes(&seen);
    assert!(!format!("{seen:?}").contains("hunter2"), "{seen:#?}");
    assert!(seen.raw.contains("[secret db]"), "{}", seen.raw);
    errs(&Bench::new().run(&terms(r#"["true"]"#, r#"["false"]"#, secrets)), "no secret `db`");
}

#[test]
fn time_up_is_an_error_and_leaves_nobody_behind() {
    let bench = Bench::new();
    let script = "sleep 600 & echo $! > child; echo $$ > leader; sleep 600";
    let terms = terms(&format!("[\"sh\", \"-c\", \"{script}\"]"), r#"["false"]"#, "");
    let seen = bench.run(&terms.replace("timeout_seconds = 5", "timeout_seconds = 1"));
    errs(&seen, "out of time");
    for name in ["child", "leader"] {
        let id = std::fs::read_to_string(bench.directory.path().join(name)).unwrap();
        let began = Instant::now();
        loop {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
            // A killed orphan may wait for its reaper, or on a busy machine for its end; it does nothing any more.
            if state.is_empty() || state.contains(") Z ") {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{name} still runs: {state}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_program_that_leaves_a_child_with_the_pipe_does_not_hang_the_probe() {
    let seen = Bench::new().run(&terms(r#"["sh", "-c", "sleep 600 & exit 0"]"#, r#"["false"]"#, ""));
    assert_eq!(seen.outcome, Outcome::Passed, "{seen:#?}");
}
