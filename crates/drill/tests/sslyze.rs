//! The ward's port before sslyze: which protocols and suites it speaks, and whether any of the known attacks on TLS has a hold on it.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says so by ending")]

use medward_drill::{POLICIES, Site};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const CHECKS: [&str; 14] = [
    "--sslv2",
    "--sslv3",
    "--tlsv1",
    "--tlsv1_1",
    "--tlsv1_2",
    "--tlsv1_3",
    "--compression",
    "--early_data",
    "--openssl_ccs",
    "--heartbleed",
    "--robot",
    "--reneg",
    "--resum",
    "--elliptic_curves",
];

#[tokio::test(flavor = "multi_thread")]
async fn sslyze_finds_three_suites_of_tls_1_3_and_nothing_to_attack() {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target =
        target.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), Into::into);
    let sslyze = target.join("examiners/sslyze/bin/sslyze");
    if !sslyze.exists() {
        eprintln!("SKIPPED: sslyze is not at {}; ./test installs it", sslyze.display());
        return;
    }
    let site = Site::new(POLICIES).unwrap();
    let ward = site.start(None, None).await.unwrap();
    let (out, address) = (site.directory().join("sslyze.json"), ward.address.to_string());
    let (certificate, key) = (site.pki("ct-1.pem"), site.pki("ct-1.key"));
    let asked = tokio::task::spawn_blocking({
        let out = out.clone();
        move || {
            let mut command = Command::new(sslyze);
            command.arg("--json_out").arg(out).args(["--quiet", "--mozilla_config=disable"]);
            command.arg("--cert").arg(certificate).arg("--key").arg(key);
            command.args(CHECKS).arg(address).output()
        }
    });
    let output = asked.await.unwrap().unwrap();
    let said = std::fs::read_to_string(&out).unwrap_or_else(|_| panic!("{output:?}"));
    ward.stop().await;
    let said: Value = serde_json::from_str(&said).unwrap();
    let found = &said["server_scan_results"][0]["scan_result"];
    let result = |check: &str| {
        assert_eq!(found[check]["status"], "COMPLETED", "{check}: {}", found[check]);
        found[check]["result"].clone()
    };
    let suites = |protocol: &str| -> Vec<String> {
        let accepted = result(&format!("{protocol}_cipher_suites"))["accepted_cipher_suites"].clone();
        let names = accepted.as_array().unwrap().iter().map(|one| one["cipher_suite"]["name"].clone());
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    for protocol in ["ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1", "tls_1_2"] {
        assert!(suites(protocol).is_empty(), "{protocol}");
    }
    let mut of_1_3 = suites("tls_1_3");
    of_1_3.sort();
    let expected = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
    assert_eq!(of_1_3, expected);
    for (check, finding) in [
        ("tls_compression", "supports_compression"),
        ("tls_1_3_early_data", "supports_early_data"),
        ("openssl_ccs_injection", "is_vulnerable_to_ccs_injection"),
        ("heartbleed", "is_vulnerable_to_heartbleed"),
        ("session_renegotiation", "is_vulnerable_to_client_renegotiation_dos"),
    ] {
        assert_eq!(result(check)[finding], false, "{check}");
    }
    assert_eq!(result("robot")["robot_result"], "NOT_VULNERABLE_RSA_NOT_SUPPORTED");
}
