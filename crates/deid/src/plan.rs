//! The table under the options and the site's policy: one treatment a tag, worked out once; never looks at a value.

use crate::action::Action;
use crate::iod::Types;
use crate::options::{Options, ProfileOption};
use crate::policy::Policy;
use crate::table::{Pattern, Row, rows};
use medward_dicom_scan::{Tag, Vr};

/// What is done to an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Treatment {
    /// Left out.
    Remove,
    /// Left without a value.
    Empty,
    /// Given a dummy value, valid for its VR.
    Dummy,
    /// Its UIDs are replaced; of a sequence, those of the items.
    Uid,
    /// Its dates are moved.
    Shift,
    /// What identifies is taken out of its text; a sequence keeps its items, whose text is cleaned.
    Clean,
    /// Unchanged; a sequence keeps its items, each treated by the table.
    Keep,
}

/// What an attribute says of a person when it is not kept: what the second look searches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    Nothing,
    /// Names of persons, and their parts.
    Name,
    /// Numbers, addresses and the like of persons and visits.
    Identifier,
    /// Names of institutions and devices.
    Place,
    /// A date, in all spellings.
    BirthDate,
    /// A date, as DICOM and ISO 8601 write it.
    EventDate,
    /// UIDs.
    Uid,
}

#[derive(Debug, Clone, Copy)]
enum Planned {
    Fixed(Treatment),
    /// By the type of the attribute in the object's IOD.
    ByType(Action),
}

/// What is planned for one tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    planned: Planned,
    /// What the basic profile alone asks, where an option's treatment cannot be carried out.
    basic: Action,
    pub identity: Identity,
}

impl Entry {
    /// The treatment in an object with these types; nested elements have none that are known.
    pub fn treatment(self, tag: Tag, types: Option<Types>) -> Treatment {
        match self.planned {
            Planned::Fixed(treatment) => treatment,
            Planned::ByType(action) => by_type(action, tag, types),
        }
    }

    /// What the basic profile asks.
    pub fn fallback(self, tag: Tag, types: Option<Types>) -> Treatment {
        by_type(self.basic, tag, types)
    }
}

fn by_type(action: Action, tag: Tag, types: Option<Types>) -> Treatment {
    let of_type = if action.is_combined() { types.and_then(|types| types.get(tag)) } else { None };
    match action.resolve(of_type) {
        Action::Zero => Treatment::Empty,
        Action::Dummy => Treatment::Dummy,
        Action::Uid => Treatment::Uid,
        Action::Keep => Treatment::Keep,
        Action::Clean => Treatment::Clean,
        _ => Treatment::Remove,
    }
}

/// Slots of the table of tags: three times as many as there are rows, so that most are found at once.
const SLOTS: usize = 2048;

/// Treatments of all tags.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Single tags, each in the first free slot from [`probe`] on: asked for every element of every object, they are found
    /// four times as fast as by halving.
    single: Vec<Option<(Tag, Entry)>>,
    curves: Treatment,
    overlays: Vec<(u16, Entry)>,
    options: Options,
}

impl Plan {
    /// Of the table, the policy's options and its own tags.
    pub fn new(policy: &Policy) -> Self {
        let options = policy.options;
        let mut single: Vec<(Tag, Entry)> = Vec::with_capacity(rows().len());
        let mut overlays = Vec::new();
        let mut curves = Treatment::Remove;
        for row in rows() {
            let entry = entry(row, options);
            match row.pattern {
                Pattern::Tag(tag) => single.push((tag, entry)),
                Pattern::Overlay(element) => overlays.push((element, entry)),
                // Cleaning the points of a retired curve is not possible: it goes.
                Pattern::Curves => curves = Treatment::Remove,
                Pattern::Private => {}
            }
        }
        let own = policy.keep.iter().map(|tag| (*tag, Treatment::Keep));
        for (tag, treatment) in own.chain(policy.remove.iter().map(|tag| (*tag, Treatment::Remove))) {
            let planned = Planned::Fixed(treatment);
            match single.binary_search_by_key(&tag, |(tag, _)| *tag) {
                Ok(at) => {
                    if let Some((_, entry)) = single.get_mut(at) {
                        entry.planned = planned;
                        if treatment == Treatment::Keep {
                            entry.identity = Identity::Nothing;
                        }
                    }
                }
                Err(at) => {
                    single.insert(
                        at,
                        (tag, Entry { planned, basic: Action::Remove, identity: Identity::Nothing }),
                    );
                }
            }
        }
        let mut slots = vec![None; SLOTS.max(single.len().saturating_mul(2).next_power_of_two())];
        for one in single {
            let free = probe(one.0, slots.len()).find(|&at| slots.get(at).is_some_and(Option::is_none));
            if let Some(slot) = free.and_then(|at| slots.get_mut(at)) {
                *slot = Some(one);
            }
        }
        Self { single: slots, curves, overlays, options }
    }

