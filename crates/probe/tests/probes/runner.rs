//! Many probes at once, and what they give back.

use crate::bench::Bench;
use medward_probe::{Observation, Options, Outcome, jobs, run};
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn observations_come_in_order_and_each_is_heard_of() {
    let probe = |code| {
        format!(
            "[[control.C-01.probes]]\nkind = \"command\"\ncommand = {{ run = [\"sh\", \"-c\", \"exit {code}\"], refused = [\"false\"] }}\n"
        )
    };
    let text: String = std::iter::once("[control.C-01]\ntitle = \"t\"\n".to_owned())
        .chain((0..24).map(|n| probe(n % 3)))
        .collect();
    let (file, diagnostics) = medward_file::load_texts([("c.toml", text.as_str())]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let (jobs, errors) = jobs(&file);
    assert!(errors.is_empty());
    let heard = AtomicUsize::new(0);
    let seen = run(&jobs, &Bench::new().environment, Options { parallel: 5 }, |_| {
        heard.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(heard.into_inner(), 24);
    for (number, observation) in seen.iter().enumerate() {
        assert_eq!(observation.number, number);
        let wanted = if number % 3 == 0 { Outcome::Passed } else { Outcome::Failed };
        assert_eq!(observation.outcome, wanted, "{observation:#?}");
    }
}

#[test]
fn an_observation_survives_its_way_through_json() {
    let seen = Bench::new().run("kind = \"command\"\ncommand = { run = [\"true\"], refused = [\"false\"] }");
    let text = serde_json::to_string(&seen).unwrap();
    assert_eq!(serde_json::from_str::<Observation>(&text).unwrap(), seen);
}

#[test]
fn terms_of_another_kind_are_refused() {
    let said = Bench::refuse("kind = \"port\"\ncommand = { run = [\"true\"] }");
    assert!(said.contains("terms of kind `command` at a probe of kind `port`"), "{said}");
    let said = Bench::refuse("kind = \"comand\"");
    assert!(said.contains("did you mean `command`?"), "{said}");
    let said = Bench::refuse("kind = \"port\"\ntimeout_seconds = 0\nport = {}");
    assert!(said.contains("out of range"), "{said}");
}
