//! PDUs, negotiation items and command sets of a stranger: whatever the bytes, an answer or an error, and nothing larger than they are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use medward_upper_layer::{AssociateRequest, Command, Limits, pdu::Header};

fuzz_target!(|bytes: &[u8]| {
    if let Some((head, body)) = bytes.split_first_chunk() {
        let _ = Header::read(*head).problem(&Limits::default());
        if let Ok(request) = AssociateRequest::read(body) {
            let written = request.to_bytes(16_384);
            let read = AssociateRequest::read(&written[6..]).expect("what was written reads");
            assert_eq!((read.calling, read.called, read.contexts), (request.calling, request.called, request.contexts));
        }
    }
    if let Ok(command) = Command::read(bytes) {
        assert_eq!(Command::read(&command.bytes()).as_ref(), Ok(&command));
    }
});
