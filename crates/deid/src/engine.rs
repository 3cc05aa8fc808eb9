//! The de-identifier: scan, decide, edit, look again, write; never writes a byte of an object that does not pass.

use crate::decide::{Decisions, Rules};
use crate::facts::Facts;
use crate::gathering::Gathering;
use crate::identity::Identities;
use crate::iod::Types;
use crate::key::{Derivation, ProjectKey};
use crate::look::Finder;
use crate::mapping::Links;
use crate::mark::{self, Marks};
use crate::options::ProfileOption;
use crate::pixels;
use crate::plan::{Plan, Treatment};
use crate::policy::Policy;
use crate::private::SafeList;
use crate::report::{Counts, Detail, ElementReport, NotPassed, Quarantine, Report};
use crate::uids::{UidMap, map_uid};
use crate::values::Maker;
use medward_dicom_scan::{DataSet, Edited, Edits, Kind, Limits, Scanner, Source, Vr, WriteError};
use medward_sabotage::{Broken, is};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

/// Objects up to this many bytes are read at once; larger ones are read twice, the bulk passing by.
const WHOLE: u64 = 4 << 20;

/// What an object will be called, before anything is done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Pseudonym of the patient.
    pub pseudonym: String,
    /// Study Instance UID of the result; empty where the object has none.
    pub study: String,
    /// SOP Instance UID of the result; empty where the object has none.
    pub instance: String,
}

/// What all threads of a run share.
#[derive(Debug)]
struct Setting {
    policy: Policy,
    plan: Plan,
    safe: SafeList,
    keys: Derivation,
    is_anonymous: bool,
    detail: Detail,
}

/// De-identifies one object after the other with the same buffers. A clone shares policy and key and has buffers of its
/// own: one a thread.
#[derive(Debug)]
pub struct Deidentifier {
    setting: Arc<Setting>,
    scanner: Scanner,
    second: Scanner,
    whole: Vec<u8>,
    decisions: Decisions,
    identities: Identities,
    finder: Finder,
    uids: UidMap,
    edits: Edits,
    digests: bool,
}

impl Setting {
    fn names(&self, facts: &Facts<'_>, uids: &mut UidMap) -> Names {
        let keeps = self.policy.options.has(ProfileOption::RetainUids);
        let mut uid = |uid: &[u8]| {
            let mut mapped = Vec::new();
            if keeps {
                mapped.extend_from_slice(uid);
            } else {
                uids.append(&self.keys, uid, &mut mapped);
            }
            String::from_utf8_lossy(&mapped).into_owned()
        };
        let pseudonym = format!("{}{}", self.policy.prefix, self.keys.pseudonym(facts.patient()));
        Names { pseudonym, study: uid(facts.study), instance: uid(facts.instance) }
    }

    /// What an object gives to the mapping.
    fn links(&self, data_set: &DataSet, facts: &Facts<'_>, identities: &Identities, names: &Names) -> Links {
        let shifts = self.policy.options.has(ProfileOption::RetainModifiedDates);
        let days = if shifts { self.keys.shift_days(facts.patient(), self.policy.shift_days) } else { 0 };
        let uids = identities.uids.iter().map(|uid| {
            let new = String::from_utf8_lossy(&map_uid(&self.keys, uid)).into_owned();
            (new, String::from_utf8_lossy(uid).into_owned())
        });
        crate::reidentify::links(data_set, (&names.pseudonym, &names.study), uids, days)
    }
}

impl Clone for Deidentifier {
    fn clone(&self) -> Self {
        Self { digests: self.digests, ..Self::of(Arc::clone(&self.setting)) }
    }
}

impl Deidentifier {
    /// By a policy, under a project key. With a key to be thrown away this is anonymisation, and the results say so.
    pub fn new(policy: Policy, key: &ProjectKey, detail: Detail) -> Self {
        let safe = SafeList::new(policy.options.has(ProfileOption::RetainSafePrivate), &policy.safe_private);
        Self::of(Arc::new(Setting {
            plan: Plan::new(&policy),
            safe,
            keys: Derivation::new(key),
            is_anonymous: key.is_throwaway(),
            detail,
            policy,
        }))
    }

    fn of(setting: Arc<Setting>) -> Self {
        let limits = Limits::default();
        Self {
            identities: Identities::new(&setting.policy.harmless),
            setting,
            scanner: Scanner::new(&limits),
            // The second look searches everything that it holds.
            second: Scanner::new(&Limits { binary_bytes_held: limits.value_bytes_held, ..limits }),
            whole: Vec::new(),
            decisions: Decisions::default(),
            finder: Finder::default(),
            uids: UidMap::default(),
            edits: Edits::new(),
            digests: true,
        }
    }

    /// The same without digests of results, for who digests them anyway where they are kept.
    #[must_use]
    pub fn without_digests(self) -> Self {
        Self { digests: false, ..self }
    }

