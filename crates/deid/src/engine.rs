//! The de-identifier: scan, decide, edit, look again, write; never writes a byte of an object that does not pass.

use crate::decide::{Decisions, Rules, vr_of};
use crate::facts::Facts;
use crate::identity::Identities;
use crate::iod::Types;
use crate::key::{Derivation, ProjectKey};
use crate::look::Finder;
use crate::mapping::Links;
use crate::mark::{self, Marks};
use crate::options::ProfileOption;
use crate::pixels::{self, Blanked, PixelPlan};
use crate::plan::{Plan, Treatment};
use crate::policy::Policy;
use crate::private::SafeList;
use crate::report::{Counts, Detail, ElementReport, NotPassed, Quarantine, Report};
use crate::values::{Maker, map_uid};
use medward_dicom_scan::{DataSet, Edits, Kind, Limits, Scanner, Vr, write, write_bytes};
use sha2::{Digest as _, Sha256};
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
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
    preview: Vec<u8>,
    decisions: Decisions,
    identities: Identities,
    finder: Finder,
    edits: Edits,
}

impl Setting {
    fn names(&self, facts: &Facts<'_>) -> Names {
        let keeps = self.policy.options.has(ProfileOption::RetainUids);
        let uid = |uid: &[u8]| {
            let mapped = if keeps { uid.to_vec() } else { map_uid(&self.keys, uid) };
            String::from_utf8_lossy(&mapped).into_owned()
        };
        let pseudonym = format!("{}{}", self.policy.prefix, self.keys.pseudonym(facts.patient()));
        Names { pseudonym, study: uid(facts.study), instance: uid(facts.instance) }
    }
}

