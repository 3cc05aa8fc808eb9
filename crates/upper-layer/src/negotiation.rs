//! A-ASSOCIATE-RQ and -AC (PS3.8 sections 9.3.2, 9.3.3 and Annex D): read with every length checked, written whole.

mod items;

use crate::pdu::{HEADER_BYTES, Kind};
use crate::{APPLICATION_CONTEXT, AeTitle, Uid};
use items::{Items, item};

/// This implementation, in every negotiation (PS3.7 section D.3.3.2): a UUID, as PS3.5 section B.2 allows.
pub(crate) const IMPLEMENTATION_CLASS: &str = "2.25.259236174215330148303946364027398243771";
/// The same for people.
pub(crate) const IMPLEMENTATION_VERSION: &str = "MEDWARD";
/// Most transfer syntaxes kept of one context; the standard names about sixty.
const SYNTAXES_MAX: usize = 128;

/// Most contexts that odd numbers to 255 allow, and so most roles.
const CONTEXTS_MAX: usize = 128;

/// A presentation context that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Odd, 1 to 255.
    pub id: u8,
    /// What it is for: a SOP class.
    pub abstract_syntax: Uid,
    /// In the order of preference.
    pub transfer_syntaxes: Vec<Uid>,
}

/// What became of a context (PS3.8 table 9-18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Accepted.
    Accepted = 0,
    /// Refused by the user.
    UserRejection = 1,
    /// Refused without reason.
    NoReason = 2,
    /// The SOP class is not supported.
    AbstractSyntaxNotSupported = 3,
    /// None of the transfer syntaxes is supported.
    TransferSyntaxesNotSupported = 4,
}

/// The answer to a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextResult {
    /// The context.
    pub id: u8,
    /// What became of it.
    pub answer: Answer,
    /// The transfer syntax to use; of no meaning unless accepted.
    pub transfer_syntax: Option<Uid>,
}

/// Which roles the requestor takes for a SOP class (PS3.7 section D.3.3.4); without one it is the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The SOP class.
    pub sop_class: Uid,
    /// It asks.
    pub is_user: bool,
    /// It is asked, as who gets objects by C-GET is.
    pub is_provider: bool,
}

/// An A-ASSOCIATE-RQ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssociateRequest {
    /// Whom the peer calls.
    pub called: AeTitle,
    /// Whom the peer says it is.
    pub calling: AeTitle,
    /// What it wants to do.
    pub contexts: Vec<Context>,
    /// In which roles.
    pub roles: Vec<Role>,
    /// Longest P-DATA-TF it takes; `None` for any (PS3.8 section D.1).
    pub data_bytes_max: Option<u32>,
    /// Its implementation, as it says.
    pub implementation_class: Option<Uid>,
    /// Whether the application context is DICOM's.
    pub(crate) is_dicom: bool,
    /// Whether it speaks version 1 of the protocol.
    pub(crate) is_version_1: bool,
}

/// An A-ASSOCIATE-AC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accept {
    pub(crate) results: Vec<ContextResult>,
    pub(crate) roles: Vec<Role>,
    pub(crate) data_bytes_max: Option<u32>,
}

/// What is wrong with a negotiation PDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);

impl AssociateRequest {
    /// A request with these contexts.
    pub fn new(calling: AeTitle, called: AeTitle, contexts: Vec<Context>) -> Self {
        Self {
            called,
            calling,
            contexts,
            roles: Vec::new(),
            data_bytes_max: None,
            implementation_class: None,
            is_dicom: true,
            is_version_1: true,
        }
    }