    /// Says for which policy and key results are the same: 16 letters and digits that tell nothing of either.
    pub fn fingerprint(&self) -> String {
        let policy = format!("{} {:?}", env!("CARGO_PKG_VERSION"), self.setting.policy);
        self.setting.keys.label(0, policy.as_bytes())
    }

    /// What a UID of an original is in results.
    pub fn uid(&self, uid: &str) -> String {
        let keeps = self.setting.policy.options.has(ProfileOption::RetainUids);
        let mapped = if keeps { uid.into() } else { map_uid(&self.setting.keys, uid.as_bytes()) };
        String::from_utf8_lossy(&mapped).into_owned()
    }

    /// Reads and scans an object, and says what it will be called.
    pub fn open<'d, R: Read + Seek>(&'d mut self, source: &'d mut R) -> Result<Opened<'d, R>, NotPassed> {
        let bytes = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let place = if bytes <= WHOLE { Place::Buffer } else { Place::Source };
        if place == Place::Buffer {
            // Grows to the largest object met and is not wiped in between; `bytes` is what is there, not a claim.
            self.whole.resize(usize::try_from(bytes).unwrap_or_default(), 0);
            source.read_exact(&mut self.whole)?;
            self.scanner.scan_bytes(&self.whole)?;
        } else {
            self.scanner.scan(source)?;
        }
        Ok(Opened { names: self.names(), deidentifier: self, source, place })
    }

    fn names(&mut self) -> Names {
        self.setting.names(&Facts::of(self.scanner.data_set()), &mut self.uids)
    }

    /// De-identifies one object. Nothing is written unless it passes; an error of reading or writing can leave a part.
    pub fn object<R: Read + Seek, W: Write>(
        &mut self,
        source: &mut R,
        out: &mut W,
    ) -> Result<Report, NotPassed> {
        self.open(source)?.write(out)
    }

    /// De-identifies one object that is in memory, of whatever length: it is not copied. Else as [`Self::object`].
    pub fn in_memory<W: Write>(&mut self, object: &[u8], out: &mut W) -> Result<Report, NotPassed> {
        self.scanner.scan_bytes(object)?;
        let (names, place) = (self.names(), Place::Memory(object));
        Opened { deidentifier: self, source: &mut io::empty(), place, names }.write(out)
    }
}

/// Where the bytes of an object are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'d> {
    /// With who asks.
    Memory(&'d [u8]),
    /// In the buffer of the de-identifier.
    Buffer,
    /// They are read again.
    Source,
}

/// An object that was scanned and not yet treated.
#[derive(Debug)]
pub struct Opened<'d, R> {
    deidentifier: &'d mut Deidentifier,
    source: &'d mut R,
    place: Place<'d>,
    names: Names,
}

