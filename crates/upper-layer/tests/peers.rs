//! Against dcmtk, both ways: what its senders send arrives whole, and its receiver takes what is sent.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use medward_test_peers::Listening;
use medward_upper_layer::*;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use tokio::net::{TcpListener, TcpStream};

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const EXPLICIT: &str = "1.2.840.10008.1.2.1";

fn has(tool: &str) -> bool {
    let found = Process::new(tool).arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("SKIPPED: {tool} is not installed");
    }
    found
}

fn element(out: &mut Vec<u8>, group: u16, number: u16, vr: [u8; 2], value: &[u8]) {
    out.extend(group.to_le_bytes());
    out.extend(number.to_le_bytes());
    out.extend(vr);
    let even = value.len() + value.len() % 2;
    if matches!(vr, [b'O', _]) {
        out.extend([0, 0]);
        out.extend(u32::try_from(even).unwrap().to_le_bytes());
    } else {
        out.extend(u16::try_from(even).unwrap().to_le_bytes());
    }
    out.extend(value);
    out.resize(out.len() + even - value.len(), 0);
}

/// Data set of a CT image, and the file around it.
fn image(directory: &Path, number: u32) -> (PathBuf, Vec<u8>) {
    let instance = format!("1.2.826.0.1.3680043.10.1.{number}");
    let mut data = Vec::new();
    element(&mut data, 0x0008, 0x0016, *b"UI", CT.as_bytes());
    element(&mut data, 0x0008, 0x0018, *b"UI", instance.as_bytes());
    element(&mut data, 0x0010, 0x0010, *b"PN", b"Doe^Jane");
    element(&mut data, 0x0020, 0x000D, *b"UI", b"1.2.826.0.1.3680043.10.2");
    let pixels: Vec<u8> =
        (0..512 * 512 * 2_u32).map(|at| at.wrapping_mul(number + 7).to_le_bytes()[1]).collect();
    element(&mut data, 0x7FE0, 0x0010, *b"OW", &pixels);
    let mut meta = Vec::new();
    element(&mut meta, 0x0002, 0x0002, *b"UI", CT.as_bytes());
    element(&mut meta, 0x0002, 0x0003, *b"UI", instance.as_bytes());
    element(&mut meta, 0x0002, 0x0010, *b"UI", EXPLICIT.as_bytes());
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    element(&mut file, 0x0002, 0x0000, *b"UL", &u32::try_from(meta.len()).unwrap().to_le_bytes());
    file.extend(meta);
    file.extend(&data);
    let path = directory.join(format!("{number}.dcm"));
    std::fs::write(&path, file).unwrap();
    (path, data)
}

/// Accepts every context in its first transfer syntax and gives back every data set that came.
async fn receive(listener: TcpListener) -> (AssociateRequest, Vec<Vec<u8>>) {
    let (stream, _) = listener.accept().await.unwrap();
    let pending = await_request(QuickAck::new(stream).unwrap(), Limits::default()).await.unwrap();
    let request = pending.request().clone();
    let results = request.contexts.iter().map(|context| ContextResult {
        id: context.id,
        answer: Answer::Accepted,
        transfer_syntax: context
            .transfer_syntaxes
            .iter()
            .find(|one| one.as_str() == EXPLICIT)
            .cloned()
            .or(context.transfer_syntaxes.first().cloned()),
    });
    let mut association = pending.accept(results.collect()).await.unwrap();
    let mut stored = Vec::new();
    while let Some(message) = association.next().await.unwrap() {
        if message.command.operation() == Operation::Store {
            let mut data = Vec::new();
            while let Some(fragment) = association.fragment().await.unwrap() {
                data.extend_from_slice(&fragment);
            }
            stored.push(data);
        }
        association.respond(&message, 0, None).await.unwrap();
    }
    (request, stored)
}

async fn run(tool: &str, arguments: &[&str]) -> std::process::Output {
    let (tool, arguments) =
        (tool.to_owned(), arguments.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    tokio::task::spawn_blocking(move || Process::new(tool).args(arguments).output().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_echo_of_dcmtk_is_answered() {
    if !has("echoscu") {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let served = tokio::spawn(receive(listener));
    let output = run("echoscu", &["-aet", "CT_1", "-aec", "WARD", "127.0.0.1", &port]).await;
    assert!(output.status.success(), "{output:?}");
    let (request, _) = served.await.unwrap();
    assert_eq!((request.calling.as_str(), request.called.as_str()), ("CT_1", "WARD"));
}

#[tokio::test(flavor = "multi_thread")]
async fn images_of_dcmtk_senders_arrive_byte_for_byte_at_every_length_of_pdu() {
    if !has("storescu") || !has("dcmsend") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let images: Vec<_> = (1..=5).map(|number| image(directory.path(), number)).collect();
    let paths: Vec<_> = images.iter().map(|(path, _)| path.to_str().unwrap()).collect();
    for (tool, more) in
        [("storescu", vec!["-xe"]), ("storescu", vec!["-xe", "-pdu", "4096"]), ("dcmsend", vec!["-xe"])]
    {
        let more = if tool == "dcmsend" { Vec::new() } else { more };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let served = tokio::spawn(receive(listener));
        let output = run(tool, &[&more[..], &["127.0.0.1", &port], &paths].concat()).await;
        assert!(output.status.success(), "{output:?}");
        let (_, stored) = served.await.unwrap();
        assert_eq!(stored.len(), images.len());
        for (data, (_, sent)) in stored.iter().zip(&images) {
            assert!(data == sent, "{tool}: {} bytes for {}", data.len(), sent.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dcmtk_takes_what_is_sent_and_its_rejection_is_told() {
    if !has("storescp") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("received");
    std::fs::create_dir(&output).unwrap();
    let peer = Listening::start(|port| {
        let mut command = Process::new("storescp");
        command.args(["--output-directory", output.to_str().unwrap(), &port.to_string()]);
        command
    });
    let Some(peer) = peer else { return };
    let uid = |text: &str| text.parse::<Uid>().unwrap();
    let context =
        |id, class: &str| Context { id, abstract_syntax: uid(class), transfer_syntaxes: vec![uid(EXPLICIT)] };
    let asked = AssociateRequest::new(
        "WARD".parse().unwrap(),
        "AI".parse().unwrap(),
        vec![context(1, VERIFICATION), context(3, CT)],
    );
    let stream = TcpStream::connect(peer.address()).await.unwrap();
    let stream = QuickAck::new(stream).unwrap();
    let mut association = request(stream, &asked, Limits::default()).await.unwrap();
    assert_eq!(association.echo(1).await.unwrap(), 0);
    let (_, data) = image(directory.path(), 9);
    let instance = uid("1.2.826.0.1.3680043.10.1.9");
    let status =
        association.store(3, &uid(CT), &instance, &mut data.as_slice(), data.len() as u64).await.unwrap();
    assert_eq!(status, 0);
    association.release().await.unwrap();
    let file = std::fs::read_dir(&output).unwrap().next().unwrap().unwrap().path();
    let stored = std::fs::read(file).unwrap();
    assert!(stored.ends_with(&data[data.len() - 512 * 512 * 2..]));

    let refusing = Listening::start(|port| {
        let mut command = Process::new("storescp");
        command.args(["--refuse", &port.to_string()]);
        command
    });
    let Some(refusing) = refusing else { return };
    let stream = TcpStream::connect(refusing.address()).await.unwrap();
    let refused = request(stream, &asked, Limits::default()).await;
    assert!(matches!(refused, Err(LinkError::Rejected(_))), "{refused:?}");
}
