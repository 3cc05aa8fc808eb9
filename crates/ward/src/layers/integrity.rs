//! `integrity`: an object that leaves is of the same kind and shape as the one that came. Digests are [`crate::keep`]'s and the ledger's.

use super::Layer;
use crate::decision::{Moment, Refusal};
use crate::facts;
use medward_dicom_scan::{Oddity, Problem};
use medward_file::kinds::WardLayer;

pub(super) struct Integrity;

impl Layer for Integrity {
    fn layer(&self) -> WardLayer {
        WardLayer::Integrity
    }

    fn decide(&self, moment: &Moment<'_>) -> Result<(), Refusal> {
        let Moment::Release(leaving) = moment else { return Ok(()) };
        // Of two values one could be the one that was looked at, the other the one that is measured by.
        let is_ambiguous = |problem: &Problem| {
            matches!(
                problem.oddity,
                Oddity::DuplicateTag | Oddity::OutOfOrder | Oddity::MetaInDataSet | Oddity::CommandInDataSet
            )
        };
        if leaving.result.problems().iter().any(is_ambiguous) {
            return Err(Refusal::new(self.layer(), "ambiguous-image"));
        }
        let same = |tag| facts::bytes(leaving.original, tag) == facts::bytes(leaving.result, tag);
        if facts::GEOMETRY.iter().all(|tag| same(*tag)) && same(facts::SOP_CLASS) {
            Ok(())
        } else {
            Err(Refusal::new(self.layer(), "image-changed"))
        }
    }
}
