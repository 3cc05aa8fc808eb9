//! Alarms of a ward that runs: raised once, by what real peers do, and not again after a restart.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use medward_drill::{AI_1, ARCHIVE, Client, Ct, POLICIES, Running, Site, WARD, Web};
use medward_test_peers::has;
use medward_ward::Event;
use medward_ward_ledger::{Alarm, History};
use std::process::Command;
use std::time::{Duration, Instant};

fn alarms(site: &Site) -> Vec<Alarm> {
    History::since(&site.directory().join("state"), (0, 0)).unwrap().0.alarms
}

async fn until_alarmed(site: &Site, detector: &str) {
    let begun = Instant::now();
    while !alarms(site).iter().any(|alarm| alarm.detector == detector) {
        assert!(begun.elapsed() < Duration::from_mins(1), "no alarm of {detector}: {:?}", alarms(site));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn find(site: &Site, ward: &Running) -> String {
    let mut command = Command::new("findscu");
    command
        .arg("+tls")
        .arg(site.pki("ai-1.key"))
        .arg(site.pki("ai-1.pem"))
        .arg("+cf")
        .arg(site.pki("ca.pem"));
    command.args([
        "-S",
        "-aet",
        AI_1,
        "-aec",
        WARD,
        "-k",
        "QueryRetrieveLevel=STUDY",
        "-k",
        "StudyInstanceUID",
    ]);
    command.args(["127.0.0.1", &ward.address.port().to_string()]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_and_canaries_are_alarmed_once_and_name_no_address_and_no_study() {
    if !has("findscu") {
        eprintln!("SKIPPED: findscu is not installed");
        return;
    }
    let (canary, other) = (Ct::new(7, 1), Ct::new(8, 1));
    let mut site = Site::new(POLICIES).unwrap();
    site.add_to_file(
        &format!("canaries = [\"{}\"]\nalarms = {{ refusals_in_ten_minutes = 5 }}\n", canary.study),
        "",
    );
    let ward = site.start(None, None).await.unwrap();
    let sender = Client::honest(&site, ward.address);
    assert_eq!(sender.store(&other.instance, &other.data_set()).await.unwrap(), Some(0));
    ward.dealt_with(&other.instance).await.unwrap();
    // Whoever asks and finds no canary has done nothing.
    assert!(find(&site, &ward).await.contains("2.25."));
    assert_eq!(sender.store(&canary.instance, &canary.data_set()).await.unwrap(), Some(0));
    ward.dealt_with(&canary.instance).await.unwrap();
    assert!(!alarms(&site).iter().any(|alarm| alarm.detector == "canary"));
    for _ in 0..2 {
        assert!(find(&site, &ward).await.contains("2.25."));
    }
    until_alarmed(&site, "canary").await;
    // A burst that ends before its count is written: it is written all the same.
    for _ in 0..12 {
        let stranger = Client { title: "NOBODY", ..Client::honest(&site, ward.address) };
        assert!(!stranger.echo().await.unwrap_or(false));
    }
    until_alarmed(&site, "guessing").await;
    ward.stop().await;
    let before = alarms(&site);
    assert_eq!(before.len(), 2, "{before:?}");
    assert!(before.iter().any(|alarm| alarm.about == "AI-1"));
    // The next run knows all that, and goes on.
    let ward = site.start(None, None).await.unwrap();
    ward.state.watch.record(&Event::Damaged { object: "0".repeat(64), reason: "a bit".to_owned() }).unwrap();
    assert!(find(&site, &ward).await.contains("2.25."));
    until_alarmed(&site, "damage").await;
    ward.stop().await;
    let after = alarms(&site);
    assert_eq!(after.len(), 3, "{after:?}");
    let text = std::fs::read(site.directory().join("state/ledger/segment")).unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    for told in ["127.0.0.1", canary.study.as_str(), "NOBODY"] {
        assert!(!text.contains(told), "{told}");
    }
    // Whoever looks for the first time takes what stands there for history.
    std::fs::remove_dir_all(site.directory().join("state/alarms")).unwrap();
    let ward = site.start(None, None).await.unwrap();
    ward.state.watch.record(&Event::Damaged { object: "1".repeat(64), reason: "a bit".to_owned() }).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    ward.stop().await;
    assert_eq!(alarms(&site), after);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_and_goes_by_dicomweb_is_alarmed_as_the_same_by_associations() {
    let canary = Ct::new(9, 1);
    let clock = |hours| {
        let moment = Timestamp::now() + SignedDuration::from_hours(hours);
        TimeZone::UTC.to_datetime(moment).strftime("%H:%M").to_string()
    };
    let hours = format!("{}-{}", clock(2), clock(3));
    let night = format!(
        "\n[sender.NIGHT]\ntitle = \"NIGHT\"\nward = \"W-1\"\nae_title = \"NIGHT\"\ncertificates = []\n\
         networks = [\"127.0.0.1/32\"]\nweb = \"token\"\nhours = \"{hours}\"\n"
    );
    let keys = format!(
        "canaries = [\"{}\"]\nalarms = {{ refusals_in_ten_minutes = 5, exported_objects_an_hour = 3, learning_days = 0 }}\n",
        canary.study
    );
    let mut site = Site::new(POLICIES).unwrap();
    site.add_to_file(&keys, &night);
    let ward = site.start(None, None).await.unwrap();
    let token = |name: &str, sender: &str| {
        let issued = ward.state.tokens.issue(name, sender, 1, Timestamp::now().as_second());
        Web::bearer(&site, &ward, issued.unwrap().1.reveal())
    };
    let images: Vec<Ct> = (1..=4).map(|number| Ct::new(1, number)).collect();
    let (archive, at_night) = (token("archive", ARCHIVE), token("night", "NIGHT"));
    let files: Vec<_> = images.iter().map(Ct::file).collect();
    assert_eq!(archive.store(&files).await.unwrap().unwrap().status, 200);
    assert_eq!(at_night.store(&[Ct::new(2, 1).file()]).await.unwrap().unwrap().status, 200);
    for ct in &images {
        ward.dealt_with(&ct.instance).await.unwrap();
    }
    let results = &ward.state.results;
    let studies = results.studies().unwrap().into_iter();
    let study = studies.filter(|study| study.objects == 4).map(|study| study.study).next().unwrap();
    let ai = Web::ai(&site, &ward);
    // A search of everything takes nothing away; what was asked for and is not there is asked for all the same.
    assert_eq!(ai.get("/instances").await.unwrap().unwrap().status, 200);
    assert_eq!(ai.get(&format!("/studies/{}", canary.study)).await.unwrap().unwrap().status, 404);
    until_alarmed(&site, "canary").await;
    assert!(alarms(&site).iter().all(|alarm| alarm.detector != "bulk-export"));
    assert_eq!(ai.get(&format!("/studies/{study}")).await.unwrap().unwrap().status, 200);
    until_alarmed(&site, "bulk-export").await;
    ward.state.tokens.revoke("archive", 0).unwrap();
    for _ in 0..6 {
        assert_eq!(archive.get("/studies").await.unwrap().unwrap().status, 401);
        let forged = Web::bearer(&site, &ward, "medward.night.AAAA");
        assert_eq!(forged.get("/studies").await.unwrap().unwrap().status, 401);
    }
    let begun = Instant::now();
    while alarms(&site).iter().filter(|alarm| alarm.detector == "guessing").count() < 2 {
        assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", alarms(&site));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ward.stop().await;
    let said = alarms(&site);
    let about = |detector: &str| {
        let of = said.iter().filter(|alarm| alarm.detector == detector);
        let mut about: Vec<_> = of.map(|alarm| alarm.about.as_str()).collect();
        about.sort_unstable();
        about
    };
    assert_eq!(about("first-seen"), ["AI-1", ARCHIVE, "NIGHT"]);
    assert_eq!((about("canary"), about("bulk-export")), (vec!["AI-1"], vec!["AI-1"]));
    let guessing = about("guessing");
    assert!(guessing.contains(&ARCHIVE) && guessing.iter().any(|about| about.len() == 12), "{guessing:?}");
    let outside = |alarm: &&Alarm| alarm.about == "NIGHT" && alarm.title.contains("declared hours");
    assert_eq!(said.iter().filter(outside).count(), 1, "{said:?}");
}
