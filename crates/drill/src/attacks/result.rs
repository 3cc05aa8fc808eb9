//! The way back: results that answer nothing, or something else, or are no results.

use super::identity::attacks;
use crate::attack::{Attack, Field, Got, Target};
use crate::client::{CT, Client};
use crate::object::{FAMILY_NAME, PATIENT};
use crate::{Answer, Ct, DrillError, Pseudonymous, TEXT_REPORT};

/// Whether a result is on its way to the hospital, sent by the AI or by another.
async fn goes_back(field: Field<'_>, sender: Client<'_>, answer: &Answer) -> Got {
    sender.store_as(TEXT_REPORT, &answer.instance, &answer.data_set()).await?;
    let id = answer.instance.parse().map_err(|_| DrillError::Control("no UID".to_owned()))?;
    Ok(field.ward.state.identified.find(&id)?.is_some())
}

fn ai(field: Field<'_>) -> Client<'_> {
    Client::ai(field.site, field.ward.address)
}

/// What the AI would send for an image that it has got; `None` where it gets none.
async fn honest(field: Field<'_>) -> Result<Option<Answer>, DrillError> {
    let sent = field.sent(&Ct::new(field.number, 1)).await?;
    Ok(sent.map(|about| Answer::to(&about, field.number)))
}

/// A second study that went out, of somebody else.
async fn other(field: Field<'_>) -> Result<Option<Pseudonymous>, DrillError> {
    field.sent(&Ct::new(field.number + 1, 1).with(0x0010_0020, *b"LO", b"MRN-0099887")).await
}

attacks! {
    "result-of-nothing" "a result for a study that was never sent" ImageIntegrity |field| {
        let uid = |last: &str| format!("2.25.11122233344455566677788899900{}{last}", field.number);
        let (study, series, instance) = (uid("1"), uid("2"), uid("3"));
        let about = Pseudonymous { patient: "DRILL-0000000000000000".to_owned(), study, series, instance };
        goes_back(field, ai(field), &Answer::to(&about, field.number)).await
    };
    "result-original-uid" "a result that names the study as the hospital does" ImageIntegrity |field| {
        let Some(mut answer) = honest(field).await? else { return Ok(false) };
        answer.about.study = Ct::new(field.number, 1).study;
        goes_back(field, ai(field), &answer).await
    };
    "result-stray" "a result that refers to an image that was never sent" ImageIntegrity |field| {
        let Some(mut answer) = honest(field).await? else { return Ok(false) };
        "2.25.98765432109876543210".clone_into(&mut answer.refers_to);
        goes_back(field, ai(field), &answer).await
    };
    "result-swapped" "a result for one study that refers to an image of another" ImageIntegrity |field| {
        let (Some(mut answer), Some(other)) = (honest(field).await?, other(field).await?) else { return Ok(false) };
        answer.refers_to = other.instance;
        goes_back(field, ai(field), &answer).await
    };
    "result-of-another" "a result for one study under the pseudonym of another patient" ImageIntegrity |field| {
        let (Some(mut answer), Some(other)) = (honest(field).await?, other(field).await?) else { return Ok(false) };
        answer.about.patient = other.patient;
        goes_back(field, ai(field), &answer).await
    };
    "result-as-image" "a result under the UID of an image, to take its place" ImageIntegrity |field| {
        let Some(mut answer) = honest(field).await? else { return Ok(false) };
        answer.instance.clone_from(&answer.refers_to);
        let id = Ct::new(field.number, 1).instance.parse().map_err(|_| DrillError::Control("no UID".to_owned()))?;
        Ok(goes_back(field, ai(field), &answer).await? || field.ward.state.identified.find(&id)?.is_some())
    };
    "result-by-scanner" "a result that a scanner sends" ImageIntegrity |field| {
        let Some(answer) = honest(field).await? else { return Ok(false) };
        goes_back(field, field.honest(), &answer).await
    };
    "image-by-ai" "an original that the AI sends" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        ai(field).store_as(CT, &ct.instance, &ct.data_set()).await?;
        field.is_kept(&ct.instance)
    };
    "result-back-to-ai" "the name of the patient, in what the AI is sent after it answered" PatientData |field| {
        let Some(answer) = honest(field).await? else { return Ok(false) };
        goes_back(field, ai(field), &answer).await?;
        Ok(field.results_hold(FAMILY_NAME)? || field.results_hold(PATIENT)?)
    };
}
