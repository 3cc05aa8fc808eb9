//! Keeping others from being served, and breaking the protocol. After each the honest sender must be answered.

use super::identity::attacks;
use crate::attack::{Attack, Field, Got, Target};
use crate::client::{CT, Client, EXPLICIT, Tls};
use crate::{Ct, DrillError, WARD};
use medward_upper_layer::{Command, VERIFICATION};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

/// Longest that the honest sender may wait for an answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Longest wait for the first of an answer, and for more of it.
const FIRST_WORD: Duration = Duration::from_secs(3);
const SILENCE: Duration = Duration::from_millis(150);
/// Longest wait for an image to be on stable storage.
const STORED: Duration = Duration::from_secs(10);
/// An A-RELEASE-RQ: its answer ends the waiting.
const RELEASE: [u8; 10] = [5, 0, 0, 0, 0, 4, 0, 0, 0, 0];

/// Whether the honest sender is left without an answer.
async fn starves(field: Field<'_>) -> Got {
    let echo = timeout(ANSWER, field.honest().echo()).await;
    Ok(!matches!(echo, Ok(Ok(true))))
}

async fn hold<S>(held: Vec<S>, field: Field<'_>) -> Got {
    let starves = starves(field).await;
    drop(held);
    starves
}

async fn flood(field: Field<'_>, source: &str) -> Got {
    let other = Client { source, ..field.honest() };
    let mut held = Vec::new();
    for _ in 0..200 {
        held.extend(other.tcp().await.ok());
    }
    hold(held, field).await
}

/// Sends bytes over TLS and gives what comes back until the ward closes or has no more to say.
async fn answer(field: Field<'_>, parts: &[&[u8]]) -> Result<Vec<u8>, DrillError> {
    answer_within(field, parts, SILENCE).await
}

/// The same, where what comes after the first of an answer takes its time.
async fn answer_within(field: Field<'_>, parts: &[&[u8]], silence: Duration) -> Result<Vec<u8>, DrillError> {
    let stream: Option<Tls> = field.honest().tls().await?;
    let mut stream =
        stream.ok_or_else(|| DrillError::Control("the honest sender gets no handshake".to_owned()))?;
    let (mut back, mut patience) = (Vec::new(), FIRST_WORD);
    for (number, part) in parts.iter().enumerate() {
        if number == 1 {
            // What comes before its turn is refused for that alone.
            let _ = timeout(FIRST_WORD, stream.read_buf(&mut back)).await;
        }
        // The ward may have closed already: that is its answer.
        let _ = stream.write_all(part).await;
        let _ = stream.flush().await;
    }
    while let Ok(Ok(1..)) = timeout(patience, stream.read_buf(&mut back)).await {
        patience = silence;
    }
    Ok(back)
}

/// An A-ASSOCIATE-RQ of the honest sender, as bytes: what the client library would not send.
fn request(field: Field<'_>) -> Result<Vec<u8>, DrillError> {
    let asked = field.honest().asked(WARD, &[(VERIFICATION, "1.2.840.10008.1.2")])?;
    Ok(asked.to_bytes(16_384))
}

/// PDUs that lie, each in a connection of its own; got through if one is taken for an association, or the ward is gone.
async fn lies(field: Field<'_>) -> Got {
    for kind in [1_u8, 2, 3, 4, 5, 6, 7, 0, 9, 255] {
        for length in [0_u32, 1, 5, 0x7FFF_FFFF, u32::MAX] {
            let mut pdu = vec![kind, 0];
            pdu.extend(length.to_be_bytes());
            pdu.extend([0; 8]);
            if answer(field, &[&pdu]).await?.first() == Some(&2) {
                return Ok(true);
            }
        }
    }
    starves(field).await
}

/// A P-DATA-TF longer than the ward said it takes, all of it sent; got through if it is taken for a message.
async fn oversized(field: Field<'_>) -> Got {
    let request = request(field)?;
    let length: u32 = 8 << 20;
    let mut pdu = vec![4, 0];
    pdu.extend(length.to_be_bytes());
    pdu.extend(length.saturating_sub(4).to_be_bytes());
    pdu.extend([1, 3]);
    let body = vec![0; 8 << 20];
    let back = answer(field, &[&request, &pdu, &body]).await?;
    Ok(!back.ends_with(&[0, 0, 2, 6]) || starves(field).await?)
}

/// Begins to store an image, and comes to an end in the middle of it: by an A-ABORT, or by no longer being there.
async fn broken_off(field: Field<'_>, end: &[u8]) -> Got {
    let ct = Ct::new(field.number, 1);
    let (request, command) = storing(field, &ct)?;
    let data_set = ct.data_set();
    let half = data_set.get(..data_set.len() / 2).unwrap_or_default();
    answer(field, &[&request, &value(3, &command), &value(0, half), end]).await?;
    // What becomes of it has become of it once somebody else is answered.
    Ok(starves(field).await? || field.is_kept(&ct.instance)?)
}

/// The request of the honest sender to store, and the command for an image, as bytes.
fn storing(field: Field<'_>, ct: &Ct) -> Result<(Vec<u8>, Vec<u8>), DrillError> {
    let uid = |text: &str| text.parse().map_err(|_| DrillError::Control("no UID".to_owned()));
    let request = field.honest().asked(WARD, &[(CT, EXPLICIT)])?.to_bytes(16_384);
    Ok((request, Command::store(1, &uid(CT)?, &uid(&ct.instance)?).bytes()))
}

