//! A data set on its way from the process that scanned it to the one that asked; never believed before it was checked.
//!
//! Whoever took over a scanner by the bytes it read can say of these bytes what is not true. It cannot say what would lead a reader of
//! the data set outside of them: offsets ascend and lie inside of one another, and what is said to be kept is there.

use crate::element::NONE;
use crate::{DataSet, Element, Kind};
use medward_sabotage::{Broken, is};

/// Why bytes are no data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCarried {
    /// They do not have the form.
    #[error("these bytes are no carried data set")]
    Form,
    /// Its parts contradict one another.
    #[error("the carried data set contradicts itself")]
    Contradiction,
}

impl DataSet {
    /// Appends the data set as bytes.
    pub fn carry(&self, out: &mut Vec<u8>) -> Result<(), NotCarried> {
        let elements = postcard::to_allocvec(self).map_err(|_| NotCarried::Form)?;
        let length = u32::try_from(elements.len()).map_err(|_| NotCarried::Form)?;
        out.extend(length.to_be_bytes());
        out.extend(elements);
        out.extend(&self.held);
        Ok(())
    }

    /// A data set from such bytes, if it could have come from a scan.
    pub fn carried(bytes: &[u8]) -> Result<Self, NotCarried> {
        let (length, rest) = bytes.split_first_chunk().ok_or(NotCarried::Form)?;
        let length = u32::from_be_bytes(*length) as usize;
        let (elements, held) = rest.split_at_checked(length).ok_or(NotCarried::Form)?;
        let mut data_set: Self = postcard::from_bytes(elements).map_err(|_| NotCarried::Form)?;
        data_set.held = held.to_vec();
        if !data_set.is_sound() && !is(Broken::CarriedUnchecked) {
            return Err(NotCarried::Contradiction);
        }
        data_set.seal();
        Ok(data_set)
    }

    fn is_sound(&self) -> bool {
        let is_kept = |element: &Element| {
            let from = element.held as usize;
            let bytes = usize::try_from(element.value_bytes()).ok();
            element.held == NONE
                || bytes.and_then(|bytes| from.checked_add(bytes)).is_some_and(|end| end <= self.held.len())
        };
        let lies_right =
            |element: &Element| element.start < element.value && element.value <= element.value_end();
        let is_inside = |index: usize, element: &Element| match element.parent() {
            None => element.depth == 0 && element.end <= self.end,
            Some(parent) => {
                self.elements.get(..index).and_then(|before| before.get(parent)).is_some_and(|around| {
                    around.is_container()
                        && around.depth.checked_add(1) == Some(element.depth)
                        && around.value <= element.start
                        && element.end <= around.value_end()
                })
            }
        };
        let all = || self.meta.iter().chain(&self.elements);
        let mut inside = self.elements.iter().enumerate();
        self.start <= self.end
            && (!self.has_preamble || self.held.len() >= 128)
            && all().all(|element| lies_right(element) && is_kept(element))
            && inside.all(|(index, element)| is_inside(index, element))
            && self.meta.iter().all(|element| element.kind == Kind::Value && element.parent().is_none())
            && [&self.meta, &self.elements].iter().all(|part| part.is_sorted_by(|a, b| a.start < b.start))
            && self.runs.is_sorted_by(|a, b| a.held <= b.held && a.offset <= b.offset)
            && self.runs.iter().all(|run| run.held as usize <= self.held.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, Tag, scan_bytes};

    /// A name, and a sequence with an item in it.
    const BARE: &[u8] = b"\x08\x00\x40\x11SQ\0\0\x12\0\0\0\xFE\xFF\x00\xE0\x0A\0\0\0\x08\x00\x50\x11UI\x02\x001\0\x10\x00\x10\x00PN\x08\x00Doe^Jane";

    fn scanned() -> DataSet {
        scan_bytes(BARE, &Limits::default()).unwrap()
    }

    fn carried(data_set: &DataSet) -> Result<DataSet, NotCarried> {
        let mut bytes = Vec::new();
        data_set.carry(&mut bytes).unwrap();
        DataSet::carried(&bytes)
    }

    #[test]
    fn what_was_scanned_comes_back_whole() {
        let scanned = scanned();
        let carried = carried(&scanned).unwrap();
        assert_eq!(format!("{carried:?}"), format!("{scanned:?}"));
        let name = carried.find(None, Tag::new(0x0010, 0x0010)).and_then(|(_, name)| carried.text(name));
        assert_eq!(name.as_deref(), Some("Doe^Jane"));
    }

    #[test]
    fn what_contradicts_itself_is_no_data_set() {
        let wrongs: [fn(&mut DataSet); 9] = [
            |wrong| wrong.held.truncate(20),
            |wrong| wrong.elements[0].end = 1_000,
            |wrong| wrong.elements[1].parent = 2,
            |wrong| wrong.elements[1].parent = NONE,
            |wrong| wrong.elements[2].depth = 9,
            |wrong| wrong.elements[3].value = u64::MAX,
            |wrong| wrong.elements[3].held = u32::MAX - 1,
            |wrong| wrong.elements.swap(0, 3),
            |wrong| wrong.runs.iter_mut().for_each(|run| run.held = 7_000),
        ];
        for (number, change) in wrongs.into_iter().enumerate() {
            let mut wrong = scanned();
            change(&mut wrong);
            assert_eq!(carried(&wrong).unwrap_err(), NotCarried::Contradiction, "{number}");
        }
        assert_eq!(DataSet::carried(b"").unwrap_err(), NotCarried::Form);
        assert_eq!(DataSet::carried(b"\xFF\xFF\xFF\xFF").unwrap_err(), NotCarried::Form);
    }

    /// Whatever a worker answers, nobody panics of it.
    #[test]
    fn any_byte_changed_gives_a_data_set_or_an_error() {
        let mut bytes = Vec::new();
        scanned().carry(&mut bytes).unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut wrong = bytes.clone();
                wrong[at] ^= 1 << bit;
                let Ok(data_set) = DataSet::carried(&wrong) else { continue };
                for element in data_set.elements() {
                    let _ = (data_set.text(element), data_set.element_of_kept(&(0..1)));
                }
            }
        }
    }
}
