//! `at-rest`: stored objects tell nothing without the key and are whole with it.

use crate::configuration::{ConfigError, Terms};
use crate::files::{beginning, newest_first, shown};
use crate::probes::command::refusal;
use crate::process::Program;
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::kinds::{AtRestProbe, Probe};

probe! {
    /// Stored objects are neither DICOM nor any other readable format, look random, and become DICOM only with the key.
    AtRest, "at-rest", at_rest: AtRestProbe, needs &["target", "at_rest.decrypt", "at_rest.refused"]
}

/// Fewer bytes do not tell random from compressed or plain.
const BYTES_MIN: u64 = 4096;
/// Bytes looked at of each object.
const BYTES_MAX: u64 = 1 << 20;
/// Zeros in a row from which on they are room.
const ROOM_BYTES_MIN: usize = 64;
/// An envelope may begin with a readable head of names and sizes.
const HEAD_BYTES: usize = 1024;

struct Store {
    directory: String,
    samples: usize,
    decrypt: Program,
    refused: Program,
}

fn prepare(reader: Terms, terms: &Probe, own: &AtRestProbe) -> Result<Store, ConfigError> {
    let samples = reader.number(own.samples.as_ref(), "at_rest.samples", 1..=1000, 16)?;
    let decrypt =
        reader.list(&own.decrypt, "at_rest.decrypt", "command that decrypts `{object}` with the key")?;
    let why = "the same command without the key; it shows that the key is needed";
    let refused = reader.list(&own.refused, "at_rest.refused", why)?;
    Ok(Store {
        directory: reader.text(terms.target.as_ref(), "target", "directory of the stored objects")?,
        samples: usize::try_from(samples).unwrap_or(16),
        decrypt: Program::new(decrypt, &own.environment, &own.secrets),
        refused: Program::new(refused, &own.environment, &medward_file::Map::default()),
    })
}

/// PS3.10 section 7.1, and a data set that begins without preamble at group 0002 or 0008.
fn is_dicom(bytes: &[u8]) -> bool {
    let begins_with_group = |group: u8| {
        let element = bytes.get(..6).unwrap_or_default();
        element.starts_with(&[group, 0])
            && element.get(3) == Some(&0)
            && element
                .get(4..6)
                .is_some_and(|vr| vr.iter().all(u8::is_ascii_uppercase) || vr.get(1) == Some(&0))
    };
    bytes.get(128..132) == Some(b"DICM") || begins_with_group(2) || begins_with_group(8)
}

/// A format that anybody can read, by its first bytes. Compressed data looks as random as encrypted data.
fn readable(bytes: &[u8]) -> Option<&'static str> {
    const FORMATS: [(&[u8], &str); 12] = [
        (b"\x1f\x8b", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"PK\x03\x04", "zip"),
        (b"\xfd7zXZ\0", "xz"),
        (b"BZh", "bzip2"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"\x89PNG", "PNG"),
        (b"\0\0\0\x0cjP  ", "JPEG 2000"),
        (b"\xff\x4f\xff\x51", "JPEG 2000 codestream"),
        (b"SQLite format 3", "SQLite"),
        (b"%PDF", "PDF"),
    ];
    if is_dicom(bytes) {
        return Some("DICOM");
    }
    FORMATS.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name)
}

/// What was written: a store may set room aside, between objects and behind them, which holds zeros and tells nothing. Random bytes have no
/// run of zeros as long.
fn without_room(bytes: &[u8]) -> Vec<u8> {
    let runs = bytes.chunk_by(|one, next| (*one == 0) == (*next == 0));
    runs.filter(|run| run.first() != Some(&0) || run.len() < ROOM_BYTES_MIN).flatten().copied().collect()
}

/// Entropy of the bytes, in bits a byte, and the least that random bytes of this number have.
fn entropy(bytes: &[u8]) -> (f64, f64) {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "at most a million bytes")]
    let total = bytes.len() as f64;
    let share = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total);
    let bits = -share.map(|share| share * share.log2()).sum::<f64>();
    // Random bytes fall short of 8 by 255 / (2 n ln 2) on average (Miller 1955); three times that never happens by chance.
    (bits, 8.0 - 3.0 * 255.0 / (2.0 * total * std::f64::consts::LN_2))
}

impl Prepared for Store {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let files = newest_first(context, &self.directory)?;
        let large: Vec<_> =
            files.into_iter().filter(|file| file.bytes >= BYTES_MIN + HEAD_BYTES as u64).collect();
        if large.is_empty() {
            let what = format!("no object in {} is large enough to judge", self.directory);
            return Err(Fault::Empty { what });
        }
        for file in large.iter().take(self.samples) {
            let name = shown(context, &file.path);
            let bytes = beginning(context, &file.path, BYTES_MAX)?;
            let format = readable(&bytes);
            findings.negative(
                format!("{name} is no readable format"),
                format.is_none(),
                format.unwrap_or("none"),
            );
            let written = without_room(bytes.get(HEAD_BYTES..).unwrap_or_default());
            if (written.len() as u64) < BYTES_MIN {
                return Err(Fault::Empty { what: format!("{name} is not written far enough to judge") });
            }
            let (bits, least) = entropy(&written);
            let expected = format!("{name} has {least:.4} bits of entropy a byte");
            findings.negative(expected, bits >= least, format!("{bits:.4}"));
        }
        let Some(first) = large.first() else { return Ok(()) };
        let (object, path) = (shown(context, &first.path), first.path.display().to_string());
        let decrypted = self.decrypt.filled("object", &path).run(context)?;
        findings.raw("errors of the decryption", &decrypted.errors);
        let verdict = match decrypted.exit {
            Some(0) => Verdict::from(is_dicom(&decrypted.output)),
            Some(_) => Verdict::Broken,
            None => Verdict::Unknown,
        };
        let seen = if is_dicom(&decrypted.output) { "DICOM" } else { "no DICOM" };
        findings.positive(
            format!("{object} becomes DICOM with the key"),
            verdict,
            format!("{}, {seen}", decrypted.shown()),
        );
        let refused = self.refused.filled("object", &path).run(context)?;
        let verdict = match refused.exit {
            _ if is_dicom(&refused.output) => Verdict::Broken,
            Some(0) => Verdict::Held,
            _ => refusal(&refused, None),
        };
        findings.negative(
            format!("{object} does not become DICOM without the key"),
            verdict,
            refused.shown(),
        );
        Ok(())
    }

    fn repeat(&self) -> String {
        let (decrypt, refused) = (self.decrypt.shown(), self.refused.shown());
        format!(
            "ent {}/*  # 8 bits a byte\n{decrypt} | dcmdump -  # must be DICOM\n{refused}  # must not",
            self.directory
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_that_is_set_aside_is_left_out_and_short_runs_of_zeros_are_not() {
        let long = [0; ROOM_BYTES_MIN];
        let short = [0; ROOM_BYTES_MIN - 1];
        let stored = [&long[..], b"sealed", &long, b"more", &short, b"end", &long].concat();
        assert_eq!(without_room(&stored), [&b"sealedmore"[..], &short, b"end"].concat());
    }
}
