//! What programs write, and what they never may.

use super::*;

const NEWS: &str =
    r#"{"title":"Reading stopped","happened":"2026-01-20T05:40:00+01:00","links":["control.C-1"]}"#;

#[tokio::test]
async fn what_is_told_twice_is_written_once() {
    let site = Site::new();
    let token = site.token("one", "clerk", &[Scope::Report, Scope::Incidents]);
    let before = site.size();
    let (status, headers, body) = site.post("/events", &token, None, NEWS).await;
    let told: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &told["entry"]), (StatusCode::CREATED, &before.into()), "{body}");
    let place = headers[header::LOCATION].to_str().unwrap().strip_prefix("/api/v1").unwrap();
    let shown = site.get(place, &token).await.2;
    assert!(shown.contains("Reading stopped") && shown.contains("control.C-1"), "{shown}");
    for (key, status) in
        [(None, StatusCode::OK), (Some("A"), StatusCode::CREATED), (Some("A"), StatusCode::OK)]
    {
        assert_eq!(site.post("/events", &token, key, NEWS).await.0, status, "{key:?}");
    }
    // The mark counts, whatever comes with it; that of another program is another mark.
    let changed = NEWS.replace("stopped", "began again");
    assert_eq!(site.post("/events", &token, Some("A"), &changed).await.0, StatusCode::OK);
    let other = site.token("two", "clerk", &[Scope::Report]);
    assert_eq!(site.post("/events", &other, Some("A"), NEWS).await.0, StatusCode::CREATED);
    assert_eq!(site.post("/complaints", &token, None, NEWS).await.0, StatusCode::CREATED);
    assert_eq!(site.size(), before + 4);
    let [first, second] =
        [site.post("/events", &token, Some("B"), NEWS), site.post("/events", &token, Some("B"), NEWS)];
    let (first, second) = tokio::join!(first, second);
    assert_eq!(
        [first.0, second.0].iter().filter(|status| **status == StatusCode::CREATED).count(),
        1,
        "at once"
    );
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_written() {
    let site = Site::new();
    let token = site.token("one", "clerk", &[Scope::Report]);
    let before = site.size();
    let with = |field: &str, value: &str| {
        let mut news: serde_json::Value = serde_json::from_str(NEWS).unwrap();
        news[field] = serde_json::from_str(value).unwrap();
        news.to_string()
    };
    for (body, status, said) in [
        ("{", 400, "body"),
        ("{}", 400, "title"),
        (&with("as", "\"security\""), 400, "as"),
        (&with("title", "7"), 400, "body"),
        (&with("title", "\"\""), 422, "\"field\":\"title\""),
        (&with("happened", "\"yesterday\""), 422, "\"field\":\"happened\""),
        (&with("happened", "\"2999-01-01T00:00:00Z\""), 422, "future"),
        (&with("links", "[\"control.C-9\"]"), 422, "\"field\":\"link\""),
        (&with("details", &format!("\"{}\"", "x".repeat(20_001))), 422, "\"field\":\"details\""),
        (&"x".repeat(70_000), 413, "bytes"),
    ] {
        let (found, headers, answer) = site.post("/events", &token, None, body).await;
        assert_eq!(found.as_u16(), status, "{body}: {answer}");
        assert!(answer.contains(said), "{body}: {answer}");
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
    }
    assert_eq!(site.post("/events", &token, Some(""), NEWS).await.0, StatusCode::BAD_REQUEST);
    let form = Request::post("/api/v1/events").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let form = form.header(header::CONTENT_TYPE, "text/plain").body(Body::from(NEWS)).unwrap();
    assert_eq!(site.ask(form).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE, "what a page elsewhere can send");
    assert_eq!(site.size(), before);
}

#[tokio::test]
async fn a_token_may_no_more_than_its_owner_and_never_signs() {
    let site = Site::new();
    let all = Scope::ALL.map(|(scope, _)| scope);
    let token = site.token("guest", "guest", &all);
    let (status, _, body) = site.post("/controls/C-1/runs", &token, None, "").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body.contains("`guest`") && body.contains("run probes"), "{body}");
    assert_eq!(site.post("/events", &token, None, NEWS).await.0, StatusCode::CREATED);
    let token = site.token("clerk", "clerk", &all);
    let (status, _, body) = site.post("/controls/C-1/runs", &token, None, "").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("has a probe"), "{body}");
    assert_eq!(site.post("/controls/C-9/runs", &token, None, "").await.0, StatusCode::NOT_FOUND);
    let before = site.size();
    for path in ["/approvals", "/actions", "/incidents/E-1/answers", "/incidents/E-1/steps"] {
        let (status, _, body) = site.post(path, &token, None, "{}").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        assert!(body.contains("signature of a person") && body.contains("medward "), "{path}: {body}");
    }
    assert_eq!(site.size(), before);
}
