//! What pages say, in one place.

use medward_evidence::State;
use medward_risk::Acceptance;

pub(crate) const TOO_FAST: &str = "Too many requests. Wait a few seconds.";
pub(crate) const FOREIGN_FORM: &str =
    "This form does not come from a page of this session. Load the page again.";
pub(crate) const FORM_TOO_LARGE: &str = "This form is too large.";
pub(crate) const NO_TOKEN: &str = "Bring a token that counts: `Authorization: Bearer ...`.";
pub(crate) const SIGNED_OUT: &str = "Nobody is signed in.";
pub(crate) const WRONG: &str = "Name, passphrase or code are wrong, or the code was used before.";
pub(crate) const TRY_LATER: &str =
    "Signing in is not possible at the moment. Try again; if it stays so, look at the program's output.";
pub(crate) const NOT_NOW: &str =
    "This is not possible at the moment. Try again; if it stays so, look at the program's output.";
pub(crate) const WRONG_PASSKEY: &str = "This passkey lets nobody in here.";
pub(crate) const BY_PASSKEY: &str = "Sign in with a passkey";
pub(crate) const BY_PROVIDER: &str = "Sign in through";
pub(crate) const BY_ACCOUNT: &str = "Sign in with your account here";
pub(crate) const PROVIDER_AWAY: &str =
    "The provider does not answer. An account here goes on working without it.";
pub(crate) const PROVIDER_STRANGER: &str = "The provider knows you, but nobody of the file is linked to what it calls you. `medward account link` does that.";
pub(crate) const PROVIDER_REFUSED: &str = "This sign-in does not count. Begin again.";
pub(crate) const NOT_FRESH: &str =
    "You signed in more than ten minutes ago. Sign out and in again, then add the passkey.";
pub(crate) const PASSKEYS_LEAD: &str = "A key that your device or security key keeps, and uses after it has asked for your finger or its code. It stands for passphrase and \
    one-time code, which go on working.";
pub(crate) const SESSIONS_LEAD: &str = "A session ends after 15 minutes without a page, and after 8 hours. Signing out everywhere ends all of yours at once.";
pub(crate) const ACCOUNT_LEAD: &str = "How you sign in, and where you are signed in.";
pub(crate) const NOT_FOUND: &str = "There is no such page.";
pub(crate) const NO_RECORD: &str = "The file holds no such record today.";
pub(crate) const SKIP: &str = "Skip to content";
pub(crate) const SIGN_OUT: &str = "Sign out";
pub(crate) const SIGN_IN_LEAD: &str = "What should be, what is, and the proof of it.";
pub(crate) const RINGS_LEAD: &str =
    "Every layer that stands between the outside and the critical assets, by today's proof.";
pub(crate) const CLOCKS_NONE: &str = "No legal clock is running.";
pub(crate) const RISKS_LEAD: &str =
    "Two axes, never merged. What is left counts only controls with fresh proof.";
pub(crate) const RISKS_NONE: &str = "No risk can be judged yet; the findings say why.";
pub(crate) const CONTROLS_LEAD: &str =
    "A control counts while every probe of it passed and the proof is fresh.";
pub(crate) const PATHS_LEAD: &str = "For each way in and each critical asset: the weakest path, and the layers that still stand on it. \
    Choose layers to think them away.";
pub(crate) const REQUIREMENTS_LEAD: &str = "How the file answers each entry of laws and standards.";
pub(crate) const LEDGER_LEAD: &str =
    "What happened, in order, signed. Nothing in it can be changed or taken away unseen.";
pub(crate) const LEDGER_SOUND: &str =
    "Verified when this page was last brought up to date: every entry is the one that the head signs.";
pub(crate) const INCIDENTS_LEAD: &str = "Two procedures, two clocks. Vigilance reads the safety axis alone, breach notification the privacy axis alone.";
pub(crate) const INCIDENTS_NONE: &str = "No clock is running here.";
pub(crate) const PEOPLE_LEAD: &str = "Who holds which role, as the file says, and what the roles allow here.";
pub(crate) const PEOPLE_NONE: &str = "The file names no people.";
pub(crate) const FINDINGS_LEAD: &str =
    "What the checks say of file and ledger today, as `medward check` does.";
pub(crate) const CHANGES_NONE: &str = "Nothing has happened yet.";
pub(crate) const STALE_PAGE: &str =
    "What you see may be out of date. File or ledger cannot be read or trusted:";

/// The pages in the order of the menu, in groups: path, name.
pub(crate) const MENU: [(&str, &[(&str, &str)]); 4] = [
    (
        "Today",
        &[
            ("/", "Overview"),
            ("/risks", "Risks"),
            ("/controls", "Controls"),
            ("/paths", "Paths"),
            ("/findings", "Findings"),
        ],
    ),
    ("What happens", &[("/incidents", "Incidents"), ("/complaints", "Complaints"), ("/actions", "Actions")]),
    ("The ward", &[("/studies", "Studies"), ("/quarantine", "Quarantine")]),
    (
        "What proves it",
        &[
            ("/requirements", "Requirements"),
            ("/approvals", "Approvals"),
            ("/documents", "Documents"),
            ("/ledger", "Ledger"),
            ("/people", "People"),
        ],
    ),
];

