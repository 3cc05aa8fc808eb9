//! The gateway as the file wants it: wards, who may send to them, where they send on.

use super::Waiver;
use crate::{Flag, Link, Number, Spanned, Text};

words! {
    /// A layer of the ward.
    pub enum WardLayer {
        #[doc = "source networks, connection limits"] Perimeter = "perimeter",
        #[doc = "mutual TLS, pinned certificates, revocation"] Transport = "transport",
        #[doc = "certificate, AE title, source network and sender record agree"] Identity = "identity",
        #[doc = "who may do what, by policies"] Policy = "policy",
        #[doc = "bounded scan, classes and transfer syntaxes"] Content = "content",
        #[doc = "de-identification with a second look"] Privacy = "privacy",
        #[doc = "digests in the ledger, checked at every later read"] Integrity = "integrity",
        #[doc = "encryption at rest under a key for each study"] Vault = "vault",
        #[doc = "every decision in the ledger"] Watch = "watch",
    }
}

words! {
    /// What a sender must show to come by DICOMweb.
    pub enum WebIdentity {
        #[doc = "a certificate of its record"] Certificate = "certificate",
        #[doc = "a token that was issued to it"] Token = "token",
        #[doc = "both"] Both = "certificate-and-token",
    }
}

table! {
    /// A ward: a gateway through which every scan passes. Paths are inside the directory of the file.
    pub struct Ward {
        /// Name shown to people.
        title (required): Text,
        /// Address and port on which DICOM over TLS is received, such as `0.0.0.0:2762`.
        listen (required): Text,
        /// Address and port on which DICOMweb over TLS is received; nowhere where absent.
        web_listen: Option<Text>,
        /// Its AE title: what senders call.
        ae_title (required): Text,
        /// PEM file of its certificate chain.
        certificate (required): Text,
        /// PEM file of its private key; open to its owner only.
        key (required): Text,
        /// PEM file of the authorities that issue certificates of senders.
        trust (required): Text,
        /// PEM file of their revocation lists; a list past its next update lets nobody in.
        revocation (required): Text,
        /// Directory for what it keeps.
        state (required): Text,
        /// Key file that the keys of all studies are sealed under, as `medward ward keys create` makes it.
        vault_key (required): Text,
        /// Policies in the Cedar language; what none of them permits is refused.
        policies (required): Text,
        /// Site policy of de-identification, in TOML; not in a file that ends in `.toml`, which would be read as part of this one.
        deidentification (required): Text,
        /// Key of the project for pseudonyms, as `medward deidentify --create-key` makes it.
        pseudonym_key (required): Text,
        /// SOP classes that are taken, by UID.
        sop_classes (required): Vec<Text>,
        /// Transfer syntaxes that are taken, by UID; uncompressed little endian ones where absent.
        transfer_syntaxes: Vec<Text>,
        /// Associations at once; 64 where absent.
        associations_max: Option<Number>,
        /// Connections at once from one address, answered or not; 16 where absent.
        connections_per_source_max: Option<Number>,
        /// Bytes of the largest object taken; 4 GiB where absent.
        object_bytes_max: Option<Number>,
        /// Seconds until the next message must have come; 30 where absent.
        idle_seconds_max: Option<Number>,
        /// Seconds for one association as a whole; 14,400 where absent.
        association_seconds_max: Option<Number>,
        /// Where pseudonymised objects go.
        to: Vec<Link<Destination>>,
        /// Where results go that the AI sends back, once they carry their patient again; never one of `to`.
        results_to: Vec<Link<Destination>>,
        /// Provider whose tokens senders may show by DICOMweb, beside those that the ward issues itself.
        token_issuer: Option<TokenIssuer>,
        /// Hours after which the ward deletes originals that were handed out in an emergency; 24 where absent.
        emergency_hours_max: Option<Number>,
        /// Time zone of the hours of senders, such as `Europe/Berlin`; UTC where absent.
        time_zone: Option<Text>,
        /// From when on what happens is an alarm.
        alarms: Option<WardAlarms>,
        /// Where Prometheus asks for metrics: an address of the loopback interface such as `127.0.0.1:9464`, or `unix:PATH`; nowhere where
        /// absent.
        metrics: Option<Text>,
        /// File that OpenTelemetry spans are written to, as lines of OTLP/JSON; none where absent.
        traces: Option<Text>,
        /// Study Instance UIDs of nobody, as senders know them: whoever asks for one of them is an alarm.
        canaries: Vec<Text>,
        /// Public key of its ledger, kept here so that nobody can put another ledger in its place; printed by `medward ward run`.
        ledger_key: Option<Text>,
        /// Audit repository that DICOM audit messages of all decisions are sent to.
        audit: Option<AuditRepository>,
        /// Whose DICOM digital signature results get that go to the hospital; none where absent.
        sign_results: Option<SignResults>,
        /// Layers that are off, each by a waiver with its owner and last day, keyed by the layer.
        layers_off: Vec<LayerOff>,
    }
}

