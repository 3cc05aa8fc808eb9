//! `time-sync`, `prometheus` and `sql` against servers and databases of the test's own.

use crate::bench::{Bench, errs, fails, passes};
use crate::web::serve_web;
use medward_probe::Observation;
use std::net::UdpSocket;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a time server says besides the time.
#[derive(Clone, Copy)]
struct Said {
    off_ms: i64,
    leap: u8,
    stratum: u8,
    dispersion_ms: u32,
    echoes: bool,
}

const GOOD: Said = Said { off_ms: 0, leap: 0, stratum: 2, dispersion_ms: 20, echoes: true };

fn time_sync(said: Said) -> Observation {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut asked = [0; 48];
        while let Ok((48, peer)) = socket.recv_from(&mut asked) {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let ms = i64::try_from(since.as_millis()).unwrap() + said.off_ms + 2_208_988_800_000;
            let seconds = u32::try_from(ms / 1000).unwrap().to_be_bytes();
            let fraction = u32::try_from(((ms % 1000) << 32) / 1000).unwrap().to_be_bytes();
            let mut answer = [0_u8; 48];
            answer[0] = said.leap << 6 | 0x24;
            answer[1] = said.stratum;
            answer[8..12].copy_from_slice(&(said.dispersion_ms * 65536 / 1000).to_be_bytes());
            if said.stratum == 0 {
                answer[12..16].copy_from_slice(b"RATE");
            }
            if said.echoes {
                answer[24..32].copy_from_slice(&asked[40..48]);
            }
            for at in [32, 40] {
                answer[at..at + 4].copy_from_slice(&seconds);
                answer[at + 4..at + 8].copy_from_slice(&fraction);
            }
            socket.send_to(&answer, peer).unwrap();
        }
    });
    Bench::new().run(&format!(
        "kind = \"time-sync\"\ntarget = \"{address}\"\ntimeout_seconds = 3\ntime_sync = {{ offset_ms_max = 500 }}"
    ))
}

#[test]
fn a_clock_that_is_right_passes_and_one_that_is_off_fails() {
    passes(&time_sync(GOOD));
    fails(&time_sync(Said { off_ms: 5_000, ..GOOD }), "off by at most 500 ms");
    fails(&time_sync(Said { off_ms: -3_600_000, ..GOOD }), "off by at most 500 ms");
}

#[test]
fn a_server_that_does_not_know_the_time_fails() {
    fails(&time_sync(Said { leap: 3, ..GOOD }), "unsynchronised");
    fails(&time_sync(Said { stratum: 16, ..GOOD }), "unsynchronised");
    fails(&time_sync(Said { dispersion_ms: 9_000, ..GOOD }), "by its own word");
}

#[test]
fn answers_to_others_dismissals_and_silence_are_errors() {
    errs(&time_sync(Said { echoes: false, ..GOOD }), "out of time");
    errs(&time_sync(Said { stratum: 0, ..GOOD }), "RATE");
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    errs(&Bench::new().run(&format!("kind = \"time-sync\"\ntarget = \"{address}\"\ntimeout_seconds = 2\ntime_sync = {{ offset_ms_max = 500 }}")), "out of time");
}

fn prometheus(query: &'static str, none: &'static str) -> Observation {
    let address = serve_web(move |asked| {
        let body = if asked.path.contains("%3E") { none } else { query };
        let result =
            format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{body}]}}}}");
        (
            200,
            String::new(),
            if body == "error" {
                "{\"status\":\"error\",\"error\":\"parse error\"}".to_owned()
            } else {
                result
            },
        )
    });
    Bench::new().run(&format!("kind = \"prometheus\"\ntarget = \"http://{address}\"\nprometheus = {{ query = \"queue_age\", most = \"60\", none = \"queue_age > 300\" }}"))
}

