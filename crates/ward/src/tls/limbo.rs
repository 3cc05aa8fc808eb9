//! The path-validation cases of x509-limbo (C2SP, Apache-2.0) before the verifiers of the ward: those of clients before the
//! one of who calls, those of servers before the one of who is called.

#![allow(clippy::print_stderr, reason = "a test says what it counted")]

use super::{
    CertificateRevocationListDer, WebPkiServerVerifier, provider, verifier_of_clients, verifier_of_servers,
};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Where the ward decides otherwise than expected: why, and in which cases. Besides all of it a sender's certificate is pinned by
/// its digest, so that no certificate gets in that nobody of the site looked at.
const DISAGREEMENTS: &[(&str, &[&str])] = &[
    (
        "stricter: a certification authority is not taken as one that calls or is called",
        &["pathlen::validation-ignores-pathlen-in-leaf", "rfc5280::ca-as-leaf"],
    ),
    (
        "stricter: a chain in which one authority issued to itself is not built",
        &["pathlen::self-issued-certs-pathlen", "rfc5280::nc::permitted-self-issued"],
    ),
    (
        "stricter: a chain that is constrained to directory names or mail addresses is refused, whatever they say",
        &[
            "rfc5280::nc::permitted-dn-match",
            "rfc5280::nc::nc-permits-email-exact",
            "rfc5280::nc::nc-permits-email-domain",
            "rfc5280::nc::nc-permits-email-literal-asterisk-exact-match",
            "rfc5280::nc::nc-permits-email-literal-double-asterisk",
            "rfc5280::nc::nc-permits-email-literal-mid-asterisk",
        ],
    ),
    (
        "no such setting: the file cannot ask for shorter chains than six authorities",
        &["pathlen::max-chain-depth-0-exhausted", "pathlen::max-chain-depth-1-exhausted"],
    ),
    (
        "a root is a name and a key that the file trusts, nothing else in its certificate is asked, not even its end: the revocation \
         list, which must be fresh, ends it for who calls",
        &[
            "rfc5280::ski::root-missing-ski",
            "rfc5280::validity::expired-root",
            "rfc5280::unknown-critical-extension-root",
            "rfc5280::root-missing-basic-constraints",
            "rfc5280::root-non-critical-basic-constraints",
            "rfc5280::root-inconsistent-ca-extensions",
            "rfc5280::ca-empty-subject",
            "webpki::aki::root-with-aki-missing-keyidentifier",
            "webpki::aki::root-with-aki-authoritycertissuer",
            "webpki::aki::root-with-aki-authoritycertserialnumber",
            "webpki::aki::root-with-aki-all-fields",
            "webpki::aki::root-with-aki-ski-mismatch",
            "webpki::eku::root-has-eku",
            "webpki::forbidden-rsa-not-divisible-by-8-in-root",
            "crl::issuer-missing-crlsign",
        ],
    ),
    (
        "form that the authority should have kept to; what it signed is what it signed",
        &[
            "rfc5280::aki::critical-aki",
            "rfc5280::aki::leaf-missing-aki",
            "rfc5280::aki::intermediate-missing-aki",
            "rfc5280::aki::cross-signed-root-missing-aki",
            "rfc5280::ski::critical-ski",
            "rfc5280::ski::intermediate-missing-ski",
            "rfc5280::nc::permitted-dns-match-noncritical",
            "rfc5280::nc::invalid-dnsname-leading-period",
            "rfc5280::nc::not-allowed-in-ee-noncritical",
            "rfc5280::nc::not-allowed-in-ee-critical",
            "rfc5280::pc::ica-noncritical-pc",
            "rfc5280::san::noncritical-with-empty-subject",
            "rfc5280::san::underscore-dns",
            "rfc5280::serial::too-long",
            "rfc5280::serial::zero",
            "rfc5280::leaf-ku-keycertsign",
            "webpki::eku::ee-anyeku",
            "webpki::eku::ee-critical-eku",
            "webpki::eku::ee-without-eku",
            "webpki::nc::intermediate-permitted-excluded-subtrees-both-null",
            "webpki::nc::intermediate-permitted-excluded-subtrees-both-empty-sequences",
            "webpki::san::san-critical-with-nonempty-subject",
            "webpki::malformed-aia",
            "crl::crlnumber-missing",
            "crl::crlnumber-critical",
        ],
    ),
    (
        "a common name is never a name here, so that what stands in it cannot disagree",
        &[
            "webpki::cn::ipv4-hex-mismatch",
            "webpki::cn::ipv4-leading-zeros-mismatch",
            "webpki::cn::ipv6-uppercase-mismatch",
            "webpki::cn::ipv6-uncompressed-mismatch",
            "webpki::cn::ipv6-non-rfc5952-mismatch",
            "webpki::cn::punycode-not-in-san",
            "webpki::cn::utf8-vs-punycode-mismatch",
            "webpki::cn::not-in-san",
            "webpki::cn::case-mismatch",
        ],
    ),
    (
        "no list of public suffixes: a destination is one host that the file names, of an authority that the file names",
        &[
            "webpki::san::public-suffix-multi-label-wildcard-san",
            "webpki::san::public-suffix-private-namespace-wildcard-san",
        ],
    ),
    (
        "the chain is right and the key is weak: the handshake fails later, since no signature of such a key is verified",
        &[
            "webpki::forbidden-p192-leaf",
            "webpki::forbidden-dsa-leaf",
            "webpki::forbidden-weak-rsa-in-leaf",
            "webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf",
        ],
    ),
];

