//! One pass over the values of a data set for any number of digests: each byte left in the source is read once.

use medward_dicom_scan::{DataSet, Element, Source, Vr, WriteError};
use std::io::{self, Read, Seek, Write};

/// What is fed with a data set in the order of the document.
pub(crate) trait Reading {
    /// Goes on with what the data set holds, up to a value that must be read from the source; `None` at the end.
    fn next_left(&mut self) -> Option<usize>;
    /// Takes bytes of that value, least significant byte first, in pieces of any length.
    fn take(&mut self, bytes: &[u8]);
}

/// Feeds all of them to their ends.
pub(crate) fn read_all<R: Read + Seek>(
    data_set: &DataSet,
    source: &mut R,
    readings: &mut [&mut dyn Reading],
) -> Result<(), WriteError> {
    let mut source = Source::new(data_set, source)?;
    let mut waiting: Vec<Option<usize>> = readings.iter_mut().map(|reading| reading.next_left()).collect();
    while let Some(index) = waiting.iter().flatten().min().copied() {
        let Some(element) = data_set.elements().get(index) else { return Ok(()) };
        let mut feeder = Feeder { readings, waiting: &waiting, index, swap: Swap::of(data_set, element) };
        source.copy(element.value, element.value_end(), &mut feeder)?;
        feeder.end();
        for (at, reading) in waiting.iter_mut().zip(readings.iter_mut()) {
            if *at == Some(index) {
                *at = reading.next_left();
            }
        }
    }
    Ok(())
}

struct Feeder<'f, 'r> {
    readings: &'f mut [&'r mut dyn Reading],
    waiting: &'f [Option<usize>],
    index: usize,
    swap: Swap,
}

impl Feeder<'_, '_> {
    fn end(&mut self) {
        let rest = self.swap.rest();
        if !rest.is_empty() {
            hand_out(self.readings, self.waiting, self.index, rest);
        }
    }
}

fn hand_out(readings: &mut [&mut dyn Reading], waiting: &[Option<usize>], index: usize, bytes: &[u8]) {
    for (reading, at) in readings.iter_mut().zip(waiting) {
        if *at == Some(index) {
            reading.take(bytes);
        }
    }
}

impl Write for Feeder<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        hand_out(self.readings, self.waiting, self.index, self.swap.turn(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Turns words of big endian data sets into little endian; leaves all else as it is.
pub(crate) struct Swap {
    width: usize,
    /// Bytes of a word whose end has not come yet, then what was turned.
    carried: Vec<u8>,
    turned: Vec<u8>,
}

/// Bytes of the words of a VR (PS3.5 section 6.2 and 7.3).
const fn width(vr: Vr) -> usize {
    match vr {
        Vr::AT | Vr::US | Vr::SS | Vr::OW => 2,
        Vr::UL | Vr::SL | Vr::FL | Vr::OF | Vr::OL => 4,
        Vr::FD | Vr::OD | Vr::SV | Vr::UV | Vr::OV => 8,
        _ => 1,
    }
}

impl Swap {
    pub(crate) fn of(data_set: &DataSet, element: &Element) -> Self {
        let is_big = data_set.encoding_in(element.parent()).is_big();
        Self { width: if is_big { width(element.vr) } else { 1 }, carried: Vec::new(), turned: Vec::new() }
    }

    /// The next bytes turned; a word that is not whole waits for the next call or [`Self::rest`].
    pub(crate) fn turn<'b>(&'b mut self, bytes: &'b [u8]) -> &'b [u8] {
        if self.width == 1 {
            return bytes;
        }
        self.carried.extend_from_slice(bytes);
        self.turned.clear();
        let words = self.carried.chunks_exact(self.width);
        let rest = words.remainder().to_vec();
        for word in words {
            self.turned.extend(word.iter().rev());
        }
        self.carried = rest;
        &self.turned
    }

    /// What is left of a value whose length is no multiple of its words, as it is.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.carried
    }

    /// A whole value turned.
    pub(crate) fn turn_whole(mut self, value: &[u8]) -> Vec<u8> {
        let mut turned = self.turn(value).to_vec();
        turned.extend_from_slice(self.rest());
        turned
    }

    /// Leaves bytes as they are.
    pub(crate) const fn is_idle(&self) -> bool {
        self.width == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_turned_however_they_are_cut() {
        let bytes: Vec<u8> = (0..24).collect();
        for width in [1, 2, 4, 8] {
            let mut whole = Swap { width, carried: Vec::new(), turned: Vec::new() };
            let whole = whole.turn(&bytes).to_vec();
            assert_eq!(whole[0], u8::try_from(width - 1).unwrap());
            for cut in 1..bytes.len() {
                let mut swap = Swap { width, carried: Vec::new(), turned: Vec::new() };
                let mut turned = swap.turn(&bytes[..cut]).to_vec();
                turned.extend_from_slice(swap.turn(&bytes[cut..]));
                assert_eq!(turned, whole);
                assert_eq!(swap.rest(), b"");
            }
            let odd = Swap { width, carried: Vec::new(), turned: Vec::new() };
            assert_eq!(odd.turn_whole(&bytes[..23]).len(), 23, "every byte counts");
        }
    }
}
