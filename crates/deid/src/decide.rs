//! One pass over an object: what is done to each element, and what in it identifies someone; never makes a new value.

use crate::identity::Identities;
use crate::iod::Types;
use crate::options::ProfileOption;
use crate::plan::{Entry, Identity, Plan, Treatment};
use crate::private::SafeList;
use medward_dicom_scan::{DataSet, Element, Kind, Tag, Vr};
use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;

/// UIDs that name kinds of things, not things, also where they are private: replacing them would make the object
/// unreadable.
const CLASS_UIDS: [u32; 17] = [
    0x0000_0002,
    0x0004_1510,
    0x0004_1512,
    0x0004_151A,
    0x0008_0016,
    0x0008_001A,
    0x0008_001B,
    0x0008_0062,
    0x0008_010C,
    0x0008_0117,
    0x0008_0118,
    0x0008_1150,
    0x0008_115A,
    0x0008_3002,
    0x0400_0010,
    0x0400_0015,
    0x0040_DB0D,
];

/// Item (none at the top), group and block that a private creator holds.
type Block = (Option<usize>, u16, u8);

/// Elements to change, in document order but for private creators, which come last.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    pub list: Vec<(usize, Treatment)>,
    pub kept: u32,
    /// Private creators, and whether they stay because something of their block does.
    creators: HashMap<Block, (usize, bool)>,
    /// Creators of a block that has one already.
    doubles: Vec<usize>,
}

/// VR of an element; the dictionary's where the file says unknown.
pub(crate) fn vr_of(element: &Element) -> Vr {
    if element.vr == Vr::UN && !element.tag.is_private() { element.standard_vr() } else { element.vr }
}

/// Names of what holds for one object.
pub(crate) struct Rules<'r> {
    pub plan: &'r Plan,
    pub safe: &'r SafeList,
    pub types: Types,
}

impl Decisions {
    /// Decides on every element.
    pub fn decide(&mut self, data_set: &DataSet, rules: &Rules<'_>, identities: &mut Identities) {
        self.list.clear();
        self.creators.clear();
        self.doubles.clear();
        self.kept = 0;
        let (mut gone_until, mut clean_until) = (0_u64, 0_u64);
        for (index, element) in data_set.elements().iter().enumerate() {
            if matches!(element.kind, Kind::Item | Kind::Fragment) || element.tag.is_group_length() {
                continue;
            }
            let vr = vr_of(element);
            let is_gone = element.start < gone_until;
            let entry = rules.plan.entry(element.tag);
            let treatment =
                self.treatment(data_set, rules, (index, element, vr), entry, element.start < clean_until);
            if is_gone || treatment != Treatment::Keep {
                let identity = identity(rules.plan, vr, entry, treatment);
                if identity != Identity::Nothing {
                    note(data_set, element, identity, identities);
                }
            }
            if is_gone {
                continue;
            }
            if treatment == Treatment::Keep {
                self.kept = self.kept.saturating_add(1);
                continue;
            }
            let is_sequence = element.kind == Kind::Sequence;
            match treatment {
                // The items are treated by the table, each element for itself.
                Treatment::Uid if is_sequence => continue,
                Treatment::Clean if is_sequence => {
                    clean_until = clean_until.max(element.end);
                    continue;
                }
                _ if element.is_container() => gone_until = gone_until.max(element.end),
                _ => {}
            }
            self.list.push((index, treatment));
        }
        let unused = self.creators.values().filter(|(_, is_used)| !is_used).map(|(index, _)| *index);
        let mut unused: Vec<usize> = unused.chain(self.doubles.iter().copied()).collect();
        unused.sort_unstable();
        self.list.extend(unused.into_iter().map(|index| (index, Treatment::Remove)));
    }

