//! Every state the wire can reach, every PDU that can come in it: what goes out, and where it ends.

use super::*;
use tokio::io::DuplexStream;

fn limits() -> Limits {
    let short = Duration::from_millis(300);
    Limits { artim: short, idle: short, total: Duration::from_secs(5), ..Limits::default() }
}

/// One PDU for each event that comes as one; the last has a type that the standard does not have.
fn pdus() -> Vec<(Event, Vec<u8>)> {
    let uid = |text: &str| text.parse().unwrap();
    let context = crate::Context {
        id: 1,
        abstract_syntax: uid(crate::VERIFICATION),
        transfer_syntaxes: vec![uid("1.2.840.10008.1.2")],
    };
    let request = AssociateRequest::new("A".parse().unwrap(), "B".parse().unwrap(), vec![context]);
    let result = crate::ContextResult {
        id: 1,
        answer: crate::Answer::Accepted,
        transfer_syntax: Some(uid("1.2.840.10008.1.2")),
    };
    let accept = Accept { results: vec![result], roles: Vec::new(), data_bytes_max: None };
    vec![
        (Event::Accepted, accept.bytes(&request, 16_384)),
        (Event::Rejected, Rejection::NO_REASON.bytes().to_vec()),
        (Event::Requested, request.to_bytes(16_384)),
        (Event::Data, vec![4, 0, 0, 0, 0, 7, 0, 0, 0, 3, 1, 3, 0]),
        (Event::ReleaseRequested, release_request().to_vec()),
        (Event::Released, release_reply().to_vec()),
        (Event::Aborted, Abort::USER.bytes().to_vec()),
        (Event::Invalid, vec![0x55, 0, 0, 0, 0, 2, 1, 2]),
    ]
}

/// What a peer sees: bytes until the connection closes.
async fn seen(mut peer: DuplexStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = timeout(Duration::from_secs(5), peer.read_to_end(&mut bytes)).await;
    bytes
}

#[tokio::test]
async fn every_pdu_in_every_state_does_what_the_table_says() {
    let mut pairs = 0;
    for state in State::ALL {
        if matches!(state, State::Idle | State::AwaitingTransport) {
            continue;
        }
        let is_requestor = matches!(
            state,
            State::AwaitingAnswer
                | State::AwaitingRelease
                | State::CollisionRequestorLocal
                | State::CollisionRequestorPeer
        );
        for (event, pdu) in pdus() {
            let (own, mut peer) = tokio::io::duplex(1 << 16);
            let mut connection = Connection::new(own, is_requestor, limits());
            connection.put_into(state);
            peer.write_all(&pdu).await.unwrap();
            let action = transition(state, event).unwrap();
            let told = tokio::spawn(seen(peer));
            let expected: &[u8] = match action {
                Action::Aa1 => &Abort::USER.bytes(),
                Action::Aa8 if event == Event::Invalid => &Abort::provider(Reason::UnrecognizedPdu).bytes(),
                Action::Aa7 | Action::Aa8 => &Abort::provider(Reason::UnexpectedPdu).bytes(),
                _ => &[],
            };
            if state == State::AwaitingClose {
                connection.wind_down().await;
                assert_eq!(connection.state(), State::Idle);
            } else {
                let received = connection.receive().await;
                match action {
                    Action::Aa1 | Action::Aa8 => assert!(matches!(received, Err(LinkError::Violation(_)))),
                    Action::Aa2 | Action::Aa3 => assert!(matches!(received, Err(LinkError::Aborted(_)))),
                    expected => {
                        assert_eq!(received.unwrap().0, expected, "{event:?} in {state:?}");
                        assert_eq!(connection.state(), action.leads_to(is_requestor));
                    }
                }
            }
            drop(connection);
            assert_eq!(told.await.unwrap(), expected, "{event:?} in {state:?}");
            pairs += 1;
        }
    }
    assert_eq!(pairs, 11 * 8);
}

#[tokio::test]
async fn a_closed_connection_ends_every_state_and_nothing_is_sent_into_it() {
    for state in State::ALL.into_iter().filter(|state| *state != State::Idle) {
        let (own, peer) = tokio::io::duplex(64);
        let mut connection = Connection::new(own, false, limits());
        connection.put_into(state);
        drop(peer);
        if state == State::AwaitingClose {
            connection.wind_down().await;
        } else if state != State::AwaitingTransport {
            assert!(matches!(connection.receive().await, Err(LinkError::Closed)), "{state:?}");
        } else {
            connection.apply(Event::TransportClosed);
        }
        assert_eq!(connection.state(), State::Idle);
    }
}

#[tokio::test]
async fn silence_ends_by_artim_before_a_request_and_by_an_abort_after_it() {
    for (state, expected) in
        [(State::AwaitingRequest, vec![]), (State::Established, Abort::USER.bytes().to_vec())]
    {
        let (own, peer) = tokio::io::duplex(64);
        let mut connection = Connection::new(own, false, limits());
        connection.put_into(state);
        let told = tokio::spawn(seen(peer));
        assert!(matches!(connection.receive().await, Err(LinkError::Late(_))));
        drop(connection);
        assert_eq!(told.await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_length_that_lies_is_refused_without_room_being_made_for_it() {
    for kind in 1..=7_u8 {
        for length in [u32::MAX, 0x7FFF_FFFF, 200_000] {
            let (own, mut peer) = tokio::io::duplex(1 << 12);
            let mut connection = Connection::new(own, false, limits());
            connection.put_into(State::Established);
            let mut pdu = vec![kind, 0];
            pdu.extend(length.to_be_bytes());
            peer.write_all(&pdu).await.unwrap();
            let told = tokio::spawn(seen(peer));
            assert!(matches!(connection.receive().await, Err(LinkError::Violation(_))));
            assert!(connection.inbox.capacity() <= 2 * ESTABLISHED_BYTES);
            drop(connection);
            assert_eq!(told.await.unwrap(), Abort::provider(Reason::InvalidParameter).bytes());
        }
    }
}

#[tokio::test]
async fn what_comes_before_the_answer_to_a_request_breaks_the_protocol() {
    let pdus = pdus();
    let request = &pdus[2].1;
    for (event, early) in pdus.iter().filter(|(event, _)| *event != Event::Aborted) {
        let (own, mut peer) = tokio::io::duplex(1 << 12);
        peer.write_all(&[request.as_slice(), early].concat()).await.unwrap();
        let told = tokio::spawn(seen(peer));
        let pending = crate::await_request(own, limits()).await.unwrap();
        let accepted = pending.accept(Vec::new()).await;
        assert!(matches!(accepted, Err(LinkError::Violation(_))), "{event:?}");
        assert_eq!(told.await.unwrap()[..9], Abort::provider(Reason::UnexpectedPdu).bytes()[..9]);
    }
}
