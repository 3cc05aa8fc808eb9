//! Requests as pynetdicom encodes them, with every item that it can put into one, changed and cut: read as they are meant, or refused.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by ending"
)]

use medward_upper_layer::*;
use std::process::Command as Process;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// Prints requests in hexadecimal digits, one a line.
const ENCODE: &str = r#"
from pynetdicom import AE, build_context
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import *
from pynetdicom._globals import *

def request(items, contexts):
    primitive = A_ASSOCIATE()
    primitive.application_context_name = "1.2.840.10008.3.1.1.1"
    primitive.calling_ae_title = "PYNETDICOM"
    primitive.called_ae_title = "WARD"
    length = MaximumLengthNotification()
    length.maximum_length_received = 16382
    uid = ImplementationClassUIDNotification()
    uid.implementation_class_uid = "1.2.826.0.1.3680043.9.3811.3.0.4"
    primitive.user_information = [length, uid] + items
    for number, context in enumerate(contexts):
        context.context_id = 2 * number + 1
    primitive.presentation_context_definition_list = contexts
    pdu = A_ASSOCIATE_RQ()
    pdu.from_primitive(primitive)
    print(pdu.encode().hex())

verification = lambda: [build_context("1.2.840.10008.1.1")]
request([], verification())
request([], [build_context(f"1.2.840.10008.5.1.4.1.1.{n}") for n in range(1, 129)])
version = ImplementationVersionNameNotification()
version.implementation_version_name = "PYNETDICOM_304"
window = AsynchronousOperationsWindowNegotiation()
window.maximum_number_operations_invoked = 5
window.maximum_number_operations_performed = 7
role = SCP_SCU_RoleSelectionNegotiation()
role.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2"
role.scu_role, role.scp_role = False, True
extended = SOPClassExtendedNegotiation()
extended.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2"
extended.service_class_application_information = b"\x02\x00\x03\x00\x01\x00"
common = SOPClassCommonExtendedNegotiation()
common.sop_class_uid = "1.2.840.10008.5.1.4.1.1.4"
common.service_class_uid = "1.2.840.10008.4.2"
common.related_general_sop_class_identification = ["1.2.840.10008.5.1.4.1.1.88.22"]
request([version, window, role, extended, common], verification())
for kind in (1, 2, 3, 4, 5):
    user = UserIdentityNegotiation()
    user.user_identity_type = kind
    user.primary_field = b"somebody"
    if kind == 2:
        user.secondary_field = b"secret"
    user.positive_response_requested = True
    request([user], verification())
"#;

async fn read(bytes: &[u8]) -> Result<AssociateRequest, LinkError> {
    let short = Duration::from_millis(500);
    let limits = Limits { artim: short, idle: short, total: Duration::from_secs(5), ..Limits::default() };
    let (own, mut peer) = tokio::io::duplex(1 << 20);
    peer.write_all(bytes).await.unwrap();
    // A request that claims to be longer than it is must not be waited for.
    peer.shutdown().await.unwrap();
    let pending = await_request(own, limits).await?;
    Ok(pending.request().clone())
}

#[tokio::test]
async fn requests_of_pynetdicom_are_read_and_cut_ones_are_not() {
    let Some(python) = medward_test_peers::python() else { return };
    let output = Process::new(python).args(["-c", ENCODE]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let requests: Vec<Vec<u8>> =
        text.lines().map(|line| line.as_bytes().chunks(2).map(byte).collect()).collect();
    assert_eq!(requests.len(), 8);
    for (number, bytes) in requests.iter().enumerate() {
        let request = read(bytes).await.unwrap();
        assert_eq!((request.calling.as_str(), request.called.as_str()), ("PYNETDICOM", "WARD"));
        assert_eq!(request.contexts.len(), if number == 1 { 128 } else { 1 });
        assert_eq!(request.data_bytes_max, Some(16_382));
        if number == 2 {
            assert_eq!(request.roles.len(), 1);
            assert!(!request.roles[0].is_user && request.roles[0].is_provider);
        }
    }
    // Cut anywhere, none is a request; with any one byte changed, it is one or refused, and never anything else.
    let longest = &requests[2];
    for cut in 0..longest.len() {
        assert!(read(&longest[..cut]).await.is_err(), "cut after {cut}");
    }
    for at in 0..longest.len() {
        for bit in [1, 0x80] {
            let mut changed = longest.clone();
            changed[at] ^= bit;
            let _ = read(&changed).await;
        }
    }
}
