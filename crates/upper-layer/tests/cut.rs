//! A C-STORE that is cut at every single byte, and one whose every byte is another: never an object that was not sent.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by ending"
)]

use medward_upper_layer::*;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";

fn uid(text: &str) -> Uid {
    text.parse().unwrap()
}

fn value(out: &mut Vec<u8>, control: u8, data: &[u8]) {
    let length = u32::try_from(data.len() + 2).unwrap();
    out.extend([4, 0]);
    out.extend((length + 4).to_be_bytes());
    out.extend(length.to_be_bytes());
    out.extend([1, control]);
    out.extend(data);
}

/// The messages of a sender after its request was accepted: a C-STORE in three fragments, and where that begins and ends.
fn messages(data_set: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    value(&mut out, 3, &Command::store(1, &uid(CT), &uid("1.2.3")).bytes());
    let third = data_set.len() / 3;
    value(&mut out, 0, &data_set[..third]);
    value(&mut out, 0, &data_set[third..2 * third]);
    value(&mut out, 2, &data_set[2 * third..]);
    out
}

/// The object that an acceptor got whole, if it got one.
async fn received(messages: &[u8]) -> Option<Vec<u8>> {
    let short = Duration::from_millis(500);
    let limits = Limits { artim: short, idle: short, total: Duration::from_secs(5), ..Limits::default() };
    let (own, mut peer) = tokio::io::duplex(1 << 16);
    let context =
        Context { id: 1, abstract_syntax: uid(CT), transfer_syntaxes: vec![uid("1.2.840.10008.1.2")] };
    let request = AssociateRequest::new("A".parse().unwrap(), "B".parse().unwrap(), vec![context]);
    peer.write_all(&request.to_bytes(16_384)).await.unwrap();
    let pending = await_request(own, limits).await.unwrap();
    let result =
        ContextResult { id: 1, answer: Answer::Accepted, transfer_syntax: Some(uid("1.2.840.10008.1.2")) };
    let mut association = pending.accept(vec![result]).await.unwrap();
    peer.write_all(messages).await.unwrap();
    // Whatever is said to the peer is not read: it is gone.
    drop(peer);
    let message = association.next().await.ok()??;
    if message.command.operation() != Operation::Store || message.command.sop_instance() != Ok(uid("1.2.3")) {
        return None;
    }
    let mut whole = Vec::new();
    while let Some(fragment) = association.fragment().await.ok()? {
        whole.extend_from_slice(&fragment);
    }
    Some(whole)
}

#[tokio::test]
async fn an_object_is_whole_or_it_is_none_wherever_the_connection_breaks() {
    let data_set: Vec<u8> = (0..=240).collect();
    let messages = messages(&data_set);
    for cut in 0..messages.len() {
        assert_eq!(received(&messages[..cut]).await, None, "cut after {cut} of {} bytes", messages.len());
    }
    assert_eq!(received(&messages).await, Some(data_set));
}

#[tokio::test]
async fn a_changed_byte_never_makes_an_object_longer_than_what_came() {
    let data_set: Vec<u8> = (0..=99).collect();
    let messages = messages(&data_set);
    for at in 0..messages.len() {
        let mut changed = messages.clone();
        changed[at] ^= 0xFF;
        if let Some(whole) = received(&changed).await {
            assert!(whole.len() <= messages.len(), "byte {at}");
        }
    }
}
