//! Asking for what is kept: by who may not, for who may not get it, and for names.

use super::identity::attacks;
use crate::answer::text;
use crate::attack::{Attack, Field, Target, hold_any};
use crate::client::{Client, FIND, GET, MOVE};
use crate::object::{FAMILY_NAME, PATIENT};
use crate::{Ct, DrillError};
use std::time::{Duration, Instant};

/// No query takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

fn ai(field: Field<'_>) -> Client<'_> {
    Client::ai(field.site, field.ward.address)
}

/// An identifier of the level of studies that asks for names too.
fn studies(name: &str, modality: &str, study: &str) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, 0x0008_0052, *b"CS", "STUDY");
    text(&mut out, 0x0008_0060, *b"CS", modality);
    text(&mut out, 0x0010_0010, *b"PN", name);
    text(&mut out, 0x0010_0020, *b"LO", "");
    text(&mut out, 0x0020_000D, *b"UI", study);
    out
}

/// What of a study went out, if anything, by its pseudonymous name.
async fn sent(field: Field<'_>) -> Result<Option<String>, DrillError> {
    Ok(field.sent(&Ct::new(field.number, 1)).await?.map(|sent| sent.study))
}

attacks! {
    "query-by-scanner" "a scanner that asks what there is" PatientData |field| {
        sent(field).await?;
        Ok(field.honest().ask(FIND, "", &studies("", "", "")).await?.answers > 0)
    };
    "query-for-names" "names and numbers of patients, in what a query answers" PatientData |field| {
        sent(field).await?;
        hold_any(&ai(field).ask(FIND, "", &studies("", "", "")).await?.bytes, &[FAMILY_NAME, PATIENT])
    };
    "query-by-name" "whether a patient is known, by asking for the name" PatientData |field| {
        sent(field).await?;
        Ok(ai(field).ask(FIND, "", &studies("Feather*", "", "")).await?.answers > 0)
    };
    "get-original" "an original by the UID that the hospital gave it" PatientData |field| {
        sent(field).await?;
        Ok(ai(field).ask(GET, "", &studies("", "", &Ct::new(field.number, 1).study)).await?.answers > 0)
    };
    "get-by-scanner" "pseudonymised images, by a scanner" PatientData |field| {
        let Some(study) = sent(field).await? else { return Ok(false) };
        Ok(field.honest().ask(GET, "", &studies("", "", &study)).await?.answers > 0)
    };
    "get-impostor" "images, under the title of the AI with the certificate of a scanner" PatientData |field| {
        let Some(study) = sent(field).await? else { return Ok(false) };
        let impostor = Client { title: crate::AI_1, ..field.honest() };
        Ok(impostor.ask(GET, "", &studies("", "", &study)).await?.answers > 0)
    };
    "move-elsewhere" "images moved to a node of the attacker" PatientData |field| {
        let Some(study) = sent(field).await? else { return Ok(false) };
        Ok(ai(field).ask(MOVE, "EVIL", &studies("", "", &study)).await?.status == Some(0))
    };
    "query-bomb" "a pattern of stars, and an identifier without end" Service |field| {
        let begun = Instant::now();
        ai(field).ask(FIND, "", &studies(&"*a".repeat(30), "", "")).await?;
        ai(field).ask(FIND, "", &vec![b'1'; 4 << 20]).await?;
        Ok(begun.elapsed() > PATIENCE || !field.honest().echo().await?)
    };
    "store-as-taker" "an image sent on a context that is for taking images" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        ai(field).store_as_taker(&ct.instance, &ct.data_set()).await?;
        field.is_kept(&ct.instance)
    };
}
