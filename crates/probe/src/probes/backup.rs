//! `backup`: the newest one is young, one object restores to its digest, and without the means it does not.

use crate::configuration::{ConfigError, Terms};
use crate::files::{newest_first, shown};
use crate::probes::command::refusal;
use crate::process::Program;
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::kinds::{BackupProbe, Probe};

probe! {
    /// The newest backup is young, one object restored from it has the digest it had, and a wrong key restores nothing.
    Backup, "backup", backup: BackupProbe,
    needs &["target", "backup.age_hours_max", "backup.restore", "backup.sha256", "backup.refused"]
}

const SECONDS_PER_HOUR: i64 = 3600;

struct Backups {
    directory: String,
    age_hours_max: i64,
    bytes_min: i64,
    restore: Program,
    sha256: String,
    refused: Program,
}

fn prepare(reader: Terms, terms: &Probe, own: &BackupProbe) -> Result<Backups, ConfigError> {
    let sha256 = reader.text(own.sha256.as_ref(), "backup.sha256", "digest of the object restored")?;
    if sha256.len() != 64 || !sha256.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        let span = own.sha256.as_ref().map_or_else(Default::default, |text| text.span);
        return Err(reader.unusable(
            "backup.sha256",
            &sha256,
            span,
            "is no SHA-256; write 64 hexadecimal digits",
        ));
    }
    let program = |argv| Program::new(argv, &own.environment, &own.secrets);
    let hours = reader.needed_number(
        own.age_hours_max.as_ref(),
        "backup.age_hours_max",
        1..=87_600,
        "hours the newest backup may be old",
    )?;
    let why = "command that must not give the object back; without it the probe cannot fail";
    Ok(Backups {
        directory: reader.text(terms.target.as_ref(), "target", "directory of the backups")?,
        age_hours_max: hours,
        bytes_min: reader.number(own.bytes_min.as_ref(), "backup.bytes_min", 1..=i64::MAX, 1)?,
        restore: program(reader.list(
            &own.restore,
            "backup.restore",
            "command that writes one restored object",
        )?),
        sha256: sha256.to_ascii_lowercase(),
        refused: program(reader.list(&own.refused, "backup.refused", why)?),
    })
}

impl Prepared for Backups {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let files = newest_first(context, &self.directory)?;
        let Some(newest) = files.first() else { return Ok(()) };
        let name = newest.path.display().to_string();
        let seconds = context.now().as_second() - newest.written.as_second();
        let hours = seconds.div_euclid(SECONDS_PER_HOUR);
        let young = (-SECONDS_PER_HOUR..=self.age_hours_max * SECONDS_PER_HOUR).contains(&seconds);
        let expected = format!("the newest backup is at most {} hours old", self.age_hours_max);
        let seen = format!("{}: {hours} hours", shown(context, &newest.path));
        findings.positive(expected, young, seen);
        let is_large = newest.bytes >= self.bytes_min.unsigned_abs();
        findings.positive(
            format!("it has at least {} bytes", self.bytes_min),
            is_large,
            format!("{} bytes", newest.bytes),
        );

        let restored = self.restore.filled("newest", &name).run(context)?;
        // What was restored may be a patient's; only its digest is kept.
        findings.raw("errors of the restore", &restored.errors);
        let expected = format!("the restored object has the digest {}", self.sha256);
        let verdict = match restored.exit {
            Some(0) => Verdict::from(restored.output_sha256 == self.sha256),
            Some(_) => Verdict::Broken,
            None => Verdict::Unknown,
        };
        let seen = format!(
            "{}, {} bytes, digest {}",
            restored.shown(),
            restored.output_bytes,
            restored.output_sha256
        );
        findings.positive(expected, verdict, seen);

        let refused = self.refused.filled("newest", &name).run(context)?;
        let verdict = match refused.exit {
            Some(0) => Verdict::from(refused.output_sha256 != self.sha256),
            // The object may have come out before the command failed.
            _ if refused.output_sha256 == self.sha256 => Verdict::Broken,
            _ => refusal(&refused, None),
        };
        findings.negative(
            format!("`{}` does not give the object back", self.refused.shown()),
            verdict,
            refused.shown(),
        );
        Ok(())
    }

    fn repeat(&self) -> String {
        format!(
            "ls -lt {} | head\n{} | sha256sum  # must be {}\n{}  # must be refused",
            self.directory,
            self.restore.shown(),
            self.sha256,
            self.refused.shown()
        )
    }
}