    /// Reads the body of the PDU.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let (version, called, calling, rest) = fixed(body)?;
        let title = |field| AeTitle::from_field(field).map_err(|_| Malformed("an AE title is none"));
        let mut request = Self::new(title(calling)?, title(called)?, Vec::new());
        request.is_version_1 = version & 1 == 1;
        request.is_dicom = false;
        let mut has_user_information = false;
        for found in Items(rest) {
            match found? {
                (0x10, value) => request.is_dicom = is_dicom(value),
                (0x20, value) => {
                    let context = context(value)?;
                    if request.contexts.iter().any(|other| other.id == context.id) {
                        return Err(Malformed("two presentation contexts have one id"));
                    }
                    request.contexts.push(context);
                }
                (0x50, value) => {
                    has_user_information = true;
                    let user = User::read(value)?;
                    request.data_bytes_max = user.data_bytes_max;
                    request.implementation_class = user.implementation_class;
                    request.roles = user.roles;
                }
                // Items of a later edition are passed over (PS3.8 section 9.3.1).
                _ => {}
            }
        }
        if request.contexts.is_empty() || !has_user_information {
            return Err(Malformed("presentation contexts or user information are missing"));
        }
        Ok(request)
    }

    /// The whole PDU, telling the longest P-DATA-TF that is taken.
    pub fn to_bytes(&self, data_bytes_max: u32) -> Vec<u8> {
        let mut body = begin(&self.called, &self.calling);
        for context in &self.contexts {
            let mut value = vec![context.id, 0, 0, 0];
            item(&mut value, 0x30, context.abstract_syntax.as_str().as_bytes());
            for syntax in &context.transfer_syntaxes {
                item(&mut value, 0x40, syntax.as_str().as_bytes());
            }
            item(&mut body, 0x20, &value);
        }
        end(Kind::AssociateRequest, body, data_bytes_max, &self.roles)
    }
}

impl Accept {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Malformed> {
        // What stands in place of the titles is not tested (PS3.8 table 9-17).
        let (_, _, _, rest) = fixed(body)?;
        let mut accept = Self { results: Vec::new(), roles: Vec::new(), data_bytes_max: None };
        for found in Items(rest) {
            match found? {
                (0x21, value) => accept.results.push(result(value)?),
                (0x50, value) => {
                    let user = User::read(value)?;
                    (accept.data_bytes_max, accept.roles) = (user.data_bytes_max, user.roles);
                }
                _ => {}
            }
        }
        Ok(accept)
    }

    /// The whole PDU, with the titles of the request.
    pub(crate) fn bytes(&self, request: &AssociateRequest, data_bytes_max: u32) -> Vec<u8> {
        let mut body = begin(&request.called, &request.calling);
        for result in &self.results {
            let mut value = vec![result.id, 0, result.answer as u8, 0];
            let syntax = result.transfer_syntax.as_ref().map_or("", Uid::as_str);
            item(&mut value, 0x40, syntax.as_bytes());
            item(&mut body, 0x21, &value);
        }
        end(Kind::AssociateAccept, body, data_bytes_max, &self.roles)
    }
}

type Fixed<'b> = (u16, &'b [u8], &'b [u8], &'b [u8]);

/// Protocol version, both titles, and the items.
fn fixed(body: &[u8]) -> Result<Fixed<'_>, Malformed> {
    let field = |from, to| body.get(from..to).ok_or(Malformed("it is too short"));
    let version = field(0, 2)?.first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes));
    Ok((version, field(4, 20)?, field(20, 36)?, field(68, body.len())?))
}

fn begin(called: &AeTitle, calling: &AeTitle) -> Vec<u8> {
    let mut body = vec![0, 1, 0, 0];
    body.extend(called.field());
    body.extend(calling.field());
    body.extend([0; 32]);
    item(&mut body, 0x10, APPLICATION_CONTEXT.as_bytes());
    body
}

