//! Identities on their way out: where a careless de-identification leaves them.

use super::identity::attacks;
use crate::answer::text;
use crate::attack::{Attack, Field, Got, Target, hold_any};
use crate::client::{Client, GET};
use crate::object::{FAMILY_NAME, NAME, PATIENT, element};
use crate::{Ct, DrillError};
use aws_lc_rs::digest;

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

/// What a pseudonym could be without a key: each number of a patient under common digests, by whoever has a list of all patients.
fn is_guessed(pseudonym: &str) -> bool {
    let pseudonym = pseudonym.to_ascii_lowercase();
    let shown = pseudonym.rsplit('-').next().unwrap_or_default();
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let digests = [&digest::SHA256, &digest::SHA512, &digest::SHA1_FOR_LEGACY_USE_ONLY];
    (47_000..47_200).map(|number| format!("MRN-{number:07}")).any(|patient| {
        let salted = [patient.clone(), format!("DRILL-{patient}"), format!("{NAME}{patient}")];
        let mut guesses = salted.iter().flat_map(|text| {
            digests.iter().map(move |digest| hex(digest::digest(digest, text.as_bytes()).as_ref()))
        });
        shown.is_empty() || guesses.any(|guess| guess.starts_with(shown) || shown.starts_with(&guess))
    })
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
    "name-in-padding" "the name in what pads the end of the data set" PatientData |field| {
        let ct = Ct::new(field.number, 1).with(0xFFFC_FFFC, *b"OB", FAMILY_NAME.as_bytes());
        leaks(field, ct, &[FAMILY_NAME]).await
    };
    "name-in-overlay" "the name in the bits of an overlay" PatientData |field| {
        let ct = Ct::new(field.number, 1).with(0x6000_3000, *b"OW", FAMILY_NAME.as_bytes());
        leaks(field, ct, &[FAMILY_NAME]).await
    };
    "name-unknown" "the name in an attribute of the standard, under the representation of unknown ones" PatientData |field| {
        let ct = Ct::new(field.number, 1).with(0x0018_1030, *b"UN", FAMILY_NAME.as_bytes());
        leaks(field, ct, &[FAMILY_NAME]).await
    };
    "name-otherwise" "the name in other letters and another order, in a description" PatientData |field| {
        let ct = Ct::new(field.number, 1).with(0x0008_103E, *b"LO", b"chest of JOSEPHINE FEATHERSTONE");
        leaks(field, ct, &[FAMILY_NAME]).await
    };
    "bulk-export" "all there is, taken by an AI that may, and searched for names" PatientData |field| {
        let mut is_any_sent = false;
        for study in 0..5 {
            is_any_sent |= field.sent(&Ct::new(field.number.saturating_add(study), 1)).await?.is_some();
        }
        let (ai, mut taken) = (Client::ai(field.site, field.ward.address), Vec::new());
        for study in field.ward.state.results.studies()? {
            let mut asked = Vec::new();
            text(&mut asked, 0x0008_0052, *b"CS", "STUDY");
            text(&mut asked, 0x0020_000D, *b"UI", study.study.as_str());
            taken.extend(ai.ask(GET, "", &asked).await?.bytes);
        }
        if is_any_sent && taken.is_empty() {
            return Err(DrillError::Control("the AI does not get what it may have".to_owned()));
        }
        hold_any(&taken, &[FAMILY_NAME, PATIENT])
    };
    "dictionary" "every number that patients could have, tried against the pseudonym that the AI has in hand" PatientData |field| {
        let Some(sent) = field.sent(&Ct::new(field.number, 1)).await? else { return Ok(false) };
        Ok(is_guessed(&sent.patient))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The attack works where a pseudonym is a plain digest: that it fails on the ward says something.
    #[test]
    fn a_digest_without_a_key_is_guessed_at_once() {
        let digest = digest::digest(&digest::SHA256, PATIENT.as_bytes());
        let [a, b, c, d, ..] = digest.as_ref() else { unreachable!("a digest has 32 bytes") };
        assert!(is_guessed(&format!("DRILL-{a:02X}{b:02x}{c:02x}{d:02x}")));
        assert!(!is_guessed("DRILL-5f1d7a84be1d10f6"));
    }
}
