//! `integrity`: an object that leaves is of the same kind and shape as the one that came. Digests are [`crate::keep`]'s and the ledger's.

use super::Layer;
use crate::decision::{Moment, Refusal};
use crate::facts;
use medward_file::kinds::WardLayer;

pub(super) struct Integrity;

impl Layer for Integrity {
    fn layer(&self) -> WardLayer {
        WardLayer::Integrity
    }

    fn decide(&self, moment: &Moment<'_>) -> Result<(), Refusal> {
        let Moment::Release(leaving) = moment else { return Ok(()) };
        let same = |tag| facts::bytes(leaving.original, tag) == facts::bytes(leaving.result, tag);
        if facts::GEOMETRY.iter().all(|tag| same(*tag)) && same(facts::SOP_CLASS) {
            Ok(())
        } else {
            Err(Refusal::new(self.layer(), "image-changed"))
        }
    }
}
