//! What the result says of its own de-identification, and its file meta information; never a value of the original.

use crate::options::{Options, ProfileOption};
use medward_dicom_scan::{DataSet, Encoding, NewElement, Tag, Vr};

/// Implementation Class UID of this implementation (PS3.7 section D.3.3.2).
const IMPLEMENTATION: &str = "2.25.325395130472015700227836741140188721127";
/// Implementation Version Name.
const VERSION: &str = concat!("MEDWARD ", env!("CARGO_PKG_VERSION"));

/// What is said of one result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks {
    pub options: Options,
    /// The key is thrown away: anonymisation.
    pub is_anonymous: bool,
    /// Attributes that the policy keeps against the table.
    pub kept_by_policy: usize,
    /// A pixel rule fits: nothing is burned in any more.
    pub pixels_clean: bool,
}

impl Marks {
    /// (0012,0062) to (0012,0064), (0028,0301) and (0028,0303), as PS3.15 section E.1.1 asks.
    pub fn elements(&self, encoding: Encoding) -> Vec<NewElement> {
        let mut methods = vec![
            VERSION.to_owned(),
            "PS3.15 Annex E, table 2026c, options 2024e".to_owned(),
            if self.is_anonymous {
                "anonymised: key thrown away, no way back".to_owned()
            } else {
                "pseudonymised: keyed, same across studies".to_owned()
            },
        ];
        if self.kept_by_policy > 0 {
            methods.push(format!("site policy keeps {} attributes of the table", self.kept_by_policy));
        }
        let mut codes = Vec::new();
        // A policy that keeps more than the profile does not follow the profile.
        if self.kept_by_policy == 0 {
            codes.push(code("113100", "Basic Application Confidentiality Profile"));
        }
        codes.extend(self.options.iter().map(|option| {
            let (value, meaning) = option.code();
            code(value, meaning)
        }));
        let temporal = if self.options.has(ProfileOption::RetainFullDates) {
            "UNMODIFIED"
        } else if self.options.has(ProfileOption::RetainModifiedDates) {
            "MODIFIED"
        } else {
            "REMOVED"
        };
        let mut elements = vec![
            NewElement::new(Tag::new(0x0012, 0x0062), Vr::CS, "YES"),
            NewElement::new(Tag::new(0x0012, 0x0063), Vr::LO, methods.join("\\")),
            NewElement::new(Tag::new(0x0028, 0x0303), Vr::CS, temporal),
        ];
        elements.extend(NewElement::sequence(Tag::new(0x0012, 0x0064), &codes, encoding));
        if self.pixels_clean {
            elements.push(NewElement::new(Tag::new(0x0028, 0x0301), Vr::CS, "NO"));
        }
        elements
    }
}

fn code(value: &str, meaning: &str) -> Vec<NewElement> {
    vec![
        NewElement::new(Tag::new(0x0008, 0x0100), Vr::SH, value),
        NewElement::new(Tag::new(0x0008, 0x0102), Vr::SH, "DCM"),
        NewElement::new(Tag::new(0x0008, 0x0104), Vr::LO, meaning),
    ]
}

/// File meta information made anew: nothing of the source's, above all not who sent it.
pub(crate) fn meta(sop_class: &[u8], instance: &str, transfer_syntax: &str) -> Vec<NewElement> {
    vec![
        NewElement::new(Tag::new(0x0002, 0x0001), Vr::OB, vec![0, 1]),
        NewElement::new(Tag::new(0x0002, 0x0002), Vr::UI, sop_class),
        NewElement::new(Tag::new(0x0002, 0x0003), Vr::UI, instance),
        NewElement::new(Tag::TRANSFER_SYNTAX, Vr::UI, transfer_syntax),
        NewElement::new(Tag::new(0x0002, 0x0012), Vr::UI, IMPLEMENTATION),
        NewElement::new(Tag::new(0x0002, 0x0013), Vr::SH, VERSION),
    ]
}

/// Transfer syntax of the result: the source's, which every byte that is copied has.
pub(crate) fn transfer_syntax(data_set: &DataSet) -> String {
    let found = data_set.transfer_syntax();
    let plain = match (found.encoding, found.is_deflated) {
        (Encoding::ExplicitLittle, true) => "1.2.840.10008.1.2.1.99",
        (Encoding::ExplicitLittle, false) => "1.2.840.10008.1.2.1",
        (Encoding::ImplicitLittle, _) => "1.2.840.10008.1.2",
        (Encoding::ExplicitBig, _) => "1.2.840.10008.1.2.2",
    };
    let claimed = data_set.meta_text(Tag::TRANSFER_SYNTAX).filter(|uid| {
        // What the file claimed, unless it was laid out otherwise.
        let is_uid = uid.len() <= 64 && uid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        is_uid && !uid.is_empty() && medward_dicom_scan::TransferSyntax::from_uid(uid.as_bytes()) == found
    });
    claimed.map_or_else(|| plain.to_owned(), std::borrow::Cow::into_owned)
}

/// A transfer syntax in which pixels are not compressed (PS3.5 sections A.1 to A.3 and A.5).
pub(crate) fn is_native(uid: &str) -> bool {
    matches!(
        uid,
        "1.2.840.10008.1.2" | "1.2.840.10008.1.2.1" | "1.2.840.10008.1.2.2" | "1.2.840.10008.1.2.1.99"
    )
}
