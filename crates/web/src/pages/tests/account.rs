//! Sessions as their owner sees them, and whose way in was taken away.

use super::*;
use crate::accounts::Accounts;
use zeroize::Zeroizing;

#[tokio::test]
async fn each_session_can_be_ended_by_its_owner_alone() {
    let site = site();
    let (own, other, stranger) = (site.cookie("clerk"), site.cookie("clerk"), site.cookie("guest"));
    let body = site.get("/account", &own).await.2;
    assert_eq!(body.matches("Firefox on Linux</span>").count(), 2, "those of others are not listed");
    let own_name = site.name_of("clerk", &own);
    let names = site.gate.sessions.of("clerk", now()).into_iter().map(|session| session.name);
    let name = names.into_iter().find(|name| *name != own_name).unwrap();
    for (cookie, still) in [(&stranger, StatusCode::OK), (&own, StatusCode::SEE_OTHER)] {
        let form = site.form(cookie, &[("session", &name)]).await;
        assert_eq!(site.post("/account/session/end", cookie, OWN, &form).await.0, StatusCode::SEE_OTHER);
        assert_eq!(site.get("/", &other).await.0, still);
    }
    let form = site.form(&own, &[("session", &own_name)]).await;
    let (_, headers, _) = site.post("/account/session/end", &own, OWN, &form).await;
    assert_eq!(headers[header::LOCATION], "/sign-in");
    assert_eq!(site.get("/", &own).await.0, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn whose_account_is_removed_is_out_with_the_next_request() {
    let site = site();
    // As the command line does it, in a process of its own.
    let elsewhere = Accounts::new(&site.directory.path().join("ledger"), Zeroizing::new([7; 32]));
    elsewhere.link(&site.gate.device.now().file, "clerk", "4711").unwrap();
    let (removed, other) = (site.cookie("clerk"), site.cookie("guest"));
    assert_eq!(site.get("/", &removed).await.0, StatusCode::OK);
    elsewhere.remove("clerk").unwrap();
    assert_eq!(site.get("/", &removed).await.0, StatusCode::SEE_OTHER);
    assert_eq!(site.get("/", &other).await.0, StatusCode::OK);
}
