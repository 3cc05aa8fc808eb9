//! Images that are not what they should be.

use super::identity::attacks;
use crate::attack::{Attack, Field, Got, Target};
use crate::client::{CT, EXPLICIT};
use crate::object::element;
use crate::{Ct, DrillError, WARD};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write as _;

/// Whether a data set is taken under an instance UID, and kept.
async fn taken(field: Field<'_>, instance: &str, data_set: &[u8]) -> Got {
    Ok(field.honest().store(instance, data_set).await? == Some(0))
}

/// An image with bytes at its end that no reader gets through.
async fn with_tail(field: Field<'_>, tail: &[u8]) -> Got {
    let ct = Ct::new(field.number, 1);
    let mut data_set = ct.data_set();
    data_set.extend(tail);
    taken(field, &ct.instance, &data_set).await
}

/// Sequences in sequences, of undefined length and never closed.
fn nest() -> Vec<u8> {
    let level = [
        0xFC, 0xFF, 0xFC, 0xFF, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF,
        0xFF, 0xFF,
    ];
    level.repeat(20_000)
}

/// Whether an association may store a class in a transfer syntax.
async fn negotiates(field: Field<'_>, class: &str, syntax: &str) -> Got {
    let Some(association) = field.honest().associate_for(WARD, &[(class, syntax)]).await? else {
        return Ok(false);
    };
    let is_accepted = !association.accepted().is_empty();
    association.abort().await;
    Ok(is_accepted)
}

/// Sends a deflated data set that would grow a thousand times; got through if it is taken, or if others wait for it.
async fn deflate_bomb(field: Field<'_>) -> Got {
    let syntax = "1.2.840.10008.1.2.1.99";
    let Some(mut association) = field.honest().associate_for(WARD, &[(CT, syntax)]).await? else {
        return Ok(false);
    };
    let ct = Ct::new(field.number, 1);
    let io = |source| DrillError::Io { path: "a deflated data set".into(), source };
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(&ct.data_set()).map_err(io)?;
    deflated.write_all(&[0xFC, 0xFF, 0xFC, 0xFF, b'O', b'B', 0, 0, 0, 0, 0, 0x20]).map_err(io)?;
    for _ in 0..512 {
        deflated.write_all(&vec![0; 1 << 20]).map_err(io)?;
    }
    let bomb = deflated.finish().map_err(io)?;
    let uid = |text: &str| text.parse().map_err(|_| DrillError::Control("no UID".to_owned()));
    let (class, instance, mut source) = (uid(CT)?, uid(&ct.instance)?, bomb.as_slice());
    // Where the context was refused nothing can be sent.
    let sent = association.store(1, &class, &instance, &mut source, bomb.len() as u64).await;
    association.abort().await;
    Ok(sent.is_ok_and(|status| status == 0) || !field.honest().echo().await?)
}

attacks! {
    "other-class" "an image of a class that is not taken" ImageIntegrity
        |field| negotiates(field, "1.2.840.10008.5.1.4.1.1.7", EXPLICIT).await;
    "other-syntax" "a transfer syntax that is not taken" Service
        |field| negotiates(field, CT, "1.2.840.10008.1.2.1.99").await;
    "deflate-bomb" "half a gigabyte of zeros, deflated to half a megabyte" Service |field| deflate_bomb(field).await;
    "nesting-bomb" "20,000 sequences inside one another" Service |field| with_tail(field, &nest()).await;
    "length-bomb" "an element that declares two gigabytes" Service
        |field| with_tail(field, &[0xFC, 0xFF, 0xFC, 0xFF, b'O', b'B', 0, 0, 0, 0x94, 0x35, 0x77]).await;
    "other-instance" "an image that is another than the command says" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        let other = Ct::new(field.number, 2);
        taken(field, &other.instance, &ct.data_set()).await
    };
    "path-instance" "an instance UID that is a path" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1).with(0x0008_0018, *b"UI", b"../../../../etc/x");
        taken(field, &ct.instance.clone(), &ct.data_set()).await
    };
    "same-uid" "other pixels under a UID that is taken" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        if !taken(field, &ct.instance, &ct.data_set()).await? {
            return Err(DrillError::Control("an honest image is not taken".to_owned()));
        }
        let forged = ct.clone().with(0x7FE0_0010, *b"OW", &[9; 32 * 32 * 2]);
        taken(field, &ct.instance, &forged.data_set()).await
    };
    "uid-of-another" "a UID that an image of another study and patient has" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        if !taken(field, &ct.instance, &ct.data_set()).await? {
            return Err(DrillError::Control("an honest image is not taken".to_owned()));
        }
        let other = ct.clone().with(0x0020_000D, *b"UI", b"1.2.3.4.5.6").with(0x0010_0020, *b"LO", b"MRN-0099887");
        taken(field, &ct.instance, &other.data_set()).await
    };
    "polyglot" "a whole file for another system, with its preamble of a program, in place of a data set" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        let mut file = b"MZ".to_vec();
        file.resize(128, 0x90);
        file.extend(b"DICM");
        file.extend(ct.data_set());
        Ok(taken(field, &ct.instance, &file).await? || field.is_kept(&ct.instance)?)
    };
    "double" "the pixel spacing twice, with two values" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        let data_set = ct.with_a_double(0x0028_0030, b"7.0\\7.0");
        Ok(taken(field, &ct.instance, &data_set).await? && field.leaves_with(&ct.instance, "7.0\\7.0").await?)
    };
    "out-of-place" "file meta and command elements inside the data set" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        let mut data_set = Vec::new();
        element(&mut data_set, 0x0002_0010, *b"UI", b"1.2.840.10008.1.2.2\0");
        data_set.extend(ct.data_set());
        Ok(taken(field, &ct.instance, &data_set).await? && field.leaves_with(&ct.instance, "1.2.840.10008.1.2.2").await?)
    };
    "too-large" "an image beyond the limit of the file" Service |field| {
        let ct = Ct::new(field.number, 1).with(0x7FE0_0010, *b"OW", &vec![0; 34 << 20]);
        taken(field, &ct.instance, &ct.data_set()).await
    };
}
