//! Safeguards broken on purpose, one at a time: a suite that stays green without a safeguard shows nothing about it.
//!
//! A safeguard asks [`is`] at the one line where it can be taken away. In every build but that of `bench/teeth` (feature `sabotage`)
//! the answer is a constant `false` and the line is gone; a release build with the feature does not compile.

#[cfg(all(feature = "sabotage", not(debug_assertions)))]
compile_error!(
    "the feature `sabotage` breaks safeguards on purpose: it is for tests, and never for a release"
);

/// Which safeguard is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is said by its line in `ALL`")]
pub enum Broken {
    AddressIgnored,
    CertificateOfAnybody,
    RevocationIgnored,
    PolicyPermitsAll,
    DoubleElementsPass,
    ScanUnconfined,
    CarriedUnchecked,
    SecondLookSkipped,
    TagIgnored,
    NotSynced,
    JournalNotSynced,
    NameTakenTwice,
    KeyKept,
    ReceiptNotWritten,
    EmergencyNotWritten,
    AnyResult,
}

/// What `MEDWARD_SABOTAGE` calls each, and what it no longer does.
pub const ALL: [(Broken, &str, &str); 16] = [
    (Broken::AddressIgnored, "address-ignored", "the perimeter lets any address in"),
    (Broken::CertificateOfAnybody, "certificate-of-anybody", "any certificate goes with any AE title"),
    (Broken::RevocationIgnored, "revocation-ignored", "a revoked certificate is as good as any"),
    (Broken::PolicyPermitsAll, "policy-permits-all", "what no policy permits is permitted"),
    (
        Broken::DoubleElementsPass,
        "double-elements-pass",
        "an image with an element twice is taken, and leaves",
    ),
    (Broken::ScanUnconfined, "scan-unconfined", "the reader of hostile bytes is not confined"),
    (Broken::CarriedUnchecked, "carried-unchecked", "what a reader answers is believed unchecked"),
    (
        Broken::SecondLookSkipped,
        "second-look-skipped",
        "a result is not searched for the original's identifiers",
    ),
    (Broken::TagIgnored, "tag-ignored", "changed bytes at rest are handed out"),
    (Broken::NotSynced, "not-synced", "an image is acknowledged before its bytes are on stable storage"),
    (
        Broken::JournalNotSynced,
        "journal-not-synced",
        "an image is acknowledged before the journal is on stable storage",
    ),
    (Broken::NameTakenTwice, "name-taken-twice", "other pixels under a UID take the place of those before"),
    (Broken::KeyKept, "key-kept", "erasing a study leaves its key"),
    (
        Broken::ReceiptNotWritten,
        "receipt-not-written",
        "an image is acknowledged without an entry in the ledger",
    ),
    (Broken::EmergencyNotWritten, "emergency-not-written", "an emergency is written down nowhere"),
    (Broken::AnyResult, "any-result", "a result may refer to what was never sent"),
];

/// Names the broken safeguard, in the environment of the tests.
#[cfg(any(feature = "sabotage", test))]
const VARIABLE: &str = "MEDWARD_SABOTAGE";

/// Whether a safeguard is broken in this run.
#[cfg(not(feature = "sabotage"))]
#[inline]
pub const fn is(_: Broken) -> bool {
    false
}

/// Whether a safeguard is broken in this run, by the environment.
#[cfg(feature = "sabotage")]
pub fn is(broken: Broken) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var(VARIABLE).ok());
    ALL.iter().any(|(one, word, _)| *one == broken && chosen.as_deref() == Some(word))
}

/// What a process that is started without the environment of its parent has to be told.
#[cfg(not(feature = "sabotage"))]
pub const fn environment() -> Option<(&'static str, String)> {
    None
}

/// What a process that is started without the environment of its parent has to be told.
#[cfg(feature = "sabotage")]
pub fn environment() -> Option<(&'static str, String)> {
    Some((VARIABLE, std::env::var(VARIABLE).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The suite runs without the feature, and so does every build that is not asked for it by name.
    #[test]
    fn nothing_is_broken_unless_asked_for() {
        assert!(cfg!(feature = "sabotage") || environment().is_none());
        if std::env::var_os(VARIABLE).is_none() {
            assert!(ALL.iter().all(|(broken, ..)| !is(*broken)));
        }
    }
}