    /// The options it was made with.
    pub const fn options(&self) -> Options {
        self.options
    }

    /// What is planned for a tag; `None` where the table and the policy say nothing.
    pub(crate) fn entry(&self, tag: Tag) -> Option<Entry> {
        for at in probe(tag, self.single.len()) {
            match self.single.get(at) {
                Some(Some((found, entry))) if *found == tag => return Some(*entry),
                Some(Some(_)) => {}
                _ => break,
            }
        }
        let group = tag.group();
        if group & 1 == 1 {
            return None;
        }
        match group >> 8 {
            0x50 => Some(Entry {
                planned: Planned::Fixed(self.curves),
                basic: Action::Remove,
                identity: Identity::Nothing,
            }),
            0x60 => {
                self.overlays.iter().find(|(element, _)| *element == tag.element()).map(|(_, entry)| *entry)
            }
            _ => None,
        }
    }
}

/// Slots in which a tag may be, of a power of two.
fn probe(tag: Tag, slots: usize) -> impl Iterator<Item = usize> {
    let first = (tag.0.wrapping_mul(0x9E37_79B1) >> 16) as usize;
    (0..slots).map(move |step| (first + step) & (slots - 1))
}

fn entry(row: &Row, options: Options) -> Entry {
    let mut planned = Planned::ByType(row.basic);
    for &(option, action) in row.options.iter().filter(|(option, _)| options.has(*option)) {
        let treatment = match (action, option) {
            (Action::Clean, ProfileOption::RetainModifiedDates) => Treatment::Shift,
            (Action::Clean, _) => Treatment::Clean,
            _ => Treatment::Keep,
        };
        // Of two options, the one that changes more.
        if !matches!(planned, Planned::Fixed(Treatment::Shift | Treatment::Clean)) {
            planned = Planned::Fixed(treatment);
        }
    }
    // Overlay data are pixels: cleaning means removing.
    if row.pattern == Pattern::Overlay(0x3000) {
        planned = Planned::Fixed(Treatment::Remove);
    }
    // What is kept is no secret; of what is cleaned, the value as a whole is none.
    let is_open = matches!(planned, Planned::Fixed(Treatment::Keep | Treatment::Clean));
    let identity = if is_open { Identity::Nothing } else { identity(row) };
    Entry { planned, basic: row.basic, identity }
}

/// Attributes that say what someone is, not who: their words would be found everywhere.
const TRAITS: [u16; 7] = [0x1080, 0x1081, 0x2150, 0x2152, 0x2160, 0x2180, 0x21F0];

fn identity(row: &Row) -> Identity {
    let Pattern::Tag(tag) = row.pattern else { return Identity::Nothing };
    let has = |wanted: &[ProfileOption]| row.options.iter().any(|(option, _)| wanted.contains(option));
    match row.vr {
        Some(Vr::PN) => Identity::Name,
        Some(Vr::UI) => Identity::Uid,
        Some(Vr::DA | Vr::DT) if tag == Tag::new(0x0010, 0x0030) => Identity::BirthDate,
        Some(Vr::DA | Vr::DT) if tag >= Tag::new(0x0008, 0x0020) && tag <= Tag::new(0x0008, 0x002A) => {
            Identity::EventDate
        }
        Some(Vr::LO | Vr::SH | Vr::ST | Vr::LT | Vr::UT | Vr::UC | Vr::AE | Vr::UR) => {
            let is_trait = tag.group() == 0x0010 && TRAITS.contains(&tag.element());
            if is_trait || row.options_unseen || has(&[ProfileOption::CleanDescriptors]) {
                Identity::Nothing
            } else if has(&[ProfileOption::RetainDevice, ProfileOption::RetainInstitution])
                || row.vr == Some(Vr::AE)
            {
                Identity::Place
            } else {
                Identity::Identifier
            }
        }
        _ => Identity::Nothing,
    }
}
