//! Command sets (PS3.7 section 6.3, Annex E): implicit VR little endian, group 0000, few and small elements.

use crate::{AeTitle, Uid};

/// Most elements of a command set; the longest of the standard has fourteen.
const ELEMENTS_MAX: usize = 32;
/// (0000,0800) where no data set follows.
const NO_DATA_SET: u16 = 0x0101;
/// Set in (0000,0100) of every response.
const RESPONSE: u16 = 0x8000;

/// Elements of group 0000 that are used here.
mod element {
    pub(super) const GROUP_LENGTH: u16 = 0x0000;
    pub(super) const AFFECTED_SOP_CLASS: u16 = 0x0002;
    pub(super) const FIELD: u16 = 0x0100;
    pub(super) const MESSAGE_ID: u16 = 0x0110;
    pub(super) const MESSAGE_ID_RESPONDED_TO: u16 = 0x0120;
    pub(super) const MOVE_DESTINATION: u16 = 0x0600;
    pub(super) const PRIORITY: u16 = 0x0700;
    pub(super) const DATA_SET_TYPE: u16 = 0x0800;
    pub(super) const STATUS: u16 = 0x0900;
    pub(super) const ERROR_COMMENT: u16 = 0x0902;
    pub(super) const AFFECTED_SOP_INSTANCE: u16 = 0x1000;
    pub(super) const REMAINING: u16 = 0x1020;
    pub(super) const COMPLETED: u16 = 0x1021;
    pub(super) const FAILED: u16 = 0x1022;
    pub(super) const WARNING: u16 = 0x1023;
}

/// What a command asks for (PS3.7 table E.1-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// C-STORE.
    Store,
    /// C-GET.
    Get,
    /// C-FIND.
    Find,
    /// C-MOVE.
    Move,
    /// C-ECHO.
    Echo,
    /// C-CANCEL.
    Cancel,
    /// A normalised operation, or none of the standard.
    Other(u16),
}

impl Operation {
    fn of(field: u16) -> Self {
        match field {
            0x0001 => Self::Store,
            0x0010 => Self::Get,
            0x0020 => Self::Find,
            0x0021 => Self::Move,
            0x0030 => Self::Echo,
            0x0FFF => Self::Cancel,
            other => Self::Other(other),
        }
    }

    fn field(self) -> u16 {
        match self {
            Self::Store => 0x0001,
            Self::Get => 0x0010,
            Self::Find => 0x0020,
            Self::Move => 0x0021,
            Self::Echo => 0x0030,
            Self::Cancel => 0x0FFF,
            Self::Other(other) => other,
        }
    }
}

/// How far a C-GET or C-MOVE is (PS3.7 section 9.1.3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SubOperations {
    /// Still to come.
    pub remaining: u16,
    /// Done.
    pub completed: u16,
    /// Failed.
    pub failed: u16,
}

/// What is wrong with a command set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Not laid out as a command set.
    #[error("it is no command set: {0}")]
    Form(&'static str),
    /// Something every command has is not there.
    #[error("element (0000,{0:04X}) is missing or has no usable value")]
    Missing(u16),
}

/// A command set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Element numbers in order, with their values.
    elements: Vec<(u16, Vec<u8>)>,
}

impl Command {
    /// Reads a command set; what every command has is there and usable afterwards.
    pub fn read(mut bytes: &[u8]) -> Result<Self, CommandError> {
        let mut elements: Vec<(u16, Vec<u8>)> = Vec::new();
        let mut after_group_length = None;
        while !bytes.is_empty() {
            let [g0, g1, e0, e1, l0, l1, l2, l3, rest @ ..] = bytes else {
                return Err(CommandError::Form("it ends inside an element"));
            };
            let length = usize::try_from(u32::from_le_bytes([*l0, *l1, *l2, *l3])).unwrap_or(usize::MAX);
            let Some((value, rest)) = rest.split_at_checked(length) else {
                return Err(CommandError::Form("an element is longer than what is left"));
            };
            let number = u16::from_le_bytes([*e0, *e1]);
            if [*g0, *g1] != [0, 0] {
                return Err(CommandError::Form("an element of another group than 0000"));
            }
            if elements.last().is_some_and(|(last, _)| *last >= number) {
                return Err(CommandError::Form("its elements do not ascend"));
            }
            if elements.len() >= ELEMENTS_MAX {
                return Err(CommandError::Form("it has too many elements"));
            }
            if number == element::GROUP_LENGTH {
                after_group_length =
                    value.first_chunk().map(|bytes| (u32::from_le_bytes(*bytes), rest.len()));
            }
            elements.push((number, value.to_vec()));
            bytes = rest;
        }
        let is_whole = after_group_length.is_some_and(|(declared, there)| {
            usize::try_from(declared).is_ok_and(|declared| declared == there)
        });
        if !is_whole {
            return Err(CommandError::Form("its group length is missing or wrong"));
        }
        let command = Self { elements };
        command.number(element::FIELD)?;
        command.number(element::DATA_SET_TYPE)?;
        // Only C-CANCEL and responses have no id of their own.
        if !command.is_response() && command.operation() != Operation::Cancel {
            command.number(element::MESSAGE_ID)?;
        }
        if command.is_response() {
            command.number(element::STATUS)?;
        }
        Ok(command)
    }