    fn treatment(
        &mut self,
        data_set: &DataSet,
        rules: &Rules<'_>,
        (index, element, vr): (usize, &Element, Vr),
        entry: Option<Entry>,
        is_cleaned: bool,
    ) -> Treatment {
        let tag = element.tag;
        let types = (element.depth == 0).then_some(rules.types);
        if let Some(entry) = entry {
            let treatment = entry.treatment(tag, types);
            let is_sequence = element.kind == Kind::Sequence;
            // An option that this VR cannot follow falls back to the basic profile; a sequence in bytes that nobody
            // has walked cannot be kept.
            return match treatment {
                Treatment::Shift if !matches!(vr, Vr::DA | Vr::DT | Vr::TM) => entry.fallback(tag, types),
                Treatment::Clean if !is_sequence && !can_clean(vr) => entry.fallback(tag, types),
                Treatment::Uid if !is_sequence && vr != Vr::UI => Treatment::Remove,
                Treatment::Keep | Treatment::Clean if !is_sequence && vr == Vr::SQ => {
                    entry.fallback(tag, types)
                }
                other => other,
            };
        }
        if tag.is_private() {
            return self.private(data_set, rules.safe, index, element);
        }
        // Command elements and file meta elements do not belong here, padding may hold anything, and what the
        // dictionary does not know nobody can judge.
        let standard = element.standard_vr();
        let is_known = standard != Vr::UN || element.kind == Kind::Encapsulated;
        if matches!(tag.group(), 0x0000 | 0x0002 | 0xFFFC)
            || !is_known
            || vr == Vr::SQ && element.kind == Kind::Value
        {
            return Treatment::Remove;
        }
        // Overlay data go, or cannot be cleaned: what describes them alone would be no valid overlay.
        if tag.group() >> 8 == 0x60 {
            return Treatment::Remove;
        }
        let options = rules.plan.options();
        match vr {
            Vr::UI if !options.has(ProfileOption::RetainUids) && !CLASS_UIDS.contains(&tag.0) => {
                if has_own_uid(data_set.value(element)) {
                    Treatment::Uid
                } else {
                    Treatment::Keep
                }
            }
            _ if vr == Vr::PN || standard == Vr::PN => Treatment::Empty,
            Vr::DA | Vr::DT if options.has(ProfileOption::RetainFullDates) => Treatment::Keep,
            Vr::DA | Vr::DT if options.has(ProfileOption::RetainModifiedDates) => Treatment::Shift,
            Vr::DA | Vr::DT => Treatment::Empty,
            _ if is_cleaned && vr.has_character_set() => Treatment::Clean,
            _ => Treatment::Keep,
        }
    }

    fn private(&mut self, data_set: &DataSet, safe: &SafeList, index: usize, element: &Element) -> Treatment {
        if safe.is_empty() {
            return Treatment::Remove;
        }
        let tag = element.tag;
        let [block, number] = tag.element().to_be_bytes();
        if block == 0 {
            if number >= 0x10 && element.kind == Kind::Value {
                match self.creators.entry((element.parent(), tag.group(), number)) {
                    Place::Vacant(entry) => {
                        entry.insert((index, false));
                    }
                    Place::Occupied(_) => self.doubles.push(index),
                }
                // Removed in the end, if nothing of its block stays.
                return Treatment::Keep;
            }
            return Treatment::Remove;
        }
        if let Some((creator, is_used)) = self.creators.get_mut(&(element.parent(), tag.group(), block))
            && let Some(name) = data_set.elements().get(*creator).and_then(|one| data_set.value(one))
            && element.kind == Kind::Value
            && !element.is_left_in_source()
            && safe.has(name, tag.group(), number, element.vr)
        {
            *is_used = true;
            return Treatment::Keep;
        }
        Treatment::Remove
    }
}

const fn can_clean(vr: Vr) -> bool {
    vr.has_character_set() || matches!(vr, Vr::AE | Vr::CS | Vr::UR)
}

fn has_own_uid(value: Option<&[u8]>) -> bool {
    let values = value.unwrap_or_default().split(|&byte| byte == b'\\');
    values
        .map(<[u8]>::trim_ascii_start)
        .any(|uid| uid.iter().any(|&byte| byte != 0 && byte != b' ') && !crate::key::is_well_known_uid(uid))
}

/// What an element that does not stay says of a person.
fn identity(plan: &Plan, vr: Vr, entry: Option<Entry>, treatment: Treatment) -> Identity {
    let planned = entry.map_or(Identity::Nothing, |entry| entry.identity);
    match planned {
        Identity::Nothing if vr == Vr::PN => Identity::Name,
        Identity::Nothing if treatment == Treatment::Uid && vr == Vr::UI => Identity::Uid,
        // A UID that stays in other places is no trace.
        Identity::Uid if plan.options().has(ProfileOption::RetainUids) => Identity::Nothing,
        Identity::EventDate if plan.options().has(ProfileOption::RetainFullDates) => Identity::Nothing,
        known => known,
    }
}

/// Notes its value.
fn note(data_set: &DataSet, element: &Element, identity: Identity, identities: &mut Identities) {
    let Some(value) = data_set.value(element).filter(|value| !value.is_empty()) else { return };
    let needs_text = !value.is_ascii() || value.contains(&0x1B);
    let text = if needs_text { data_set.text(element) } else { None };
    identities.note(identity, element.tag, value, text.as_deref());
}

/// Patient's Name.
pub(crate) const PATIENT_NAME: Tag = Tag::new(0x0010, 0x0010);
/// Patient ID.
pub(crate) const PATIENT_ID: Tag = Tag::new(0x0010, 0x0020);
