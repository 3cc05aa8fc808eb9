//! Codes of messages: PS3.16 CID 400 to 405, and what PS3.15 A.5.2 numbers.

/// A code of the DICOM controlled terminology (PS3.16 Annex D): value and meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(pub &'static str, pub &'static str);

macro_rules! codes {
    ($($name:ident = $value:literal $meaning:literal;)+) => {
        $(pub(crate) const $name: Code = Code($value, $meaning);)+
    };
}

// Events (CID 400).
codes! {
    APPLICATION_ACTIVITY = "110100" "Application Activity";
    AUDIT_LOG_USED = "110101" "Audit Log Used";
    BEGIN_TRANSFERRING = "110102" "Begin Transferring DICOM Instances";
    INSTANCES_ACCESSED = "110103" "DICOM Instances Accessed";
    INSTANCES_TRANSFERRED = "110104" "DICOM Instances Transferred";
    STUDY_DELETED = "110105" "DICOM Study Deleted";
    EXPORT = "110106" "Export";
    IMPORT = "110107" "Import";
    NETWORK_ENTRY = "110108" "Network Entry";
    QUERY = "110112" "Query";
    SECURITY_ALERT = "110113" "Security Alert";
    USER_AUTHENTICATION = "110114" "User Authentication";
}

// Types of events (CID 401).
codes! {
    APPLICATION_START = "110120" "Application Start";
    APPLICATION_STOP = "110121" "Application Stop";
    LOGIN = "110122" "Login";
    LOGOUT = "110123" "Logout";
    ATTACH = "110124" "Attach";
    DETACH = "110125" "Detach";
}

// Roles of participants (CID 402), and what objects are known by (CID 404).
codes! {
    ROLE_APPLICATION = "110150" "Application";
    ROLE_LAUNCHER = "110151" "Application Launcher";
    ROLE_DESTINATION = "110152" "Destination Role ID";
    ROLE_SOURCE = "110153" "Source Role ID";
    MEDIA_URI = "110037" "URI";
    STUDY_INSTANCE_UID = "110180" "Study Instance UID";
    SOP_CLASS_UID = "110181" "SOP Class UID";
    NODE_ID = "110182" "Node ID";
}

/// What was done (`EventActionCode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Created.
    Create,
    /// Read.
    Read,
    /// Changed.
    Update,
    /// Deleted.
    Delete,
    /// Executed.
    Execute,
}

impl Action {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Create => "C",
            Self::Read => "R",
            Self::Update => "U",
            Self::Delete => "D",
            Self::Execute => "E",
        }
    }
}

/// How it came out (`EventOutcomeIndicator`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It worked.
    Success,
    /// It did not: refused, or an error that can be repeated.
    MinorFailure,
    /// It did not, and somebody has to look.
    SeriousFailure,
    /// The node cannot go on.
    MajorFailure,
}

impl Outcome {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Success => "0",
            Self::MinorFailure => "4",
            Self::SeriousFailure => "8",
            Self::MajorFailure => "12",
        }
    }
}

macro_rules! alerts {
    ($($(#[doc = $doc:literal])+ $name:ident = $value:literal $meaning:literal;)+) => {
        /// Why there is an alert (PS3.15 table A.5.3.11-1).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Alert {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Alert {
            /// All of them.
            pub const ALL: [Self; 17] = [$(Self::$name),+];

            pub(crate) const fn code(self) -> Code {
                match self {
                    $(Self::$name => Code($value, $meaning),)+
                }
            }
        }
    };
}

alerts! {
    /// A node could not prove who it is, or did.
    NodeAuthentication = "110126" "Node Authentication";
    /// Emergency access begins.
    EmergencyOverrideStarted = "110127" "Emergency Override Started";
    /// Emergency access ends.
    EmergencyOverrideStopped = "110138" "Emergency Override Stopped";
    /// The network is configured otherwise.
    NetworkConfiguration = "110128" "Network Configuration";
    /// Security is configured otherwise.
    SecurityConfiguration = "110129" "Security Configuration";
    /// The hardware is configured otherwise.
    HardwareConfiguration = "110130" "Hardware Configuration";
    /// The software is configured otherwise.
    SoftwareConfiguration = "110131" "Software Configuration";
    /// A restricted function was used, or somebody tried.
    UseOfRestrictedFunction = "110132" "Use of Restricted Function";
    /// Nothing is recorded any more.
    AuditRecordingStopped = "110133" "Audit Recording Stopped";
    /// Recording goes on.
    AuditRecordingStarted = "110134" "Audit Recording Started";
    /// Who may do what to an object changed: also its integrity.
    ObjectSecurityAttributesChanged = "110135" "Object Security Attributes Changed";
    /// Roles changed.
    SecurityRolesChanged = "110136" "Security Roles Changed";
    /// Rights of a person changed.
    UserSecurityAttributesChanged = "110137" "User Security Attributes Changed";
    /// Service from afar begins.
    RemoteServiceStarted = "110139" "Remote Service Operation Started";
    /// Service from afar ends.
    RemoteServiceStopped = "110140" "Remote Service Operation Stopped";
    /// Service on site begins.
    LocalServiceStarted = "110141" "Local Service Operation Started";
    /// Service on site ends.
    LocalServiceStopped = "110142" "Local Service Operation Stopped";
}