pub(crate) const NOT_ALLOWED: &str = "Your roles do not cover this. It was noted.";
pub(crate) const NOT_YOURS: &str = "None of your roles does this.";
pub(crate) const NOT_YOUR_ROLE: &str = "This is not a role by which you may do this.";
pub(crate) const TWICE: &str =
    "This form was sent already, or is too old. Look below whether it was done, then begin again.";
pub(crate) const DAY_NEEDED: &str = "Say when.";
pub(crate) const NO_KEYS: &str = "Nobody signs on these pages: the dashboard was started without a directory of keys. On the command line:";
pub(crate) const NO_KEY: &str = "There is no key of yours in the directory of keys. On the command line:";
pub(crate) const WRONG_PASSPHRASE: &str = "The passphrase does not open your key.";
pub(crate) const KEY_UNUSABLE: &str = "Your key cannot be read; ask whoever runs the dashboard.";
pub(crate) const FOREIGN_KEY: &str = "This key is not yours by the file.";
pub(crate) const NO_NAMES: &str = "Stays for ever: name nobody.";
pub(crate) const JOURNAL_STUCK: &str =
    "Who signs in cannot be written into the ledger at the moment; it is kept and tried again:";
pub(crate) const COMPLAINTS_LEAD: &str =
    "What users complain of, whether security or privacy is concerned, and what became of it.";
pub(crate) const ACTIONS_LEAD: &str =
    "Corrective and preventive actions: from the cause to an effect that evidence shows.";
pub(crate) const APPROVALS_LEAD: &str = "Which approvals the policy asks for, and which of them wait for you. An approval is of the text as it stands.";
pub(crate) const DOCUMENTS_LEAD: &str = "What a notified body, an auditor or hospital IT asks for, out of file and ledger. What only a person can conclude is shown as open.";
pub(crate) const STUDIES_LEAD: &str =
    "What the ward keeps, by names made for this page. Who a study is of stands nowhere here.";
pub(crate) const STUDIES_NAMED_LEAD: &str =
    "What the ward keeps, with the numbers that senders know it by. That you looked stands in the ledger.";
pub(crate) const QUARANTINE_LEAD: &str =
    "What the ward holds back, and why. Nothing in it was lost, and nothing of it went on.";
pub(crate) const NO_WARD: &str =
    "The dashboard was started without a ward. Name the directory of its state with --ward.";
pub(crate) const WARD_STOPPED: &str = "The ward does not run.";
pub(crate) const REPORT_LEAD: &str = "Say what happened or what somebody complained of. It opens a case; whether anything follows from it is decided later, by people.";
pub(crate) const DONE: &str = "Done. It stands in the ledger as entry";

/// The tone and sign of a state: never colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) tone: &'static str,
    pub(crate) sign: &'static str,
    pub(crate) word: &'static str,
}

pub(crate) const fn mark(tone: &'static str, sign: &'static str, word: &'static str) -> Mark {
    Mark { tone, sign, word }
}

/// What somebody is told who tried too often.
pub(crate) fn wait(seconds: u64) -> String {
    format!("Too many tries. Wait {seconds} seconds.")
}

/// How the state of a control is shown.
pub(crate) fn state(state: State, is_implemented: bool) -> Mark {
    match state {
        _ if !is_implemented => mark("quiet", "◌", "planned"),
        State::Proven { .. } => mark("good", "●", "proven"),
        State::Suspect => mark("warn", "◇", "suspect"),
        State::Stale { .. } => mark("warn", "◐", "stale"),
        State::Unproven => mark("warn", "○", "unproven"),
        State::Failed { .. } => mark("bad", "✕", "failed"),
    }
}

/// How what a level allows is shown.
pub(crate) fn acceptance(acceptance: Acceptance) -> Mark {
    match acceptance {
        Acceptance::Accept => mark("good", "●", "acceptable"),
        Acceptance::WithReason => mark("warn", "◐", "acceptable with a written reason"),
        Acceptance::Reduce => mark("bad", "▲", "to be reduced"),
        Acceptance::Never => mark("bad", "■", "not acceptable"),
    }
}

/// How much of a layer holds.
pub(crate) fn ring(word: &str) -> Mark {
    match word {
        "whole" => mark("good", "●", "whole"),
        "in part" => mark("warn", "◐", "in part"),
        _ => mark("bad", "○", "does not hold"),
    }
}

/// How the answer to an entry of a catalogue is shown.
pub(crate) fn answer(word: &'static str) -> Mark {
    match word {
        "claimed" => mark("good", "●", word),
        "deviating" => mark("warn", "◐", word),
        "open" | "not passed on" => mark("bad", "○", word),
        _ => mark("quiet", "–", word),
    }
}
