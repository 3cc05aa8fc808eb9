//! Probes of a control: what they all have, and the terms of those that reach over a network.
//!
//! The terms of a kind stand in a table named as the kind, with `_` for `-`.

use super::probe_host::{
    AccountsProbe, AtRestProbe, BackupProbe, CommandProbe, FirewallProbe, OpenscapProbe, OsqueryProbe,
    PasswordPolicyProbe, ReviewProbe, SbomAgeProbe, SqlProbe,
};
use crate::{Flag, Map, Number, Spanned, Text};

table! {
    /// A live check with two halves: the negative one shows that the check can still fail.
    pub struct Probe {
        /// Kind of probe, such as `tls` or `dicom`.
        kind (required): Text,
        /// What must work, in words.
        positive: Option<Text>,
        /// What must be refused, in words.
        negative: Option<Text>,
        /// How often, such as `1h` or `24h`.
        every: Option<Text>,
        /// What is probed: `host:port`, a URL or a path, as the kind asks.
        target: Option<Text>,
        /// Seconds the whole probe may take; 30 where absent. A probe out of time proves nothing.
        timeout_seconds: Option<Number>,
        /// Terms of kind `port`.
        port: Option<PortProbe>,
        /// Terms of kind `tls`.
        tls: Option<TlsProbe>,
        /// Terms of kind `http`.
        http: Option<HttpProbe>,
        /// Terms of kind `dicom`.
        dicom: Option<DicomProbe>,
        /// Terms of kind `canary`.
        canary: Option<CanaryProbe>,
        /// Terms of kind `time-sync`.
        time_sync: Option<TimeSyncProbe>,
        /// Terms of kind `prometheus`.
        prometheus: Option<PrometheusProbe>,
        /// Terms of kind `audit-flow`.
        audit_flow: Option<AuditFlowProbe>,
        /// Terms of kind `emergency`.
        emergency: Option<EmergencyProbe>,
        /// Terms of kind `command`.
        command: Option<CommandProbe>,
        /// Terms of kind `firewall`.
        firewall: Option<FirewallProbe>,
        /// Terms of kind `backup`.
        backup: Option<BackupProbe>,
        /// Terms of kind `at-rest`.
        at_rest: Option<AtRestProbe>,
        /// Terms of kind `password-policy`.
        password_policy: Option<PasswordPolicyProbe>,
        /// Terms of kind `accounts`.
        accounts: Option<AccountsProbe>,
        /// Terms of kind `review`.
        review: Option<ReviewProbe>,
        /// Terms of kind `sbom-age`.
        sbom_age: Option<SbomAgeProbe>,
        /// Terms of kind `sql`.
        sql: Option<SqlProbe>,
        /// Terms of kind `osquery`.
        osquery: Option<OsqueryProbe>,
        /// Terms of kind `openscap`.
        openscap: Option<OpenscapProbe>,
    }
}

words! {
    /// What silence from a port means.
    pub enum Silence {
        #[doc = "nobody knows: the probe ends in an error"] Unknown = "unknown",
        #[doc = "closed, provided an open port of the same host answered in the same run"] Closed = "closed",
    }
}

table! {
    /// Ports that must be open and ports that must be closed from where the probe runs.
    pub struct PortProbe {
        /// Addresses `host:port` that must accept a TCP connection; IPv6 in brackets.
        open: Vec<Text>,
        /// Addresses `host:port` that must not accept one.
        closed: Vec<Text>,
        /// What silence of a port that must be closed means: `unknown` (where absent) or `closed`.
        silence: Option<Spanned<Silence>>,
    }
}

table! {
    /// A TLS server: versions, cipher suites, certificate chain, client certificate.
    pub struct TlsProbe {
        /// Versions that must be accepted, of `1.0`, `1.1`, `1.2`, `1.3`; each other one must be refused.
        versions: Vec<Text>,
        /// Cipher suites that may be accepted, by IANA name; where absent those of TLS 1.3 and ECDHE with AEAD.
        suites: Vec<Text>,
        /// Name the certificate must carry; the host of the target where absent.
        server_name: Option<Text>,
        /// PEM file of the authorities that may have issued the certificate; those of the system where absent.
        trust: Option<Text>,
        /// Days the certificate must still be valid; 14 where absent.
        days_left_min: Option<Number>,
        /// Whether the server must refuse clients without a certificate it trusts; then `certificate` and `key` are needed.
        client_certificate: Option<Flag>,
        /// PEM file of the client certificate the server accepts.
        certificate: Option<Text>,
        /// PEM file of its private key.
        key: Option<Text>,
    }
}

table! {
    /// A web server: answers with credentials, refuses without, redirects to TLS, sends the OWASP headers.
    pub struct HttpProbe {
        /// Status of the target with the credential; 200 where absent.
        status: Option<Number>,
        /// Name of the secret sent as `Authorization` header; the caller holds the secret, never the file.
        credential: Option<Text>,
        /// URLs or paths under the target that must be refused without credential; the target too where `credential` is set.
        refused: Vec<Text>,
        /// Statuses that count as refusal; 401 and 403 where absent.
        refused_status: Vec<Number>,
        /// Plain `http:` URL that must redirect to `https:`.
        redirects_from: Option<Text>,
        /// Whether the answer must carry the headers of the OWASP Secure Headers Project.
        security_headers: Option<Flag>,
        /// Requests sent at once of which one at least must be answered 429; at most 500.
        rate_limit_requests: Option<Number>,
        /// PEM file of the authorities trusted for `https:`; those of the system where absent.
        trust: Option<Text>,
    }
}

