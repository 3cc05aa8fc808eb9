//! What the watch of the ward sees: a repository that its audit messages arrive at, a bulk export that becomes an event by itself, and
//! emergencies that another person looks at.

use crate::DemoError;
use crate::node::Node;
use crate::overlay::{Ports, WARD};
use crate::steps::{Steps, say};
use medward_drill::Pseudonymous;
use medward_ward_ledger::History;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt as _, BufReader};
use tokio::net::TcpListener;

/// Longest audit message taken, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 << 10;
/// How often the AI fetches the study that it has.
const FETCHES: usize = 2;

/// A stand-in for the hospital's audit repository: syslog over mutual TLS (RFC 5425), each message a line of a file.
pub(crate) async fn repository(node: &Node, port: u16, log: &Path) -> Result<(), DemoError> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(DemoError::Port)?;
    let file = std::fs::File::create(log).map_err(DemoError::io(log))?;
    let (acceptor, file) = (node.acceptor()?, Arc::new(file));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, file) = (acceptor.clone(), Arc::clone(&file));
            tokio::spawn(async move {
                let mut stream = BufReader::new(acceptor.accept(stream).await.ok()?);
                while let Some(message) = message(&mut stream).await {
                    // One call a message, so that those of two connections do not mix.
                    file.as_ref().write_all(&[message.as_slice(), b"\n"].concat()).ok()?;
                }
                Some(())
            });
        }
    });
    Ok(())
}

/// The next message: its length in digits, a space, its bytes.
async fn message(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut length = 0_usize;
    loop {
        match stream.read_u8().await.ok()? {
            b' ' => break,
            digit @ b'0'..=b'9' => {
                length = length.checked_mul(10)?.checked_add(usize::from(digit - b'0'))?;
            }
            _ => return None,
        }
    }
    let mut message = vec![0; (length <= MESSAGE_BYTES_MAX).then_some(length)?];
    stream.read_exact(&mut message).await.ok()?;
    Some(message)
}

/// A valid user takes away more than anybody needs: each object is handed out by the rules, and the pattern is an alarm and an event.
pub(crate) async fn bulk_export(
    steps: &Steps<'_>,
    ports: Ports,
    ai: &Node,
    received: &Path,
) -> Result<(), DemoError> {
    steps.step("Attack: a valid user takes everything, again and again")?;
    let mut files = std::fs::read_dir(received).map_err(DemoError::io(received))?;
    let first = files.next().transpose().map_err(DemoError::io(received))?;
    let first = first.ok_or_else(|| DemoError::Played("the AI has no image".to_owned()))?.path();
    let image = Pseudonymous::of(&std::fs::read(&first).map_err(DemoError::io(&first))?);
    let study = image.map_err(DemoError::played)?.study;
    let mut fetched = 0_usize;
    for _ in 0..FETCHES {
        fetched += ai.retrieve(ports.ward, WARD, &study).await?;
    }
    let list = ["event", "list", "lung-ct"];
    let listed = || steps.quietly(&list, &[0]).unwrap_or_default();
    let is_event = || listed().contains("was handed more than");
    steps.until("the alarm of the ward is an event of the device", 30, is_event).await?;
    say(&format!(
        "{fetched} images fetched, every one written down; the ward alarms, and by itself it is an event:"
    ))?;
    let said = steps.medward(&list, &[0])?;
    say(said.trim_end())
}

/// The probes opened the emergency path, and each use of it needs the look of another person.
pub(crate) fn reviews(steps: &Steps<'_>) -> Result<(), DemoError> {
    steps.step("Another person looks at each emergency that the probes opened")?;
    let history = History::read(&steps.at("lung-ct/state"), None).map_err(DemoError::played)?;
    for emergency in &history.emergencies {
        let number = emergency.number.to_string();
        let what = ["ward", "emergency", "review", &number, "lung-ct", "--finding", "justified"];
        let why = ["--because", "opened by a probe", "--as", "security", "--sign", "P-2.key"];
        let said = steps.medward(&[&what[..], &why[..]].concat(), &[0])?;
        say(said.trim_end())?;
    }
    Ok(())
}
