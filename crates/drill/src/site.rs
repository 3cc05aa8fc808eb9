//! A made-up hospital on the loopback interface: an authority, senders, a ward by a real security file. Nothing of it exists elsewhere.

use crate::DrillError;
use crate::certificate::{AUTHORITY, of_years};
use crate::issuer::{ARCHIVE_SUBJECT, AUDIENCE, ISSUER, Provider};
use medward_containment::Program;
use medward_file::kinds::WardLayer;
use medward_file::{Limits, load};
use medward_vault::SoftwareKey;
use medward_ward::{Authority, Configuration, Gateway, State, Usage};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What the ward is called.
pub const WARD: &str = "WARD";
/// Sender that everything is right about; it sends from 127.0.0.1.
pub const CT_1: &str = "CT_1";
/// Sender that may send from 127.0.0.2 only.
pub const CT_2: &str = "CT_2";
/// Sender whose certificate the file still names although it was revoked.
pub const CT_REVOKED: &str = "CT_REVOKED";
/// Sender whose certificate the file still names although it ended.
pub const CT_EXPIRED: &str = "CT_EXPIRED";
/// Sender whose certificate the file names and whose time has not come.
pub const CT_EARLY: &str = "CT_EARLY";
/// Record of a sender that comes by DICOMweb with a token and nothing else.
pub const ARCHIVE: &str = "ARCHIVE";
/// The AI: it may send results, and nothing else.
pub const AI_1: &str = "AI_1";
/// Structured reports, segmentations, secondary captures and presentation states.
pub const RESULT_CLASSES: [&str; 6] = [
    "1.2.840.10008.5.1.4.1.1.88.11",
    "1.2.840.10008.5.1.4.1.1.88.22",
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.7",
    "1.2.840.10008.5.1.4.1.1.11.1",
];
/// Passphrase of the keys of the site.
pub const PASSPHRASE: &str = "made up for a drill";

/// Policies, where the drill is not of a security file.
pub const POLICIES: &str = include_str!("policies.cedar");

/// The site.
#[derive(Debug)]
pub struct Site {
    directory: TempDir,
    pins: Vec<(&'static str, &'static str, String)>,
    pacs: To,
    audit: Option<u16>,
    /// Further keys of the ward, and further records.
    more: (String, String),
    pub(crate) reader: Program,
    /// Provider of tokens.
    pub provider: Provider,
}

/// A ward of the site that runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it listens for DICOMweb.
    pub web: SocketAddr,
    /// What it keeps.
    pub state: State,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// A destination of the ward.
#[derive(Debug, Clone)]
pub struct To {
    /// Its AE title.
    pub title: String,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// It takes STOW-RS, and no associations.
    pub is_web: bool,
}

impl To {
    /// A node that takes C-STORE.
    pub fn association(title: &str, port: u16) -> Self {
        Self { title: title.to_owned(), port, is_web: false }
    }

    /// A node that takes STOW-RS.
    pub fn web(port: u16) -> Self {
        Self { title: String::new(), port, is_web: true }
    }
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> DrillError {
    let path = path.to_path_buf();
    move |source| DrillError::Io { path, source }
}

/// The reader for programs that cannot be it themselves, such as tests: the example of this crate, built beside them.
pub fn reader_beside() -> Program {
    let own = std::env::current_exe().unwrap_or_default();
    let mut beside = own.ancestors().skip(1).map(|directory| directory.join("examples/reader"));
    let path = beside.find(|path| path.exists()).unwrap_or_else(|| "examples/reader".into());
    Program { path, arguments: Vec::new() }
}

impl Site {
    /// Makes the site with policies in the Cedar language.
    pub fn new(policies: &str) -> Result<Self, DrillError> {
        Self::within(&std::env::temp_dir(), policies)
    }

