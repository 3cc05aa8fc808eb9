//! Terms of the probes that look at a host: its commands, stores, accounts and records.

use crate::{Flag, Map, Number, Spanned, Text};

table! {
    /// A command without shell: one that must succeed, one that must fail.
    pub struct CommandProbe {
        /// Program and arguments that must succeed; relative programs stand in the directory of the file.
        run: Vec<Text>,
        /// Exit code of success; 0 where absent.
        exit: Option<Number>,
        /// JSON pointer (RFC 6901) into the output of `run`.
        pointer: Option<Text>,
        /// What stands there: a JSON value, or a string as it is.
        equals: Option<Text>,
        /// Program and arguments that must be refused.
        refused: Vec<Text>,
        /// Exit code of refusal; any but 0, 126 and 127 where absent.
        refused_exit: Option<Number>,
        /// Environment variables by name; the command has no others.
        environment: Map<Text>,
        /// Environment variables that hold secrets: variable and name of the secret.
        secrets: Map<Text>,
    }
}

table! {
    /// The loaded nftables ruleset against the one demanded.
    pub struct FirewallProbe {
        /// JSON file of the demanded ruleset, as `nft -j list ruleset` prints it; its tables are compared whole.
        demanded: Option<Text>,
        /// JSON file of the loaded ruleset, where another process exports it; read live where absent.
        loaded: Option<Text>,
        /// Hours that export may be old; 24 where absent.
        loaded_hours_max: Option<Number>,
    }
}

table! {
    /// Backups: the newest is young, one object restores to its digest. The target is the directory of the backups.
    pub struct BackupProbe {
        /// Hours the newest backup may be old.
        age_hours_max: Option<Number>,
        /// Bytes the newest backup must have; 1 where absent.
        bytes_min: Option<Number>,
        /// Command that writes one restored object to its standard output; `{newest}` becomes the newest backup.
        restore: Vec<Text>,
        /// SHA-256 of the object, in hexadecimal digits.
        sha256: Option<Text>,
        /// Command that must not give the object back: with a wrong key, or from a damaged backup.
        refused: Vec<Text>,
        /// Environment variables of the commands, by name; they have no others.
        environment: Map<Text>,
        /// Environment variables that hold secrets: variable and name of the secret.
        secrets: Map<Text>,
    }
}

table! {
    /// Stored objects: unreadable without the key, readable with it. The target is their directory.
    pub struct AtRestProbe {
        /// Objects looked at, the newest first; 16 where absent.
        samples: Option<Number>,
        /// Command that decrypts `{object}` to its standard output with the key; the result must be DICOM.
        decrypt: Vec<Text>,
        /// The same without the key; it must not give DICOM.
        refused: Vec<Text>,
        /// Environment variables of the commands, by name; they have no others.
        environment: Map<Text>,
        /// Environment variables that hold secrets: variable and name of the secret; for `decrypt` only.
        secrets: Map<Text>,
    }
}

table! {
    /// The password policy of a host or of an identity provider.
    pub struct PasswordPolicyProbe {
        /// Characters the policy must demand at least.
        length_min: Option<Number>,
        /// `login.defs` of the host; its hash method must be `YESCRYPT` or `SHA512`.
        login_defs: Option<Text>,
        /// `pwquality.conf` of the host; its `minlen` counts, and it must enforce.
        pwquality: Option<Text>,
        /// PAM service file that passwords are changed by, such as `/etc/pam.d/common-password`: it must ask `pam_pwquality`
        /// before it stores a password, and its options count before `pwquality.conf`.
        pam: Option<Text>,
        /// JSON file or URL of the policy that an OpenID Connect provider publishes.
        provider: Option<Text>,
        /// JSON pointer to the least length in it.
        length_pointer: Option<Text>,
        /// PEM file of the authorities trusted for `https:`.
        trust: Option<Text>,
        /// Command that judges the password on its standard input, exit code 0 for accepted; a weak one must be refused.
        judge: Vec<Text>,
    }
}

