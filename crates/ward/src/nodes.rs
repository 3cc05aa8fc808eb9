//! The nodes around a ward as the security file has them: who may send, where it sends to, who gets the audit messages.

use crate::configuration::{count, inside};
use crate::network::Network;
use crate::problem::Problems;
use hyper::Uri;
use medward_file::kinds::{AuditRepository, Destination, Sender, WebIdentity};
use medward_file::{Link, Record, SecurityFile};
use medward_upper_layer::{AeTitle, Uid};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Port where a URL names none.
const HTTPS: u16 = 443;

/// A node that may send.
#[derive(Debug, Clone)]
pub struct KnownSender {
    /// Id of its record.
    pub id: String,
    /// Its AE title.
    pub title: AeTitle,
    /// SHA-256 of its certificates, in lower-case hexadecimal digits.
    pub certificates: BTreeSet<String>,
    /// Where it sends from.
    pub networks: Vec<Network>,
    /// Associations and requests at once.
    pub associations_max: usize,
    /// What it must show to come by DICOMweb, if it may.
    pub web: Option<WebIdentity>,
    /// Subject of its tokens of the provider.
    pub token_subject: Option<String>,
    /// Classes of results; with any, it is one that answers pseudonymised studies and sends nothing else.
    pub result_classes: BTreeSet<Uid>,
    /// Whether it may query and retrieve pseudonymised objects.
    pub retrieves: bool,
    /// Whether TLS 1.2 is enough.
    pub may_use_tls_1_2: bool,
}

/// A node to send to.
#[derive(Debug, Clone)]
pub struct KnownDestination {
    /// Id of its record.
    pub id: String,
    /// Its AE title; none where it takes STOW-RS.
    pub title: Option<AeTitle>,
    /// Host and port.
    pub address: String,
    /// Path that it takes STOW-RS at, if it does.
    pub stow: Option<String>,
    /// Name in its certificate.
    pub server_name: String,
    /// Authorities of its certificate.
    pub trust: PathBuf,
}

/// An audit repository.
#[derive(Debug, Clone)]
pub struct Repository {
    /// Its address.
    pub address: SocketAddr,
    /// Name in its certificate.
    pub server_name: String,
    /// Authorities of its certificate.
    pub trust: PathBuf,
}

pub(crate) fn repository(
    directory: &Path,
    at: &str,
    written: &AuditRepository,
    problems: &mut Problems,
) -> Option<Repository> {
    let wanted = "an address and port such as 10.20.0.9:6514";
    Some(Repository {
        address: problems.parsed(at, "audit.address", &written.address, wanted)?,
        server_name: written.server_name.value.to_string(),
        trust: inside(directory, &written.trust),
    })
}

pub(crate) fn known_sender(record: &Record<Sender>, problems: &mut Problems) -> Option<KnownSender> {
    let at = format!("[sender.{}]", record.id());
    let title = problems.parsed(&at, "ae_title", &record.ae_title, "an AE title of 1 to 16 characters");
    let mut certificates = BTreeSet::new();
    for written in &record.certificates {
        let digits = written.value.replace(':', "").to_ascii_lowercase();
        if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            certificates.insert(digits);
        } else {
            problems.say(&at, "`certificates` holds SHA-256 digests: 64 hexadecimal digits each");
        }
    }
    let mut networks = Vec::new();
    for written in &record.networks {
        networks.extend(problems.parsed::<Network>(
            &at,
            "networks",
            written,
            "a network such as 10.20.0.0/24",
        ));
    }
    let web = record.web.as_ref().map(|written| written.value);
    if networks.is_empty() || (certificates.is_empty() && web != Some(WebIdentity::Token)) {
        problems.say(&at, "without a certificate and a network nothing could be told from an impostor");
    }
    let associations = record.associations_max.as_ref().map(|number| number.value);
    Some(KnownSender {
        id: record.id().to_owned(),
        title: title?,
        certificates,
        networks,
        associations_max: count(problems.number(&at, "associations_max", associations, 4, 1..=1_024)),
        web,
        token_subject: record.token_subject.as_ref().map(|subject| subject.value.to_string()),
        result_classes: problems.uids(&at, "result_classes", &record.result_classes),
        retrieves: record.retrieves.as_ref().is_some_and(|flag| flag.value),
        may_use_tls_1_2: record.tls_1_2.as_ref().is_some_and(|flag| flag.value),
    })
}

pub(crate) fn known_destinations(
    file: &SecurityFile,
    at: &str,
    key: &str,
    links: &[Link<Destination>],
    problems: &mut Problems,
) -> Vec<KnownDestination> {
    let mut known = Vec::new();
    for link in links {
        match file.destinations.iter().find(|one| one.id() == link.id()) {
            Some(record) => known.extend(known_destination(&file.directory, record, problems)),
            None => problems.say(at, &format!("`{key}` names `{}`, which is no destination", link.id())),
        }
    }
    known
}

fn known_destination(
    directory: &Path,
    record: &Record<Destination>,
    problems: &mut Problems,
) -> Option<KnownDestination> {
    let at = format!("[destination.{}]", record.id());
    let (title, address, stow) = match (&record.ae_title, &record.address, &record.stow) {
        (Some(title), Some(address), None) => {
            let title = problems.parsed(&at, "ae_title", title, "an AE title of 1 to 16 characters");
            (Some(title?), address.value.to_string(), None)
        }
        (None, None, Some(url)) => {
            let wanted = "a URL such as https://pacs.hospital.example/dicom-web, without a query";
            let Service { address, path } = problems.parsed(&at, "stow", url, wanted)?;
            (None, address, Some(path))
        }
        _ => {
            problems.say(
                &at,
                "give it `ae_title` and `address` for C-STORE, or `stow` for STOW-RS, and not both",
            );
            return None;
        }
    };
    Some(KnownDestination {
        id: record.id().to_owned(),
        title,
        address,
        stow,
        server_name: record.server_name.value.to_string(),
        trust: inside(directory, &record.trust),
    })
}

/// Where a DICOMweb service is.
struct Service {
    address: String,
    /// Of its studies.
    path: String,
}

impl FromStr for Service {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let uri: Uri = text.parse().map_err(|_| ())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(())?;
        let is_plain =
            uri.scheme_str() == Some("https") && uri.query().is_none() && !text.contains(['@', '#']);
        let (port, path) = (uri.port_u16().unwrap_or(HTTPS), uri.path().trim_end_matches('/'));
        is_plain
            .then(|| Self { address: format!("{host}:{port}"), path: format!("{path}/studies") })
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_an_address_and_a_path_over_tls_and_nothing_more() {
        let of = |text: &str| {
            text.parse::<Service>().map(|service| format!("{}{}", service.address, service.path))
        };
        assert_eq!(
            of("https://pacs.example/dicom-web/"),
            Ok("pacs.example:443/dicom-web/studies".to_owned())
        );
        assert_eq!(of("https://[::1]:8443"), Ok("[::1]:8443/studies".to_owned()));
        for slip in [
            "http://pacs.example",
            "pacs.example",
            "https://a:b@pacs.example/",
            "https://p/?x=1",
            "https://p/#x",
            "",
        ] {
            assert_eq!(of(slip), Err(()), "{slip}");
        }
    }
}
