//! One who belongs to the site, with a key and roles of the file, and the socket of the ward in hand.

use super::identity::attacks;
use crate::attack::{Attack, Field, Got, Target};
use crate::{Ct, DrillError};
use jiff::Timestamp;
use medward_ledger::Signer;
use medward_ledger::note::KeyKind;
use medward_ward::control::{Answer, Ask, ask};
use medward_ward_ledger::{Request, Vouched};
use std::fmt::Write as _;

/// People of the site, with the secret bytes that keys are made of. The first is the insider, and holds two roles.
const PEOPLE: [(&str, &[&str], u8); 2] = [("P-1", &["privacy", "security"], 1), ("P-2", &["security"], 2)];

#[allow(clippy::needless_pass_by_value, reason = "as `map_err` wants it")]
fn control(error: impl ToString) -> DrillError {
    DrillError::Control(error.to_string())
}

fn signer(person: &str, secret: u8) -> Result<Signer, DrillError> {
    Signer::new(person, KeyKind::Log, &[secret; 32]).map_err(control)
}

/// The records of the people.
pub(crate) fn records() -> Result<String, DrillError> {
    let mut text =
        String::from("\n[role.privacy]\ntitle = \"Privacy\"\n\n[role.security]\ntitle = \"Security\"\n");
    for (person, roles, secret) in PEOPLE {
        let key = signer(person, secret)?.verifier().to_string();
        let _ = write!(text, "\n[person.{person}]\nroles = {roles:?}\nkeys = [\"{key}\"]\n");
    }
    Ok(text)
}

/// Asks with what the insider can sign: as nobody, alone, in both roles, in the name of the other.
async fn alone(field: Field<'_>, what: &Ask) -> Got {
    let ([(insider, .., secret), (other, ..)], state) = (PEOPLE, field.site.directory().join("state"));
    let mut signed = Request::new("W-1".to_owned(), what.clone(), Timestamp::now().as_second());
    let (unsigned, mut second) = (signed.clone(), signed.clone());
    let own = signer(insider, secret)?;
    signed.sign(insider, "privacy", &own).map_err(control)?;
    second.sign(insider, "security", &own).map_err(control)?;
    let with = |people: Vec<_>| {
        let mut request = signed.clone();
        request.people.extend(people);
        request
    };
    let in_both_roles = with(second.people.clone());
    let in_the_name_of_the_other =
        with(second.people.into_iter().map(|one| Vouched { person: other.to_owned(), ..one }).collect());
    for request in [unsigned, signed.clone(), in_both_roles, in_the_name_of_the_other] {
        let (state, question) = (state.clone(), Ask::Signed { request: Box::new(request) });
        let answered = tokio::task::spawn_blocking(move || ask(&state, &question)).await.map_err(control)?;
        let answer = answered.map_err(control)?.ok_or_else(|| control("the ward does not answer"))?;
        if matches!(answer, Answer::Done { .. }) {
            return Ok(true);
        }
    }
    Ok(false)
}

attacks! {
    "insider-looks-up" "who is behind a pseudonym, by one insider with two roles" PatientData |field| {
        let Some(sent) = field.sent(&Ct::new(field.number, 1)).await? else { return Ok(false) };
        alone(field, &Ask::Reidentify { study: sent.study, because: "curiosity".to_owned() }).await
    };
    "insider-erases" "a study erased by one insider with two roles" ImageIntegrity |field| {
        let ct = Ct::new(field.number, 1);
        field.sent(&ct).await?;
        alone(field, &Ask::Erase { study: ct.study, because: "a trace".to_owned() }).await
    };
}
