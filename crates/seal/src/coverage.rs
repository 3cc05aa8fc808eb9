//! What signatures cover and what they leave open: an element that was added later is covered by none.

use crate::item::{
    ALGORITHM, ELEMENTS_SIGNED, Found, MAC_ID, OUTSIDE, PARAMETERS, Places, SIGNATURES, SYNTAX, is_report,
    is_verified_report, purpose_code,
};
use crate::mac_stream::{is_signable_tag, range_of};
use crate::profile::Profile;
use crate::purpose::VERIFICATION;
use crate::report::{SignatureReport, Uncovered};
use medward_dicom_scan::{DataSet, Element, Tag};
use std::ops::Range;

/// Most elements that are named; the rest are counted.
const NAMED_MAX: usize = 1_000;

/// The elements that none of the ranges covers, by place, and how many more there are. `items` are those of the signatures
/// that count: what lies in them is covered by themselves.
pub(crate) fn open(
    data_set: &DataSet,
    ranges: impl Iterator<Item = Range<usize>>,
    items: &[usize],
    blocked: &[bool],
    places: &Places<'_>,
) -> (Vec<Uncovered>, usize) {
    let elements = data_set.elements();
    let mut covered = vec![false; elements.len()];
    // Of a container, that something in it is covered: then it is looked into.
    let mut partly = vec![false; elements.len()];
    for range in ranges {
        mark_around(elements, range.start, &mut partly);
        mark(data_set, range, &mut covered, &mut partly);
    }
    let is_verified = is_verified_report(data_set);
    let (mut named, mut left_out) = (Vec::new(), 0);
    let mut index = 0;
    while let Some(element) = elements.get(index) {
        let is_covered = covered.get(index).copied().unwrap_or_default();
        let is_partly = element.is_container() && partly.get(index).copied().unwrap_or_default();
        let is_machinery = matches!(element.tag, SIGNATURES | PARAMETERS) && element.is_container();
        if is_covered || is_partly || is_machinery || is_of_machinery(data_set, element, items) {
            index += 1;
            continue;
        }
        if element.tag.is_group_length() && element.value_bytes() == 4 {
            index += 1;
            continue;
        }
        if named.len() < NAMED_MAX {
            let at_top = element.parent().is_none();
            let is_demanded = |profile: &Profile| at_top && profile.demands(element.tag, is_verified);
            let demanded = Profile::ALL.into_iter().filter(is_demanded);
            named.push(Uncovered {
                place: places.name(index),
                is_unsignable: !is_signable_tag(element.tag)
                    || blocked.get(index).copied().unwrap_or_default(),
                demanded: demanded.collect(),
            });
        } else {
            left_out += 1;
        }
        index = range_of(data_set, index).end;
    }
    (named, left_out)
}

/// Marks what a digest ran over, which passes over what can never be signed, and containers that hold some of that.
fn mark(data_set: &DataSet, range: Range<usize>, covered: &mut [bool], partly: &mut [bool]) {
    let elements = data_set.elements();
    let mut index = range.start;
    while index < range.end {
        let Some(element) = elements.get(index) else { return };
        if is_signable_tag(element.tag) {
            if let Some(covered) = covered.get_mut(index) {
                *covered = true;
            }
            index += 1;
        } else {
            mark_around(elements, index, partly);
            index = range_of(data_set, index).end;
        }
    }
}

fn mark_around(elements: &[Element], index: usize, partly: &mut [bool]) {
    let mut around = elements.get(index).and_then(Element::parent);
    while let Some(index) = around {
        match partly.get_mut(index) {
            Some(partly) if !*partly => *partly = true,
            _ => return,
        }
        around = elements.get(index).and_then(Element::parent);
    }
}

/// Part of what signatures are made of, and nothing that could have been hidden there: the four parameters, the four elements
/// that no signature covers, and items of signatures that do not count, which are reported as such.
fn is_of_machinery(data_set: &DataSet, element: &Element, items: &[usize]) -> bool {
    let elements = data_set.elements();
    let tag_of = |index: Option<usize>| index.and_then(|index| elements.get(index)).map(|one| one.tag);
    let parent = element.parent();
    let above = parent.and_then(|index| elements.get(index)).and_then(Element::parent);
    if element.tag == Tag::ITEM {
        return matches!(tag_of(parent), Some(SIGNATURES | PARAMETERS));
    }
    match tag_of(above) {
        Some(PARAMETERS) => {
            matches!(element.tag, MAC_ID | SYNTAX | ALGORITHM | ELEMENTS_SIGNED) && !element.is_container()
        }
        Some(SIGNATURES) => {
            let is_counting = parent.is_some_and(|parent| items.binary_search(&parent).is_ok());
            !is_counting || (OUTSIDE.contains(&element.tag) && !element.is_container())
        }
        _ => false,
    }
}

/// Profiles that a signature fulfils: of RSA, at the top, and over all that the profile demands.
pub(crate) fn profiles(
    data_set: &DataSet,
    found: Found,
    report: &SignatureReport,
    ranges: &[Range<usize>],
    blocked: &[bool],
) -> Vec<Profile> {
    // All are of RSA, and of whole objects.
    let is_rsa = report.key.as_deref().is_some_and(|key| key.starts_with("RSA"));
    if !is_rsa || found.scope.is_some() {
        return Vec::new();
    }
    let is_verified = is_verified_report(data_set);
    let purpose = purpose_code(data_set, found.item);
    let is_of_kind = |profile: &Profile| match profile {
        Profile::StructuredReportRsa => {
            is_report(data_set) && purpose.as_deref().is_some_and(|code| !is_verified || code == VERIFICATION)
        }
        Profile::BaseRsa | Profile::CreatorRsa | Profile::Authorization => true,
    };
    let covers = |profile: &Profile| {
        let is_listed = |index: usize| ranges.binary_search_by_key(&index, |range| range.start).is_ok();
        let mut children = data_set.children(found.scope);
        children.all(|(index, child)| {
            !profile.demands(child.tag, is_verified)
                || is_listed(index)
                || blocked.get(index).copied().unwrap_or_default()
        })
    };
    Profile::ALL.into_iter().filter(|profile| is_of_kind(profile) && covers(profile)).collect()
}
