//! Keys in a token: `SoftHSM2`. Skipped loudly where it is not installed.

#![cfg(feature = "pkcs11")]

mod vaults;

use medward_vault::provider::{KeyProvider as _, Token, TokenKey};
use medward_vault::{Options, ProviderError, SecretKey, Vault};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use vaults::{bytes, key, put, read};

const PIN: &str = "4711";
/// Set in the child, which has a configuration of the token of its own.
const CHILD: &str = "MEDWARD_VAULT_TOKEN";

fn library() -> Option<PathBuf> {
    let places = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];
    places.into_iter().map(PathBuf::from).find(|path| path.exists())
}

#[test]
fn child_with_a_token() {
    let Some(place) = std::env::var_os(CHILD) else { return };
    let place = Path::new(&place);
    let token = Token { library: library().unwrap(), token: "medward".to_owned(), key: "vault".to_owned() };
    assert!(matches!(TokenKey::open(&token, PIN), Err(ProviderError::Token { .. })), "no key was made yet");
    assert!(matches!(TokenKey::open(&token, "0000"), Err(ProviderError::Token { .. })));
    let provider = Arc::new(TokenKey::generate(&token, PIN).unwrap());
    let (vault, _) = Vault::open(&place.join("vault"), key(1), Options::default()).unwrap();
    put(&vault, 1, 1, &bytes(1, 100_000)).unwrap();
    vault.rotate(Arc::clone(&provider) as _).unwrap();
    put(&vault, 2, 2, b"under the token").unwrap();
    drop(vault);
    let (vault, _) =
        Vault::open(&place.join("vault"), Arc::clone(&provider) as _, Options::default()).unwrap();
    assert_eq!(read(&vault, 1).unwrap(), bytes(1, 100_000));
    assert_eq!(read(&vault, 2).unwrap(), b"under the token");
    assert!(vault.verify(|_| {}).unwrap().findings.is_empty());
    let secret = SecretKey::generate().unwrap();
    let mut wrapped = provider.wrap(&secret, b"here").unwrap();
    assert_eq!(provider.unwrap(&wrapped, b"here").unwrap().unwrap().expose(), secret.expose());
    assert!(provider.unwrap(&wrapped, b"there").unwrap().is_none());
    wrapped[20] ^= 1;
    assert!(provider.unwrap(&wrapped, b"here").unwrap().is_none());
    println!("the token did it");
}

#[test]
fn a_vault_under_a_token_opens_with_it_and_not_without() {
    if library().is_none() || Command::new("softhsm2-util").arg("--version").output().is_err() {
        eprintln!("SKIPPED: SoftHSM2 is not installed");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let (tokens, configuration) = (place.path().join("tokens"), place.path().join("softhsm2.conf"));
    std::fs::create_dir(&tokens).unwrap();
    std::fs::write(&configuration, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
    let mut init = Command::new("softhsm2-util");
    init.args(["--init-token", "--free", "--label", "medward", "--so-pin", "4712", "--pin", PIN]);
    assert!(init.env("SOFTHSM2_CONF", &configuration).output().unwrap().status.success());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["child_with_a_token", "--exact", "--nocapture"]);
    child.env("SOFTHSM2_CONF", &configuration).env(CHILD, place.path());
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("the token did it"), "{said}{output:?}");
}