fn texts<'v>(case: &'v Value, key: &str) -> Vec<&'v str> {
    case[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn certificates(pem: &[&str]) -> Result<Vec<CertificateDer<'static>>, String> {
    let one =
        |text: &&str| CertificateDer::from_pem_slice(text.as_bytes()).map_err(|error| error.to_string());
    pem.iter().map(one).collect()
}

/// What a verifier of the ward says to a case.
fn judged(case: &Value) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    for root in certificates(&texts(case, "trusted_certs"))? {
        roots.add(root).map_err(|error| error.to_string())?;
    }
    let (roots, chain) = (Arc::new(roots), certificates(&texts(case, "untrusted_intermediates"))?);
    let leaf = certificates(&[case["peer_certificate"].as_str().unwrap_or_default()])?;
    let [leaf] = leaf.as_slice() else { return Err("no certificate".to_owned()) };
    let now = match case["validation_time"].as_str() {
        Some(moment) => moment.parse::<Timestamp>().unwrap().as_second(),
        None => Timestamp::now().as_second(),
    };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now.try_into().unwrap()));
    let lists = texts(case, "crls")
        .into_iter()
        .map(|text| CertificateRevocationListDer::from_pem_slice(text.as_bytes()));
    let lists: Vec<_> = lists.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    if case["validation_kind"] == "CLIENT" {
        let verifier = verifier_of_clients(roots, lists, false).map_err(|error| error.to_string())?;
        let said = verifier.verify_client_cert(leaf, &chain, now);
        return said.map(drop).map_err(|error| error.to_string());
    }
    let verifier = if lists.is_empty() {
        verifier_of_servers(roots)
    } else {
        // Their certificates are those of servers: the lists are read as for who calls, and nothing else differs.
        WebPkiServerVerifier::builder_with_provider(roots, provider())
            .with_crls(lists)
            .only_check_end_entity_revocation()
            .enforce_revocation_expiration()
            .build()
    };
    let verifier = verifier.map_err(|error| error.to_string())?;
    let name = case["expected_peer_name"]["value"].as_str().unwrap_or("example.com").to_owned();
    let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
    let said = verifier.verify_server_cert(leaf, &chain, &name, &[], now);
    said.map(drop).map_err(|error| error.to_string())
}

#[test]
fn path_validation_agrees_with_x509_limbo_or_says_why_not() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/x509-limbo.json.gz");
    let Ok(file) = File::open(&path) else {
        eprintln!("SKIPPED: {} is not there", path.display());
        return;
    };
    let limbo: Value = serde_json::from_reader(GzDecoder::new(file)).unwrap();
    let cases = limbo["testcases"].as_array().unwrap();
    let mut excused: BTreeSet<_> = DISAGREEMENTS.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let explained = excused.len();
    let (mut agreed, mut unexplained) = (0, Vec::new());
    for case in cases {
        let (id, said) = (case["id"].as_str().unwrap(), judged(case));
        if said.is_ok() == (case["expected_result"] == "SUCCESS") {
            agreed += 1;
        } else if !excused.remove(id) {
            unexplained.push(format!("{id}: {} expected, {said:?}", case["expected_result"]));
        }
    }
    eprintln!("{agreed} of {} cases agree, {explained} do not and say why", cases.len());
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    assert!(excused.is_empty(), "these agree now: {excused:#?}");
    assert!(cases.len() >= 208);
}