    /// The same, in a new directory of some other file system.
    pub fn within(place: &Path, policies: &str) -> Result<Self, DrillError> {
        let directory = tempfile::tempdir_in(place).map_err(io(place))?;
        let at = |name: &str| directory.path().join(name);
        let mut authority = Authority::create(&at("pki"), AUTHORITY)?;
        authority.issue("ward", Usage::Ward, &["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        authority.issue("ai", Usage::Server, &["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        let mut pins = Vec::new();
        for (id, title, name, network) in [
            ("CT-1", CT_1, "ct-1", "127.0.0.1/32"),
            ("CT-2", CT_2, "ct-2", "127.0.0.2/32"),
            ("CT-3", CT_REVOKED, "ct-revoked", "127.0.0.1/32"),
            ("AI-1", AI_1, "ai-1", "127.0.0.1/32"),
        ] {
            let issued = authority.issue(name, Usage::Client, &[])?;
            pins.push((id, title, format!("{network} {}", issued.fingerprint)));
        }
        pins.push((ARCHIVE, "ARCHIVE", "127.0.0.1/32 ".to_owned()));
        authority.revoke("ct-revoked")?;
        for (id, title, name, first, last) in
            [("CT-4", CT_EXPIRED, "ct-expired", 2020, 2021), ("CT-5", CT_EARLY, "ct-early", 2990, 2991)]
        {
            let fingerprint = of_years(&at("pki"), name, first, last)?;
            pins.push((id, title, format!("127.0.0.1/32 {fingerprint}")));
        }
        let write = |name: &str, text: &str| {
            let path = at(name);
            std::fs::write(&path, text).map_err(io(&path))
        };
        let provider = Provider::new()?;
        write("provider.json", &provider.keys())?;
        write("policies.cedar", policies)?;
        write("deidentification.policy", "prefix = \"DRILL-\"\n")?;
        for name in ["vault", "pseudonyms"] {
            SoftwareKey::create_file(&at(&format!("{name}.key")), name, PASSPHRASE)
                .map_err(|error| DrillError::Site(error.to_string()))?;
        }
        // Where results go as long as a site has no picture archive: nobody listens there.
        let pacs = To::association("PACS", 9);
        let reader = reader_beside();
        Ok(Self { directory, pins, pacs, audit: None, more: Default::default(), reader, provider })
    }

    /// The program that reads what comes to the ward.
    pub fn read_by(&mut self, reader: Program) {
        self.reader = reader;
    }

    /// Where results go that carry their patient again.
    pub fn send_results_to(&mut self, pacs: To) {
        self.pacs = pacs;
    }

    /// The port of 127.0.0.1 that audit messages go to.
    pub fn send_audit_messages_to(&mut self, port: u16) {
        self.audit = Some(port);
    }

    /// Adds keys to the record of the ward, and records beside it, in TOML.
    pub fn add_to_file(&mut self, keys: &str, records: &str) {
        self.more.0.push_str(keys);
        self.more.1.push_str(records);
    }

    /// Directory of the site; the security file stands in it.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Where a certificate or key of the site is.
    pub fn pki(&self, name: &str) -> PathBuf {
        self.directory.path().join("pki").join(name)
    }

    /// Writes the security file, with a layer off or none.
    pub fn write_file(
        &self,
        listen: &str,
        off: Option<WardLayer>,
        to: Option<&To>,
    ) -> Result<(), DrillError> {
        let mut text = format!(
            "[role.operator]\ntitle = \"Operator\"\n\n[ward.W-1]\ntitle = \"Ward of a drill\"\nlisten = \"{listen}\"\nweb_listen = \"127.0.0.1:0\"\nae_title = \"{WARD}\"\n\
             certificate = \"pki/ward.pem\"\nkey = \"pki/ward.key\"\ntrust = \"pki/ca.pem\"\nrevocation = \"pki/crl.pem\"\n\
             state = \"state\"\nvault_key = \"vault.key\"\npolicies = \"policies.cedar\"\n\
             deidentification = \"deidentification.policy\"\npseudonym_key = \"pseudonyms.key\"\n\
             sop_classes = [\"1.2.840.10008.5.1.4.1.1.2\"]\nconnections_per_source_max = 32\nidle_seconds_max = 5\n\
             object_bytes_max = 33554432\nresults_to = [\"PACS\"]\n"
        );
        let _ = writeln!(
            text,
            "token_issuer = {{ issuer = \"{ISSUER}\", audience = \"{AUDIENCE}\", keys = \"provider.json\" }}"
        );
        if let Some(port) = self.audit {
            let _ = writeln!(
                text,
                "audit = {{ address = \"127.0.0.1:{port}\", server_name = \"127.0.0.1\", trust = \"pki/ca.pem\" }}"
            );
        }
        if to.is_some() {
            text.push_str("to = [\"AI\"]\n");
        }
        text.push_str(&self.more.0);
        if let Some(layer) = off {
            let word = layer.word();
            let _ = writeln!(text, "layers_off = [{{ layer = \"{word}\", waiver = \"V-1\" }}]");
            text.push_str(
                "\n[waiver.V-1]\nrule = \"WARD\"\nrecords = [\"W-1\"]\nbecause = \"drill\"\nowner = \"operator\"\nuntil = 2999-12-31\n",
            );
        }
        for (id, To { title, port, is_web }) in
            [("PACS", &self.pacs)].into_iter().chain(to.map(|to| ("AI", to)))
        {
            let at = if *is_web {
                format!("stow = \"https://127.0.0.1:{port}/dicom-web\"")
            } else {
                format!("ae_title = \"{title}\"\naddress = \"127.0.0.1:{port}\"")
            };
            let _ = write!(
                text,
                "\n[destination.{id}]\ntitle = \"{id}\"\n{at}\nserver_name = \"127.0.0.1\"\ntrust = \"pki/ca.pem\"\n"
            );
        }
        for (id, title, pin) in &self.pins {
            let (network, fingerprint) = pin.split_once(' ').unwrap_or_default();
            let pinned: Vec<_> = Some(fingerprint).filter(|one| !one.is_empty()).into_iter().collect();
            let web = match *id {
                ARCHIVE => "token",
                "CT-2" => "certificate-and-token",
                _ => "certificate",
            };
            let _ = write!(
                text,
                "\n[sender.{id}]\ntitle = \"{id}\"\nward = \"W-1\"\nae_title = \"{title}\"\ncertificates = {pinned:?}\nnetworks = [\"{network}\"]\nassociations_max = 8\nweb = \"{web}\"\n"
            );
            if *id == ARCHIVE {
                let _ = writeln!(text, "token_subject = \"{ARCHIVE_SUBJECT}\"");
            }
            if *title == AI_1 {
                let _ = writeln!(text, "result_classes = {RESULT_CLASSES:?}\nretrieves = true");
            }
        }
        text.push_str(&self.more.1);
        let path = self.directory.path().join("ward.toml");
        std::fs::write(&path, text).map_err(io(&path))
    }

    /// The ward that the file describes.
    pub fn configuration(&self) -> Result<Configuration, DrillError> {
        let (file, problems) = load(self.directory.path(), Limits::default());
        if let Some(problem) = problems.first() {
            return Err(DrillError::Site(format!("{problem:?}")));
        }
        let today = "2026-01-01".parse().map_err(|_| DrillError::Site("no calendar".to_owned()))?;
        Ok(Configuration::of(&file, None, today)?)
    }

    /// Starts the ward with a layer off or none.
    pub async fn start(&self, off: Option<WardLayer>, to: Option<&To>) -> Result<Running, DrillError> {
        self.write_file("127.0.0.1:0", off, to)?;
        let gateway = Gateway::open(self.configuration()?, PASSPHRASE, &self.reader).await?;
        let address = gateway.address().ok_or_else(|| DrillError::Site("no address".to_owned()))?;
        let web = gateway.web_address().ok_or_else(|| DrillError::Site("no address".to_owned()))?;
        let (state, (stop, stopped)) = (gateway.state().clone(), oneshot::channel());
        let task = tokio::spawn(gateway.run(async {
            // A sender that is dropped stops it as well.
            let _ = stopped.await;
        }));
        Ok(Running { address, web, state, stop: Some(stop), task })
    }
}

/// Longest wait for the ward to deal with an image.
const PATIENCE: Duration = Duration::from_secs(20);

impl Running {
    /// Waits until the ward has dealt with an image that it took.
    pub async fn dealt_with(&self, instance: &str) -> Result<(), DrillError> {
        let begun = Instant::now();
        while self.state.queue.is_open(instance).map_err(|error| DrillError::Control(error.to_string()))? {
            if begun.elapsed() > PATIENCE {
                return Err(DrillError::Control(format!("the ward does not deal with `{instance}`")));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// All results, as files.
    pub fn results(&self) -> Result<Vec<Vec<u8>>, DrillError> {
        let (results, mut files) = (&self.state.results, Vec::new());
        for study in results.studies()? {
            for receipt in results.objects(&study.study)? {
                let (mut reader, mut bytes) = (results.get(&receipt.object)?, Vec::new());
                while let Some(chunk) = reader.next_chunk()? {
                    bytes.extend_from_slice(chunk);
                }
                files.push(bytes);
            }
        }
        Ok(files)
    }

    /// Stops the ward, and waits until it has given everything back.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        let _ = self.task.await;
    }
}
