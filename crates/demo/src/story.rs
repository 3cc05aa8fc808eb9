//! The steps of the demo, in their order.

use crate::node::{CT, EXPLICIT, Node, Object};
use crate::overlay::{self, AI, ARCHIVE, Ports, SCANNER, WARD};
use crate::results::SEGMENTATION;
use crate::stand_in::{StandIn, text_of};
use crate::steps::{Running, Steps, line, say};
use crate::study::{self, FAMILY_NAME, PAINTED, PAINTED_SLICE, SLICES};
use crate::{DemoError, Options, watched, working_copy};
use medward_drill::{Ct, TEXT_REPORT};
use medward_ward::{Authority, Usage};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener as StdListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;

/// The class of an answer that says it was held back (PS3.4 table B.2-1).
const HELD_BACK: u16 = 0xC000;
/// Roles of the people that do not exist.
const PEOPLE: [(&str, &str); 4] =
    [("P-1", "clinical-safety"), ("P-2", "security"), ("P-3", "privacy"), ("P-4", "regulatory")];
/// The facts of a painted image that was held back before anybody read it.
const FACTS: [&str; 15] = [
    "device=yes",
    "causal=yes",
    "harm=none",
    "threat=no",
    "effect=wrong-output",
    "could-harm=yes",
    "barrier=yes",
    "field-action=no",
    "personal-data=yes",
    "security-failure=yes",
    "compromise=integrity",
    "persons-risk=unlikely",
    "disruption=no",
    "damage=no",
    "rights=no",
];

/// What arrived at the archive.
type Arrived = Arc<Mutex<Vec<Object>>>;

/// Plays the whole loop, prints what happens and a summary, and stays until told to end.
pub fn run(options: &Options) -> Result<(), DemoError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(DemoError::Port)?.block_on(play(options))
}

/// Ports nobody listens on; each is kept until all are found.
fn ports() -> Result<Ports, DemoError> {
    let listen = || StdListener::bind("127.0.0.1:0").map_err(DemoError::Port);
    let held = [listen()?, listen()?, listen()?, listen()?, listen()?, listen()?];
    let port =
        |listener: &StdListener| listener.local_addr().map(|address| address.port()).map_err(DemoError::Port);
    let [ward, ai, archive, audit, web, shut] = &held;
    Ok(Ports {
        ward: port(ward)?,
        ai: port(ai)?,
        archive: port(archive)?,
        audit: port(audit)?,
        web: port(web)?,
        shut: port(shut)?,
    })
}

