//! The standard's VR for a tag, from dicom-rs's dictionary (PS3.6); nothing else of dicom-rs is used in this crate.

use crate::{Tag, Vr};

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_dictionary_std::StandardDataDictionary;

/// What the dictionary allows for a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    /// This VR.
    One(Vr),
    /// US or SS.
    Short,
    /// OB or OW, or for lookup tables also US and SS.
    Other,
    /// Not in the dictionary.
    Absent,
}

impl Listed {
    /// The VR taken where a file does not say (PS3.5 section A.1; US until the pixel representation is known).
    pub(crate) const fn presumed(self) -> Vr {
        match self {
            Self::One(vr) => vr,
            Self::Short => Vr::US,
            Self::Other => Vr::OW,
            Self::Absent => Vr::UN,
        }
    }

    /// Whether a file may say so. UN always may (PS3.5 section 6.2.2).
    pub(crate) const fn allows(self, vr: Vr) -> bool {
        match self {
            Self::One(listed) => {
                listed as u8 == vr as u8
                    || matches!((listed, vr), (_, Vr::UN) | (Vr::OB, Vr::OW) | (Vr::OW, Vr::OB))
            }
            Self::Short => matches!(vr, Vr::US | Vr::SS | Vr::UN),
            Self::Other => matches!(vr, Vr::OB | Vr::OW | Vr::US | Vr::SS | Vr::UN),
            Self::Absent => true,
        }
    }
}

fn look_up(tag: Tag) -> Listed {
    let Some(entry) = StandardDataDictionary.by_tag(dicom_core::Tag(tag.group(), tag.element())) else {
        return Listed::Absent;
    };
    match entry.vr() {
        VirtualVr::Exact(vr) => Vr::from_letters(vr.to_bytes()).map_or(Listed::Absent, Listed::One),
        VirtualVr::Xs => Listed::Short,
        _ => Listed::Other,
    }
}

/// The standard's VR for a tag, the likelier one where it allows two; UN for private and unknown tags.
pub fn standard_vr(tag: Tag) -> Vr {
    look_up(tag).presumed()
}

/// The standard allows US and SS for a tag, by the pixel representation; [`standard_vr`] then says US.
pub fn may_be_signed(tag: Tag) -> bool {
    look_up(tag) == Listed::Short
}

/// Slots of the cache; files of a study have the same few hundred tags. A quarter of it makes a scan half as fast again.
const SLOTS: usize = 8192;

/// Remembers what the dictionary said: a look-up there costs more than the rest of an element.
#[derive(Debug)]
pub(crate) struct Dictionary {
    slots: Vec<(Tag, Listed)>,
}

impl Dictionary {
    pub(crate) fn new() -> Self {
        // A tag that asks for slot 0 and is not in the dictionary, so that an empty slot answers rightly.
        Self { slots: vec![(Tag(0xFFFF_FFFF), Listed::Absent); SLOTS] }
    }

    #[inline]
    pub(crate) fn of(&mut self, tag: Tag) -> Listed {
        let slot = (tag.0.wrapping_mul(0x9E37_79B1) >> 19) as usize;
        match self.slots.get_mut(slot) {
            Some((known, listed)) if *known == tag => *listed,
            Some(entry) => {
                *entry = (tag, look_up(tag));
                entry.1
            }
            None => look_up(tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::VR;

    #[test]
    fn every_vr_of_the_library_is_known_here() {
        // A new VR there would silently become "not in the dictionary" here.
        for vr in [VR::AE, VR::OV, VR::SV, VR::UC, VR::UV, VR::UR, VR::OL] {
            assert!(Vr::from_letters(vr.to_bytes()).is_some());
        }
    }

    #[test]
    fn repeating_groups_and_private_creators_are_listed() {
        assert_eq!(standard_vr(Tag::new(0x6002, 0x3000)), Vr::OW);
        assert_eq!(standard_vr(Tag::new(0x0009, 0x0010)), Vr::LO);
        assert_eq!(standard_vr(Tag::new(0x0009, 0x1010)), Vr::UN);
        assert_eq!(standard_vr(Tag::new(0x0040, 0xA730)), Vr::SQ);
        assert!(may_be_signed(Tag::new(0x0028, 0x0106)) && !may_be_signed(Tag::new(0x0028, 0x0010)));
    }
}
