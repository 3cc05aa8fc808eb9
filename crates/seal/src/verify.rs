//! Verification of the digital signatures of an object: every signature, everything that none covers, and what it cost is
//! bounded whatever the object says.

use crate::certificate::Certificate;
use crate::coverage;
use crate::item::{self, Found, Parameters, Places};
use crate::mac_stream::{MacStream, is_signable_tag, range_of, unsignable};
use crate::reading::{Reading, read_all};
use crate::report::{Integrity, NotChecked, ObjectReport, SignatureReport, Trust, Weakness};
use crate::timestamp::{self, StampFault};
use crate::trust::{Authorities, Usage};
use medward_dicom_scan::{DataSet, Kind, Limits, Refused, Scanner, Tag, WriteError};
use std::collections::HashMap;
use std::io::{Read, Seek};
use std::ops::Range;
use std::sync::Arc;

/// Signatures of one object that are looked at.
pub const SIGNATURES_MAX: usize = 32;
/// Bytes that digests of one object may run over together, whatever its size.
const WORK_BYTES: u64 = 128 << 20;
/// And times its size: so many signatures over all of it are checked however large it is.
const WORK_TIMES: u64 = 4;
/// Certificates whose standing is remembered; a study has one or two.
const REMEMBERED_MAX: usize = 256;

/// Why an object was not looked at at all.
#[derive(Debug, thiserror::Error)]
pub enum NotVerified {
    /// The scan refused it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The source failed, or changed while it was read.
    #[error("cannot be read: {0}")]
    Read(#[from] WriteError),
}

/// What signatures are verified with; clone it for each thread.
#[derive(Debug, Clone)]
pub struct Verifier {
    authorities: Arc<Authorities>,
    stamp_authorities: Arc<Authorities>,
    /// Seconds since 1970.
    now: u64,
    limits: Limits,
    known: HashMap<Vec<u8>, Result<Certificate, NotChecked>>,
    trust: HashMap<([u8; 32], u64), Trust>,
}

/// A signature with what it takes to check it.
struct Candidate {
    found: Found,
    parameters: Parameters,
    certificate: Certificate,
    ranges: Vec<Range<usize>>,
}

impl Verifier {
    /// Who is trusted to sign, who to stamp time, and the moment that counts as now, in seconds since 1970. Without roots no
    /// object is ever accepted.
    pub fn new(authorities: Authorities, stamp_authorities: Authorities, now: u64) -> Self {
        Self {
            authorities: Arc::new(authorities),
            stamp_authorities: Arc::new(stamp_authorities),
            now,
            limits: limits(),
            known: HashMap::new(),
            trust: HashMap::new(),
        }
    }

    /// Scans and verifies a Part 10 file or a bare data set.
    pub fn object<R: Read + Seek>(&mut self, source: &mut R) -> Result<ObjectReport, NotVerified> {
        let mut scanner = Scanner::new(&self.limits);
        scanner.scan(source)?;
        Ok(self.data_set(&scanner.into_data_set(), source)?)
    }

    /// Verifies what was scanned of a source.
    pub fn data_set<R: Read + Seek>(
        &mut self,
        data_set: &DataSet,
        source: &mut R,
    ) -> Result<ObjectReport, WriteError> {
        let disguise = data_set.disguise();
        let all = item::find_all(data_set);
        if all.is_empty() {
            let (signatures, uncovered) = (Vec::new(), Vec::new());
            return Ok(ObjectReport { signatures, uncovered, uncovered_left_out: 0, disguise });
        }
        let places = Places::of(data_set);
        let blocked = unsignable(data_set);
        let mut reports: Vec<SignatureReport> = Vec::new();
        let mut candidates: Vec<(usize, Candidate)> = Vec::new();
        let (start, end) = data_set.span();
        let mut work = WORK_BYTES.max(end.saturating_sub(start).saturating_mul(WORK_TIMES));
        for found in all.iter().take(SIGNATURES_MAX) {
            let mut report = described(data_set, *found, &places);
            let candidate = self.candidate(data_set, *found, &blocked, &places);
            match candidate.and_then(|candidate| within(&mut work, data_set, candidate)) {
                Ok(candidate) => {
                    describe_signer(&mut report, &candidate);
                    candidates.push((reports.len(), candidate));
                }
                Err(reason) => report.integrity = Integrity::NotChecked(reason),
            }
            reports.push(report);
        }
        let digests = digests(data_set, source, &candidates)?;
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for ((at, candidate), digest) in candidates.iter().zip(digests) {
            let Some(report) = reports.get_mut(*at) else { continue };
            self.settle(data_set, report, candidate, &digest);
            if report.counts() {
                ranges.extend(candidate.ranges.iter().cloned());
                report.profiles =
                    coverage::profiles(data_set, candidate.found, report, &candidate.ranges, &blocked);
            }
        }
        if all.len() > SIGNATURES_MAX {
            reports.push(left_out(all.len() - SIGNATURES_MAX));
        }
        let counting = reports.iter().zip(&all).filter(|(report, _)| report.counts());
        let items: Vec<usize> = counting.map(|(_, found)| found.item).collect();
        let (uncovered, uncovered_left_out) =
            coverage::open(data_set, ranges.into_iter(), &items, &blocked, &places);
        Ok(ObjectReport { signatures: reports, uncovered, uncovered_left_out, disguise })
    }

