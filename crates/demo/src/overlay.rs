//! What of the example is written anew so that it runs on the loopback interface: its ward, its people, and the probes of the
//! controls that can be shown here. The controls of the cloud keep probes that nobody answers, and stay unproven.

use crate::DemoError;
use std::path::Path;
use toml_edit::{DocumentMut, Item};

/// AE title of the ward.
pub(crate) const WARD: &str = "LUNGCT_WARD";
/// AE title of the scanner.
pub(crate) const SCANNER: &str = "CT_ROOM1";
/// AE title of the AI.
pub(crate) const AI: &str = "LUNGCT_AI";
/// AE title of the archive.
pub(crate) const ARCHIVE: &str = "PACS_STORE";
/// AE title of the probes.
pub(crate) const PROBE: &str = "MEDWARD_PROBE";

/// Ports of the loopback interface that the demo uses, or must find shut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// The ward listens.
    pub ward: u16,
    /// The AI listens.
    pub ai: u16,
    /// The archive listens.
    pub archive: u16,
    /// The dashboard listens.
    pub web: u16,
    /// Nobody listens.
    pub shut: u16,
}

/// Who holds which role: id, roles, and the public key of the person.
pub(crate) type People = Vec<(&'static str, &'static str, String)>;

fn write(path: &Path, text: &str) -> Result<(), DemoError> {
    std::fs::write(path, text).map_err(DemoError::io(path))
}

fn read(path: &Path) -> Result<String, DemoError> {
    std::fs::read_to_string(path).map_err(DemoError::io(path))
}

/// People that do not exist, each with one role.
pub(crate) fn people(device: &Path, people: &People) -> Result<(), DemoError> {
    let person = |(id, role, key): &(&str, &str, String)| {
        format!("[person.{id}]\nroles = [\"{role}\"]\nkeys = [\"{key}\"]\n\n")
    };
    let text = people.iter().map(person).collect::<Vec<_>>().concat();
    write(&device.join("people.toml"), &text)
}

/// The ward and those it knows, with the fingerprints of their certificates.
pub(crate) fn ward(
    device: &Path,
    ports: Ports,
    fingerprint: impl Fn(&str) -> String,
) -> Result<(), DemoError> {
    let sender = |id: &str, title: &str, ae_title: &str, name: &str, more: &str| {
        format!(
            "\n[sender.{id}]\ntitle = \"{title}\"\nward = \"W-EDGE\"\nae_title = \"{ae_title}\"\ncertificates = [\"{}\"]\n\
             networks = [\"127.0.0.1/32\"]\n{more}",
            fingerprint(name)
        )
    };
    let destination = |id: &str, title: &str, ae_title: &str, port: u16| {
        format!(
            "\n[destination.{id}]\ntitle = \"{title}\"\nae_title = \"{ae_title}\"\naddress = \"127.0.0.1:{port}\"\n\
             server_name = \"127.0.0.1\"\ntrust = \"pki/ca.pem\"\n"
        )
    };
    let results = "result_classes = [\"1.2.840.10008.5.1.4.1.1.88.11\", \"1.2.840.10008.5.1.4.1.1.66.4\"]\n";
    let text = [
        format!(
            "# Written by `medward demo`: everything on the loopback interface.\n\n[ward.W-EDGE]\ntitle = \"Edge gateway\"\n\
             listen = \"127.0.0.1:{}\"\nae_title = \"{WARD}\"\ncertificate = \"pki/ward.pem\"\nkey = \"pki/ward.key\"\n\
             trust = \"pki/ca.pem\"\nrevocation = \"pki/crl.pem\"\nstate = \"state\"\nvault_key = \"vault.key\"\n\
             policies = \"ward/policies.cedar\"\ndeidentification = \"ward/deidentification.policy\"\n\
             pseudonym_key = \"pseudonyms.key\"\nsop_classes = [\"1.2.840.10008.5.1.4.1.1.2\"]\n\
             transfer_syntaxes = [\"1.2.840.10008.1.2.1\", \"1.2.840.10008.1.2\"]\nto = [\"D-AI\"]\nresults_to = [\"D-PACS\"]\n",
            ports.ward
        ),
        sender("S-CT-1", "CT scanner in room 1", SCANNER, "scanner", ""),
        sender("S-PROBE", "Probes", PROBE, "probe", ""),
        sender("S-AI", "Stand-in AI, answering", AI, "ai", results),
        destination("D-AI", "Stand-in AI", AI, ports.ai),
        destination("D-PACS", "Hospital picture archive, for results", ARCHIVE, ports.archive),
    ]
    .concat();
    write(&device.join("ward.toml"), &text)?;
    let policies = device.join("ward/policies.cedar");
    // The stand-in answers with a plain report, which the example's AI does not.
    let enhanced = "Class::\"1.2.840.10008.5.1.4.1.1.88.22\",";
    let text = read(&policies)?
        .replace(enhanced, &format!("{enhanced}\n    Class::\"1.2.840.10008.5.1.4.1.1.88.11\","));
    write(&policies, &text)
}

