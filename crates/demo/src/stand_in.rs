//! A stand-in for the AI: it finds what is bright inside what is dark, marks it in a segmentation and says so in a report; it is no
//! medical device.

use crate::node::Object;
use crate::results::{self, Seen};
use crate::study::{INTERCEPT, SIDE, SPACING};
use medward_dicom_scan::{Limits, Tag, scan_bytes};
use medward_drill::Pseudonymous;

/// Brighter than this and there is something, in Hounsfield units.
const SOLID: i32 = -300;
/// Darker than this is air.
const AIR: i32 = -600;
/// So many pixels away there must be air on every side, else it is no island.
const APART: usize = 8;

/// What the stand-in has got so far.
#[derive(Debug, Default)]
pub(crate) struct StandIn {
    seen: Vec<Seen>,
}

impl StandIn {
    /// Takes an image; gives how many it has.
    pub(crate) fn take(&mut self, object: &Object) -> usize {
        let pixels = object.data_set.len().checked_sub(usize::from(SIDE).pow(2) * 2);
        let mask = pixels.and_then(|at| object.data_set.get(at..)).map(islands).unwrap_or_default();
        let file = object.file();
        if let Ok(image) = Pseudonymous::of(&file) {
            let text = |tag| text_of(&file, tag).unwrap_or_default();
            let (frame_of_reference, position) = (text(0x0020_0052), text(0x0020_0032));
            self.seen.push(Seen { image, frame_of_reference, position, mask });
        }
        self.seen.len()
    }

    /// What it found, as objects in the order in which they are sent: a segmentation, if there is something, and the report on the image
    /// that shows most of it.
    pub(crate) fn results(&self) -> Vec<Object> {
        let Some(most) = self.seen.iter().max_by_key(|seen| seen.pixels()) else { return Vec::new() };
        let across =
            2.0 * (f32::from(u16::try_from(most.pixels()).unwrap_or(u16::MAX)) / std::f32::consts::PI).sqrt();
        let spot = if most.pixels() == 0 {
            "no solid spot in the lungs".to_owned()
        } else {
            format!("a solid spot in the lungs, {:.0} mm across", across * SPACING)
        };
        let finding = format!("Stand-in for an AI, not for diagnosis: {spot}");
        let shows: Vec<_> = self.seen.iter().filter(|seen| seen.pixels() > 0).collect();
        let segmentation = results::segmentation(&shows);
        let report = results::report(&most.image, &finding, segmentation.as_ref());
        segmentation.into_iter().chain([report]).collect()
    }
}

/// Of each pixel, whether it is solid and has air on all four sides.
fn islands(pixels: &[u8]) -> Vec<bool> {
    let side = usize::from(SIDE);
    let at = |column: usize, row: usize| {
        let stored = pixels.get((row * side + column) * 2..)?.first_chunk::<2>()?;
        Some(i32::from(u16::from_le_bytes(*stored)) + INTERCEPT)
    };
    let is_air = |column, row| at(column, row).is_some_and(|value| value < AIR);
    let inner = APART..side - APART;
    let is_island = |(column, row): (usize, usize)| {
        inner.contains(&column)
            && inner.contains(&row)
            && at(column, row).is_some_and(|value| value > SOLID)
            && is_air(column - APART, row)
            && is_air(column + APART, row)
            && is_air(column, row - APART)
            && is_air(column, row + APART)
    };
    (0..side).flat_map(|row| (0..side).map(move |column| (column, row))).map(is_island).collect()
}

/// Text of the first element of a tag in a file, also within sequences, without padding.
pub(crate) fn text_of(file: &[u8], tag: u32) -> Option<String> {
    let data_set = scan_bytes(file, &Limits::default()).ok()?;
    let element = data_set.elements().iter().find(|element| element.tag == Tag(tag))?;
    Some(data_set.text(element)?.trim_matches([' ', '\0']).to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]
    use super::*;
    use crate::node::EXPLICIT;
    use crate::study::{NODULE, slice};

    fn seen(number: u32) -> usize {
        let ct = slice(number, NODULE);
        let (class, syntax) = (String::new(), EXPLICIT.to_owned());
        let object = Object { class, instance: ct.instance.clone(), syntax, data_set: ct.data_set() };
        let mut stand_in = StandIn::default();
        stand_in.take(&object);
        stand_in.seen[0].pixels()
    }

    #[test]
    fn the_nodule_is_found_and_nothing_where_there_is_none() {
        assert!((20..40).contains(&seen(12)), "{}", seen(12));
        assert_eq!(seen(20), 0);
    }
}
