//! Documents, product requirements, tests and releases.

use super::{Origin, Role, Verifiable};
use crate::{Date, Link, Spanned, Text};

words! {
    /// What a document is.
    pub enum DocumentType {
        #[doc = "instructions for use or other accompanying document"] InstructionsForUse = "ifu",
        #[doc = "plan"] Plan = "plan",
        #[doc = "report or result"] Report = "report",
        #[doc = "policy"] Policy = "policy",
        #[doc = "procedure"] Procedure = "procedure",
        #[doc = "agreement or contract"] Agreement = "agreement",
        #[doc = "design or specification"] Design = "design",
    }
}

table! {
    /// A document in the directory or elsewhere.
    pub struct Document {
        /// Its title.
        title (required): Text,
        /// What it is.
        kind: Option<Spanned<DocumentType>>,
        /// Path inside the directory.
        path: Option<Text>,
        /// Where it is kept, when not in the directory.
        location: Option<Text>,
        /// Its version.
        version: Option<Text>,
        /// Its date.
        date: Option<Date>,
        /// Role that owns it.
        owner: Option<Link<Role>>,
    }
}

table! {
    /// A requirement on the product, IEC 62304 clause 5.2.
    pub struct Requirement {
        /// The requirement in a few words.
        title (required): Text,
        /// Its full text.
        text: Option<Text>,
        /// What it derives from: controls, risks or other requirements.
        derives_from: Vec<Link<Origin>>,
        /// Design documents that realise it.
        design: Vec<Link<Document>>,
        /// Source files that realise it.
        code: Vec<Text>,
        /// Release that brings it.
        release: Option<Link<Release>>,
    }
}

words! {
    /// How something is verified.
    pub enum TestMethod {
        #[doc = "automated or manual test"] Test = "test",
        #[doc = "review of design, code or records"] Review = "review",
        #[doc = "analysis"] Analysis = "analysis",
        #[doc = "attack by people"] PenetrationTest = "penetration-test",
        #[doc = "malformed input in masses"] Fuzzing = "fuzzing",
        #[doc = "search for known vulnerabilities"] Scan = "scan",
        #[doc = "exercise of a procedure"] Drill = "drill",
    }
}

words! {
    /// How it came out.
    pub enum TestResult {
        #[doc = "passed"] Passed = "passed",
        #[doc = "failed"] Failed = "failed",
        #[doc = "not run yet"] NotRun = "not-run",
    }
}

table! {
    /// A test, review or other verification.
    pub struct Test {
        /// What is shown.
        title (required): Text,
        /// How.
        method: Option<Spanned<TestMethod>>,
        /// What it verifies.
        verifies: Vec<Link<Verifiable>>,
        /// How it came out.
        result: Option<Spanned<TestResult>>,
        /// Day of the result.
        date: Option<Date>,
        /// Path of a JUnit XML file inside the directory that holds the result.
        junit: Option<Text>,
        /// Name of the test case in that file.
        case: Option<Text>,
        /// Report.
        report: Option<Link<Document>>,
    }
}

words! {
    /// Where a release stands.
    pub enum ReleaseState {
        #[doc = "being made"] Planned = "planned",
        #[doc = "on the market"] Released = "released",
        #[doc = "no longer supported"] Ended = "ended",
    }
}

table! {
    /// A release of the device.
    pub struct Release {
        /// Version number.
        version (required): Text,
        /// Where it stands.
        state: Option<Spanned<ReleaseState>>,
        /// Day of release.
        date: Option<Date>,
        /// Path of its software bill of materials inside the directory.
        sbom: Option<Text>,
        /// Last day of security support.
        support_until: Option<Date>,
    }
}

table! {
    /// Someone elsewhere who cosigns the head of the ledger (C2SP tlog-witness), so that rollback and fork are found.
    pub struct Witness {
        /// Who runs it.
        title (required): Text,
        /// Its public key, as `name+id+key`.
        key (required): Text,
        /// URL below which `add-checkpoint` answers.
        url: Option<Text>,
        /// How often it must cosign, such as `7d`; 7 days where absent.
        every: Option<Text>,
    }
}
