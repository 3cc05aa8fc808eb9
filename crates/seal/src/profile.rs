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
    /// Section C.4: of a structured report or key object selection, with a purpose; where the report is verified, by who
    /// verified it.
    StructuredReportRsa,
}

/// There is no such profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no profile `{0}`: base-rsa, creator-rsa, authorization, structured-report-rsa")]
pub struct UnknownProfile(String);

/// An attribute that profiles ask for, by its tag or that of the first of a range of groups.
struct Demanded {
    tag: Tag,
    /// The Creator profile asks for it, and Authorization does not.
    is_of_creator: bool,
    /// The one of structured reports asks for it.
    is_of_report: bool,
    /// That one too, and only where the report is verified.
    is_of_verified: bool,
}

/// Sorted by tag.
static ATTRIBUTES: LazyLock<Vec<Demanded>> = LazyLock::new(|| {
    let mut all: Vec<_> =
        include_str!("../data/profile_attributes.txt").lines().filter_map(attribute).collect();
    all.sort_unstable_by_key(|demanded| demanded.tag);
    all
});

/// `GGGGEEEE`, or `GGxxEEEE` for a range of groups, and marks behind it that the data file explains.
fn attribute(line: &str) -> Option<Demanded> {
    let mut words = line.split_ascii_whitespace();
    let tag = words.next().filter(|word| !word.starts_with('#'))?;
    let tag = Tag(u32::from_str_radix(&tag.replace("xx", "00"), 16).ok()?);
    let marks: Vec<&str> = words.collect();
    let is = |mark| marks.contains(&mark);
    Some(Demanded {
        tag,
        is_of_creator: is("creator"),
        is_of_report: is("report"),
        is_of_verified: is("verified"),
    })
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::BaseRsa, Self::CreatorRsa, Self::Authorization, Self::StructuredReportRsa];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BaseRsa => "base-rsa",
            Self::CreatorRsa => "creator-rsa",
            Self::Authorization => "authorization",
            Self::StructuredReportRsa => "structured-report-rsa",
        }
    }

    /// Whether an element at the top must be covered where it is there. `is_verified` is of the object: its Verification
    /// Flag (0040,A493) says so.
    pub fn demands(self, tag: Tag, is_verified: bool) -> bool {
        // Overlays and curves are in the list by the first group of their range.
        let is_repeating = matches!(tag.group() & 0xFF01, 0x5000 | 0x6000);
        let listed = if is_repeating { Tag::new(tag.group() & 0xFF00, tag.element()) } else { tag };
        let found = ATTRIBUTES.binary_search_by_key(&listed, |demanded| demanded.tag);
        found.ok().and_then(|at| ATTRIBUTES.get(at)).is_some_and(|demanded| match self {
            Self::BaseRsa => false,
            Self::CreatorRsa => true,
            Self::Authorization => !demanded.is_of_creator,
            Self::StructuredReportRsa => demanded.is_of_report || is_verified && demanded.is_of_verified,
        })
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
        assert!(ATTRIBUTES.iter().all(|demanded| demanded.tag.group() >= 8));
    }

    #[test]
    fn profiles_demand_what_the_standard_lists() {
        let pixels = Tag::PIXEL_DATA;
        let station = Tag::new(0x0008, 0x1010);
        let name = Tag::new(0x0010, 0x0010);
        let demands = |profile: Profile, tag| profile.demands(tag, false);
        assert!(demands(Profile::CreatorRsa, pixels) && demands(Profile::Authorization, pixels));
        assert!(demands(Profile::CreatorRsa, station) && !demands(Profile::Authorization, station));
        assert!(!demands(Profile::CreatorRsa, name) && !demands(Profile::BaseRsa, pixels));
        assert!(demands(Profile::Authorization, Tag::new(0x6002, 0x3000)));
        assert!(!demands(Profile::Authorization, Tag::new(0x6003, 0x3000)));
        let report = Profile::StructuredReportRsa;
        assert!(demands(report, station) && demands(report, Tag::new(0x0040, 0xA730)));
        assert!(!demands(report, pixels) && !demands(report, name));
        let observer = Tag::new(0x0040, 0xA073);
        assert!(!report.demands(observer, false) && report.demands(observer, true));
    }
}
