//! Warnings to a webhook, signed so that whoever receives one knows that it is genuine and new.

use super::mail::is_here;
use crate::outgoing::agent;
use crate::output::Error;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt::Write as _;
use std::time::Duration;
use zeroize::Zeroizing;

/// Longest wait for a server.
const PATIENCE: Duration = Duration::from_secs(20);
/// Fewest characters of a secret.
const SECRET_MIN: usize = 16;

/// Posts a message as JSON. `Medward-Signature: t=SECONDS,v1=HEX` holds HMAC-SHA-256 over `SECONDS.BODY` under the secret: a receiver computes
/// it anew, compares in constant time and refuses what is older than a few minutes.
pub(super) fn post(
    address: &str,
    secret: Option<&Zeroizing<String>>,
    seconds: i64,
    value: &serde_json::Value,
) -> Result<(), Error> {
    let failed = |reason: String| {
        Error::Usage(format!("the webhook `{}` was not told: {reason}", address.escape_debug()))
    };
    let secret = secret.filter(|secret| secret.chars().count() >= SECRET_MIN).ok_or_else(|| {
        failed(format!(
            "messages are signed: give `webhook_secret` of at least {SECRET_MIN} characters in the file of --secrets"
        ))
    })?;
    let authority =
        address.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    if !address.starts_with("https://") && !is_here(host(authority)) {
        return Err(failed("write https://".into()));
    }
    let body = serde_json::to_string(value)?;
    let signature = signature(secret, seconds, &body).map_err(failed)?;
    let request = agent(address, PATIENCE)
        .post(address)
        .header("content-type", "application/json")
        .header("medward-signature", format!("t={seconds},v1={signature}"));
    let status = request.send(&body).map_err(|error| failed(error.to_string()))?.status();
    if status.is_success() { Ok(()) } else { Err(failed(format!("it answered {status}"))) }
}

/// The host of `host`, `host:port` or `[address]:port`.
fn host(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn signature(secret: &str, seconds: i64, body: &str) -> Result<String, String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|error| error.to_string())?;
    mac.update(format!("{seconds}.{body}").as_bytes());
    let mut text = String::new();
    for byte in mac.finalize().into_bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_unencrypted_leaves_this_machine_and_nothing_unsigned() {
        let secret = zeroize::Zeroizing::new("a secret of the test".to_owned());
        let value = serde_json::json!({});
        let said = |address: &str, secret| super::post(address, secret, 0, &value).unwrap_err().to_string();
        for address in [
            "http://hooks.example/x",
            "http://127.0.0.1@hooks.example/x",
            "http://127.0.0.1.hooks.example",
            "ftp://x",
        ] {
            assert!(said(address, Some(&secret)).contains("write https://"), "{address}");
        }
        assert!(said("https://hooks.example/x", None).contains("messages are signed"));
        assert!(
            said("https://hooks.example/x", Some(&zeroize::Zeroizing::new("short".to_owned())))
                .contains("signed")
        );
    }
}