#[test]
fn samples_within_the_bound_pass_and_others_fail() {
    let sample = r#"{"metric":{"site":"a"},"value":[1,"12.5"]}"#;
    passes(&prometheus(sample, ""));
    fails(
        &prometheus(r#"{"metric":{},"value":[1,"5"]},{"metric":{"site":"b"},"value":[1,"61"]}"#, ""),
        "is from -inf to 60",
    );
    fails(&prometheus(sample, r#"{"metric":{"site":"b"},"value":[1,"301"]}"#), "returns nothing");
    errs(&prometheus("", ""), "returns no sample");
    errs(&prometheus(r#"{"metric":{},"value":[1,"NaN"]}"#, ""), "is from");
    errs(&prometheus("error", ""), "parse error");
    errs(&prometheus(sample, "error"), "parse error");
    let terms = "kind = \"prometheus\"\ntarget = \"http://127.0.0.1:1\"\nprometheus = { query = \"up\", most = \"60\", none = \"up == 0\" }";
    errs(&Bench::new().run(terms), "cannot reach");
    let said = Bench::refuse(&terms.replace("up == 0", "no_such_metric > 0"));
    assert!(said.contains("shares no metric"), "{said}");
}

fn sqlite(change: (&str, &str)) -> Option<Observation> {
    let bench = Bench::new();
    let script = "CREATE TABLE audit (id INTEGER); INSERT INTO audit VALUES (1), (2);
        CREATE TRIGGER keep BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append only: constraint'); END;";
    let made =
        Command::new("sqlite3").arg("audit.db").arg(script).current_dir(bench.directory.path()).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: sqlite3 is not installed");
        return None;
    }
    let terms = "kind = \"sql\"\ntarget = \"audit.db\"\nsql = { client = \"sqlite\", query = \"SELECT count(*), max(id) FROM audit\", equals = \"2|2\", refused = \"DELETE FROM audit WHERE id = 1\" }";
    assert!(terms.contains(change.0));
    let seen = bench.run(&terms.replacen(change.0, change.1, 1));
    let left = Command::new("sqlite3")
        .args(["audit.db", "SELECT count(*) FROM audit"])
        .current_dir(bench.directory.path())
        .output();
    // Whatever was tried, nothing was changed.
    assert_eq!(left.unwrap().stdout, b"2\n");
    Some(seen)
}

#[test]
fn a_database_answers_and_refuses() {
    let Some(seen) = sqlite(("", "")) else { return };
    passes(&seen);
    fails(&sqlite(("2|2", "3|3")).unwrap(), "gives 3|3: 2|2");
    fails(&sqlite(("DELETE FROM audit WHERE id = 1", "UPDATE audit SET id = 7")).unwrap(), "is refused");
    fails(&sqlite(("DELETE FROM audit WHERE id = 1", "INSERT INTO audit VALUES (9)")).unwrap(), "is refused");
    // A slip in the statement is no refusal.
    errs(&sqlite(("DELETE FROM audit WHERE id = 1", "DELETE FROM audits")).unwrap(), "no such table");
    errs(&sqlite(("DELETE FROM audit WHERE id = 1", "DELET audit")).unwrap(), "syntax error");
    errs(
        &sqlite(("SELECT count(*), max(id) FROM audit", "SELECT absent FROM audit")).unwrap(),
        "no such column",
    );
    errs(&sqlite(("target = \"audit.db\"", "target = \"gone.db\"")).unwrap(), "gone.db");
}

#[test]
fn statements_that_speak_to_the_client_are_refused() {
    for statement in [".shell id", "SELECT 1; DELETE FROM audit", r"SELECT 1 \\! id"] {
        let terms = format!(
            "kind = \"sql\"\ntarget = \"audit.db\"\nsql = {{ client = \"sqlite\", query = \"{statement}\", equals = \"\", refused = \"x\" }}"
        );
        let said = Bench::refuse(&terms);
        assert!(said.contains("one plain statement"), "{said}");
    }
}
