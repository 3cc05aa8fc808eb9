//! Threats, vulnerabilities and risks: the chain from asset to harm and to impact on persons.

use super::{Asset, Control, PartOfArchitecture, Role};
use crate::{Date, Flag, Link, Number, Spanned, Text};

words! {
    /// Threat classes against security.
    pub enum Stride {
        #[doc = "pretending to be someone else"] Spoofing = "spoofing",
        #[doc = "changing data or code"] Tampering = "tampering",
        #[doc = "denying an action"] Repudiation = "repudiation",
        #[doc = "learning what one should not"] Disclosure = "disclosure",
        #[doc = "stopping a service"] Denial = "denial",
        #[doc = "gaining rights"] Elevation = "elevation",
    }
}

words! {
    /// Threat classes against privacy.
    pub enum Linddun {
        #[doc = "joining data about one person"] Linking = "linking",
        #[doc = "finding out who it is"] Identifying = "identifying",
        #[doc = "being unable to deny"] NonRepudiation = "non-repudiation",
        #[doc = "noticing that data exist"] Detecting = "detecting",
        #[doc = "more data seen than needed"] DataDisclosure = "data-disclosure",
        #[doc = "people not knowing or having no say"] Unawareness = "unawareness",
        #[doc = "rules of processing broken"] NonCompliance = "non-compliance",
    }
}

table! {
    /// A threat: a source with an aim, and an action.
    pub struct Threat {
        /// What is threatened, in a few words.
        title (required): Text,
        /// Security classes.
        stride: Vec<Spanned<Stride>>,
        /// Privacy classes.
        linddun: Vec<Spanned<Linddun>>,
        /// Who acts.
        source: Option<Text>,
        /// What they do.
        action: Option<Text>,
        /// What the threat is aimed at: assets, flows, zones, entries.
        targets: Vec<Link<PartOfArchitecture>>,
        /// Why no risk follows from it.
        dismissed: Option<Text>,
    }
}

table! {
    /// A weakness that a threat can use: a CVE, a CWE or a weakness of the design.
    pub struct Vulnerability {
        /// What is weak.
        title (required): Text,
        /// Weakness classes, such as `CWE-306`.
        cwe: Vec<Text>,
        /// Known vulnerability, such as `CVE-2025-0001`.
        cve: Option<Text>,
        /// Component it is in.
        component: Option<Text>,
        /// Assets that have it.
        assets: Vec<Link<Asset>>,
        /// Whether it is exploited in the field (rule X-4: exploitability becomes the highest).
        known_exploited: Option<Flag>,
    }
}

words! {
    /// Which property of an asset is lost.
    pub enum Compromise {
        #[doc = "someone learns what they should not"] Confidentiality = "confidentiality",
        #[doc = "something is changed"] Integrity = "integrity",
        #[doc = "something cannot be used"] Availability = "availability",
    }
}

words! {
    /// How many patients one event touches.
    pub enum Reach {
        #[doc = "single patients"] One = "one",
        #[doc = "all patients of one site"] Site = "site",
        #[doc = "all patients of all sites"] All = "all",
    }
}

table! {
    /// The safety branch, ISO 14971: hazard, hazardous situation, harm; or none, because.
    pub struct SafetyBranch {
        /// Potential source of harm.
        hazard: Option<Text>,
        /// Who is exposed, in which clinical state.
        situation: Option<Text>,
        /// Effect on health.
        harm: Option<Text>,
        /// Severity on the safety scale.
        severity: Option<Number>,
        /// Clinical estimate that the situation leads to harm, in percent; absent counts as certain (rule X-2).
        harm_percent: Option<Number>,
        /// Why there is no safety branch.
        none: Option<Text>,
    }
}

table! {
    /// The privacy branch, GDPR Art. 35: feared event and impact on persons; or none, because.
    pub struct PrivacyBranch {
        /// Illegitimate access, unwanted change or loss.
        event: Option<Text>,
        /// What it means for the persons.
        impact: Option<Text>,
        /// Severity on the privacy scale.
        severity: Option<Number>,
        /// Why there is no privacy branch.
        none: Option<Text>,
    }
}

words! {
    /// Access an attacker needs.
    pub enum AccessNeeded {
        #[doc = "from any network"] Network = "network",
        #[doc = "from the same network"] Adjacent = "adjacent",
        #[doc = "an account or foothold on the machine"] Local = "local",
        #[doc = "hands on the machine"] Physical = "physical",
    }
}

words! {
    /// Whether defences have to be beaten first.
    pub enum Complexity {
        #[doc = "works each time"] Low = "low",
        #[doc = "a built-in defence has to be got round"] High = "high",
    }
}

words! {
    /// Whether the attack needs conditions that the attacker does not control.
    pub enum Conditions {
        #[doc = "none"] None = "none",
        #[doc = "a race to win, a place on the path, an unusual setting"] Present = "present",
    }
}

words! {
    /// Rights the attacker must hold beforehand.
    pub enum Privileges {
        #[doc = "none"] None = "none",
        #[doc = "those of an ordinary user"] Low = "low",
        #[doc = "those of an administrator"] High = "high",
    }
}