fn end(kind: Kind, mut body: Vec<u8>, data_bytes_max: u32, roles: &[Role]) -> Vec<u8> {
    let mut user = Vec::new();
    item(&mut user, 0x51, &data_bytes_max.to_be_bytes());
    item(&mut user, 0x52, IMPLEMENTATION_CLASS.as_bytes());
    for role in roles {
        let class = role.sop_class.as_str().as_bytes();
        let mut value = u16::try_from(class.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
        value.extend(class);
        value.extend([u8::from(role.is_user), u8::from(role.is_provider)]);
        item(&mut user, 0x54, &value);
    }
    item(&mut user, 0x55, IMPLEMENTATION_VERSION.as_bytes());
    item(&mut body, 0x50, &user);
    let mut pdu = Vec::with_capacity(HEADER_BYTES + body.len());
    pdu.extend([kind as u8, 0]);
    pdu.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    pdu.extend(body);
    pdu
}

fn is_dicom(name: &[u8]) -> bool {
    Uid::from_bytes(name).is_ok_and(|name| name.as_str() == APPLICATION_CONTEXT)
}

fn uid(bytes: &[u8]) -> Result<Uid, Malformed> {
    Uid::from_bytes(bytes).map_err(|_| Malformed("a UID is none"))
}

fn context(value: &[u8]) -> Result<Context, Malformed> {
    let (id, rest) = match value {
        [id, _, _, _, rest @ ..] if id & 1 == 1 => (*id, rest),
        _ => return Err(Malformed("the id of a presentation context is not odd")),
    };
    let (mut abstract_syntax, mut transfer_syntaxes) = (None, Vec::new());
    for found in Items(rest) {
        match found? {
            (0x30, value) if abstract_syntax.is_none() => abstract_syntax = Some(uid(value)?),
            (0x40, value) if transfer_syntaxes.len() < SYNTAXES_MAX => transfer_syntaxes.push(uid(value)?),
            _ => return Err(Malformed("a presentation context holds what it must not")),
        }
    }
    let abstract_syntax =
        abstract_syntax.ok_or(Malformed("a presentation context has no abstract syntax"))?;
    if transfer_syntaxes.is_empty() {
        return Err(Malformed("a presentation context has no transfer syntax"));
    }
    Ok(Context { id, abstract_syntax, transfer_syntaxes })
}

fn result(value: &[u8]) -> Result<ContextResult, Malformed> {
    let [id, _, answer, _, rest @ ..] = value else {
        return Err(Malformed("the answer to a presentation context is too short"));
    };
    let answer = match answer {
        0 => Answer::Accepted,
        1 => Answer::UserRejection,
        2 => Answer::NoReason,
        3 => Answer::AbstractSyntaxNotSupported,
        4 => Answer::TransferSyntaxesNotSupported,
        _ => return Err(Malformed("the answer to a presentation context is none of the five")),
    };
    let syntax = Items(rest).next().transpose()?;
    let transfer_syntax = match (answer, syntax) {
        (Answer::Accepted, Some((0x40, value))) => Some(uid(value)?),
        (Answer::Accepted, _) => return Err(Malformed("an accepted context has no transfer syntax")),
        _ => None,
    };
    Ok(ContextResult { id: *id, answer, transfer_syntax })
}

/// What is used of the user information (PS3.7 section D.3.3).
#[derive(Default)]
struct User {
    data_bytes_max: Option<u32>,
    implementation_class: Option<Uid>,
    roles: Vec<Role>,
}

fn role(value: &[u8]) -> Result<Role, Malformed> {
    let [l0, l1, rest @ ..] = value else { return Err(Malformed("a role is too short")) };
    match rest.split_at_checked(usize::from(u16::from_be_bytes([*l0, *l1]))) {
        Some((class, [user, provider])) => {
            Ok(Role { sop_class: uid(class)?, is_user: *user == 1, is_provider: *provider == 1 })
        }
        _ => Err(Malformed("a role is not as long as it says")),
    }
}

impl User {
    fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut user = Self::default();
        for found in Items(value) {
            match found? {
                (0x51, value) => {
                    let bytes = value.first_chunk().filter(|_| value.len() == 4);
                    let bytes =
                        bytes.ok_or(Malformed("the maximum length of a P-DATA-TF has no four bytes"))?;
                    user.data_bytes_max = Some(u32::from_be_bytes(*bytes)).filter(|bytes| *bytes != 0);
                }
                (0x54, value) if user.roles.len() < CONTEXTS_MAX => user.roles.push(role(value)?),
                // For people only: one that is none is left out.
                (0x52, value) => user.implementation_class = Uid::from_bytes(value).ok(),
                _ => {}
            }
        }
        Ok(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn uids() -> impl Strategy<Value = Uid> {
        "[1-9][0-9]{0,4}(\\.[1-9][0-9]{0,6}){1,6}".prop_map(|text| text.parse().unwrap())
    }

    fn requests() -> impl Strategy<Value = AssociateRequest> {
        let context = (0_u8..=127, uids(), prop::collection::vec(uids(), 1..4));
        let title = "[!-Z]{1,16}";
        (title, title, prop::collection::vec(context, 1..12)).prop_map(|(calling, called, contexts)| {
            let mut made: Vec<Context> = Vec::new();
            for (id, abstract_syntax, transfer_syntaxes) in contexts {
                let id = id * 2 + 1;
                if made.iter().all(|context| context.id != id) {
                    made.push(Context { id, abstract_syntax, transfer_syntaxes });
                }
            }
            let role = |(at, context): (usize, &Context)| Role {
                sop_class: context.abstract_syntax.clone(),
                is_user: at % 2 == 0,
                is_provider: at % 3 == 0,
            };
            let roles = made.iter().enumerate().map(role).collect();
            let asked = AssociateRequest::new(calling.parse().unwrap(), called.parse().unwrap(), made);
            AssociateRequest { roles, ..asked }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(request in requests(), bytes in 1_u32..) {
            let pdu = request.to_bytes(bytes);
            let read = AssociateRequest::read(&pdu[HEADER_BYTES..]).unwrap();
            prop_assert_eq!(read.data_bytes_max, Some(bytes));
            let expected = AssociateRequest {
                data_bytes_max: Some(bytes),
                implementation_class: Some(IMPLEMENTATION_CLASS.parse().unwrap()),
                ..request.clone()
            };
            prop_assert_eq!(read, expected);

            let results: Vec<_> = request.contexts.iter().map(|context| ContextResult {
                id: context.id,
                answer: Answer::Accepted,
                transfer_syntax: context.transfer_syntaxes.first().cloned(),
            }).collect();
            let accept = Accept { results, roles: request.roles.clone(), data_bytes_max: Some(bytes) };
            let pdu = accept.bytes(&request, bytes);
            prop_assert_eq!(Accept::read(&pdu[HEADER_BYTES..]).unwrap(), accept);
        }

        #[test]
        fn a_cut_request_is_refused_and_a_changed_one_never_panics(
            request in requests(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let pdu = request.to_bytes(16_384);
            let body = &pdu[HEADER_BYTES..];
            let at = at.index(body.len());
            prop_assert!(AssociateRequest::read(&body[..at]).is_err());
            let mut changed = body.to_vec();
            changed[at] = byte;
            let _ = AssociateRequest::read(&changed);
            let _ = Accept::read(&changed);
        }
    }

    #[test]
    fn titles_and_uids_that_could_be_taken_for_something_else_are_refused() {
        for title in ["", "                ", "A\\B", "A\u{7f}", "Ä", "A\0B"] {
            assert!(title.parse::<AeTitle>().is_err(), "{title:?}");
        }
        assert!("SEVENTEEN_LETTERS".parse::<AeTitle>().is_err());
        assert_eq!("  CT 1  ".parse::<AeTitle>().unwrap().as_str(), "CT 1");
        for uid in ["", ".1", "1.", "1..2", "../etc", "1.2/3", "1.2.3;drop", "1.a"] {
            assert!(Uid::from_bytes(uid.as_bytes()).is_err(), "{uid:?}");
        }
        assert!("1.2".repeat(22).parse::<Uid>().is_err());
        assert_eq!(Uid::from_bytes(b"1.2.840\0").unwrap().as_str(), "1.2.840");
    }
}
