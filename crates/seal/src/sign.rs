//! Signing: adds a signature to an object by span edits, and copies everything else as it is.

use crate::algorithm::MacAlgorithm;
use crate::certificate::Certificate;
use crate::item::{
    ALGORITHM, CERTIFICATE, CERTIFICATE_TYPE, DATE_TIME, ELEMENTS_SIGNED, MAC_ID, PARAMETERS, PURPOSE,
    SIGNATURE, SIGNATURE_UID, SIGNATURES, STAMP, STAMP_TYPE, SYNTAX, is_report, is_verified_report, mac_id,
};
use crate::key::PrivateKey;
use crate::mac_stream::{MacStream, is_signable_tag, range_of, unsignable};
use crate::profile::Profile;
use crate::purpose::{Purpose, SCHEME, VERIFICATION};
use crate::reading::{Reading as _, read_all};
use crate::stamp_request::{NotStamped, StampAuthority};
use crate::verify::limits;
use jiff::Timestamp;
use medward_dicom_scan::{
    DataSet, Disguise, Edits, Encoding, Kind, NewElement, Refused, Scanner, Source, Tag, Vr, WriteError,
    scan_bytes, write, write_bytes,
};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::Range;

const EXPLICIT_LITTLE: &str = "1.2.840.10008.1.2.1";

/// Why nothing can be signed with a key and certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// They do not belong together.
    #[error("the certificate is not of this private key")]
    OtherKey,
    /// Its key usage has neither digital signature nor non-repudiation.
    #[error("the certificate's key may not sign (its key usage says otherwise)")]
    Usage,
    /// Verify only.
    #[error("{0} can be forged, or nearly: sign with SHA256, SHA384 or SHA512")]
    WeakMac(MacAlgorithm),
    /// Its key is too short.
    #[error("the key is too short to sign with")]
    WeakKey,
    /// The profiles are of RSA.
    #[error("the profile {0} is for RSA keys; leave the profile out to sign with ECDSA")]
    Profile(Profile),
    /// The profile of structured reports asks what for.
    #[error(
        "signatures of the profile {0} say what for: give a purpose, such as 1 (author) or 5 (verification)"
    )]
    NoPurpose(Profile),
}