    /// Reads everything of a signature that can be known before the digest.
    fn candidate(
        &mut self,
        data_set: &DataSet,
        found: Found,
        blocked: &[bool],
        places: &Places<'_>,
    ) -> Result<Candidate, NotChecked> {
        if found.is_history {
            return Err(NotChecked::History);
        }
        let der = item::bytes(data_set, found.item, item::CERTIFICATE);
        let der = der.ok_or(NotChecked::Form("Certificate of Signer (0400,0115)"))?;
        let certificate = self.certificate(der)?;
        let items = item::parameter_items(data_set, found.scope);
        let parameters = item::parameters(data_set, found, &items)?;
        let mut ranges = Vec::new();
        for (index, child) in data_set.children(found.scope) {
            if parameters.tags.binary_search(&child.tag).is_err() {
                continue;
            }
            if !is_signable_tag(child.tag) || blocked.get(index).copied().unwrap_or(true) {
                return Err(NotChecked::Unsignable(places.name(index)));
            }
            ranges.push(range_of(data_set, index));
        }
        check_syntax(data_set, &parameters, &ranges)?;
        // The signature's own item, but for what could not be known when it was made.
        let own = data_set.children(Some(found.item));
        let own = own.filter(|(index, child)| {
            !item::OUTSIDE.contains(&child.tag)
                && is_signable_tag(child.tag)
                && !blocked.get(*index).copied().unwrap_or(true)
        });
        ranges.extend(own.map(|(index, _)| range_of(data_set, index)));
        Ok(Candidate { found, parameters, certificate, ranges })
    }

    fn certificate(&mut self, der: &[u8]) -> Result<Certificate, NotChecked> {
        if let Some(known) = self.known.get(der) {
            return known.clone();
        }
        let read = Certificate::from_der(der).map_err(NotChecked::Certificate);
        if self.known.len() >= REMEMBERED_MAX {
            self.known.clear();
        }
        self.known.insert(der.to_vec(), read.clone());
        read
    }

    /// What the digest says of the signature, then of time and signer: both only where it holds, so that nothing is spent on
    /// what does not.
    fn settle(
        &mut self,
        data_set: &DataSet,
        report: &mut SignatureReport,
        candidate: &Candidate,
        digest: &[u8],
    ) {
        let Candidate { found, parameters, certificate, .. } = candidate;
        let signature = item::bytes(data_set, found.item, item::SIGNATURE);
        let Some(signature) = signature else {
            report.integrity = Integrity::NotChecked(NotChecked::Form("Signature (0400,0120)"));
            return;
        };
        report.integrity = if !certificate.has_signed(parameters.algorithm, digest, signature) {
            Integrity::Broken
        } else if parameters.algorithm.is_weak() {
            Integrity::IntactButWeak(Weakness::Mac(parameters.algorithm))
        } else if certificate.is_weak() {
            Integrity::IntactButWeak(Weakness::Key)
        } else {
            Integrity::Intact
        };
        if report.integrity == Integrity::Broken {
            return;
        }
        if let Some((_, token)) = data_set.find(Some(found.item), item::STAMP) {
            let kind = item::text(data_set, found.item, item::STAMP_TYPE);
            report.time_stamp = Some(match (kind.as_deref(), data_set.value(token)) {
                (Some("CMS_TSP"), Some(token)) => {
                    timestamp::check(token, certificate.trimmed(signature), &self.stamp_authorities, self.now)
                }
                (Some("CMS_TSP"), None) => Err(StampFault::Form("it is too long".to_owned())),
                _ => Err(StampFault::Type),
            });
        }
        let stamped = report.time_stamp.as_ref().and_then(|stamp| stamp.as_ref().ok());
        report.trust = self.trust_in(certificate, stamped.map_or(self.now, |stamp| stamp.moment));
    }

