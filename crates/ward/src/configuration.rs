//! What the security file says of one ward, checked whole: a ward runs by this and by nothing else.

use crate::decision::sender_by_title;
use crate::issuer::KnownIssuer;
use crate::metrics::MetricsAt;
use crate::nodes::{KnownDestination, KnownSender, Repository, known_destinations, known_sender, repository};
use crate::people::{self, KnownPerson};
use crate::problem::Problems;
use crate::signing::KnownSigning;
use crate::watching;
use jiff::civil::Date;
use medward_detector::Terms;
use medward_file::kinds::{Ward, WardLayer, WebIdentity};
use medward_file::{Record, SecurityFile, Text};
use medward_upper_layer::{AeTitle, Uid};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Rule that a waiver of a layer names.
const WAIVER_RULE: &str = "WARD";
/// What is taken where the file names no transfer syntax: implicit and explicit little endian.
const PLAIN_SYNTAXES: [&str; 2] = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"];

/// What a peer may cost the ward.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Associations at once.
    pub associations_max: usize,
    /// Connections at once from one address.
    pub connections_per_source_max: usize,
    /// Bytes of an object.
    pub object_bytes_max: u64,
    /// For one message.
    pub idle: Duration,
    /// For one association.
    pub association: Duration,
}

/// One ward.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Id of its record.
    pub id: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where it listens for DICOMweb, if it does.
    pub web_listen: Option<SocketAddr>,
    /// Its AE title.
    pub title: AeTitle,
    /// Its certificate chain, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
    /// Authorities of senders, in PEM.
    pub trust: PathBuf,
    /// Their revocation lists, in PEM.
    pub revocation: PathBuf,
    /// What it keeps.
    pub state: PathBuf,
    /// Key file of the vault.
    pub vault_key: PathBuf,
    /// Cedar policies.
    pub policies: PathBuf,
    /// Site policy of de-identification.
    pub deidentification: PathBuf,
    /// Key of the pseudonyms.
    pub pseudonym_key: PathBuf,
    /// SOP classes taken.
    pub sop_classes: BTreeSet<Uid>,
    /// Transfer syntaxes taken.
    pub transfer_syntaxes: BTreeSet<Uid>,
    /// Bounds.
    pub bounds: Bounds,
    /// Who may send.
    pub senders: Vec<KnownSender>,
    /// Where pseudonymised objects go.
    pub destinations: Vec<KnownDestination>,
    /// Where results go that carry their patient again.
    pub results_to: Vec<KnownDestination>,
    /// Whose tokens count beside the ward's own.
    pub token_issuer: Option<KnownIssuer>,
    /// Where audit messages go.
    pub audit: Option<Repository>,
    /// Where spans are written.
    pub traces: Option<PathBuf>,
    /// Whose signature results get.
    pub sign_results: Option<KnownSigning>,
    /// Where metrics are asked for.
    pub metrics: Option<MetricsAt>,
    /// For how long originals are handed out in an emergency, in seconds.
    pub emergency_seconds: i64,
    /// People of the file, whom the ward may ask for signatures.
    pub people: Vec<KnownPerson>,
    /// From when on what happens is an alarm.
    pub terms: Terms,
    /// Study Instance UIDs of nobody, as senders know them.
    pub canaries: BTreeSet<Uid>,
    /// Layers that are off, with the last day of their waivers.
    pub layers_off: Vec<(WardLayer, Date)>,
}

/// Why there is no configuration: everything that is wrong, a line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigurationError(pub Vec<String>);

impl Configuration {
    /// The ward of a file with an id, or the only one it has.
    pub fn of(file: &SecurityFile, id: Option<&str>, today: Date) -> Result<Self, ConfigurationError> {
        let one = |text: String| ConfigurationError(vec![text]);
        let record = match (id, &*file.wards) {
            (Some(id), wards) => wards.iter().find(|ward| ward.id() == id).ok_or_else(|| {
                one(format!(
                    "the file has no `[ward.{id}]`: a ward runs by what the file says and by nothing else"
                ))
            })?,
            (None, [only]) => only,
            (None, []) => {
                return Err(one("the file has no `[ward.*]`: a ward runs by what the file says".to_owned()));
            }
            (None, _) => return Err(one("the file has several wards: say which with --ward".to_owned())),
        };
        let mut problems = Problems::default();
        let made = read(file, record, today, &mut problems);
        match made {
            Some(configuration) if problems.lines.is_empty() => Ok(configuration),
            _ => Err(ConfigurationError(problems.lines)),
        }
    }