/// Why an object was not signed. Of the output nothing can be used then.
#[derive(Debug, thiserror::Error)]
pub enum NotSigned {
    /// The scan refused it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The certificate is not valid now: the signature would be refused by everyone.
    #[error("the certificate is not valid at this moment")]
    OutOfTime,
    /// No such item.
    #[error("there is no item at {0}")]
    NoItem(String),
    /// Nothing in it can be signed.
    #[error("nothing in it can be signed")]
    Nothing,
    /// Tags do not ascend, so that readers would sign different things.
    #[error(
        "the elements are not in ascending order (PS3.5 section 7.1), so readers would not agree on what is signed; have its maker mend it"
    )]
    Order,
    /// What is there of signatures cannot be added to.
    #[error("the signatures that it has are not laid out as they must be: {0}")]
    Signatures(&'static str),
    /// No signature covers the preamble (PS3.15 section C.1.1), and this one makes the file something else as well.
    #[error(
        "its preamble also makes it {0}, which no signature covers: write it anew, with a preamble of zeros, and sign that"
    )]
    Disguised(Disguise),
    /// The profile that was asked for is not of such objects or signatures.
    #[error("the profile {0} does not fit: {1}")]
    Profile(Profile, &'static str),
    /// The authority did not stamp it.
    #[error("no time stamp: {0}")]
    NotStamped(#[from] NotStamped),
    /// No random numbers, or the library refused.
    #[error("the signature could not be made")]
    Library,
    /// Source or output failed.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Source or output failed.
    #[error("cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

/// What was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Digital Signature UID.
    pub uid: String,
    /// Elements of the item that are covered, with all that is in them.
    pub elements: usize,
    /// Elements that cannot be signed: they, or something in them, have the VR UN.
    pub left_out: Vec<Tag>,
}

/// A key with its certificate, and how to sign.
#[derive(Debug)]
pub struct Signer {
    key: PrivateKey,
    certificate: Certificate,
    mac: MacAlgorithm,
    profile: Option<Profile>,
    purpose: Option<Purpose>,
    authority: Option<StampAuthority>,
}

impl Signer {
    /// Signs with this key. A profile is held against key and MAC here; every element that can be signed is, which is more
    /// than any profile demands, so that nothing can be added unnoticed.
    pub fn new(
        key: PrivateKey,
        certificate: Certificate,
        mac: MacAlgorithm,
        profile: Option<Profile>,
        purpose: Option<Purpose>,
    ) -> Result<Self, SignerError> {
        if !key.is_of(&certificate) {
            return Err(SignerError::OtherKey);
        }
        if !certificate.may_sign() {
            return Err(SignerError::Usage);
        }
        if mac.is_weak() {
            return Err(SignerError::WeakMac(mac));
        }
        if certificate.is_weak() {
            return Err(SignerError::WeakKey);
        }
        match profile {
            Some(profile) if !certificate.is_rsa() => Err(SignerError::Profile(profile)),
            Some(profile @ Profile::StructuredReportRsa) if purpose.is_none() => {
                Err(SignerError::NoPurpose(profile))
            }
            _ => Ok(Self { key, certificate, mac, profile, purpose, authority: None }),
        }
    }

    /// Has every signature stamped; without a stamp nothing is signed.
    #[must_use]
    pub fn stamped_by(self, authority: StampAuthority) -> Self {
        Self { authority: Some(authority), ..self }
    }

    /// Signs an object at a moment, in one item of it by the path of sequences and item numbers, or at the top.
    pub fn object<R: Read + Seek, W: Write>(
        &self,
        source: &mut R,
        path: &[(Tag, usize)],
        moment: Timestamp,
        out: &mut W,
    ) -> Result<Signed, NotSigned> {
        let mut scanner = Scanner::new(&limits());
        scanner.scan(source)?;
        self.data_set(&scanner.into_data_set(), source, path, moment, out)
    }

    /// Signs what was scanned of a source.
    pub fn data_set<R: Read + Seek, W: Write>(
        &self,
        data_set: &DataSet,
        source: &mut R,
        path: &[(Tag, usize)],
        moment: Timestamp,
        out: &mut W,
    ) -> Result<Signed, NotSigned> {
        let (edits, made) = self.edits(data_set, source, path, moment)?;
        // Preamble and file meta information as they are.
        let (start, _) = data_set.span();
        source.seek(SeekFrom::Start(0))?;
        io::copy(&mut source.take(start), out)?;
        write(data_set, source, &edits, None, out)?;
        Ok(made)
    }

    /// The same with the whole file in memory, at less cost.
    pub fn bytes<W: Write>(
        &self,
        data_set: &DataSet,
        source: &[u8],
        path: &[(Tag, usize)],
        moment: Timestamp,
        out: &mut W,
    ) -> Result<Signed, NotSigned> {
        let (edits, made) = self.edits(data_set, &mut Cursor::new(source), path, moment)?;
        let start = usize::try_from(data_set.span().0).unwrap_or(usize::MAX);
        out.write_all(source.get(..start).unwrap_or_default())?;
        write_bytes(data_set, source, &edits, None, out)?;
        Ok(made)
    }

    /// What a signature adds to an object.
    fn edits<R: Read + Seek>(
        &self,
        data_set: &DataSet,
        source: &mut R,
        path: &[(Tag, usize)],
        moment: Timestamp,
    ) -> Result<(Edits, Signed), NotSigned> {
        let (from, until) = self.certificate.validity();
        let seconds = u64::try_from(moment.as_second()).map_err(|_| NotSigned::OutOfTime)?;
        if !(from..=until).contains(&seconds) {
            return Err(NotSigned::OutOfTime);
        }
        if let Some(disguise) = data_set.disguise() {
            return Err(NotSigned::Disguised(disguise));
        }
        let scope = scope_of(data_set, path)?;
        self.check_profile(data_set, scope)?;
        let (tags, ranges, left_out) = signable(data_set, scope)?;
        let uid = new_uid()?;
        let id = free_id(data_set, scope)?;
        let own = self.own_elements(&uid, id, moment);
        let digest = self.digest(data_set, source, &ranges, &own)?;
        let signature = self.key.sign(self.mac, &digest).ok_or(NotSigned::Library)?;
        let encoding = data_set.encoding_in(scope);
        let mut edits = Edits::new();
        let parameters = self.parameters(data_set, id, &tags, &ranges, encoding);
        add_item(data_set, source, scope, PARAMETERS, parameters, &mut edits)?;
        let mut item = own(encoding).ok_or(NotSigned::Library)?;
        item.push(NewElement::new(CERTIFICATE, Vr::OB, self.certificate.der()));
        if let Some(authority) = &self.authority {
            item.push(NewElement::new(STAMP_TYPE, Vr::CS, "CMS_TSP"));
            item.push(NewElement::new(STAMP, Vr::OB, authority.stamp(&signature, seconds)?));
        }
        item.push(NewElement::new(SIGNATURE, Vr::OB, signature));
        item.sort_by_key(|element| element.tag);
        add_item(data_set, source, scope, SIGNATURES, item, &mut edits)?;
        Ok((edits, Signed { uid, elements: tags.len(), left_out }))
    }

    /// Whether what the profile asks of objects is so (PS3.15 section C.4); the other ones ask nothing.
    fn check_profile(&self, data_set: &DataSet, scope: Option<usize>) -> Result<(), NotSigned> {
        let Some(profile @ Profile::StructuredReportRsa) = self.profile else { return Ok(()) };
        let is_verification = self.purpose.is_some_and(|purpose| purpose.code() == VERIFICATION);
        let reason = if scope.is_some() {
            "it is of whole objects, not of an item"
        } else if !is_report(data_set) {
            "this is no structured report or key object selection"
        } else if is_verified_report(data_set) && !is_verification {
            "the report is verified, so the signature must be of who verified it: purpose 5"
        } else {
            return Ok(());
        };
        Err(NotSigned::Profile(profile, reason))
    }

    /// The elements of a signature that it covers itself, for an encoding.
    fn own_elements(
        &self,
        uid: &str,
        id: u16,
        moment: Timestamp,
    ) -> impl Fn(Encoding) -> Option<Vec<NewElement>> + use<> {
        let (uid, purpose) = (uid.to_owned(), self.purpose);
        let time = moment.strftime("%Y%m%d%H%M%S.%6f+0000").to_string();
        move |encoding| {
            let mut own = vec![
                NewElement::new(MAC_ID, Vr::US, word(id, encoding)),
                NewElement::new(SIGNATURE_UID, Vr::UI, uid.as_str()),
                NewElement::new(DATE_TIME, Vr::DT, time.as_str()),
                NewElement::new(CERTIFICATE_TYPE, Vr::CS, "X509_1993_SIG"),
            ];
            if let Some(purpose) = purpose {
                let code = vec![
                    NewElement::new(Tag::new(0x0008, 0x0100), Vr::SH, purpose.code()),
                    NewElement::new(Tag::new(0x0008, 0x0102), Vr::SH, SCHEME),
                    NewElement::new(Tag::new(0x0008, 0x0104), Vr::LO, purpose.meaning()),
                ];
                own.push(NewElement::sequence(PURPOSE, &[code], encoding)?);
            }
            Some(own)
        }
    }

    fn digest<R: Read + Seek>(
        &self,
        data_set: &DataSet,
        source: &mut R,
        ranges: &[Range<usize>],
        own: &impl Fn(Encoding) -> Option<Vec<NewElement>>,
    ) -> Result<Vec<u8>, NotSigned> {
        let mut stream = MacStream::new(data_set, ranges.to_vec(), self.mac);
        read_all(data_set, source, &mut [&mut stream])?;
        // The signature's own elements in a data set of their own, to take the same way.
        let encoding = Encoding::ExplicitLittle;
        let own = own(encoding).and_then(|own| NewElement::sequence(SIGNATURES, &[own], encoding));
        let own = own.and_then(|own| NewElement::sequence(Tag::ITEM, &[vec![own]], encoding));
        let bytes = own.ok_or(NotSigned::Library)?.value;
        // Past the header of an item.
        let own = scan_bytes(bytes.get(8..).unwrap_or_default(), &limits())?;
        let elements = own.children(None).next().and_then(|(index, _)| own.children(Some(index)).next());
        let first = elements.map_or(0, |(item, _)| item.saturating_add(1));
        let range = first..own.elements().len();
        let mut rest = MacStream::new(&own, std::iter::once(range).collect(), self.mac);
        rest.hasher = stream.hasher;
        match rest.next_left() {
            None => Ok(rest.hasher.finish()),
            Some(_) => Err(NotSigned::Library),
        }
    }

    fn parameters(
        &self,
        data_set: &DataSet,
        id: u16,
        tags: &[Tag],
        ranges: &[Range<usize>],
        encoding: Encoding,
    ) -> Vec<NewElement> {
        let mut firsts = ranges.iter().filter_map(|range| data_set.elements().get(range.start));
        let is_encapsulated = firsts.any(|element| element.kind == Kind::Encapsulated);
        let syntax = data_set.meta_text(Tag::TRANSFER_SYNTAX).filter(|_| is_encapsulated);
        let list: Vec<u8> = tags
            .iter()
            .flat_map(|tag| [word(tag.group(), encoding), word(tag.element(), encoding)])
            .flatten()
            .collect();
        vec![
            NewElement::new(MAC_ID, Vr::US, word(id, encoding)),
            NewElement::new(SYNTAX, Vr::UI, syntax.as_deref().unwrap_or(EXPLICIT_LITTLE)),
            NewElement::new(ALGORITHM, Vr::CS, self.mac.term()),
            NewElement::new(ELEMENTS_SIGNED, Vr::AT, list),
        ]
    }
}

fn word(word: u16, encoding: Encoding) -> [u8; 2] {
    if encoding.is_big() { word.to_be_bytes() } else { word.to_le_bytes() }
}

fn scope_of(data_set: &DataSet, path: &[(Tag, usize)]) -> Result<Option<usize>, NotSigned> {
    let mut scope = None;
    for &(sequence, number) in path {
        let found = data_set.find(scope, sequence).filter(|(_, element)| element.kind == Kind::Sequence);
        let item = found.and_then(|(index, _)| data_set.children(Some(index)).nth(number));
        scope = Some(item.ok_or_else(|| NotSigned::NoItem(format!("{sequence}[{number}]")))?.0);
    }
    Ok(scope)
}

/// Tags and ranges of what can be signed in a scope, and the tags of what cannot.
type Signable = (Vec<Tag>, Vec<Range<usize>>, Vec<Tag>);

fn signable(data_set: &DataSet, scope: Option<usize>) -> Result<Signable, NotSigned> {
    let blocked = unsignable(data_set);
    let (mut tags, mut ranges, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for (index, child) in data_set.children(scope) {
        if !is_signable_tag(child.tag) {
            continue;
        }
        if blocked.get(index).copied().unwrap_or(true) {
            left_out.push(child.tag);
            continue;
        }
        if tags.last().is_some_and(|last| *last >= child.tag) {
            return Err(NotSigned::Order);
        }
        tags.push(child.tag);
        ranges.push(range_of(data_set, index));
    }
    if tags.is_empty() { Err(NotSigned::Nothing) } else { Ok((tags, ranges, left_out)) }
}

/// The lowest MAC ID that neither a signature nor parameters of the scope have.
fn free_id(data_set: &DataSet, scope: Option<usize>) -> Result<u16, NotSigned> {
    let both = data_set.children(scope).filter(|(_, child)| matches!(child.tag, PARAMETERS | SIGNATURES));
    let items = both.flat_map(|(index, _)| data_set.children(Some(index)));
    let mut used: Vec<u16> = items.filter_map(|(item, _)| mac_id(data_set, item)).collect();
    used.sort_unstable();
    used.dedup();
    let free = (0..=u16::MAX).zip(used.iter().map(Some).chain(std::iter::repeat(None)));
    let free = free.into_iter().find(|(id, used)| *used != Some(id)).map(|(id, _)| id);
    free.ok_or(NotSigned::Signatures("all MAC IDs are taken"))
}

/// UID of a signature: `2.25.` and a random UUID (PS3.5 section B.2, RFC 9562).
fn new_uid() -> Result<String, NotSigned> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| NotSigned::Library)?;
    let bits = u128::from_be_bytes(bytes);
    let bits = bits & !(0xF << 76) | 0x4 << 76;
    Ok(format!("2.25.{}", bits & !(0x3 << 62) | 0x2 << 62))
}

/// Adds an item to a sequence of a scope, making the sequence where there is none; items that are there stay byte for byte.
fn add_item<R: Read + Seek>(
    data_set: &DataSet,
    source: &mut R,
    scope: Option<usize>,
    tag: Tag,
    item: Vec<NewElement>,
    edits: &mut Edits,
) -> Result<(), NotSigned> {
    let encoding = data_set.encoding_in(scope);
    let made = NewElement::sequence(tag, &[item], encoding).ok_or(NotSigned::Library)?;
    let mut there = data_set.children(scope).filter(|(_, child)| child.tag == tag);
    let Some((index, element)) = there.next() else {
        edits.set(scope, made);
        return Ok(());
    };
    if there.next().is_some() || element.kind != Kind::Sequence || element.vr != Vr::SQ {
        return Err(NotSigned::Signatures("a sequence of them is there twice, or is none"));
    }
    let mut items = Vec::new();
    Source::new(data_set, source)?.copy(element.value, element.value_end(), &mut items)?;
    items.extend_from_slice(&made.value);
    edits.replace(index, items);
    Ok(())
}
