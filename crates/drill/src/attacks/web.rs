//! By DICOMweb: tokens that are not one's own or hold no more, paths, bodies and queries that lie.

use super::identity::attacks;
use crate::attack::{Attack, Field, Got, Target, hold_any};
use crate::object::{FAMILY_NAME, PATIENT};
use crate::web::{Reply, Web, body};
use crate::{ARCHIVE, ARCHIVE_SUBJECT, Client, Ct, DrillError, Identity, WEB_ROOT};
use jiff::Timestamp;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;

const DAY_SECONDS: i64 = 86_400;
/// No search takes longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a preamble can be beside a DICOM file.
const POLYGLOT: &[u8] = b"#!/bin/sh\nexec evil\n";

/// A token of a sender, made so many days ago for one day.
fn token(field: Field<'_>, name: &str, days_ago: i64) -> Result<String, DrillError> {
    let name = format!("{name}-{}", field.number);
    let made = Timestamp::now().as_second().saturating_sub(days_ago.saturating_mul(DAY_SECONDS));
    let issued = field.ward.state.tokens.issue(&name, ARCHIVE, 1, made);
    let (_, secret) = issued.map_err(|error| DrillError::Control(error.to_string()))?;
    Ok(secret.reveal().to_owned())
}

fn bearer<'f>(field: Field<'f>, token: &str) -> Web<'f> {
    Web::bearer(field.site, field.ward, token)
}

