//! `integrity`: an object that leaves is of the same kind and shape as the one that came, and a result answers what was sent. Digests are [`crate::keep`]'s and the ledger's.

use super::Layer;
use crate::decision::{Moment, Refusal, Returning};
use crate::facts;
use medward_dicom_scan::{DataSet, Oddity, Problem};
use medward_file::kinds::WardLayer;
use medward_sabotage::{Broken, is};

pub(super) struct Integrity;

impl Layer for Integrity {
    fn layer(&self) -> WardLayer {
        WardLayer::Integrity
    }

    fn decide(&self, moment: &Moment<'_>) -> Result<(), Refusal> {
        let decided = match moment {
            Moment::Release(leaving) => same_image(leaving.original, leaving.result),
            Moment::Return(returning) => answer(returning),
            _ => Ok(()),
        };
        decided.map_err(|reason| Refusal::new(self.layer(), reason))
    }
}

fn same_image(before: &DataSet, after: &DataSet) -> Result<(), &'static str> {
    // Of two values one could be the one that was looked at, the other the one that is measured by.
    let is_ambiguous = |problem: &Problem| {
        matches!(
            problem.oddity,
            Oddity::DuplicateTag | Oddity::OutOfOrder | Oddity::MetaInDataSet | Oddity::CommandInDataSet
        )
    };
    if after.problems().iter().any(is_ambiguous) {
        return Err("ambiguous-image");
    }
    let same = |tag| facts::bytes(before, tag) == facts::bytes(after, tag);
    if facts::GEOMETRY.iter().all(|tag| same(*tag)) && same(facts::SOP_CLASS) {
        Ok(())
    } else {
        Err("image-changed")
    }
}

/// A finding must be shown on the images that it was found in, and take the place of none of them.
fn answer(returning: &Returning<'_>) -> Result<(), &'static str> {
    let Returning { received, result, .. } = returning;
    if returning.strays > 0 && !is(Broken::AnyResult) {
        return Err("refers-to-what-was-not-sent");
    }
    if facts::uid(received, facts::SOP_INSTANCE) != facts::uid(result, facts::SOP_INSTANCE) {
        return Err("name-of-an-image");
    }
    same_image(received, result)
}