/// Whether an image is taken whose command names another instance of the same length.
async fn is_taken_as(field: Field<'_>, ct: &Ct, name: &[u8]) -> Got {
    let (request, mut command) = storing(field, ct)?;
    let own = ct.instance.as_bytes();
    if let Some(at) = command.windows(own.len()).position(|part| part == own) {
        command.splice(at..at.saturating_add(own.len()), name.iter().copied());
    }
    let parts = [request, value(3, &command), value(2, &ct.data_set()), RELEASE.to_vec()];
    let back = answer_within(field, &parts.each_ref().map(Vec::as_slice), STORED).await?;
    // Status (0000,0900) with the value of success.
    let succeeded = [0, 0, 0, 9, 2, 0, 0, 0, 0, 0];
    Ok(back.windows(succeeded.len()).any(|part| part == succeeded))
}

/// A C-STORE whose command names an instance that is a path.
async fn path_in_command(field: Field<'_>) -> Got {
    let (honest, hostile) = (Ct::new(field.number, 1), Ct::new(field.number, 2));
    if !is_taken_as(field, &honest, honest.instance.as_bytes()).await? {
        return Err(DrillError::Control("an honest image is not taken".to_owned()));
    }
    let path: Vec<u8> = b"../".iter().copied().cycle().take(hostile.instance.len()).collect();
    is_taken_as(field, &hostile, &path).await
}

/// A P-DATA-TF with one presentation data value.
fn value(control: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX).saturating_add(2);
    let mut pdu = vec![4, 0];
    pdu.extend(length.saturating_add(4).to_be_bytes());
    pdu.extend(length.to_be_bytes());
    pdu.extend([1, control]);
    pdu.extend(data);
    pdu
}

/// Presentation data values that lie, on an association that was accepted.
async fn value_lies(field: Field<'_>) -> Got {
    let request = request(field)?;
    for value in [
        &[0xFF, 0xFF, 0xFF, 0xFF, 1, 3][..],
        &[0, 0, 0, 0, 1, 3],
        &[0, 0, 0, 1, 1, 3],
        &[0, 0, 0, 2, 1, 3],
        &[0, 0, 0, 3, 7, 3, 0],
        &[0, 0, 0, 3, 1, 0, 0],
        &[],
    ] {
        let mut pdu = vec![4, 0];
        pdu.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
        pdu.extend(value);
        let back = answer(field, &[&request, &pdu]).await?;
        // Accepted, then aborted: never an answer to what was no command.
        let after = back.get(6..).map(|rest| rest.windows(1).any(|byte| byte == [7]));
        if back.first() == Some(&2) && after != Some(true) {
            return Ok(true);
        }
    }
    starves(field).await
}

attacks! {
    "flood" "two hundred connections from a stranger's address" Service |field| flood(field, "127.0.0.9").await;
    "flood-of-sender" "two hundred connections from the address of another sender" Service
        |field| flood(field, "127.0.0.2").await;
    "slow-loris" "connections that send one byte and wait" Service |field| {
        let mut held = Vec::new();
        for _ in 0..20 {
            if let Ok(mut stream) = field.honest().tcp().await {
                let _ = stream.write_all(&[22]).await;
                held.push(stream);
            }
        }
        hold(held, field).await
    };
    "slow-request" "handshakes whose A-ASSOCIATE-RQ comes by one byte" Service |field| {
        let mut held = Vec::new();
        for _ in 0..20 {
            if let Some(mut stream) = field.honest().tls().await? {
                let _ = stream.write_all(&[1]).await;
                let _ = stream.flush().await;
                held.push(stream);
            }
        }
        hold(held, field).await
    };
    "idle" "associations that ask for nothing" Service |field| {
        let mut held = Vec::new();
        for _ in 0..7 {
            held.extend(field.honest().associate().await?);
        }
        hold(held, field).await
    };
    "pdu-lies" "PDUs of every type whose lengths lie" Service |field| lies(field).await;
    "value-lies" "presentation data values whose lengths and contexts lie" Service |field| value_lies(field).await;
    "data-first" "data before any association" ImageIntegrity |field| {
        let back = answer(field, &[&[4, 0, 0, 0, 0, 7, 0, 0, 0, 3, 1, 3, 0]]).await?;
        Ok(back.first() != Some(&7) && !back.is_empty())
    };
    "two-requests" "a second request on an association" ImageIntegrity |field| {
        let request = request(field)?;
        let back = answer(field, &[&request, &request]).await?;
        Ok(!back.ends_with(&[0, 0, 2, 2]))
    };
    "oversized-pdu" "a PDU of eight megabytes, where the ward said less" Service |field| oversized(field).await;
    "path-command" "a C-STORE whose command names an instance that is a path" ImageIntegrity
        |field| path_in_command(field).await;
    "cut-short" "an image whose sender is gone in the middle" ImageIntegrity |field| broken_off(field, &[]).await;
    "abort-in-store" "an image whose sender aborts in the middle" ImageIntegrity |field| broken_off(field, &[7, 0, 0, 0, 0, 4, 0, 0, 0, 0]).await;
}
