//! A stand-in for the AI: it finds what is bright inside what is dark, says so in a report, and is no medical device.

use crate::node::{EXPLICIT, Object};
use crate::study::{INTERCEPT, SIDE, SPACING};
use medward_dicom_scan::{Limits, Tag, scan_bytes};
use medward_drill::{Answer, Pseudonymous, TEXT_REPORT};

/// Brighter than this and there is something, in Hounsfield units.
const SOLID: i32 = -300;
/// Darker than this is air.
const AIR: i32 = -600;
/// So many pixels away there must be air on every side, else it is no island.
const APART: usize = 8;

/// An image as it came, and the pixels of it that are an island in air.
#[derive(Debug, Clone)]
struct Seen {
    image: Pseudonymous,
    pixels: usize,
}

/// What the stand-in has got so far.
#[derive(Debug, Default)]
pub(crate) struct StandIn {
    seen: Vec<Seen>,
}

impl StandIn {
    /// Takes an image; gives how many it has.
    pub(crate) fn take(&mut self, object: &Object) -> usize {
        let pixels = object.data_set.len().checked_sub(usize::from(SIDE).pow(2) * 2);
        let pixels = pixels.and_then(|at| object.data_set.get(at..)).map(islands).unwrap_or_default();
        if let Ok(image) = Pseudonymous::of(&object.file()) {
            self.seen.push(Seen { image, pixels });
        }
        self.seen.len()
    }

    /// Its report on the image that shows most, if any does.
    pub(crate) fn report(&self) -> Option<Object> {
        let most = self.seen.iter().max_by_key(|seen| seen.pixels)?;
        let across =
            2.0 * (f32::from(u16::try_from(most.pixels).unwrap_or(u16::MAX)) / std::f32::consts::PI).sqrt();
        let finding = format!(
            "Stand-in for an AI, not for diagnosis: {}",
            if most.pixels == 0 {
                "no solid spot in the lungs".to_owned()
            } else {
                format!("a solid spot in the lungs, {:.0} mm across", across * SPACING)
            }
        );
        let answer = Answer { finding: Some(finding), ..Answer::to(&most.image, 1) };
        let data_set = answer.data_set();
        Some(Object {
            class: TEXT_REPORT.to_owned(),
            instance: answer.instance,
            syntax: EXPLICIT.to_owned(),
            data_set,
        })
    }
}

/// Pixels that are solid and have air on all four sides.
fn islands(pixels: &[u8]) -> usize {
    let side = usize::from(SIDE);
    let at = |column: usize, row: usize| {
        let stored = pixels.get((row * side + column) * 2..)?.first_chunk::<2>()?;
        Some(i32::from(u16::from_le_bytes(*stored)) + INTERCEPT)
    };
    let is_air = |column, row| at(column, row).is_some_and(|value| value < AIR);
    let inner = APART..side - APART;
    let all = inner.clone().flat_map(|row| inner.clone().map(move |column| (column, row)));
    all.filter(|(column, row)| {
        at(*column, *row).is_some_and(|value| value > SOLID)
            && is_air(column - APART, *row)
            && is_air(column + APART, *row)
            && is_air(*column, row - APART)
            && is_air(*column, row + APART)
    })
    .count()
}

/// Text of an element of a file, without padding.
pub(crate) fn text_of(file: &[u8], tag: u32) -> Option<String> {
    let data_set = scan_bytes(file, &Limits::default()).ok()?;
    let (_, element) = data_set.find(None, Tag(tag))?;
    Some(data_set.text(element)?.trim_matches([' ', '\0']).to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]
    use super::*;
    use crate::study::{NODULE, slice};

    fn seen(number: u32) -> usize {
        let ct = slice(number, NODULE);
        let (class, syntax) = (String::new(), EXPLICIT.to_owned());
        let object = Object { class, instance: ct.instance.clone(), syntax, data_set: ct.data_set() };
        let mut stand_in = StandIn::default();
        stand_in.take(&object);
        stand_in.seen[0].pixels
    }

    #[test]
    fn the_nodule_is_found_and_nothing_where_there_is_none() {
        assert!((20..40).contains(&seen(12)), "{}", seen(12));
        assert_eq!(seen(20), 0);
    }
}
