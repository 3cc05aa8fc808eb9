//! From a raw socket, with bytes that no library would send: every PDU, silence and a closed connection, in every state of the table of
//! PS3.8 section 9.2 that an acceptor can be brought into from outside. `src/connection/tests.rs` has the states that it can not.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by ending"
)]

use medward_upper_layer::*;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const IMPLICIT: &str = "1.2.840.10008.1.2";

/// States of an acceptor, by how they are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// Sta2: connected, nothing said.
    AwaitingRequest,
    /// Sta6: an association.
    Established,
    /// Sta13: rejected, the connection not yet closed.
    AwaitingClose,
}

fn uid(text: &str) -> Uid {
    text.parse().unwrap()
}

fn asked(called: &str) -> Vec<u8> {
    let context =
        Context { id: 1, abstract_syntax: uid(VERIFICATION), transfer_syntaxes: vec![uid(IMPLICIT)] };
    AssociateRequest::new("RAW".parse().unwrap(), called.parse().unwrap(), vec![context]).to_bytes(16_384)
}

/// What is answered to whoever connects: associations for one title, rejections for all others, C-ECHO until the end.
async fn serve(stream: TcpStream) -> Result<(), LinkError> {
    let short = Duration::from_millis(400);
    let limits = Limits { artim: short, idle: short, total: Duration::from_secs(5), ..Limits::default() };
    let pending = await_request(QuickAck::new(stream).unwrap(), limits).await?;
    if pending.request().called.as_str() != "WARD" {
        return pending.reject(Rejection::CALLED_TITLE).await;
    }
    let result = ContextResult { id: 1, answer: Answer::Accepted, transfer_syntax: Some(uid(IMPLICIT)) };
    let mut association = pending.accept(vec![result]).await?;
    while let Some(message) = association.next().await? {
        association.respond(&message, 0, None).await?;
    }
    Ok(())
}

/// Sends bytes in a state; gives what comes back until the peer closes, and whether it did.
async fn told(listener: &TcpListener, state: Reached, bytes: Option<&[u8]>) -> (Vec<u8>, bool) {
    let mut socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    let served = tokio::spawn(serve(accepted));
    let title = match state {
        Reached::AwaitingRequest => None,
        Reached::Established => Some("WARD"),
        Reached::AwaitingClose => Some("OTHER"),
    };
    if let Some(title) = title {
        socket.write_all(&asked(title)).await.unwrap();
        let mut head = [0; 6];
        socket.read_exact(&mut head).await.unwrap();
        assert_eq!(head[0], if title == "WARD" { 2 } else { 3 });
        let mut rest = vec![0; u32::from_be_bytes([head[2], head[3], head[4], head[5]]) as usize];
        socket.read_exact(&mut rest).await.unwrap();
    }
    match bytes {
        Some([]) => socket.shutdown().await.unwrap(),
        Some(bytes) => socket.write_all(bytes).await.unwrap(),
        None => {}
    }
    let mut back = Vec::new();
    let closed = timeout(Duration::from_secs(3), socket.read_to_end(&mut back)).await;
    drop(socket);
    // However it ended, it ended: nothing waits for ever.
    timeout(Duration::from_secs(3), served).await.unwrap().unwrap().ok();
    (back, closed.is_ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_in_every_state_that_a_stranger_can_reach() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let accept = [2, 0, 0, 0, 0, 4, 0, 1, 0, 0];
    let reject = [3, 0, 0, 0, 0, 4, 0, 1, 1, 1];
    // The beginning of a command; its end never comes.
    let data = [4, 0, 0, 0, 0, 7, 0, 0, 0, 3, 1, 1, 0];
    let release = [5, 0, 0, 0, 0, 4, 0, 0, 0, 0];
    let released = [6, 0, 0, 0, 0, 4, 0, 0, 0, 0];
    let abort = [7, 0, 0, 0, 0, 4, 0, 0, 0, 0];
    let unknown = [0x55, 0, 0, 0, 0, 2, 1, 2];
    let request = asked("WARD");
    // A-ABORT by the user, by the provider for what is unexpected, for what is unknown, for what cannot be read; and A-RELEASE-RP.
    let by_user: &[u8] = &[7, 0, 0, 0, 0, 4, 0, 0, 0, 0];
    let unexpected: &[u8] = &[7, 0, 0, 0, 0, 4, 0, 0, 2, 2];
    let unrecognized: &[u8] = &[7, 0, 0, 0, 0, 4, 0, 0, 2, 1];
    let nothing: &[u8] = &[];
    let mut pairs = 0;
    for (event, bytes, expected) in [
        ("A-ASSOCIATE-AC", Some(&accept[..]), [by_user, unexpected, nothing]),
        ("A-ASSOCIATE-RJ", Some(&reject[..]), [by_user, unexpected, nothing]),
        ("A-ASSOCIATE-RQ", Some(&request[..]), [nothing, unexpected, unexpected]),
        ("P-DATA-TF", Some(&data[..]), [by_user, by_user, nothing]),
        ("A-RELEASE-RQ", Some(&release[..]), [by_user, &released, nothing]),
        ("A-RELEASE-RP", Some(&released[..]), [by_user, unexpected, nothing]),
        ("A-ABORT", Some(&abort[..]), [nothing; 3]),
        ("unknown", Some(&unknown[..]), [by_user, unrecognized, unexpected]),
        ("closed", Some(nothing), [nothing; 3]),
        ("silence", None, [nothing, by_user, nothing]),
    ] {
        let states = [Reached::AwaitingRequest, Reached::Established, Reached::AwaitingClose];
        for (state, expected) in states.into_iter().zip(expected) {
            let (back, is_closed) = told(&listener, state, bytes).await;
            assert!(is_closed, "{event} in {state:?}: left open");
            if event == "A-ASSOCIATE-RQ" && state == Reached::AwaitingRequest {
                // This one is accepted; then silence.
                assert_eq!(back[0], 2);
            } else {
                assert_eq!(back, expected, "{event} in {state:?}");
            }
            pairs += 1;
        }
    }
    assert_eq!(pairs, 30);
}