words! {
    /// What another person must do.
    pub enum UserAction {
        #[doc = "nothing"] None = "none",
        #[doc = "their usual work"] Passive = "passive",
        #[doc = "something unusual, such as overriding a warning"] Active = "active",
    }
}

words! {
    /// What is known of exploits.
    pub enum KnownExploit {
        #[doc = "attacks in the field are known; sets the highest level (rule X-4)"] Exploited = "exploited",
        #[doc = "working code exists"] Functional = "functional",
        #[doc = "nobody looked"] Unknown = "unknown",
        #[doc = "a proof of concept exists"] ProofOfConcept = "proof-of-concept",
        #[doc = "looked for and none found"] NoneFound = "none-found",
    }
}

words! {
    /// How open the interface is in the intended environment.
    pub enum Exposure {
        #[doc = "reachable from public networks"] Open = "open",
        #[doc = "reachable from a hospital or company network"] Internal = "internal",
        #[doc = "reachable from a segment of its own only"] Segmented = "segmented",
    }
}

words! {
    /// What the attacker gains for the effort.
    pub enum Gain {
        #[doc = "much: money, data of many, power over many devices"] High = "high",
        #[doc = "some"] Moderate = "moderate",
        #[doc = "little"] Low = "low",
    }
}

table! {
    /// Factors of an attack. What is absent counts as no hindrance.
    pub struct AttackFactors {
        /// Access the attacker needs.
        access: Option<Spanned<AccessNeeded>>,
        /// Whether defences have to be beaten first.
        complexity: Option<Spanned<Complexity>>,
        /// Conditions the attacker does not control.
        conditions: Option<Spanned<Conditions>>,
        /// Rights the attacker must hold.
        privileges: Option<Spanned<Privileges>>,
        /// What another person must do.
        user_action: Option<Spanned<UserAction>>,
        /// What is known of exploits.
        known_exploit: Option<Spanned<KnownExploit>>,
        /// How open the interface is.
        exposure: Option<Spanned<Exposure>>,
        /// Document that states the environment to the operator; without it a closed environment does not count (rule X-5).
        environment: Option<Link<super::Document>>,
        /// What the attacker gains.
        gain: Option<Spanned<Gain>>,
    }
}

table! {
    /// How hard the attack is before any control; stands in for probability (rule X-1).
    pub struct Exploitability {
        /// Level on the exploitability scale; absent when `factors` or `cvss` give it.
        level: Option<Number>,
        /// Reason for the level.
        because: Option<Text>,
        /// CVSS v3.1 or v4.0 vector whose exploitability metrics support the level.
        cvss: Option<Text>,
        /// Factors of the attack; they give the level where it is not written, and support it where it is.
        factors: Option<AttackFactors>,
    }
}

table! {
    /// What remains with every control of the risk in force.
    pub struct Residual {
        /// Exploitability left.
        exploitability: Option<Number>,
        /// Safety severity left.
        safety: Option<Number>,
        /// Privacy severity left.
        privacy: Option<Number>,
        /// Why the controls have this effect.
        because: Option<Text>,
    }
}

table! {
    /// Acceptance of what remains, with a reason on each axis.
    pub struct RiskAcceptance {
        /// Benefit-risk reason on the safety axis.
        safety: Option<Text>,
        /// Necessity and proportionality on the privacy axis; clinical benefit does not count (rule SEV-7).
        privacy: Option<Text>,
        /// Role that accepts.
        by: Option<Link<Role>>,
        /// Last day on which the acceptance holds.
        until: Option<Date>,
    }
}

table! {
    /// What follows when it happens: two procedures, two clocks.
    pub struct Response {
        /// Vigilance, MDR Art. 87 to 89: reads the safety axis alone.
        vigilance: Option<Text>,
        /// Breach notification, GDPR Art. 33 and 34: reads the privacy axis alone.
        breach: Option<Text>,
    }
}

table! {
    /// A risk with its chain, both branches, controls and what remains.
    pub struct Risk {
        /// The risk in a few words.
        title (required): Text,
        /// Assets hit.
        assets: Vec<Link<Asset>>,
        /// Threats behind it.
        threats: Vec<Link<Threat>>,
        /// Vulnerabilities used.
        vulnerabilities: Vec<Link<Vulnerability>>,
        /// Properties lost.
        compromise: Vec<Spanned<Compromise>>,
        /// Sequence of events from attack to hazardous situation or feared event.
        sequence: Option<Text>,
        /// How many patients one event touches.
        reach: Option<Spanned<Reach>>,
        /// Safety branch.
        safety: Option<SafetyBranch>,
        /// Privacy branch.
        privacy: Option<PrivacyBranch>,
        /// How hard the attack is before any control.
        exploitability: Option<Exploitability>,
        /// Controls that reduce it.
        controls: Vec<Link<Control>>,
        /// What remains with every control in force.
        residual: Option<Residual>,
        /// Acceptance of what remains.
        acceptance: Option<RiskAcceptance>,
        /// What follows when it happens.
        response: Option<Response>,
        /// Role that owns the risk.
        owner: Option<Link<Role>>,
        /// Day of the newest assessment.
        assessed: Option<Date>,
    }
}