    fn trust_in(&mut self, certificate: &Certificate, moment: u64) -> Trust {
        if self.authorities.is_empty() {
            return Trust::NotAsked;
        }
        let key = (certificate.fingerprint(), moment);
        if let Some(known) = self.trust.get(&key) {
            return known.clone();
        }
        let checked = self.authorities.check(certificate, &[], &Usage::DOCUMENT, moment, self.now);
        let trust = checked.map_or_else(Trust::Distrusted, |()| Trust::Trusted);
        if self.trust.len() >= REMEMBERED_MAX {
            self.trust.clear();
        }
        self.trust.insert(key, trust.clone());
        trust
    }
}

/// Limits with which objects are to be scanned here: certificates and time stamps are kept, pixel data is not.
pub fn limits() -> Limits {
    Limits { binary_bytes_held: 64 << 10, ..Limits::default() }
}

/// A signature of which nothing is known yet.
fn unknown(uid: String) -> SignatureReport {
    SignatureReport {
        place: String::new(),
        uid,
        claimed: String::new(),
        mac: None,
        signer: None,
        certificate: None,
        key: None,
        purpose: None,
        integrity: Integrity::NotChecked(NotChecked::Work("not looked at")),
        trust: Trust::NotAsked,
        time_stamp: None,
        elements: 0,
        profiles: Vec::new(),
    }
}

fn described(data_set: &DataSet, found: Found, places: &Places<'_>) -> SignatureReport {
    let text = |tag| item::text(data_set, found.item, tag).unwrap_or_default();
    SignatureReport {
        place: found.scope.map(|scope| places.name(scope)).unwrap_or_default(),
        claimed: text(item::DATE_TIME),
        purpose: item::purpose(data_set, found.item),
        ..unknown(text(item::SIGNATURE_UID))
    }
}

fn describe_signer(report: &mut SignatureReport, candidate: &Candidate) {
    report.mac = Some(candidate.parameters.algorithm);
    report.signer = Some(candidate.certificate.subject());
    report.certificate = Some(candidate.certificate.fingerprint());
    report.key = Some(candidate.certificate.key_name());
    report.elements = candidate.parameters.tags.len();
}

/// What stands for the signatures past the limit.
fn left_out(count: usize) -> SignatureReport {
    let integrity = Integrity::NotChecked(NotChecked::Work("too many signatures"));
    SignatureReport { integrity, ..unknown(format!("and {count} more")) }
}

/// Takes the work of a candidate off what is left.
fn within(work: &mut u64, data_set: &DataSet, candidate: Candidate) -> Result<Candidate, NotChecked> {
    let stream = MacStream::new(data_set, candidate.ranges.clone(), candidate.parameters.algorithm);
    let left = work.checked_sub(stream.work());
    *work = left.ok_or(NotChecked::Work("too many bytes under signatures"))?;
    Ok(candidate)
}

/// The transfer syntax of the MAC (0400,0010) against what is there: native data has one form for it, explicit VR little
/// endian; encapsulated pixel data is signed as it is (PS3.15 section C.1.1) and cannot be turned back.
fn check_syntax(
    data_set: &DataSet,
    parameters: &Parameters,
    ranges: &[Range<usize>],
) -> Result<(), NotChecked> {
    const NATIVE: [&str; 2] = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"];
    let elements = data_set.elements();
    let mut firsts = ranges.iter().filter_map(|range| elements.get(range.start));
    let is_encapsulated = firsts.any(|element| element.kind == Kind::Encapsulated);
    let is_native = NATIVE.contains(&parameters.syntax.as_str());
    let syntax = data_set.meta_text(Tag::TRANSFER_SYNTAX);
    let is_same = syntax.is_some_and(|syntax| syntax == parameters.syntax.as_str());
    let fits = if is_encapsulated { is_same } else { is_native };
    // Without pixel data the syntax of the object says nothing of the bytes.
    let has_pixels = data_set.children(None).any(|(_, element)| element.tag == Tag::PIXEL_DATA);
    let is_other_form = matches!(parameters.syntax.as_str(), "1.2.840.10008.1.2" | "1.2.840.10008.1.2.2");
    if fits || (!has_pixels && !is_other_form) {
        Ok(())
    } else {
        Err(NotChecked::TransferSyntax(parameters.syntax.clone()))
    }
}

/// Digests of all candidates in one pass over the source.
fn digests<R: Read + Seek>(
    data_set: &DataSet,
    source: &mut R,
    candidates: &[(usize, Candidate)],
) -> Result<Vec<Vec<u8>>, WriteError> {
    let streams = candidates.iter().map(|(_, candidate)| {
        MacStream::new(data_set, candidate.ranges.clone(), candidate.parameters.algorithm)
    });
    let mut streams: Vec<MacStream<'_>> = streams.collect();
    let mut readings: Vec<&mut dyn Reading> =
        streams.iter_mut().map(|stream| stream as &mut dyn Reading).collect();
    read_all(data_set, source, &mut readings)?;
    Ok(streams.into_iter().map(|stream| stream.hasher.finish()).collect())
}
