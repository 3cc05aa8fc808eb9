//! Acting on pages: what is written, what is refused, and who tries to act without being let.

use super::*;
use crate::desk::{Offered, Press};

/// Every form there is, with a person whose roles do not cover it; nobody where every role does.
const FORMS: [(&str, Option<&str>); 17] = [
    ("/control/run", Some("officer")),
    ("/case/answer", Some("guest")),
    ("/case/aware", Some("guest")),
    ("/case/step", Some("guest")),
    ("/case/details", Some("clerk")),
    ("/report", Some("bare")),
    ("/complaint/assess", Some("guest")),
    ("/complaint/link", Some("guest")),
    ("/complaint/close", Some("guest")),
    ("/actions/open", Some("guest")),
    ("/action/act", Some("guest")),
    ("/action/verify", Some("guest")),
    ("/action/close", Some("guest")),
    ("/approvals/sign", Some("officer")),
    ("/studies/identified", Some("clerk")),
    ("/quarantine/decide", Some("guest")),
    ("/documents", Some("bare")),
];

#[tokio::test]
async fn no_form_works_without_session_or_from_elsewhere() {
    let site = site();
    let cookie = site.cookie("clerk");
    let other = site.cookie("clerk");
    let ended = site.cookie("clerk");
    let own = site.form(&cookie, &[]).await;
    let foreign = site.form(&other, &[]).await;
    let left = site.form(&ended, &[]).await;
    site.post("/sign-out", &ended, OWN, &left).await;
    for (path, _) in FORMS {
        assert_eq!(site.post(path, "", OWN, &own).await.0, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(
            site.post(path, &ended, OWN, &left).await.0,
            StatusCode::UNAUTHORIZED,
            "{path}: session over"
        );
        let forbidden = StatusCode::FORBIDDEN;
        assert_eq!(site.post(path, &cookie, "https://evil.example", &own).await.0, forbidden, "{path}");
        assert_eq!(
            site.post(path, &cookie, OWN, &foreign).await.0,
            forbidden,
            "{path}: token of another session"
        );
        assert_eq!(
            site.post(path, &cookie, OWN, &left).await.0,
            forbidden,
            "{path}: token of a session that is over"
        );
        assert_eq!(site.post(path, &cookie, OWN, "").await.0, forbidden, "{path}");
    }
    let text = serde_json::to_string(&site.entries()).unwrap();
    assert!(text.contains("refused") && text.contains("\"form\""), "{text}");
}

#[tokio::test]
async fn a_role_that_does_not_cover_a_form_is_refused_and_that_is_written_down() {
    let site = site();
    for (path, stranger) in FORMS.into_iter().filter_map(|(path, stranger)| Some((path, stranger?))) {
        let cookie = site.cookie(stranger);
        // Whoever has no role sees no page, and so no token.
        let form = if stranger == "bare" { String::new() } else { site.form(&cookie, &[]).await };
        assert_eq!(
            site.post(path, &cookie, OWN, &form).await.0,
            StatusCode::FORBIDDEN,
            "{path} by {stranger}"
        );
    }
    assert_eq!(site.get("/studies", &site.cookie("guest")).await.0, StatusCode::FORBIDDEN);
    assert_eq!(site.get("/", &site.cookie("bare")).await.0, StatusCode::FORBIDDEN);
    let entries = site.entries();
    assert!(
        entries.iter().all(|entry| entry["kind"] == "access" && entry["came"] == "refused"),
        "{entries:?}"
    );
    let refused = |person: &str, what: &str| {
        entries.iter().any(|entry| entry["person"] == person && entry["what"] == what)
    };
    assert!(refused("guest", "/case/step") && refused("bare", "/") && refused("clerk", "/case/details"));
}

#[tokio::test]
async fn what_somebody_types_at_the_door_never_reaches_the_ledger() {
    let site = site();
    for name in ["clerk", "my passphrase by mistake"] {
        let form = format!("person={name}&passphrase=wrong+passphrase&code=000000");
        site.post("/sign-in", "", OWN, &form.replace(' ', "+")).await;
    }
    let entries = site.entries();
    let text = serde_json::to_string(&entries).unwrap();
    assert!(text.contains("\"clerk\"") && !text.contains("mistake") && !text.contains("wrong"), "{text}");
    assert!(
        entries.iter().any(|entry| entry["what"] == "sign-in" && entry.get("person").is_none()),
        "{text}"
    );
}

fn id_in(headers: &HeaderMap) -> String {
    let to = headers[header::LOCATION].to_str().unwrap();
    to.split("id=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_event_is_reported_answered_and_decided_by_two() {
    let site = site_with("", &["clerk", "second"], |_| {});
    let news = [("subject", "event"), ("title", HOSTILE), ("happened", "2026-01-02T03:04")];
    let (status, headers, body) = site.send("guest", "/report", &news).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    let id = id_in(&headers);
    let page = site.get(&format!("/case?id={id}"), &site.cookie("clerk")).await.2;
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>alert"));
    // An answer that is none, then one that is; the passphrase is never drawn again.
    let mut answer =
        vec![("id", id.as_str()), ("as", "security"), ("sign", PASSPHRASE), ("q.effect", "purple")];
    let (status, _, body) = site.send("clerk", "/case/answer", &answer).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && body.contains("is no answer"), "{body}");
    assert!(!body.contains(PASSPHRASE));
    answer[3] = ("q.effect", "none");
    assert_eq!(site.send("clerk", "/case/answer", &answer).await.0, StatusCode::SEE_OTHER);
    let steps = ["not-reportable", "confirm"];
    let page = site.get(&format!("/case?id={id}"), &site.cookie("clerk")).await.2;
    let choices: Vec<&str> =
        page.split("<option value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let propose =
        choices.iter().find(|choice| choice.contains("not-reportable")).copied().unwrap_or(steps[0]);
    let step = |step| {
        [
            ("id", id.as_str()),
            ("as", "security"),
            ("sign", PASSPHRASE),
            ("procedure", "vigilance"),
            ("party", "maker"),
            ("step", step),
            ("because", "Nobody could be harmed"),
        ]
    };
    let (status, _, body) = site.send("clerk", "/case/step", &step(propose)).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    let page = site.get(&format!("/case?id={id}"), &site.cookie("clerk")).await.2;
    let confirm =
        page.split("takes another person").next().unwrap().rsplit("<option value=\"").next().unwrap();
    let confirm = confirm.split('"').next().unwrap();
    let (status, _, body) = site.send("clerk", "/case/step", &step(confirm)).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && body.contains("four eyes"), "{confirm}: {body}");
    let (status, _, body) = site.send("second", "/case/step", &step(confirm)).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    let signed: Vec<_> = site.entries().into_iter().filter(|entry| entry["kind"] == "response").collect();
    assert_eq!(signed.len(), 4);
    assert_eq!(signed[3]["signed"]["person"], "second");
}

#[tokio::test]
async fn an_action_goes_from_cause_to_effect_and_a_form_counts_once() {
    let site = site_with("", &["clerk"], |_| {});
    let signed = [("as", "security"), ("sign", PASSPHRASE)];
    let cookie = site.cookie("clerk");
    let fields =
        [&[("id", "CAPA-1"), ("title", "Backups fail"), ("due", "2999-01-01")][..], &signed].concat();
    let form = site.form(&cookie, &fields).await;
    let (status, headers, body) = site.post("/actions/open", &cookie, OWN, &form).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    assert!(headers[header::LOCATION].to_str().unwrap().contains("done="));
    let (status, _, body) = site.post("/actions/open", &cookie, OWN, &form).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && body.contains("sent already"), "{body}");
    for (path, field, fields) in [
        ("/actions/open", "due", vec![("id", "CAPA-2"), ("title", "Late"), ("due", "2001-01-01")]),
        (
            "/actions/open",
            "title",
            vec![("id", "CAPA-2"), ("title", "by m@x.example"), ("due", "2999-01-01")],
        ),
        ("/action/act", "root-cause", vec![("id", "CAPA-1"), ("correction", "Restored")]),
    ] {
        let (status, _, body) = site.send("clerk", path, &[&fields[..], &signed].concat()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {field}");
        let after_field = body.split(&format!("name=\"{field}\"")).nth(1).unwrap_or_default();
        assert!(
            after_field.split("</label>").next().unwrap().contains("class=\"wrong\""),
            "{path} {field}: {body}"
        );
    }
    let act = [
        &[("id", "CAPA-1"), ("root-cause", "Nobody tried"), ("corrective-action", "Try monthly")][..],
        &signed,
    ];
    assert_eq!(site.send("clerk", "/action/act", &act.concat()).await.0, StatusCode::SEE_OTHER);
    let unknown = [&[("id", "CAPA-1"), ("control", "C-9"), ("by", "2999-01-01")][..], &signed].concat();
    let (status, _, body) = site.send("clerk", "/action/verify", &unknown).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && body.contains("leads nowhere"), "{body}");
    let verify = [&[("id", "CAPA-1"), ("control", "C-1"), ("by", "2999-01-01")][..], &signed].concat();
    assert_eq!(site.send("clerk", "/action/verify", &verify).await.0, StatusCode::SEE_OTHER);
    let close = [&[("id", "CAPA-1"), ("outcome", "works"), ("because", "It runs")][..], &signed].concat();
    let (status, _, body) = site.send("clerk", "/action/close", &close).await;
    assert!(
        status == StatusCode::UNPROCESSABLE_ENTITY && body.contains("nothing shows that it works"),
        "{body}"
    );
    assert!(site.get("/actions", &cookie).await.2.contains("effect to be checked"));
}