table! {
    /// A DICOM node: C-ECHO as a known sender, refusal of an unknown and of an impostor.
    pub struct DicomProbe {
        /// AE title of the node probed.
        called: Option<Text>,
        /// AE title the node knows and must answer.
        known: Option<Text>,
        /// AE title the node does not know and must refuse.
        unknown: Option<Text>,
        /// AE title of another sender, which must be refused from here.
        impostor: Option<Text>,
        /// Whether a called AE title other than its own must be refused.
        wrong_called: Option<Flag>,
        /// SOP classes by UID that the known sender must be allowed to store; negotiated only.
        storage: Vec<Text>,
        /// Whether a synthetic object is really stored as the known sender, and offered as the others; it stays in the node.
        store: Option<Flag>,
        /// Whether the node speaks DICOM over TLS; then a plain association must be refused.
        tls: Option<Flag>,
        /// Name the certificate must carry; the host of the target where absent.
        server_name: Option<Text>,
        /// PEM file of the authorities trusted; those of the system where absent.
        trust: Option<Text>,
        /// PEM file of the known sender's certificate.
        certificate: Option<Text>,
        /// PEM file of its private key.
        key: Option<Text>,
    }
}

table! {
    /// A pseudonymising gateway: a synthetic patient goes in by C-STORE, and nothing of them comes out.
    ///
    /// The result is known by its pixels, so they must come out uncompressed. The object stays in the systems behind.
    pub struct CanaryProbe {
        /// AE title of the gateway, which is the target.
        called: Option<Text>,
        /// AE title of a sender it knows.
        calling: Option<Text>,
        /// SOP class sent, by UID: Secondary Capture (where absent) or CT.
        sop_class: Option<Text>,
        /// Directory in which the result arrives as a file.
        directory: Option<Text>,
        /// Or: command that writes the result to its standard output, once it is there. `{patient_id}`, `{accession}`
        /// and `{instance}` in an argument become what was sent.
        fetch: Vec<Text>,
        /// Seconds until the result must have come out.
        seconds_max: Option<Number>,
        /// Whether the UIDs may stay as they were (PS3.15 annex E, option to retain UIDs).
        uids_may_stay: Option<Flag>,
        /// Whether patient id and family name, burned into the top of the image, must be gone from the pixels.
        pixel: Option<Flag>,
        /// Whether the gateway speaks DICOM over TLS.
        tls: Option<Flag>,
        /// Name the certificate must carry; the host of the target where absent.
        server_name: Option<Text>,
        /// PEM file of the authorities trusted; those of the system where absent.
        trust: Option<Text>,
        /// PEM file of the sender's certificate.
        certificate: Option<Text>,
        /// PEM file of its private key.
        key: Option<Text>,
        /// Environment variables of the command, by name; it has no others.
        environment: Map<Text>,
        /// Environment variables that hold secrets: variable and name of the secret.
        secrets: Map<Text>,
    }
}

table! {
    /// The clock of the machine the probe runs on, against a time server (SNTP, RFC 5905).
    pub struct TimeSyncProbe {
        /// Milliseconds the clock may be off.
        offset_ms_max: Option<Number>,
        /// Milliseconds of root dispersion the server may claim; 1000 where absent.
        dispersion_ms_max: Option<Number>,
    }
}

table! {
    /// A Prometheus server: a query with a bound, and a query that must return nothing.
    pub struct PrometheusProbe {
        /// Query of which each sample must keep the bound; no sample is an error.
        query: Option<Text>,
        /// Least value allowed, as a decimal number.
        least: Option<Text>,
        /// Greatest value allowed, as a decimal number.
        most: Option<Text>,
        /// Query that must return no sample, such as the alerts now firing.
        none: Option<Text>,
        /// Name of the secret sent as `Authorization` header.
        credential: Option<Text>,
        /// PEM file of the authorities trusted for `https:`.
        trust: Option<Text>,
    }
}

table! {
    /// The way of an event into the log: caused now, it must arrive in time. The target is the log: a path or a URL.
    pub struct AuditFlowProbe {
        /// Command that causes the event; `{marker}` in an argument becomes the text looked for.
        cause: Vec<Text>,
        /// Seconds until the event must stand in the log.
        seconds_max: Option<Number>,
        /// Texts that must never be added to the log, such as the name of a synthetic patient.
        never: Vec<Text>,
        /// Environment variables of the command, by name; it has no others.
        environment: Map<Text>,
        /// Environment variables that hold secrets: variable and name of the secret.
        secrets: Map<Text>,
        /// Name of the secret sent as `Authorization` header when the log is a URL.
        credential: Option<Text>,
        /// PEM file of the authorities trusted for `https:`.
        trust: Option<Text>,
    }
}

table! {
    /// The break-glass path: it opens, its use is logged, and it stays shut to whom it is not for. The target is the log.
    pub struct EmergencyProbe {
        /// Command that opens the path; `{marker}` in an argument becomes the text looked for in the log.
        open: Vec<Text>,
        /// Command that shuts it again; run in every case.
        shut: Vec<Text>,
        /// Command that tries to open it without the right to; it must end with another exit code than 0.
        refused: Vec<Text>,
        /// Seconds until the use must stand in the log.
        seconds_max: Option<Number>,
        /// Environment variables of the commands, by name; they have no others.
        environment: Map<Text>,
        /// Environment variables that hold secrets: variable and name of the secret.
        secrets: Map<Text>,
        /// Name of the secret sent as `Authorization` header when the log is a URL.
        credential: Option<Text>,
        /// PEM file of the authorities trusted for `https:`.
        trust: Option<Text>,
    }
}
