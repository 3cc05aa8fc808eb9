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
    /// The audit repository listens.
    pub audit: u16,
    /// The dashboard listens.
    pub web: u16,
    /// Nobody listens.
    pub shut: u16,
}

/// Objects that the AI may be handed within an hour before the ward alarms.
const EXPORTED_MAX: u64 = 30;

/// What the probes of the demo ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The program that the probes run.
    pub medward: &'a Path,
    /// Directory of the demo.
    pub directory: &'a Path,
    /// Study Instance UID that emergencies are tried with.
    pub study: &'a str,
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
    let results = "result_classes = [\"1.2.840.10008.5.1.4.1.1.88.11\", \"1.2.840.10008.5.1.4.1.1.66.4\"]\nretrieves = true\n";
    let text = [
        format!(
            "# Written by `medward demo`: everything on the loopback interface.\n\n[ward.W-EDGE]\ntitle = \"Edge gateway\"\n\
             listen = \"127.0.0.1:{}\"\nae_title = \"{WARD}\"\ncertificate = \"pki/ward.pem\"\nkey = \"pki/ward.key\"\n\
             trust = \"pki/ca.pem\"\nrevocation = \"pki/crl.pem\"\nstate = \"state\"\nvault_key = \"vault.key\"\n\
             policies = \"ward/policies.cedar\"\ndeidentification = \"ward/deidentification.policy\"\n\
             pseudonym_key = \"pseudonyms.key\"\nsop_classes = [\"1.2.840.10008.5.1.4.1.1.2\"]\n\
             transfer_syntaxes = [\"1.2.840.10008.1.2.1\", \"1.2.840.10008.1.2\"]\nto = [\"D-AI\"]\nresults_to = [\"D-PACS\"]\n\
             alarms = {{ exported_objects_an_hour = {EXPORTED_MAX} }}\n\
             audit = {{ address = \"127.0.0.1:{}\", server_name = \"127.0.0.1\", trust = \"pki/ca.pem\" }}\n",
            ports.ward, ports.audit
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
fn probes(ports: Ports, asked: Asked<'_>) -> [(&'static str, String); 6] {
    let received = asked.directory.join("ai");
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
        ("C-10", at_rest(asked)),
        ("C-11", audit_flow(asked)),
        ("C-40", emergency(asked)),
    ]
}

/// A list of texts in TOML.
fn list(words: &[String]) -> String {
    words.iter().map(String::as_str).collect::<toml_edit::Array>().to_string()
}

impl Asked<'_> {
    fn at(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }

    /// A command of the ward, as a user would type it.
    fn ward(&self, words: &[&str]) -> Vec<String> {
        let words = words.iter().map(|word| (*word).to_owned());
        [self.medward.display().to_string(), "ward".to_owned()].into_iter().chain(words).collect()
    }

    fn open(&self, out: &str, reason: &str, role: &str, key: &str) -> Vec<String> {
        let (device, out, key) = (self.at("lung-ct"), self.at(out), self.at(key));
        let passphrase = self.at("passphrase");
        let who = ["--as", role, "--sign", &key, "--sign-passphrase-file", &passphrase];
        let what = ["emergency", "open", self.study, &device, "--out", &out, "--reason", reason];
        self.ward(&[&what[..], &who[..]].concat())
    }

    fn shut(&self, out: &str) -> Vec<String> {
        self.ward(&["emergency", "shut", &self.at("lung-ct"), "--out", &self.at(out)])
    }
}

/// What lies on the disk of the ward, and what of it the ward hands out with the key.
fn at_rest(asked: Asked<'_>) -> String {
    let quoted =
        |words: Vec<String>| words.into_iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let open = quoted(asked.open("opened", "a probe of what lies at rest", "clinical-safety", "P-1.key"));
    let (shut, first) = (quoted(asked.shut("opened")), asked.at("opened/000001.dcm"));
    let script = format!("{open} >&2 && cat '{first}' && {shut} >&2");
    let (decrypt, refused) = (["sh", "-c", &script], ["head", "-c", "65536", "{object}"]);
    format!(
        "[[probes]]\nkind = \"at-rest\"\ntarget = \"{}\"\nevery = \"24h\"\ntimeout_seconds = 60\n\
         positive = \"A sealed study opens with its key, through the ward\"\n\
         negative = \"What lies on the disk looks random, has no known header, and is no DICOM\"\n\
         at_rest = {{ decrypt = {}, refused = {} }}\n",
        asked.at("lung-ct/state/originals/segments"),
        list(&decrypt.map(str::to_owned)),
        list(&refused.map(str::to_owned)),
    )
}

fn audit_flow(asked: Asked<'_>) -> String {
    format!(
        "[[probes]]\nkind = \"audit-flow\"\ntarget = \"{}\"\nevery = \"1h\"\ntimeout_seconds = 60\n\
         positive = \"A mark made at the ward arrives at the audit repository\"\n\
         negative = \"One that was not made does not, and no name of a patient comes with it\"\n\
         audit_flow = {{ cause = {}, seconds_max = 30, never = [\"Underhill\"] }}\n",
        asked.at("audit.log"),
        list(&asked.ward(&["mark", "{marker}", &asked.at("lung-ct")])),
    )
}

fn emergency(asked: Asked<'_>) -> String {
    let open = |role, key| list(&asked.open("emergency", "{marker}", role, key));
    format!(
        "[[probes]]\nkind = \"emergency\"\ntarget = \"{}\"\nevery = \"24h\"\ntimeout_seconds = 90\n\
         positive = \"The path opens for clinical safety, its use arrives at the audit repository, and it shuts again\"\n\
         negative = \"To a person whom no policy lets do this it stays shut\"\n\
         emergency = {{ open = {}, shut = {}, refused = {}, seconds_max = 30 }}\n",
        asked.at("audit.log"),
        open("clinical-safety", "P-1.key"),
        list(&asked.shut("emergency")),
        open("regulatory", "P-4.key"),
    )
}

/// Puts the probes in the place of the example's.
pub(crate) fn controls(ports: Ports, asked: Asked<'_>) -> Result<(), DemoError> {
    let probes = probes(ports, asked);
    let directory = asked.directory.join("lung-ct/controls");
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