impl<R: Read + Seek> Opened<'_, R> {
    /// What the result will be called.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Writes the result. Nothing is written unless it passes; an error of reading or writing can leave a part.
    pub fn write<W: Write>(self, out: &mut W) -> Result<Report, NotPassed> {
        self.treat(out, None)
    }

    /// The same, and what the mapping needs for a way back.
    pub fn write_with_links<W: Write>(self, out: &mut W) -> Result<(Report, Links), NotPassed> {
        let mut links = Links::default();
        let report = self.treat(out, Some(&mut links))?;
        Ok((report, links))
    }

    /// What the mapping needs for a way back, without the result: of an object that was treated before.
    pub fn links(self) -> Links {
        let Self {
            deidentifier: Deidentifier { setting, scanner, decisions, identities, .. }, names, ..
        } = self;
        let data_set = scanner.data_set();
        let facts = Facts::of(data_set);
        let rules = Rules { plan: &setting.plan, safe: &setting.safe, types: Types::of(facts.sop_class) };
        identities.clear();
        decisions.decide(data_set, &rules, identities);
        identities.close();
        setting.links(data_set, &facts, identities, &names)
    }

    fn treat<W: Write>(self, out: &mut W, links: Option<&mut Links>) -> Result<Report, NotPassed> {
        let Self { deidentifier, source: file, place, names } = self;
        let Deidentifier {
            setting,
            scanner,
            second,
            whole,
            decisions,
            identities,
            finder,
            uids,
            edits,
            digests,
        } = deidentifier;
        let data_set = scanner.data_set();
        let whole = match place {
            Place::Memory(bytes) => Some(bytes),
            Place::Buffer => Some(whole.as_slice()),
            Place::Source => None,
        };
        let facts = Facts::of(data_set);
        let syntax = mark::transfer_syntax(data_set);
        admit(data_set, &facts, &syntax)?;
        let mut pixels =
            pixels::plan(data_set, &mut source(data_set, whole, file)?, &facts, &setting.policy, &syntax)?;

        let rules = Rules { plan: &setting.plan, safe: &setting.safe, types: Types::of(facts.sop_class) };
        identities.clear();
        decisions.decide(data_set, &rules, identities);
        identities.close();
        finder.prepare(identities).map_err(|_| Quarantine::TooManyIdentifiers)?;

        let shift_days = setting.keys.shift_days(facts.patient(), setting.policy.shift_days);
        let mut maker = Maker {
            data_set,
            rules: &rules,
            keys: &setting.keys,
            uids,
            finder,
            pseudonym: &names.pseudonym,
            prefix: &setting.policy.prefix,
            shift_days,
        };
        let mut report = Report {
            pseudonym: names.pseudonym.clone(),
            sop_class: String::from_utf8_lossy(facts.sop_class).into_owned(),
            instance: names.instance.clone(),
            study: names.study.clone(),
            counts: Counts { kept: decisions.kept, ..Counts::default() },
            elements: Vec::new(),
            regions_blanked: pixels.regions(),
            digest: None,
            bytes: 0,
        };
        edits.clear();
        for &(index, treatment) in &decisions.list {
            let done = maker.edit(index, treatment, edits);
            report.counts.add(done);
            if setting.detail == Detail::Elements
                && let Some(element) = data_set.elements().get(index)
                && done != Treatment::Keep
            {
                let (tag, depth) = (element.tag, element.depth);
                report.elements.push(ElementReport { tag, depth, treatment: done });
            }
        }
        let marks = Marks {
            options: setting.policy.options,
            is_anonymous: setting.is_anonymous,
            kept_by_policy: setting.policy.keep.len(),
            pixels_clean: pixels.is_ruled,
        };
        for mark in marks.elements(data_set.transfer_syntax().encoding) {
            edits.set(None, mark);
        }
        if let Some(redaction) = &pixels.redaction {
            redaction.edit(data_set, edits);
        }
        let syntax = if pixels.is_decoded() { pixels::DECODED } else { syntax.as_str() };
        let edited = Edited::new(data_set, edits)?;
        let result = edited.scan(source(data_set, whole, file)?, second);
        let result = result.map_err(|refused| Quarantine::Unreadable(refused.to_string()))?;
        look_again(result, finder, identities, syntax)?;

        if let Some(links) = links {
            *links = setting.links(data_set, &facts, identities, &names);
        }
        let meta = mark::meta(facts.sop_class, &names.instance, syntax);
        let mut out = Gathering::new(out, *digests);
        let source = source(data_set, whole, file)?;
        edited.write(source, Some(&meta), &mut out, &mut |source, out| match &mut pixels.redaction {
            Some(redaction) => redaction.write(source, out),
            None => Ok(()),
        })?;
        (report.digest, report.bytes) = out.finish()?;
        Ok(report)
    }
}

/// What an object is copied from.
fn source<'s, R: Read + Seek>(
    data_set: &'s DataSet,
    whole: Option<&'s [u8]>,
    file: &'s mut R,
) -> Result<Source<'s>, WriteError> {
    match whole {
        Some(bytes) => Source::whole(data_set, bytes),
        None => Source::new(data_set, file),
    }
}

/// The second look, at the result as it will be written, scanned again from its bytes.
fn look_again(
    result: &DataSet,
    finder: &Finder,
    identities: &Identities,
    syntax: &str,
) -> Result<(), Quarantine> {
    if let Some(hit) = finder.look(result, &identities.uids).filter(|_| !is(Broken::SecondLookSkipped)) {
        return Err(Quarantine::StillThere { place: hit.place, of: hit.source });
    }
    for element in result.elements() {
        if element.kind == Kind::Encapsulated && mark::is_native(syntax) {
            let inside = "there are compressed pixels inside of a sequence too";
            return Err(Quarantine::Pixels(inside.to_owned()));
        }
        // Numbers in bulk say nothing of a person; bytes of no known kind may be text as well.
        let may_be_text = element.vr.is_text() || matches!(element.vr, Vr::UN | Vr::OB);
        let is_pixels = element.tag.group() == 0x7FE0 || element.kind == Kind::Fragment;
        if element.is_left_in_source() && may_be_text && !is_pixels {
            return Err(Quarantine::LongText(element.tag));
        }
    }
    Ok(())
}

/// Whether an object may be treated at all.
fn admit(data_set: &DataSet, facts: &Facts<'_>, syntax: &str) -> Result<(), Quarantine> {
    if facts.is_directory || facts.sop_class == b"1.2.840.10008.1.3.10" {
        return Err(Quarantine::Directory);
    }
    if facts.sop_class.is_empty() {
        return Err(Quarantine::Unidentified("SOP Class UID"));
    }
    if facts.instance.is_empty() {
        return Err(Quarantine::Unidentified("SOP Instance UID"));
    }
    let is_compressed = data_set.elements().iter().any(|element| element.kind == Kind::Encapsulated);
    if is_compressed && mark::is_native(syntax) {
        return Err(Quarantine::Unidentified("transfer syntax of its compressed pixels"));
    }
    Ok(())
}