/// The probes that have somebody to ask here, by control.
fn probes(ports: Ports, received: &Path) -> [(&'static str, String); 3] {
    let tls = "trust = \"pki/ca.pem\", certificate = \"pki/probe.pem\", key = \"pki/probe.key\"";
    let Ports { ward, shut, .. } = ports;
    [
        (
            "C-01",
            format!(
                "[[probes]]\nkind = \"tls\"\ntarget = \"127.0.0.1:{ward}\"\nevery = \"1h\"\n\
                 positive = \"TLS 1.3 is accepted, the certificate is the ward's and valid\"\n\
                 negative = \"Older versions, and clients without a certificate or with one that nobody issued, are refused\"\n\
                 tls = {{ versions = [\"1.3\"], days_left_min = 7, client_certificate = true, {tls} }}\n\
                 [[probes]]\nkind = \"dicom\"\ntarget = \"127.0.0.1:{ward}\"\nevery = \"1h\"\n\
                 positive = \"The probe's own title with its certificate is answered and may store CT images\"\n\
                 negative = \"An unknown title, the scanner's title, a call for another node and a plain association are refused\"\n\
                 dicom = {{ called = \"{WARD}\", known = \"{PROBE}\", unknown = \"NOBODY_KNOWS\", impostor = \"{SCANNER}\", \
                 wrong_called = true, storage = [\"1.2.840.10008.5.1.4.1.1.2\"], tls = true, {tls} }}\n"
            ),
        ),
        (
            "C-04",
            format!(
                "[[probes]]\nkind = \"canary\"\ntarget = \"127.0.0.1:{ward}\"\nevery = \"1h\"\ntimeout_seconds = 60\n\
                 positive = \"The ward takes a synthetic patient and its result arrives\"\n\
                 negative = \"No identifier of it is in any element or in the file name\"\n\
                 canary = {{ called = \"{WARD}\", calling = \"{PROBE}\", directory = \"{}\", \
                 sop_class = \"1.2.840.10008.5.1.4.1.1.2\", seconds_max = 30, tls = true, {tls} }}\n",
                received.display()
            ),
        ),
        (
            "C-25",
            format!(
                "[[probes]]\nkind = \"port\"\nevery = \"24h\"\n\
                 positive = \"The ward answers\"\nnegative = \"A port that nothing is declared for is closed\"\n\
                 port = {{ open = [\"127.0.0.1:{ward}\"], closed = [\"127.0.0.1:{shut}\"] }}\n"
            ),
        ),
    ]
}

/// Puts the probes in the place of the example's.
pub(crate) fn controls(device: &Path, ports: Ports, received: &Path) -> Result<(), DemoError> {
    let probes = probes(ports, received);
    let directory = device.join("controls");
    for entry in std::fs::read_dir(&directory).map_err(DemoError::io(&directory))? {
        let path = entry.map_err(DemoError::io(&directory))?.path();
        let mut document: DocumentMut = read(&path)?.parse().map_err(DemoError::played)?;
        let mut is_changed = false;
        for (control, text) in &probes {
            let found = document.get_mut("control").and_then(|all| all.get_mut(control));
            let Some(found) = found.and_then(Item::as_table_mut) else { continue };
            let mut own: DocumentMut = text.parse().map_err(DemoError::played)?;
            if let Some(probes) = own.remove("probes") {
                found.insert("probes", probes);
                is_changed = true;
            }
        }
        if is_changed {
            write(&path, &document.to_string())?;
        }
    }
    Ok(())
}