impl Clone for Deidentifier {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.setting))
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
            second: Scanner::new(&limits),
            whole: Vec::new(),
            preview: Vec::new(),
            decisions: Decisions::default(),
            finder: Finder::default(),
            edits: Edits::new(),
        }
    }

    /// Says for which policy and key results are the same: 16 letters and digits that tell nothing of either.
    pub fn fingerprint(&self) -> String {
        let policy = format!("{} {:?}", env!("CARGO_PKG_VERSION"), self.setting.policy);
        self.setting.keys.label(0, policy.as_bytes())
    }

    /// What an object will be called. Reads its header only.
    pub fn names<R: Read + Seek>(&mut self, source: &mut R) -> Result<Names, NotPassed> {
        source.seek(SeekFrom::Start(0))?;
        let facts = Facts::of(self.scanner.scan(source)?);
        Ok(self.setting.names(&facts))
    }

    /// De-identifies one object. Nothing is written unless it passes; an error of reading or writing can leave a part.
    pub fn object<R: Read + Seek, W: Write>(
        &mut self,
        source: &mut R,
        out: &mut W,
    ) -> Result<Report, NotPassed> {
        self.treat(source, out, None)
    }

    /// The same, and what the mapping needs for a way back.
    pub fn object_with_links<R: Read + Seek, W: Write>(
        &mut self,
        source: &mut R,
        out: &mut W,
    ) -> Result<(Report, Links), NotPassed> {
        let mut links = Links::default();
        let report = self.treat(source, out, Some(&mut links))?;
        Ok((report, links))
    }

    fn treat<R: Read + Seek, W: Write>(
        &mut self,
        source: &mut R,
        out: &mut W,
        links: Option<&mut Links>,
    ) -> Result<Report, NotPassed> {
        let setting = Arc::clone(&self.setting);
        let bytes = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let is_whole = bytes <= WHOLE;
        if is_whole {
            // Grows to the largest object met and is not wiped in between; `bytes` is what is there, not a claim.
            self.whole.resize(usize::try_from(bytes).unwrap_or_default(), 0);
            source.read_exact(&mut self.whole)?;
        }
        let data_set =
            if is_whole { self.scanner.scan_bytes(&self.whole)? } else { self.scanner.scan(source)? };
        let facts = Facts::of(data_set);
        let pixels = admit(data_set, &facts, &setting.policy)?;

        let rules = Rules { plan: &setting.plan, safe: &setting.safe, types: Types::of(facts.sop_class) };
        self.identities.clear();
        self.decisions.decide(data_set, &rules, &mut self.identities);
        self.identities.close();
        self.finder.prepare(&self.identities).map_err(|_| Quarantine::TooManyIdentifiers)?;

        let names = setting.names(&facts);
        let shift_days = setting.keys.shift_days(facts.patient(), setting.policy.shift_days);
        let maker = Maker {
            data_set,
            keys: &setting.keys,
            finder: &self.finder,
            pseudonym: &names.pseudonym,
            prefix: &setting.policy.prefix,
            shift_days,
        };
        let mut counts = Counts { kept: self.decisions.kept, ..Counts::default() };
        let mut elements = Vec::new();
        self.edits.clear();
        for &(index, treatment) in &self.decisions.list {
            let done = maker.edit(index, treatment, &mut self.edits);
            counts.add(done);
            if setting.detail == Detail::Elements
                && let Some(element) = data_set.elements().get(index)
                && done != Treatment::Keep
            {
                elements.push(ElementReport { tag: element.tag, depth: element.depth, treatment: done });
            }
        }
        let marks = Marks {
            options: setting.policy.options,
            is_anonymous: setting.is_anonymous,
            kept_by_policy: setting.policy.keep.len(),
            pixels_clean: pixels.is_ruled,
        };
        for mark in marks.elements(data_set.transfer_syntax().encoding) {
            self.edits.set(None, mark);
        }
        let meta = mark::meta(facts.sop_class, &names.instance, &mark::transfer_syntax(data_set));

        let mut report = Report {
            pseudonym: names.pseudonym.clone(),
            sop_class: String::from_utf8_lossy(facts.sop_class).into_owned(),
            instance: names.instance.clone(),
            study: names.study.clone(),
            counts,
            elements,
            regions_blanked: pixels.regions(),
            digest: [0; 32],
            bytes: 0,
        };

        // The second look, at the header as it will be written, read again from its bytes.
        let mut preview = self.edits.clone();
        leave_bulk_out(data_set, &self.decisions.list, &mut preview)?;
        self.preview.clear();
        if is_whole {
            write_bytes(data_set, &self.whole, &preview, Some(&meta), &mut self.preview)?;
        } else {
            write(data_set, source, &preview, Some(&meta), &mut self.preview)?;
        }
        look_again(&mut self.second, &self.preview, &self.finder, &self.identities)?;

        if let Some(links) = links {
            let shifts = setting.policy.options.has(ProfileOption::RetainModifiedDates);
            let days = if shifts { shift_days } else { 0 };
            let uids = self.identities.uids.iter().map(|uid| {
                let new = String::from_utf8_lossy(&map_uid(&setting.keys, uid)).into_owned();
                (new, String::from_utf8_lossy(uid).into_owned())
            });
            *links = crate::reidentify::links(data_set, (&names.pseudonym, &names.study), uids, days);
        }
        let mut out = Hashing::new(out);
        let span = blank_held(data_set, &pixels, &mut self.edits);
        let blank = pixels.blank.as_ref().map(|(_, blank)| blank);
        if is_whole {
            let range = usize::try_from(span.0).ok().zip(usize::try_from(span.1).ok());
            let value = range.and_then(|(from, to)| self.whole.get_mut(from..to));
            if let (Some(blank), Some(value)) = (blank, value) {
                blank.apply(0, value);
            }
            write_bytes(data_set, &self.whole, &self.edits, Some(&meta), &mut out)?;
        } else {
            let mut source = Blanked { source, blank, span, position: 0 };
            write(data_set, &mut source, &self.edits, Some(&meta), &mut out)?;
        }
        (report.digest, report.bytes) = out.finish()?;
        Ok(report)
    }
}

