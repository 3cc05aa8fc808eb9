//! Identities on their way out: where a careless de-identification leaves them.

use super::identity::attacks;
use crate::attack::{Attack, Field, Got, Target};
use crate::object::{FAMILY_NAME, NAME, PATIENT, element};
use crate::{Ct, DrillError};

/// Whether an image that the ward took leaves with what identifies its patient.
async fn leaks(field: Field<'_>, ct: Ct, needles: &[&str]) -> Got {
    match field.honest().store(&ct.instance, &ct.data_set()).await? {
        Some(0) => {}
        // Not taken at all: nothing leaves.
        Some(_) => return Ok(false),
        None => return Err(DrillError::Control("the honest sender is not served".to_owned())),
    }
    for needle in needles {
        if field.leaves_with(&ct.instance, needle).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Eight of the bytes of pixels that are looked for in results.
const BURNED_IN: &[u8; 8] = b"BURNEDIN";

/// A sequence with a name inside, under a tag that no table of de-identification lists.
fn nested() -> Vec<u8> {
    let mut inside = Vec::new();
    element(&mut inside, 0x0010_0010, *b"PN", NAME.as_bytes());
    let mut item = vec![0xFE, 0xFF, 0x00, 0xE0];
    item.extend(u32::try_from(inside.len()).unwrap_or(u32::MAX).to_le_bytes());
    item.extend(inside);
    item
}

attacks! {
    "plain-identity" "an ordinary image, as it comes from the scanner" PatientData
        |field| leaks(field, Ct::new(field.number, 1), &[FAMILY_NAME, PATIENT]).await;
    "planted-name" "the name in an attribute outside of every table" PatientData |field| {
        let ct = Ct::new(field.number, 1).with(0x0018_1160, *b"SH", FAMILY_NAME.as_bytes());
        leaks(field, ct, &[FAMILY_NAME]).await
    };
    "nested-name" "the name inside a sequence" PatientData |field| {
        let ct = Ct::new(field.number, 1).with(0x0018_9346, *b"SQ", &nested());
        leaks(field, ct, &[FAMILY_NAME]).await
    };
    "private-name" "the name in a private attribute" PatientData |field| {
        let ct = Ct::new(field.number, 1)
            .with(0x0009_0010, *b"LO", b"ACME")
            .with(0x0009_1001, *b"LO", FAMILY_NAME.as_bytes());
        leaks(field, ct, &[FAMILY_NAME]).await
    };
    "burned-in" "an image that says that names are burned into its pixels" PatientData |field| {
        // Whatever leaves of it leaves with its pixels.
        let ct = Ct::new(field.number, 1).with(0x0028_0301, *b"CS", b"YES").with(0x7FE0_0010, *b"OW", &BURNED_IN.repeat(256));
        leaks(field, ct, &["BURNEDINBURNEDIN"]).await
    };
    "false-claim" "an image that claims to be de-identified, with the name in it" PatientData |field| {
        let ct = Ct::new(field.number, 1).with(0x0012_0062, *b"CS", b"YES");
        leaks(field, ct, &[FAMILY_NAME, PATIENT]).await
    };
    "hostile-name" "a name made of markup and statements" PatientData |field| {
        let name = b"Featherstone^<script>';DROP TABLE--";
        let ct = Ct::new(field.number, 1).with(0x0010_0010, *b"PN", name);
        leaks(field, ct, &[FAMILY_NAME, "<script>"]).await
    };
}
