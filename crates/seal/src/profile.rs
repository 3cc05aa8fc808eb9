//! Profiles of PS3.15 Annex C: what a signature must cover and how it must be made to be one of them.

use medward_dicom_scan::Tag;
use std::str::FromStr;
use std::sync::LazyLock;

/// A profile of PS3.15 Annex C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Section C.1: RSA; which elements are signed is the signer's choice: here all that can be.
    BaseRsa,
    /// Section C.2: by the device that made the object.
    CreatorRsa,
    /// Section C.3: by who looked at it and stands for it.
    Authorization,
}

/// There is no such profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no profile `{0}`: base-rsa, creator-rsa, authorization")]
pub struct UnknownProfile(String);

/// Tags by themselves or of the first of a range of groups, sorted, with whether the Creator profile alone asks for them.
static ATTRIBUTES: LazyLock<Vec<(Tag, bool)>> = LazyLock::new(|| {
    let mut all: Vec<_> =
        include_str!("../data/profile_attributes.txt").lines().filter_map(attribute).collect();
    all.sort_unstable();
    all
});

/// `GGGGEEEE`, or `GGxxEEEE` for a range of groups, with ` creator` behind it where only that profile asks for it.
fn attribute(line: &str) -> Option<(Tag, bool)> {
    let mut words = line.split_ascii_whitespace();
    let tag = words.next().filter(|word| !word.starts_with('#'))?;
    let tag = u32::from_str_radix(&tag.replace("xx", "00"), 16).ok()?;
    Some((Tag(tag), words.next() == Some("creator")))
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::BaseRsa, Self::CreatorRsa, Self::Authorization];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BaseRsa => "base-rsa",
            Self::CreatorRsa => "creator-rsa",
            Self::Authorization => "authorization",
        }
    }

    /// Whether an element at the top must be covered where it is there.
    pub fn demands(self, tag: Tag) -> bool {
        // Overlays and curves are in the list by the first group of their range.
        let is_repeating = matches!(tag.group() & 0xFF01, 0x5000 | 0x6000);
        let listed = if is_repeating { Tag::new(tag.group() & 0xFF00, tag.element()) } else { tag };
        let found = ATTRIBUTES.binary_search_by_key(&listed, |&(tag, _)| tag);
        let found = found.ok().and_then(|at| ATTRIBUTES.get(at));
        match self {
            Self::BaseRsa => false,
            Self::CreatorRsa => found.is_some(),
            Self::Authorization => found.is_some_and(|&(_, is_creator_only)| !is_creator_only),
        }
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        let found = Self::ALL.into_iter().find(|profile| profile.name() == name);
        found.ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_whole() {
        let lines = include_str!("../data/profile_attributes.txt").lines();
        let wanted = lines.filter(|line| !line.starts_with('#') && !line.is_empty()).count();
        assert_eq!(ATTRIBUTES.len(), wanted);
        assert!(ATTRIBUTES.iter().all(|(tag, _)| tag.group() >= 8));
    }

    #[test]
    fn profiles_demand_what_the_standard_lists() {
        let pixels = Tag::PIXEL_DATA;
        let station = Tag::new(0x0008, 0x1010);
        let name = Tag::new(0x0010, 0x0010);
        assert!(Profile::CreatorRsa.demands(pixels) && Profile::Authorization.demands(pixels));
        assert!(Profile::CreatorRsa.demands(station) && !Profile::Authorization.demands(station));
        assert!(!Profile::CreatorRsa.demands(name) && !Profile::BaseRsa.demands(pixels));
        assert!(Profile::Authorization.demands(Tag::new(0x6002, 0x3000)));
        assert!(!Profile::Authorization.demands(Tag::new(0x6003, 0x3000)));
    }
}