/// Reads the result's header from its bytes and searches it.
fn look_again(
    scanner: &mut Scanner,
    header: &[u8],
    finder: &Finder,
    identities: &Identities,
) -> Result<(), Quarantine> {
    let result = scanner.scan_bytes(header);
    let result = result.map_err(|refused| Quarantine::Unreadable(refused.to_string()))?;
    let hit = finder.look(result, &identities.uids);
    hit.map_or(Ok(()), |hit| Err(Quarantine::StillThere { place: hit.place, of: hit.source }))
}

/// Small images are held by the scan and written from there: blanks those. Gives the span of the pixels in the source.
fn blank_held(data_set: &DataSet, pixels: &PixelPlan, edits: &mut Edits) -> (u64, u64) {
    let Some((index, blank)) = &pixels.blank else { return (0, 0) };
    let Some(element) = data_set.elements().get(*index) else { return (0, 0) };
    if let Some(held) = data_set.value(element) {
        let mut value = held.to_vec();
        blank.apply(0, &mut value);
        edits.replace(*index, value);
    }
    (element.value, element.value_end())
}

/// Whether an object may be treated at all, and what is done to its pixels.
fn admit(data_set: &DataSet, facts: &Facts<'_>, policy: &Policy) -> Result<PixelPlan, Quarantine> {
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
    if is_compressed && mark::is_native(&mark::transfer_syntax(data_set)) {
        return Err(Quarantine::Unidentified("transfer syntax of its compressed pixels"));
    }
    pixels::plan(data_set, facts, policy)
}

/// Takes out of a copy of the edits what stayed in the source: pixels and other bulk.
fn leave_bulk_out(
    data_set: &DataSet,
    decided: &[(usize, Treatment)],
    edits: &mut Edits,
) -> Result<(), Quarantine> {
    let elements = data_set.elements();
    let mut decided: Vec<usize> = decided.iter().map(|(index, _)| *index).collect();
    decided.sort_unstable();
    let is_changed = |index: usize| {
        let mut at = Some(index);
        while let Some(index) = at {
            if decided.binary_search(&index).is_ok() {
                return true;
            }
            at = elements.get(index).and_then(medward_dicom_scan::Element::parent);
        }
        false
    };
    for (index, element) in elements.iter().enumerate() {
        let is_bulk = element.kind == Kind::Value && element.is_left_in_source();
        if !is_bulk && element.kind != Kind::Encapsulated || is_changed(index) {
            continue;
        }
        if element.kind == Kind::Encapsulated {
            edits.remove(index);
        } else {
            // Bytes of an unknown VR may be text as well.
            let vr = vr_of(element);
            if vr.is_text() || vr == Vr::UN {
                return Err(Quarantine::LongText(element.tag));
            }
            edits.replace(index, Vec::new());
        }
    }
    Ok(())
}

/// Digests what is written, and gathers small pieces.
struct Hashing<'w, W> {
    out: &'w mut W,
    small: Vec<u8>,
    digest: Sha256,
    bytes: u64,
}

const GATHERED: usize = 64 << 10;

impl<'w, W: Write> Hashing<'w, W> {
    fn new(out: &'w mut W) -> Self {
        Self { out, small: Vec::with_capacity(GATHERED), digest: Sha256::new(), bytes: 0 }
    }

    fn finish(mut self) -> io::Result<([u8; 32], u64)> {
        self.flush()?;
        Ok((self.digest.finalize().into(), self.bytes))
    }
}

impl<W: Write> Write for Hashing<'_, W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.digest.update(piece);
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        if self.small.len().saturating_add(piece.len()) <= GATHERED {
            self.small.extend_from_slice(piece);
            return Ok(piece.len());
        }
        // Header and pixels in one call, where the system takes them so.
        let both = [IoSlice::new(&self.small), IoSlice::new(piece)];
        let written = self.out.write_vectored(&both)?;
        let of_small = written.min(self.small.len());
        self.out.write_all(self.small.get(of_small..).unwrap_or_default())?;
        self.out.write_all(piece.get(written.saturating_sub(self.small.len())..).unwrap_or_default())?;
        self.small.clear();
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.small)?;
        self.small.clear();
        self.out.flush()
    }
}