#[tokio::test]
async fn what_is_signed_is_what_was_shown_and_by_its_own_key_alone() {
    let site = site_with("", &["clerk", "second"], |_| {});
    let page = site.get("/approvals", &site.cookie("clerk")).await.2;
    let record = page.split("value=\"risk.R-1@").nth(1).unwrap().split('"').next().unwrap();
    let record = format!("risk.R-1@{record}");
    let form = |record: &'static str, role: &'static str, sign: &'static str| {
        [("record", record), ("as", role), ("sign", sign)]
    };
    let leaked: &'static str = String::leak(record);
    for (fields, said) in [
        (form(leaked, "security", "guess guess guess"), "does not open your key"),
        (form(leaked, "privacy", PASSPHRASE), "not a role by which"),
        (form("risk.R-1@00", "security", PASSPHRASE), "reads otherwise than when you looked"),
        (form("../../key@00", "security", PASSPHRASE), "there is no record"),
    ] {
        let (status, _, body) = site.send("clerk", "/approvals/sign", &fields).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && body.contains(said), "{said}: {body}");
    }
    // A key of another person in one's place opens and signs nothing.
    let keys = site.directory.path().join("keys");
    std::fs::rename(keys.join("clerk.key"), keys.join("kept")).unwrap();
    std::fs::copy(keys.join("second.key"), keys.join("clerk.key")).unwrap();
    let (_, _, body) = site.send("clerk", "/approvals/sign", &form(leaked, "security", PASSPHRASE)).await;
    assert!(body.contains("not yours by the file"), "{body}");
    std::fs::rename(keys.join("kept"), keys.join("clerk.key")).unwrap();
    let (status, _, body) =
        site.send("clerk", "/approvals/sign", &form(leaked, "security", PASSPHRASE)).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    assert!(site.get("/approvals", &site.cookie("clerk")).await.2.contains("No approval waits for you"));
    for _ in 0..8 {
        site.send("clerk", "/approvals/sign", &form("risk.R-1@00", "security", "guess")).await;
    }
    let approvals = site.entries().iter().filter(|entry| entry["kind"] == "approval").count();
    assert_eq!(approvals, 1);
}