fn honest(field: Field<'_>) -> Web<'_> {
    Web::honest(field.site, field.ward)
}

fn is_success(reply: Option<&Reply>) -> bool {
    reply.is_some_and(Reply::is_success)
}

/// Whether an image is taken from a client that is not who it should be.
async fn stores(field: Field<'_>, web: &Web<'_>) -> Got {
    let ct = Ct::new(field.number, 1);
    let reply = web.store(&[ct.file()]).await?;
    Ok(is_success(reply.as_ref()) || field.is_kept(&ct.instance)?)
}

/// Whether an image is taken whose request lies, with more headers and a body.
async fn posts(field: Field<'_>, ct: &Ct, more: &str, body: &[u8]) -> Got {
    let reply = honest(field).post("/studies", more, body).await?;
    Ok(is_success(reply.as_ref()) || field.is_kept(&ct.instance)?)
}

attacks! {
    "web-nobody" "an image by DICOMweb with neither certificate nor token" ImageIntegrity |field| {
        stores(field, &Web { token: None, ..bearer(field, "") }).await
    };
    "web-plain" "an image by DICOMweb over a plain connection" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        let Ok(mut stream) = honest(field).client.tcp().await else { return Ok(false) };
        let (file, body) = (WEB_ROOT, body(&[ct.file()]));
        let head = format!(
            "POST {file}/studies HTTP/1.1\r\nHost: ward\r\nContent-Length: {}\r\nContent-Type: multipart/related; \
             type=\"application/dicom\"; boundary=drill\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(&body).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        field.is_kept(&ct.instance)
    };
    "web-forged-token" "a token with the name of one that holds, and another secret" ImageIntegrity |field| {
        let mut forged = token(field, "forged", 0)?;
        let last = if forged.pop() == Some('A') { 'E' } else { 'A' };
        forged.push(last);
        stores(field, &bearer(field, &forged)).await
    };
    "web-stolen-list" "what the ward keeps of a token, as a token" ImageIntegrity |field| {
        token(field, "listed", 0)?;
        let path = field.site.directory().join("state/tokens.json");
        let kept = std::fs::read_to_string(&path).map_err(|source| DrillError::Io { path, source })?;
        let name = format!("listed-{}", field.number);
        let digest: String = kept
            .split(&format!("\"{name}\""))
            .nth(1)
            .and_then(|rest| rest.split('[').nth(1)?.split(']').next())
            .unwrap_or_default()
            .split(',')
            .filter_map(|number| number.trim().parse::<u8>().ok())
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        if digest.len() != 64 {
            return Err(DrillError::Control("the list of tokens is in another form".to_owned()));
        }
        stores(field, &bearer(field, &format!("medward.{name}.{digest}"))).await
    };
    "web-expired-token" "a token past its day" ImageIntegrity
        |field| stores(field, &bearer(field, &token(field, "expired", 2)?)).await;
    "web-revoked-token" "a token that was revoked" ImageIntegrity |field| {
        let text = token(field, "revoked", 0)?;
        let revoked = field.ward.state.tokens.revoke(&format!("revoked-{}", field.number), 0);
        revoked.map_err(|error| DrillError::Control(error.to_string()))?;
        stores(field, &bearer(field, &text)).await
    };
    "web-token-elsewhere" "a stolen token from the network of another sender" ImageIntegrity |field| {
        let web = bearer(field, &token(field, "elsewhere", 0)?);
        stores(field, &Web { client: Client { source: "127.0.0.2", ..web.client }, ..web.clone() }).await
    };
    "web-token-of-other" "a stolen token beside the certificate of another sender" ImageIntegrity |field| {
        stores(field, &Web { token: Some(token(field, "other", 0)?), ..honest(field) }).await
    };
    "web-token-own-key" "a stolen token beside a certificate that the thief made" ImageIntegrity |field| {
        let web = bearer(field, &token(field, "own", 0)?);
        let client = Client { identity: Identity::SelfSigned("archive"), ..web.client };
        stores(field, &Web { client, ..web.clone() }).await
    };
    "web-half" "a certificate without the token that its sender needs as well" ImageIntegrity |field| {
        let client = Client { identity: Identity::Of("ct-2"), source: "127.0.0.2", ..honest(field).client };
        stores(field, &Web { client, token: None }).await
    };
    "web-self-made" "tokens of a provider without a signature, signed with what is public, changed, of others" ImageIntegrity |field| {
        for text in field.site.provider.forged(ARCHIVE_SUBJECT)? {
            if stores(field, &bearer(field, &text)).await? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    "web-path" "paths and names that lead elsewhere" PatientData |field| {
        let ai = Web::ai(field.site, field.ward);
        for path in [
            "/studies/../../../etc/passwd",
            "/studies/%2e%2e%2fstate",
            "/../state/tokens.json",
            "/studies/1.2%00.3/metadata",
            "/studies/1.2/series/../../instances",
        ] {
            if is_success(ai.get(path).await?.as_ref()) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    "web-names" "names and numbers of patients, in what a search answers" PatientData |field| {
        field.sent(&Ct::new(field.number, 1)).await?;
        let ai = Web::ai(field.site, field.ward);
        let found = ai.get("/instances?includefield=all").await?.unwrap_or(Reply { status: 0, bytes: Vec::new() });
        if !found.is_success() {
            return Err(DrillError::Control(format!("a search of the AI is answered with {}", found.status)));
        }
        hold_any(&found.bytes, &[FAMILY_NAME, PATIENT])
    };
    "web-original" "an original by the UID that the hospital gave it, and the same by a scanner" PatientData |field| {
        let ct = Ct::new(field.number, 1);
        let sent = field.sent(&ct).await?;
        let ai = Web::ai(field.site, field.ward);
        if is_success(ai.get(&format!("/studies/{}", ct.study)).await?.as_ref()) {
            return Ok(true);
        }
        let Some(sent) = sent else { return Ok(false) };
        for path in [format!("/studies/{}", sent.study), format!("/studies/{}/metadata", sent.study), "/studies".to_owned()] {
            if is_success(honest(field).get(&path).await?.as_ref()) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    "web-cut-short" "a body that breaks off in an image, and one whose boundary stands in it" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        let mut whole = body(&[ct.file()]);
        let in_pixels = whole.len().saturating_sub(500);
        let cut = whole.get(..in_pixels).unwrap_or_default().to_vec();
        let cut_short = posts(field, &ct, "", &cut).await?;
        whole.splice(in_pixels..in_pixels, *b"\r\n--drill--\r\n");
        Ok(cut_short || posts(field, &ct, "", &whole).await?)
    };
    "web-encoded" "a body that would be inflated to a thousand times its length" Service |field| {
        let ct = Ct::new(field.number, 1);
        posts(field, &ct, "Content-Encoding: gzip\r\n", &body(&[ct.file()])).await
    };
    "web-type" "an image that is said to be a page, and one in an encoded part" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        let text = String::from_utf8_lossy(&body(&[])).into_owned();
        let other = |head: &str| {
            let mut body = format!("--drill\r\n{head}\r\n\r\n").into_bytes();
            body.extend(ct.file());
            body.extend(b"\r\n");
            body.extend(text.as_bytes());
            body
        };
        let page = posts(field, &ct, "", &other("Content-Type: text/html")).await?;
        let encoded = other("Content-Type: application/dicom\r\nContent-Encoding: gzip");
        Ok(page || posts(field, &ct, "", &encoded).await?)
    };
    "web-polyglot" "an image whose preamble is a program" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        let mut file = ct.file();
        file.splice(..POLYGLOT.len(), POLYGLOT.iter().copied());
        honest(field).store(&[file]).await?;
        let id = ct.instance.parse().map_err(|_| DrillError::Control("no UID".to_owned()))?;
        let Ok(mut reader) = field.ward.state.originals.get(&id) else { return Ok(false) };
        let first = reader.next_chunk()?.unwrap_or_default();
        Ok(first.starts_with(POLYGLOT) || first.windows(POLYGLOT.len()).any(|window| window == POLYGLOT))
    };
    "web-search-bomb" "patterns of stars, queries and heads without end" Service |field| {
        let (begun, ai) = (Instant::now(), Web::ai(field.site, field.ward));
        let stars = "*a".repeat(30);
        ai.get(&format!("/instances?PatientName={stars}&PatientID={stars}&limit=18446744073709551615")).await?;
        let long = ai.get(&format!("/studies?{}", "StudyID=1&".repeat(5_000))).await?;
        let huge = ai.send(&format!("GET {WEB_ROOT}/studies HTTP/1.1\r\nX: {}", "x".repeat(1 << 20)), &[]).await?;
        let is_served = is_success(long.as_ref()) || is_success(huge.as_ref());
        Ok(is_served || begun.elapsed() > PATIENCE || !field.honest().echo().await?)
    };
    "web-slow" "requests whose heads and bodies do not come" Service |field| {
        let mut held = Vec::new();
        for number in 0..12 {
            let Some(mut stream) = honest(field).client.tls().await? else { continue };
            let head = if number % 2 == 0 {
                "GET /dicom-web/st".to_owned()
            } else {
                format!(
                    "POST {WEB_ROOT}/studies HTTP/1.1\r\nHost: ward\r\nContent-Length: 1000000\r\nContent-Type: \
                     multipart/related; type=\"application/dicom\"; boundary=drill\r\n\r\n--drill"
                )
            };
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.flush().await;
            held.push(stream);
        }
        let begun = Instant::now();
        let mut is_served = false;
        // All that this sender may have at once may be taken until the ward gives them up.
        while !is_served && begun.elapsed() < 3 * PATIENCE {
            is_served = field.honest().echo().await?;
        }
        drop(held);
        Ok(!is_served)
    };
}