table! {
    /// Accounts: stale ones, missing second factors, duties that must not meet. The target is a CSV file, or the database of `query`.
    pub struct AccountsProbe {
        /// Days the CSV file may be old.
        export_days_max: Option<Number>,
        /// Instead of a file: query of a database that returns the columns, one row an account.
        query: Option<Text>,
        /// Client program the database is asked with.
        client: Option<Spanned<SqlClient>>,
        /// Name of the secret handed over as password.
        credential: Option<Text>,
        /// Days an enabled account may be unused.
        unused_days_max: Option<Number>,
        /// Whether each enabled account needs a second factor.
        second_factor: Option<Flag>,
        /// Pairs of roles no enabled account may hold together.
        apart: Vec<Vec<Text>>,
        /// Accounts that must be in the export; they show that it is whole.
        present: Vec<Text>,
        /// Accounts that must be absent or not enabled, such as those of leavers.
        gone: Vec<Text>,
        /// Columns where they are not named `account`, `enabled`, `last_used`, `second_factor`, `roles`.
        columns: Map<Text>,
    }
}

table! {
    /// Records of reviews or trainings, by person and subject. The target is a CSV file.
    pub struct ReviewProbe {
        /// Days the newest record of each person and subject may be old.
        age_days_max: Option<Number>,
        /// People or suppliers who must each have a record.
        people: Vec<Text>,
        /// Subjects each of them must have a record of.
        subjects: Vec<Text>,
        /// Columns where they are not named `person`, `subject`, `date`, `result`, `by`.
        columns: Map<Text>,
    }
}

table! {
    /// The software bill of materials: young and whole. The target is a `CycloneDX` or SPDX JSON file.
    pub struct SbomAgeProbe {
        /// Days it may be old.
        age_days_max: Option<Number>,
        /// Components it must list; 1 where absent.
        components_min: Option<Number>,
        /// Components that must not be in it, as name or as name@version.
        forbidden: Vec<Text>,
    }
}

words! {
    /// A database client.
    pub enum SqlClient {
        #[doc = "psql"] Postgres = "postgres",
        #[doc = "sqlite3"] Sqlite = "sqlite",
    }
}

table! {
    /// A database: a query with a known answer, a statement that must be refused. The target is the connection or file.
    pub struct SqlProbe {
        /// Client program.
        client: Option<Spanned<SqlClient>>,
        /// Query that must return `equals`.
        query: Option<Text>,
        /// What it must return: fields separated by `|`, one row a line.
        equals: Option<Text>,
        /// Statement the database must refuse; rolled back should it be accepted.
        refused: Option<Text>,
        /// Name of the secret handed over as password.
        credential: Option<Text>,
    }
}

table! {
    /// osquery: a query whose rows must be as they should, and one that must return none. Asked live or read from files.
    pub struct OsqueryProbe {
        /// One SELECT that must return rows; no row is an error.
        query: Option<Text>,
        /// Columns of it, each with the value that every row must have.
        equals: Map<Text>,
        /// Columns of it, each with the least value allowed, as a decimal number.
        least: Map<Text>,
        /// Columns of it, each with the greatest value allowed, as a decimal number.
        most: Map<Text>,
        /// Rows it must return at least; 1 where absent.
        rows_min: Option<Number>,
        /// One SELECT over a table of `query` that must return nothing.
        none: Option<Text>,
        /// Program; `osqueryi` where absent. A relative path with `/` begins in the directory of the file.
        program: Option<Text>,
        /// JSON file of what `query` returned, where another process asks: rows, or one snapshot of `osqueryd`.
        results: Option<Text>,
        /// The same for `none`.
        none_results: Option<Text>,
        /// Hours these files may be old; 24 where absent.
        results_hours_max: Option<Number>,
    }
}

table! {
    /// Results of a configuration scan (`XCCDF` or `ARF`, as `OpenSCAP` writes them). The target is the result file.
    pub struct OpenscapProbe {
        /// Host that was scanned, as its result names it.
        host: Option<Text>,
        /// Id of the profile that was scanned; any where absent.
        profile: Option<Text>,
        /// Ids of the rules that must have passed.
        pass: Vec<Text>,
        /// Ids of rules that must have failed, such as one that nobody can keep: they show that the scanner still sees.
        fail: Vec<Text>,
        /// Whether no rule beyond those of `fail` may have failed.
        no_other_fails: Option<Flag>,
        /// Hours the result may be old.
        age_hours_max: Option<Number>,
    }
}