    /// Classes that a sender may store.
    pub fn classes_of(&self, title: &AeTitle) -> &BTreeSet<Uid> {
        let results = sender_by_title(&self.senders, title).map(|sender| &sender.result_classes);
        results.filter(|classes| !classes.is_empty()).unwrap_or(&self.sop_classes)
    }

    /// Whether a sender may query and retrieve.
    pub fn retrieves(&self, title: &AeTitle) -> bool {
        sender_by_title(&self.senders, title).is_some_and(|sender| sender.retrieves)
    }

    /// The sender that a certificate belongs to, by its fingerprint.
    pub(crate) fn sender_by_certificate(&self, fingerprint: &str) -> Option<&KnownSender> {
        self.senders.iter().find(|sender| sender.certificates.contains(fingerprint))
    }

    /// Whether anybody may come by DICOMweb without a certificate.
    pub(crate) fn is_token_enough_for_any(&self) -> bool {
        self.senders.iter().any(|sender| sender.web == Some(WebIdentity::Token))
    }

    /// Whether a layer is on, on a day.
    pub fn is_on(&self, layer: WardLayer) -> bool {
        self.layers_off.iter().all(|(off, _)| *off != layer)
    }

    /// The first day on which a waiver no longer holds, if a layer is off by one.
    pub fn runs_until(&self) -> Option<Date> {
        self.layers_off.iter().map(|(_, until)| *until).min()
    }
}

fn read(
    file: &SecurityFile,
    record: &Record<Ward>,
    today: Date,
    problems: &mut Problems,
) -> Option<Configuration> {
    let ward = &record.body;
    let at = format!("[ward.{}]", record.id());
    let path = |text: &Text| inside(&file.directory, text);
    let socket = "an address and port such as 0.0.0.0:2762";
    let listen = problems.parsed::<SocketAddr>(&at, "listen", &ward.listen, socket);
    let web_listen =
        ward.web_listen.as_ref().map(|written| problems.parsed(&at, "web_listen", written, socket));
    let title =
        problems.parsed::<AeTitle>(&at, "ae_title", &ward.ae_title, "an AE title of 1 to 16 characters");
    let sop_classes = problems.uids(&at, "sop_classes", &ward.sop_classes);
    if sop_classes.is_empty() {
        problems.say(&at, "`sop_classes` names none: nothing could be taken");
    }
    let mut transfer_syntaxes = problems.uids(&at, "transfer_syntaxes", &ward.transfer_syntaxes);
    if ward.transfer_syntaxes.is_empty() {
        transfer_syntaxes.extend(PLAIN_SYNTAXES.iter().filter_map(|uid| uid.parse().ok()));
    }
    let number =
        |problems: &mut Problems, key, written: &Option<medward_file::Number>, absent: u64, range| {
            problems.number(&at, key, written.as_ref().map(|number| number.value), absent, range)
        };
    let bounds = Bounds {
        associations_max: count(number(problems, "associations_max", &ward.associations_max, 64, 1..=4_096)),
        connections_per_source_max: count(number(
            problems,
            "connections_per_source_max",
            &ward.connections_per_source_max,
            16,
            1..=4_096,
        )),
        object_bytes_max: number(
            problems,
            "object_bytes_max",
            &ward.object_bytes_max,
            4 << 30,
            1 << 20..=64 << 30,
        ),
        idle: Duration::from_secs(number(problems, "idle_seconds_max", &ward.idle_seconds_max, 30, 1..=600)),
        association: Duration::from_secs(number(
            problems,
            "association_seconds_max",
            &ward.association_seconds_max,
            14_400,
            10..=86_400,
        )),
    };
    let senders = senders(file, record, problems);
    let destinations = known_destinations(file, &at, "to", &ward.to, problems);
    let token_issuer = ward.token_issuer.as_ref().map(|written| KnownIssuer {
        issuer: written.issuer.value.to_string(),
        audience: written.audience.value.to_string(),
        keys: path(&written.keys),
    });
    let audit = ward.audit.as_ref().and_then(|one| repository(&file.directory, &at, one, problems));
    let results_to = known_destinations(file, &at, "results_to", &ward.results_to, problems);
    if results_to.is_empty() && senders.iter().any(|sender| !sender.result_classes.is_empty()) {
        problems.say(&at, "a sender has `result_classes`, and `results_to` names nowhere for its results");
    }
    for both in results_to.iter().filter(|one| destinations.iter().any(|other| other.id == one.id)) {
        let id = &both.id;
        problems.say(
            &at,
            &format!("`{id}` stands in `to` and `results_to`: it would learn who is behind a pseudonym"),
        );
    }
    let layers_off = layers_off(file, record, today, problems);
    Some(Configuration {
        id: record.id().to_owned(),
        listen: listen?,
        web_listen: web_listen.flatten(),
        title: title?,
        certificate: path(&ward.certificate),
        key: path(&ward.key),
        trust: path(&ward.trust),
        revocation: path(&ward.revocation),
        state: path(&ward.state),
        vault_key: path(&ward.vault_key),
        policies: path(&ward.policies),
        deidentification: path(&ward.deidentification),
        pseudonym_key: path(&ward.pseudonym_key),
        sop_classes,
        transfer_syntaxes,
        bounds,
        senders,
        destinations,
        results_to,
        token_issuer,
        audit,
        sign_results: ward
            .sign_results
            .as_ref()
            .map(|one| KnownSigning { key: path(&one.key), certificate: path(&one.certificate) }),
        traces: ward.traces.as_ref().map(path),
        metrics: watching::metrics(file, record, problems),
        emergency_seconds: watching::emergency_seconds(record, problems),
        people: people::known(file),
        terms: watching::terms(file, record, problems),
        canaries: problems.uids(&at, "canaries", &ward.canaries),
        layers_off,
    })
}