#[tokio::test]
async fn details_of_people_open_for_who_may_and_after_the_ledger_has_it() {
    let site = site_with("", &[], |_| {});
    let news = [
        ("subject", "complaint"),
        ("title", "Wrong patient shown"),
        ("happened", "2026-01-02"),
        ("details", "Mrs. Example <b>called</b>"),
    ];
    let (status, headers, body) = site.send("guest", "/report", &news).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    let id = id_in(&headers);
    let page = site.get(&format!("/complaint?id={id}"), &site.cookie("clerk")).await.2;
    assert!(page.contains("These may see identified data: Privacy") && !page.contains("Mrs. Example"));
    let (status, _, body) = site.send("officer", "/case/details", &[("id", &id)]).await;
    assert!(status == StatusCode::OK && body.contains("Mrs. Example &lt;b&gt;"), "{body}");
    let text = serde_json::to_string(&site.entries()).unwrap();
    assert!(text.contains("identified") && text.contains("\"officer\"") && !text.contains("Mrs."), "{text}");
}

/// Waits for work in the background to end; gives the page that says so.
async fn ended(site: &Site, path: &str, person: &str, words: &[&str]) -> String {
    for _ in 0..300 {
        let page = site.get(path, &site.cookie(person)).await.2;
        if words.iter().any(|word| page.contains(word)) {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{path} never says {words:?}");
}

#[tokio::test]
async fn pages_hear_of_work_by_an_event_that_browsers_pass_on() {
    let site = site();
    let request =
        Request::get("/events").header(header::COOKIE, site.cookie("clerk")).header(header::HOST, HOST);
    let answer = site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let mut stream = answer.into_body().into_data_stream();
    site.gate.works.begin(crate::work::Kind::Probes("C-1".to_owned()), 1, None).unwrap();
    let event = futures_util::StreamExt::next(&mut stream).await.unwrap().unwrap();
    let event = String::from_utf8_lossy(&event);
    assert!(event.contains("event: changed\n") && event.contains("data: 1\n"), "{event}");
}

#[tokio::test]
async fn probes_run_in_the_background_and_their_evidence_counts() {
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listening.local_addr().unwrap().port();
    let probe = format!(
        "[control.C-2]\ntitle = \"Port\"\nlayer = \"perimeter\"\nstate = \"implemented\"\n[[control.C-2.probes]]\n\
         kind = \"port\"\ntarget = \"127.0.0.1\"\n[control.C-2.probes.port]\nopen = [\"127.0.0.1:{open}\"]\nclosed = [\"127.0.0.1:1\"]\n"
    );
    let site = site_with(&probe, &[], |_| {});
    let (status, _, body) = site.send("clerk", "/control/run", &[("id", "C-2")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    let page = ended(&site, "/control?id=C-2", "clerk", &["passed, "]).await;
    assert!(page.contains("1 passed, 0 failed"), "{page}");
    for id in ["C-1", "C-9", HOSTILE] {
        let (status, _, body) = site.send("clerk", "/control/run", &[("id", id)]).await;
        let refused = [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::NOT_FOUND];
        assert!(refused.contains(&status) && !body.contains("<script>alert"), "{id}: {status}");
    }
    assert!(site.entries().iter().any(|entry| entry["kind"] == "evidence" && entry["outcome"] == "passed"));
}

#[tokio::test]
async fn documents_are_made_by_a_program_of_its_own_and_fetched_as_files() {
    let program = tempfile::tempdir().unwrap();
    let path = program.path().join("press");
    std::fs::write(&path, "#!/bin/sh\n[ \"$2\" = good ] || { echo 'no such thing <b>' >&2; exit 2; }\necho '<script>' > \"$5\"\n").unwrap();
    std::os::unix::fs::PermissionsExt::set_mode(&mut std::fs::metadata(&path).unwrap().permissions(), 0o700);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let document = |name| Offered { name, title: name, purpose: "p", basis: "b", is_sheet: false };
    let site = site_with("", &[], |desk| {
        desk.press = Press { program: path.clone(), documents: vec![document("good"), document("broken")] };
    });
    for (name, form) in [("good", "exe"), ("../good", "pdf"), ("-x", "pdf")] {
        let (status, ..) = site.send("guest", "/documents", &[("name", name), ("form", form)]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name}.{form}");
    }
    for (name, word) in [("broken", "not made"), ("good", "Download")] {
        let (status, ..) = site.send("guest", "/documents", &[("name", name), ("form", "html")]).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let page = ended(&site, "/documents", "guest", &[word]).await;
        assert!(!page.contains("thing <b>"), "{page}");
    }
    let (status, headers, body) = site.get("/documents/file?number=2", &site.cookie("guest")).await;
    assert!(status == StatusCode::OK && body.contains("<script>"));
    assert!(headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    assert_eq!(site.get("/documents/file?number=1", &site.cookie("guest")).await.0, StatusCode::NOT_FOUND);
}
