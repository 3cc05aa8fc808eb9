//! Element tags as the walk and its callers compare them; never a name.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Tag of an element (PS3.5 section 7.1): group in the high half, element in the low, so that order is document order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tag(pub u32);

impl Tag {
    /// Specific Character Set.
    pub const SPECIFIC_CHARACTER_SET: Self = Self::new(0x0008, 0x0005);
    /// Transfer Syntax UID.
    pub const TRANSFER_SYNTAX: Self = Self::new(0x0002, 0x0010);
    /// Pixel Data.
    pub const PIXEL_DATA: Self = Self::new(0x7FE0, 0x0010);
    /// Item (PS3.5 section 7.5).
    pub const ITEM: Self = Self::new(0xFFFE, 0xE000);
    /// Item Delimitation Item.
    pub const ITEM_END: Self = Self::new(0xFFFE, 0xE00D);
    /// Sequence Delimitation Item.
    pub const SEQUENCE_END: Self = Self::new(0xFFFE, 0xE0DD);

    /// Of group and element number.
    pub const fn new(group: u16, element: u16) -> Self {
        Self((group as u32) << 16 | element as u32)
    }

    /// Group number.
    pub const fn group(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// Element number inside the group.
    pub const fn element(self) -> u16 {
        (self.0 & 0xFFFF) as u16
    }

    /// Private: the group number is odd (PS3.5 section 7.8).
    pub const fn is_private(self) -> bool {
        self.group() & 1 == 1
    }

    /// A group length (gggg,0000), retired outside of the file meta information.
    pub const fn is_group_length(self) -> bool {
        self.element() == 0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "({:04X},{:04X})", self.group(), self.element())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