/// Who may send to a ward, and that they can be told apart.
fn senders(file: &SecurityFile, record: &Record<Ward>, problems: &mut Problems) -> Vec<KnownSender> {
    let (at, ward) = (format!("[ward.{}]", record.id()), &record.body);
    let of_this = file.senders.iter().filter(|sender| sender.ward.id() == record.id());
    let senders: Vec<_> = of_this.filter_map(|sender| known_sender(sender, problems)).collect();
    if senders.is_empty() {
        problems.say(&at, "no `[sender.*]` sends to it: nobody could be let in");
    }
    for (number, sender) in senders.iter().enumerate().filter(|(_, sender)| sender.web.is_some()) {
        let is_shared = |(other, one): (usize, &KnownSender)| {
            other != number && !one.certificates.is_disjoint(&sender.certificates)
        };
        if senders.iter().enumerate().any(is_shared) {
            problems.say(
                &format!("[sender.{}]", sender.id),
                "another sender has the same certificate, and DICOMweb has no title to tell them apart by",
            );
        }
    }
    for (number, sender) in senders.iter().enumerate() {
        if senders.iter().take(number).any(|other| other.title == sender.title) {
            problems.say(&format!("[sender.{}]", sender.id), "another sender has the same AE title");
        }
    }
    for sender in senders.iter().filter(|sender| sender.token_subject.is_some()) {
        let at = format!("[sender.{}]", sender.id);
        if ward.token_issuer.is_none() {
            problems.say(&at, "`token_subject` is of no provider: give the ward `token_issuer`");
        }
        if senders.iter().filter(|other| other.token_subject == sender.token_subject).count() > 1 {
            problems.say(&at, "another sender has the same `token_subject`");
        }
    }
    if ward.web_listen.is_none()
        && let Some(sender) = senders.iter().find(|sender| sender.web.is_some())
    {
        problems.say(
            &format!("[sender.{}]", sender.id),
            "`web` lets it come where nobody listens: give the ward `web_listen`",
        );
    }
    senders
}

pub(crate) fn inside(directory: &Path, text: &Text) -> PathBuf {
    directory.join(&*text.value)
}

pub(crate) fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Layers that are off. Each needs a waiver that is about this ward and has not ended.
fn layers_off(
    file: &SecurityFile,
    record: &Record<Ward>,
    today: Date,
    problems: &mut Problems,
) -> Vec<(WardLayer, Date)> {
    let mut off = Vec::new();
    for one in &record.layers_off {
        let at = format!("[ward.{}]", record.id());
        let (layer, waiver) = (one.layer.value, one.waiver.id());
        let word = layer.word();
        if matches!(layer, WardLayer::Vault | WardLayer::Watch) {
            problems.say(
                &at,
                &format!("the layer `{word}` cannot be off: nothing would be kept, or written down"),
            );
            continue;
        }
        let Some(waiver) = file.waivers.iter().find(|found| found.id() == waiver) else {
            problems.say(&at, &format!("the layer `{word}` is off by `{waiver}`, which is no waiver"));
            continue;
        };
        let is_about = *waiver.rule.value == *WAIVER_RULE
            && waiver.records.iter().any(|about| *about.value == *record.id());
        if !is_about {
            let id = record.id();
            problems.say(
                &at,
                &format!(
                    "`[waiver.{}]` does not say `rule = \"{WAIVER_RULE}\"` and `records = [\"{id}\"]`",
                    waiver.id()
                ),
            );
        } else if waiver.until.value < today {
            problems.say(&at, &format!("the waiver for the layer `{word}` ended on {}", waiver.until.value));
        } else {
            off.push((layer, waiver.until.value));
        }
    }
    off
}
