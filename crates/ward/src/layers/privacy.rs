//! `privacy`: nothing leaves that does not say that its patient's identity was removed, or that still has the original's identifiers.
//!
//! De-identification itself, with its second look, makes the result ([`crate::release`]); this looks at the result as a stranger would.

use super::Layer;
use crate::decision::{Leaving, Moment, Refusal, Returning};
use crate::facts;
use medward_file::kinds::WardLayer;

pub(super) struct Privacy;

impl Layer for Privacy {
    fn layer(&self) -> WardLayer {
        WardLayer::Privacy
    }

    fn decide(&self, moment: &Moment<'_>) -> Result<(), Refusal> {
        let looked = match moment {
            Moment::Release(leaving) => look(leaving),
            Moment::Return(returning) => look_back(returning),
            Moment::HandOut(handed) if !facts::is_deidentified(handed.object) => Err("identity-not-removed"),
            _ => Ok(()),
        };
        looked.map_err(|reason| Refusal::new(self.layer(), reason))
    }
}

fn look(leaving: &Leaving<'_>) -> Result<(), &'static str> {
    if !facts::is_deidentified(leaving.result) {
        return Err("identity-not-removed");
    }
    for tag in [facts::PATIENT_NAME, facts::PATIENT_ID, facts::SOP_INSTANCE, facts::STUDY] {
        let (before, after) = (facts::text(leaving.original, tag), facts::text(leaving.result, tag));
        if before.is_some_and(|before| !before.is_empty() && after.as_deref() == Some(&*before)) {
            return Err("identifier-of-the-original");
        }
    }
    Ok(())
}

/// On the way back the same in reverse: the result is of the patient whose study it answers, and no pseudonym goes along with the name.
fn look_back(returning: &Returning<'_>) -> Result<(), &'static str> {
    let Returning { received, result, original, .. } = returning;
    if !facts::is_of(result, original) {
        return Err("of-another-patient");
    }
    if facts::text(received, facts::PATIENT_ID) == facts::text(result, facts::PATIENT_ID) {
        return Err("pseudonym-beside-its-patient");
    }
    Ok(())
}