table! {
    /// A provider of tokens: OpenID Connect, or OAuth 2.0 with JSON Web Tokens (RFC 9068).
    pub struct TokenIssuer {
        /// Its issuer identifier, as its tokens have it (`iss`).
        issuer (required): Text,
        /// Whom its tokens are for here (`aud`).
        audience (required): Text,
        /// JSON file of its public keys, as its `jwks_uri` has them; read again every 20 seconds.
        keys (required): Text,
    }
}

table! {
    /// From when on what happens is an alarm of the ward.
    pub struct WardAlarms {
        /// Days in which it is learnt what is usual: of a ward, and of each sender; 7 where absent.
        learning_days: Option<Number>,
        /// Objects that one peer may be handed within an hour; 3,000 where absent.
        exported_objects_an_hour: Option<Number>,
        /// Objects of one sender that may come again under their UID with another content within an hour; 10 where absent.
        rewritten_objects_an_hour: Option<Number>,
        /// Studies erased and held objects destroyed within an hour; 10 where absent.
        erasures_an_hour: Option<Number>,
        /// Refusals from one address, or under one name, within ten minutes; 20 where absent.
        refusals_in_ten_minutes: Option<Number>,
    }
}

table! {
    /// An audit repository: a syslog server over mutual TLS (RFC 5425, PS3.15 A.6).
    pub struct AuditRepository {
        /// Address and port, such as `10.20.0.9:6514`.
        address (required): Text,
        /// Name its certificate must carry.
        server_name (required): Text,
        /// PEM file of the authorities that issue its certificate.
        trust (required): Text,
    }
}

table! {
    /// A key that DICOM digital signatures (PS3.15 Annex C) are made with.
    pub struct SignResults {
        /// PEM file of the private key, RSA or on the curves P-256 or P-384; sealed under the passphrase of the ward, or open to its owner only.
        key (required): Text,
        /// PEM file of its certificate.
        certificate (required): Text,
    }
}

table! {
    /// A layer that is off until its waiver ends; the ward stops then.
    pub struct LayerOff {
        /// The layer.
        layer (required): Spanned<WardLayer>,
        /// The waiver that answers for it: its rule is `WARD`, its records name the ward.
        waiver (required): Link<Waiver>,
    }
}

table! {
    /// A node that may send to a ward. Title, certificate and network must all agree with one record.
    pub struct Sender {
        /// Name shown to people.
        title (required): Text,
        /// The ward it sends to.
        ward (required): Link<Ward>,
        /// Its AE title.
        ae_title (required): Text,
        /// SHA-256 of its certificates in DER, in hexadecimal digits; two while one is being replaced. None where it comes by DICOMweb with a
        /// token alone.
        certificates (required): Vec<Text>,
        /// Networks it sends from, such as `10.20.0.0/24`.
        networks (required): Vec<Text>,
        /// Hours at which it works, such as `07:00-19:00`, in the time zone of the ward; learnt from its own record where absent.
        hours: Option<Text>,
        /// Associations and requests at once; 4 where absent.
        associations_max: Option<Number>,
        /// What it must show to come by DICOMweb; it may not come that way where absent.
        web: Option<Spanned<WebIdentity>>,
        /// Subject of its tokens of the ward's `token_issuer` (`sub`).
        token_subject: Option<Text>,
        /// SOP classes of results (SR, SEG, SC, PR), by UID. They make the sender one that answers pseudonymised studies: it may send
        /// these and nothing else, and what it sends goes back to the patient.
        result_classes: Vec<Text>,
        /// Whether it may query and retrieve pseudonymised objects (C-FIND, C-GET, C-MOVE, QIDO-RS, WADO-RS), as far as the policies let it.
        retrieves: Option<Flag>,
        /// Whether it may use TLS 1.2 with ECDHE and AEAD suites, because it cannot do 1.3 (PS3.15 section B.12).
        tls_1_2: Option<Flag>,
    }
}

table! {
    /// A node that a ward sends to, over mutual TLS, by C-STORE or by STOW-RS: pseudonymised objects, or results that carry their patient
    /// again.
    pub struct Destination {
        /// Name shown to people.
        title (required): Text,
        /// Its AE title; none where it takes STOW-RS.
        ae_title: Option<Text>,
        /// Address and port; none where it takes STOW-RS.
        address: Option<Text>,
        /// Its DICOMweb service, such as `https://pacs.hospital.example/dicom-web`, in place of title and address: objects go to `/studies`
        /// below it.
        stow: Option<Text>,
        /// Name its certificate must carry.
        server_name (required): Text,
        /// PEM file of the authorities that issue its certificate.
        trust (required): Text,
    }
}