    /// The bytes, with the group length before them.
    pub fn bytes(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(128);
        for (number, value) in self.elements.iter().filter(|(number, _)| *number != element::GROUP_LENGTH) {
            body.extend([0, 0]);
            body.extend(number.to_le_bytes());
            body.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
            body.extend(value);
        }
        let mut bytes = vec![0, 0, 0, 0, 4, 0, 0, 0];
        bytes.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    fn value(&self, number: u16) -> Option<&[u8]> {
        self.elements.iter().find(|(found, _)| *found == number).map(|(_, value)| value.as_slice())
    }

    fn number(&self, number: u16) -> Result<u16, CommandError> {
        let value = self.value(number).filter(|value| value.len() == 2);
        let value = value.and_then(<[u8]>::first_chunk).ok_or(CommandError::Missing(number))?;
        Ok(u16::from_le_bytes(*value))
    }

    fn uid(&self, number: u16) -> Result<Uid, CommandError> {
        let value = self.value(number).and_then(|value| Uid::from_bytes(value).ok());
        value.ok_or(CommandError::Missing(number))
    }

    fn field(&self) -> u16 {
        self.number(element::FIELD).unwrap_or_default()
    }

    /// What it asks for, or answers.
    pub fn operation(&self) -> Operation {
        Operation::of(self.field() & !RESPONSE)
    }

    /// Whether it answers another.
    pub fn is_response(&self) -> bool {
        self.field() & RESPONSE != 0
    }

    /// Whether a data set follows.
    pub fn has_data_set(&self) -> bool {
        self.number(element::DATA_SET_TYPE).is_ok_and(|kind| kind != NO_DATA_SET)
    }

    /// Id of the request; 0 for what has none.
    pub fn message_id(&self) -> u16 {
        self.number(element::MESSAGE_ID).unwrap_or_default()
    }

    /// Id of the request it answers.
    pub fn message_id_responded_to(&self) -> Option<u16> {
        self.number(element::MESSAGE_ID_RESPONDED_TO).ok()
    }

    /// Status of a response; 0 is success.
    pub fn status(&self) -> Option<u16> {
        self.number(element::STATUS).ok()
    }

    /// The SOP class it is about.
    pub fn sop_class(&self) -> Result<Uid, CommandError> {
        self.uid(element::AFFECTED_SOP_CLASS)
    }

    /// The SOP instance it is about.
    pub fn sop_instance(&self) -> Result<Uid, CommandError> {
        self.uid(element::AFFECTED_SOP_INSTANCE)
    }

    /// A C-ECHO request (PS3.7 section 9.3.5.1).
    pub fn echo(message_id: u16) -> Self {
        Self::of(vec![
            (element::AFFECTED_SOP_CLASS, padded(crate::VERIFICATION)),
            (element::FIELD, number(Operation::Echo.field())),
            (element::MESSAGE_ID, number(message_id)),
            (element::DATA_SET_TYPE, number(NO_DATA_SET)),
        ])
    }

    /// A C-STORE request of medium priority (PS3.7 section 9.3.1.1).
    pub fn store(message_id: u16, sop_class: &Uid, sop_instance: &Uid) -> Self {
        Self::of(vec![
            (element::AFFECTED_SOP_CLASS, padded(sop_class.as_str())),
            (element::FIELD, number(Operation::Store.field())),
            (element::MESSAGE_ID, number(message_id)),
            (element::PRIORITY, number(0)),
            (element::DATA_SET_TYPE, number(1)),
            (element::AFFECTED_SOP_INSTANCE, padded(sop_instance.as_str())),
        ])
    }

    /// The response to a request: what it was about, a status, and where something is wrong a comment of at most 64 characters.
    pub fn response(request: &Self, status: u16, comment: Option<&str>) -> Self {
        let mut elements = Vec::with_capacity(7);
        let mut copy = |number| {
            if let Some(value) = request.value(number) {
                elements.push((number, value.to_vec()));
            }
        };
        copy(element::AFFECTED_SOP_CLASS);
        copy(element::AFFECTED_SOP_INSTANCE);
        elements.push((element::FIELD, number(request.field() | RESPONSE)));
        elements.push((element::MESSAGE_ID_RESPONDED_TO, number(request.message_id())));
        elements.push((element::DATA_SET_TYPE, number(NO_DATA_SET)));
        elements.push((element::STATUS, number(status)));
        if let Some(comment) = comment {
            // VR LO: 64 characters, and no backslash, which would part values.
            let comment: String = comment.chars().filter(char::is_ascii).take(64).collect();
            elements.push((element::ERROR_COMMENT, padded(&comment.replace('\\', "/"))));
        }
        Self::of(elements)
    }

    /// The same as [`Self::response`] for a query or retrieval: with how far it is, and whether a data set follows.
    pub fn answer(
        request: &Self,
        status: u16,
        comment: Option<&str>,
        done: Option<SubOperations>,
        has_data_set: bool,
    ) -> Self {
        let mut elements = Self::response(request, status, comment).elements;
        if let Some(SubOperations { remaining, completed, failed }) = done {
            let counts = [
                (element::REMAINING, remaining),
                (element::COMPLETED, completed),
                (element::FAILED, failed),
                (element::WARNING, 0),
            ];
            // A last answer has nothing remaining to tell of (PS3.7 table 9.1-3).
            let is_pending = status == Self::PENDING;
            let counts = counts.into_iter().filter(|(at, _)| is_pending || *at != element::REMAINING);
            elements.extend(counts.map(|(at, count)| (at, number(count))));
        }
        for (at, value) in &mut elements {
            if *at == element::DATA_SET_TYPE && has_data_set {
                *value = number(1);
            }
        }
        Self::of(elements)
    }

    /// Status of an answer that others follow.
    pub const PENDING: u16 = 0xFF00;

    /// AE title that a C-MOVE names.
    pub fn move_destination(&self) -> Option<AeTitle> {
        self.value(element::MOVE_DESTINATION)
            .and_then(|field| std::str::from_utf8(field).ok()?.trim().parse().ok())
    }

    /// How far a C-GET or C-MOVE is, as an answer tells.
    pub fn sub_operations(&self) -> SubOperations {
        let count = |at| self.number(at).unwrap_or_default();
        let (remaining, completed) = (count(element::REMAINING), count(element::COMPLETED));
        SubOperations { remaining, completed, failed: count(element::FAILED) }
    }

    /// A request of a query or retrieval, whose identifier follows (PS3.7 sections 9.3.2 to 9.3.4).
    pub fn query(operation: Operation, message_id: u16, model: &Uid, destination: Option<&AeTitle>) -> Self {
        let mut elements = vec![
            (element::AFFECTED_SOP_CLASS, padded(model.as_str())),
            (element::FIELD, number(operation.field())),
            (element::MESSAGE_ID, number(message_id)),
            (element::PRIORITY, number(0)),
            (element::DATA_SET_TYPE, number(1)),
        ];
        elements.extend(destination.map(|title| (element::MOVE_DESTINATION, padded(title.as_str()))));
        Self::of(elements)
    }

    fn of(mut elements: Vec<(u16, Vec<u8>)>) -> Self {
        elements.sort_by_key(|(number, _)| *number);
        Self { elements }
    }
}

fn number(value: u16) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// Text of even length: UIDs are padded with NUL, other text would be with a space, which readers of UIDs take as well.
fn padded(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    if bytes.len() % 2 == 1 {
        let is_uid = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        bytes.push(if is_uid { 0 } else { b' ' });
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_and_responses_read_as_they_were_meant() {
        let (class, instance): (Uid, Uid) =
            ("1.2.840.10008.5.1.4.1.1.2".parse().unwrap(), "1.2.3".parse().unwrap());
        let store = Command::read(&Command::store(7, &class, &instance).bytes()).unwrap();
        assert_eq!((store.operation(), store.is_response()), (Operation::Store, false));
        assert_eq!((store.message_id(), store.has_data_set()), (7, true));
        assert_eq!(
            (store.sop_class().unwrap(), store.sop_instance().unwrap()),
            (class.clone(), instance.clone())
        );
        let answer = Command::response(&store, 0xA700, Some("out of\\resources"));
        let answer = Command::read(&answer.bytes()).unwrap();
        assert_eq!((answer.operation(), answer.is_response()), (Operation::Store, true));
        assert_eq!((answer.status(), answer.message_id_responded_to()), (Some(0xA700), Some(7)));
        assert!(!answer.has_data_set());
        assert_eq!(answer.sop_instance().unwrap(), instance);
    }

    #[test]
    fn what_is_missing_or_lies_is_said() {
        let good = Command::echo(1).bytes();
        assert!(matches!(Command::read(&good[12..]), Err(CommandError::Form(_))), "no group length");
        let mut lying = good.clone();
        lying[8] ^= 2;
        assert!(matches!(Command::read(&lying), Err(CommandError::Form(_))));
        let bare = Command::of(vec![(element::FIELD, number(0x30))]).bytes();
        assert_eq!(Command::read(&bare), Err(CommandError::Missing(element::DATA_SET_TYPE)));
        let path = Command::of(vec![
            (element::FIELD, number(1)),
            (element::MESSAGE_ID, number(1)),
            (element::DATA_SET_TYPE, number(1)),
            (element::AFFECTED_SOP_INSTANCE, b"../../etc/passwd".to_vec()),
        ]);
        let read = Command::read(&path.bytes()).unwrap();
        assert_eq!(read.sop_instance(), Err(CommandError::Missing(element::AFFECTED_SOP_INSTANCE)));
    }

    proptest! {
        #[test]
        fn bytes_of_all_kinds_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Command::read(&bytes);
        }

        #[test]
        fn a_changed_byte_never_panics(at in 0_usize..56, byte in any::<u8>()) {
            let mut bytes = Command::echo(1).bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = Command::read(&bytes);
        }
    }
}