async fn play(options: &Options) -> Result<(), DemoError> {
    let steps = Steps::begin(options);
    line(
        "Medward demo: a copy of the example, a ward, and stand-ins for scanner, archive and AI, all on 127.0.0.1.",
    )?;
    working_copy::make(&options.directory)?;
    let ports = ports()?;
    prepare(&steps, ports)?;
    let (device, received) = (steps.device(), steps.at("ai"));

    let node = |name, title| Node { pki: device.join("pki"), name, title };
    let (scanner, ai) = (node("scanner", SCANNER), node("ai", AI));
    let archive = node("archive", ARCHIVE);
    let arrived = serve(ports, &received, &ai, &archive).await?;
    watched::repository(&archive, ports.audit, &steps.at("audit.log")).await?;

    steps.step("The ward starts")?;
    let _ward = steps.start(&["ward", "run", "lung-ct", "--passphrase-file", "passphrase"], "ward.log")?;
    steps
        .until("the ward listens (its words are in ward.log)", 20, || {
            std::net::TcpStream::connect(("127.0.0.1", ports.ward)).is_ok()
        })
        .await?;

    there_and_back(&steps, ports, &scanner, &received, &arrived).await?;
    let held = attacks(&steps, ports, &scanner, &ai).await?;
    watched::bulk_export(&steps, ports, &ai, &received).await?;
    proof(&steps)?;
    watched::reviews(&steps)?;
    let case = procedures(&steps, &held)?;
    documents(&steps)?;
    let _dashboard = dashboard(&steps, ports).await?;
    summary(&steps, &case, ports)?;
    if !options.once {
        line("\nWard and dashboard go on until Ctrl-C.")?;
        while !options.ends.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

/// Authority, keys, people, ledger, and the file as it reads here.
fn prepare(steps: &Steps<'_>, ports: Ports) -> Result<(), DemoError> {
    steps.step("A working copy of the example, a private authority, keys and people")?;
    let device = steps.device();
    secret(&steps.at("passphrase"))?;
    let mut authority =
        Authority::create(&device.join("pki"), "Authority of the demo").map_err(DemoError::played)?;
    let here = ["127.0.0.1".to_owned()];
    let mut fingerprints = BTreeMap::new();
    for (name, usage) in [
        ("ward", Usage::Ward),
        ("scanner", Usage::Client),
        ("probe", Usage::Client),
        // Each is called and calls.
        ("ai", Usage::Ward),
        ("archive", Usage::Ward),
    ] {
        let issued = authority.issue(name, usage, &here).map_err(DemoError::played)?;
        fingerprints.insert(name.to_owned(), issued.fingerprint);
    }
    let fingerprint = |name: &str| fingerprints.get(name).cloned().unwrap_or_default();
    overlay::ward(&device, ports, fingerprint)?;
    let study = study::slice(1, study::NODULE).study;
    let asked = overlay::Asked { medward: steps.program(), directory: steps.directory(), study: &study };
    overlay::controls(ports, asked)?;
    let mut people = Vec::new();
    for (id, role) in PEOPLE {
        let (file, name) = (format!("{id}.key"), format!("{}.nodulepath.example", id.to_lowercase()));
        let made = steps
            .quietly(&["key", "create", &file, "--name", &name, "--passphrase-file", "passphrase"], &[0])?;
        people.push((id, role, made.lines().next().unwrap_or_default().to_owned()));
    }
    overlay::people(&device, &people)?;
    for key in ["vault", "pseudonyms"] {
        let file = format!("lung-ct/{key}.key");
        steps.quietly(
            &["ward", "keys", "create", &file, "--name", key, "--passphrase-file", "passphrase"],
            &[0],
        )?;
    }
    steps.medward(&["ledger", "init", "lung-ct", "--name", "ledger.nodulepath.example/lung-ct"], &[0])?;
    Ok(())
}

/// A passphrase that nobody else knows, for every key of the demo.
fn secret(path: &Path) -> Result<(), DemoError> {
    let mut bytes = [0; 16];
    let random = std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    random.map_err(DemoError::io("/dev/urandom"))?;
    secret_file(path, &format!("{:032x}\n", u128::from_be_bytes(bytes)))
}

/// A file that only its owner can read.
fn secret_file(path: &Path, text: &str) -> Result<(), DemoError> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.and_then(|mut file| file.write_all(text.as_bytes())).map_err(DemoError::io(path))
}

/// The stand-ins begin to listen: the AI writes down what it gets and answers a whole study, the archive keeps what comes.
async fn serve(ports: Ports, received: &Path, ai: &Node, archive: &Node) -> Result<Arrived, DemoError> {
    std::fs::create_dir_all(received).map_err(DemoError::io(received))?;
    let listen = |port: u16| TcpListener::bind(("127.0.0.1", port));
    let (for_ai, for_archive) = (
        listen(ports.ai).await.map_err(DemoError::Port)?,
        listen(ports.archive).await.map_err(DemoError::Port)?,
    );
    let (answering, directory, stand_in) =
        (ai.clone(), received.to_path_buf(), Arc::new(Mutex::new(StandIn::default())));
    let took = move |object: Object| {
        // What cannot be written is missed by the canary probe and by the count below.
        let _ = std::fs::write(directory.join(format!("{}.dcm", object.instance)), object.file());
        let mut stand_in = stand_in.lock().unwrap_or_else(PoisonError::into_inner);
        if stand_in.take(&object) == SLICES as usize {
            let (answering, results) = (answering.clone(), stand_in.results());
            tokio::spawn(async move { answering.send(ports.ward, WARD, &results).await });
        }
    };
    let ai = ai.clone();
    tokio::spawn(async move { ai.serve(for_ai, took).await });
    let arrived = Arrived::default();
    let (archive, kept) = (archive.clone(), Arc::clone(&arrived));
    let took = move |object| kept.lock().unwrap_or_else(PoisonError::into_inner).push(object);
    tokio::spawn(async move { archive.serve(for_archive, took).await });
    say(&format!(
        "ward {WARD} on port {}, stand-in AI {AI} on {}, archive {ARCHIVE} on {}",
        ports.ward, ports.ai, ports.archive
    ))?;
    Ok(arrived)
}

/// Objects as a scanner sends them.
fn objects(images: &[Ct]) -> Vec<Object> {
    let object = |ct: &Ct| object(CT, &ct.instance, ct.data_set());
    images.iter().map(object).collect()
}

fn object(class: &str, instance: &str, data_set: Vec<u8>) -> Object {
    Object { class: class.to_owned(), instance: instance.to_owned(), syntax: EXPLICIT.to_owned(), data_set }
}

/// The study goes to the AI without its patient, and segmentation and report come back to the patient.
async fn there_and_back(
    steps: &Steps<'_>,
    ports: Ports,
    scanner: &Node,
    received: &Path,
    arrived: &Arrived,
) -> Result<(), DemoError> {
    steps.step("A CT study goes through all layers to the AI, and its results come back")?;
    let statuses = scanner.send(ports.ward, WARD, &objects(&study::study())).await?;
    if statuses.as_ref().is_none_or(|statuses| statuses.iter().any(|status| *status != 0)) {
        return Err(DemoError::Played(format!("the ward did not take the study: {statuses:?}")));
    }
    let count = || std::fs::read_dir(received).map_or(0, std::iter::Iterator::count);
    steps.until("the study arrives at the AI", 60, || count() >= SLICES as usize).await?;
    let back = |class: &str| {
        let arrived = arrived.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.iter().find(|object| object.class == class).cloned()
    };
    let are_back = || back(TEXT_REPORT).is_some() && back(SEGMENTATION).is_some();
    steps.until("segmentation and report arrive at the archive", 60, are_back).await?;
    let with_the_name = names_in(received)?;
    say(&format!(
        "{SLICES} images of {FAMILY_NAME} in, {} at the AI, {with_the_name} of them with her name",
        count()
    ))?;
    if with_the_name > 0 {
        return Err(DemoError::GotThrough("the name of the patient"));
    }
    for (class, name, says) in
        [(SEGMENTATION, "segmentation.dcm", 0x0070_0081), (TEXT_REPORT, "report.dcm", 0x0040_A160)]
    {
        let Some(file) = back(class).map(|object| object.file()) else { continue };
        let text = |tag| text_of(&file, tag).unwrap_or_default();
        let frames = text(0x0028_0008);
        let of =
            if frames.is_empty() { "report".to_owned() } else { format!("segmentation of {frames} images") };
        say(&format!("back at the archive, for {}: {of}, \"{}\"", text(0x0010_0010), text(says)))?;
        let path = steps.at(name);
        std::fs::write(&path, &file).map_err(DemoError::io(&path))?;
    }
    Ok(())
}

/// Files of a directory that hold the family name.
fn names_in(directory: &Path) -> Result<usize, DemoError> {
    let mut found = 0_usize;
    for entry in std::fs::read_dir(directory).map_err(DemoError::io(directory))? {
        let path = entry.map_err(DemoError::io(directory))?.path();
        let bytes = std::fs::read(&path).map_err(DemoError::io(&path))?;
        let name = FAMILY_NAME.as_bytes();
        found += usize::from(bytes.windows(name.len()).any(|window| window == name));
    }
    Ok(found)
}

/// Two attacks; gives the reason for which the painted image is held back.
async fn attacks(steps: &Steps<'_>, ports: Ports, scanner: &Node, ai: &Node) -> Result<String, DemoError> {
    steps.step("Attack: a tumour is painted into an image that was sent already")?;
    let painted = study::slice(PAINTED_SLICE, PAINTED);
    if scanner.send(ports.ward, WARD, &objects(&[painted])).await? != Some(vec![HELD_BACK]) {
        return Err(DemoError::GotThrough("a tumour painted into an image"));
    }
    let list = ["ward", "quarantine", "list", "lung-ct", "--passphrase-file", "passphrase"];
    let held = steps.medward(&list, &[0])?;
    say(held.trim_end())?;

    steps.step("Attack: somebody calls itself the scanner")?;
    let spoofed = Node { title: SCANNER, ..ai.clone() };
    if spoofed.send(ports.ward, WARD, &objects(&[study::slice(1, study::NODULE)])).await?.is_some() {
        return Err(DemoError::GotThrough("a sender under another's title"));
    }
    say(&format!("refused: the certificate of {AI} is not that of {SCANNER}"))?;
    Ok(held)
}

/// Approvals and probes, and what `check` says then.
fn proof(steps: &Steps<'_>) -> Result<(), DemoError> {
    steps.step("People approve what they read, each with a key of their own")?;
    let records = |prefix: &str, last: u32| {
        (1..=last).map(|number| format!("{prefix}{number:02}")).collect::<Vec<_>>().join(",")
    };
    let (risks, controls) = (records("risk.R-", 25), records("control.C-", 40));
    let mut given = 0_usize;
    for (key, role, records) in [
        ("P-1.key", "clinical-safety", format!("{risks},{controls}")),
        ("P-2.key", "security", format!("{risks},{controls}")),
        ("P-3.key", "privacy", risks),
    ] {
        let said = steps.quietly(&["approve", &records, "lung-ct", "--as", role, "--sign", key], &[0])?;
        given += said.lines().count();
    }
    say(&format!("{given} approvals stand in the ledger"))?;

    steps.step("Every probe of the file is run")?;
    // Probes of the cloud, which is not here, end in error.
    let said = steps.medward(&["probe", "run", "lung-ct", "--allow-commands"], &[0, 1])?;
    say(said.lines().last().unwrap_or_default())?;
    let said = steps.medward(&["check", "lung-ct"], &[0, 1])?;
    let from = said.lines().position(|line| line.starts_with("ledger:")).unwrap_or_default();
    say(&said.lines().skip(from).collect::<Vec<_>>().join("\n"))
}

/// The painted image opens vigilance and breach, side by side; gives the id of the case.
fn procedures(steps: &Steps<'_>, held: &str) -> Result<String, DemoError> {
    steps.step("The painted image becomes a case, with two procedures and two clocks")?;
    let happened = std::fs::metadata(steps.at("report.dcm")).and_then(|file| file.modified());
    let happened = happened.map_err(DemoError::io(steps.at("report.dcm")))?;
    let moment = jiff::Timestamp::try_from(happened).map_err(DemoError::played)?.to_string();
    let details = steps.at("details.txt");
    std::fs::write(&details, held).map_err(DemoError::io(&details))?;
    let report = [
        "event",
        "report",
        "lung-ct",
        "--title",
        "An image came again with other pixels",
        "--source",
        "ward-alarm",
        "--happened",
        &moment,
        "--details",
        "details.txt",
        "--as",
        "security",
        "--sign",
        "P-2.key",
    ];
    let said = steps.medward(&report, &[0])?;
    let id = said.split_whitespace().find(|word| word.starts_with("E-")).unwrap_or_default();
    let id = id.trim_matches(|letter: char| !letter.is_ascii_alphanumeric()).to_owned();
    let mut triage =
        vec!["incident", "triage", &id, "lung-ct", "--as", "clinical-safety", "--sign", "P-1.key"];
    for fact in FACTS {
        triage.extend(["--answer", fact]);
    }
    say(&format!(
        "$ medward incident triage {id} lung-ct --answer harm=none --answer compromise=integrity ..."
    ))?;
    steps.quietly(&triage, &[0])?;
    let shown = steps.medward(&["incident", "show", &id, "lung-ct"], &[0])?;
    say(shown.trim_end())?;
    Ok(id)
}

/// Reports, and the ledgers verified.
fn documents(steps: &Steps<'_>) -> Result<(), DemoError> {
    steps.step("The documents are written and both ledgers are verified")?;
    steps.medward(&["report", "all", "lung-ct", "-o", "documents"], &[0])?;
    let said = steps.medward(&["ledger", "verify", "lung-ct"], &[0])?;
    say(said.lines().next().unwrap_or_default())?;
    let said = steps.medward(&["ledger", "verify", "lung-ct/state"], &[0])?;
    say(said.lines().next().unwrap_or_default())
}

/// The dashboard, and accounts of two people, of whom one sees what identifies a patient; what their authenticators take is for their
/// eyes.
async fn dashboard(steps: &Steps<'_>, ports: Ports) -> Result<Running, DemoError> {
    steps.step("The dashboard starts")?;
    let mut said = String::new();
    for person in ["P-2", "P-3"] {
        let add = ["account", "add", "lung-ct", person, "--account-passphrase-file", "passphrase"];
        said += &steps.medward(&add, &[0])?;
    }
    secret_file(&steps.at("sign-in"), &said)?;
    let listen = format!("127.0.0.1:{}", ports.web);
    let web = ["web", "lung-ct", "--listen", &listen, "--keys", ".", "--ward", "lung-ct/state"];
    let running = steps.start(&web, "web.log")?;
    let is_there = || std::net::TcpStream::connect(("127.0.0.1", ports.web)).is_ok();
    steps.until("the dashboard listens (its words are in web.log)", 60, is_there).await?;
    Ok(running)
}

fn summary(steps: &Steps<'_>, case: &str, ports: Ports) -> Result<(), DemoError> {
    let directory = steps.directory().display();
    line(&format!(
        "\nDone in {:.0} s. Look at:\n  \
         https://127.0.0.1:{}/               the dashboard, for P-2 (security) or P-3 (privacy): passphrase in {directory}/passphrase, one-time secrets in {directory}/sign-in\n  \
         {directory}/documents                 what a notified body gets; begin with risk-management.pdf\n  \
         {directory}/ai                        the images as the AI got them\n  \
         {directory}/segmentation.dcm, report.dcm   what the stand-in answered, with the patient again; not for diagnosis\n  \
         medward check {directory}/lung-ct     every control by its state, and what is open\n  \
         medward risk {directory}/lung-ct      the residual risk of today\n  \
         medward incident show {case} {directory}/lung-ct\n  \
         medward ward studies {directory}/lung-ct --passphrase-file {directory}/passphrase",
        steps.seconds(),
        ports.web
    ))
}
