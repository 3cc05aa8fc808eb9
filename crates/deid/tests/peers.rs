//! What came out, opened by programs that nobody here wrote: pydicom, dcmdump and dciodvfy.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use medward_deid::{Deidentifier, Detail, NotPassed, Options, Policy, ProfileOption, ProjectKey};
use medward_dicom_pixel::Layout;
use medward_dicom_scan::{Limits, Tag};
use medward_test_peers::{dicom_files, has, python};
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

/// Opens every file of a directory with pydicom, down to every value and the lengths of native pixels, compares these with the
/// source's, and looks a second time by other means: whether a name, identifier or birth date of the source is anywhere in it.
const SCRIPT: &str = r#"
import os, re, sys, warnings, pydicom
warnings.simplefilter("ignore")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
bad, searched = [], 0
IDENTIFIERS = {"PatientID", "OtherPatientIDs", "AccessionNumber", "IssuerOfPatientID", "PatientBirthDate", "AdmissionID",
    "PatientTelephoneNumbers", "MilitaryRank", "MedicalRecordLocator"}
# Values that stand for nobody.
# A value type that is also a name, where it is a value type.
VALUE_TYPE = 0x0040A040
NOBODY = {"anonymous", "anonymized", "unknown", "none", "test", "patient", "removed", "default", "null", "doctor"}

def elements(data_set):
    """All of them, but for what a result says of its own making."""
    for element in data_set:
        if element.tag in (0x00120063, 0x00120064):
            continue
        yield element
        for item in element.value if element.VR == "SQ" else []:
            yield from elements(item)

def identity(data_set):
    words = set()
    for element in elements(data_set):
        text = str(element.value)
        if element.VR == "PN":
            parts = re.split(r"[\^=\\ ,./()]+", text.lower())
            parts = [word for part in parts for word in ([part] if re.search(r"\d", part) else re.split(r"[\W_]+", part))]
            words |= {word for word in parts if len(word) > 3}
        elif element.keyword in IDENTIFIERS and len(text) > 4:
            words.add(text.lower())
    return words - NOBODY

def left_over(before, after):
    words = identity(before)
    if not words:
        return
    pattern = re.compile(r"(?<![^\W_])(" + "|".join(map(re.escape, words)) + r")(?![^\W_])")
    for element in elements(after):
        value = element.value
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        if element.tag == VALUE_TYPE and text == "TEXT":
            continue
        if element.VR not in ("SQ", "OW", "OF", "OD", "UI") and element.tag.group != 0x7FE0 and pattern.search(text.lower()):
            yield element.tag

for name in sorted(os.listdir(sys.argv[1])):
    path = os.path.join(sys.argv[1], name)
    source = open(path + ".source").read() if os.path.exists(path + ".source") else None
    if name.endswith(".source"):
        continue
    try:
        after = pydicom.dcmread(path)
        for element in after.iterall():
            element.value
        before = pydicom.dcmread(source, force=True)
        if "PixelData" in before and before["PixelData"].value != after["PixelData"].value:
            bad.append(f"{source}: pixels differ")
        if before.get("PatientName") and str(before.PatientName) and before.PatientName == after.get("PatientName"):
            bad.append(f"{source}: the name is still there")
        searched += bool(identity(before))
        bad += [f"{source}: something of the patient is in {tag}" for tag in left_over(before, after)]
        if after.PatientIdentityRemoved != "YES" or after.file_meta.MediaStorageSOPInstanceUID != after.SOPInstanceUID:
            bad.append(f"{source}: marks are wrong")
    except Exception as error:
        bad.append(f"{source}: {type(error).__name__}: {error}")
if searched < 60:
    bad.append(f"only {searched} sources say whose they are")
print("\n".join(bad))
"#;

/// What dciodvfy calls an error, without the values.
fn errors(path: &str) -> Vec<String> {
    let output = Command::new("dciodvfy").arg(path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let errors = said.lines().filter(|line| line.starts_with("Error"));
    errors.map(|line| line.split(" <").next().unwrap_or(line).to_owned()).collect()
}

#[test]
fn results_open_in_pydicom_and_dcmdump_and_dciodvfy_finds_nothing_new() {
    let Some(python) = python() else { return };
    // A rule without regions: someone looked. Here it is so that all images go through.
    let mut policy = Policy::from_toml("[[pixels]]\nregions = []\n").unwrap();
    let out = tempfile::tempdir().unwrap();
    let (mut made, mut held, mut refused) = (Vec::new(), 0, 0);
    for (at, source) in dicom_files(&python).iter().enumerate() {
        let options = [ProfileOption::RetainModifiedDates, ProfileOption::CleanDescriptors];
        policy.options = Options::new(options.into_iter().take(at % 3)).unwrap();
        let mut deidentifier = Deidentifier::new(policy.clone(), &ProjectKey::new([1; 32]), Detail::Counts);
        let path = out.path().join(at.to_string());
        let mut result = File::create(&path).unwrap();
        match deidentifier.object(&mut File::open(source).unwrap(), &mut result) {
            Ok(_) => {
                std::fs::write(out.path().join(format!("{at}.source")), source.to_str().unwrap()).unwrap();
                made.push(path);
                continue;
            }
            Err(NotPassed::Quarantined(_)) => held += 1,
            Err(NotPassed::Refused(_)) => refused += 1,
            Err(error) => panic!("{}: {error}", source.display()),
        }
        std::fs::remove_file(path).unwrap();
    }
    eprintln!("{} made, {held} held back, {refused} refused", made.len());
    assert!(made.len() > 80, "only {} results: {held} held back, {refused} refused", made.len());
    let output = Command::new(&python).args(["-c", SCRIPT]).arg(out.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "");
    judge(&made);
}

/// Nothing new for dciodvfy, and whatever opens the source opens the result.
fn judge(made: &[PathBuf]) {
    let opens = |program: &[&str], path: &str| {
        let (program, arguments) = program.split_first().unwrap();
        Command::new(program).args(arguments).arg(path).output().unwrap().status.success()
    };
    let judges = [&["dcmdump", "-q", "-M"][..], &["gdcminfo"]].into_iter().filter(|judge| has(judge[0]));
    let judges: Vec<_> = judges.collect();
    let is_verified = has("dciodvfy");
    let mut wrong = Vec::new();
    for path in made {
        let source = std::fs::read_to_string(path.with_extension("source")).unwrap();
        let result = path.to_str().unwrap();
        for judge in &judges {
            // What one cannot read of the source either is not for us to mend.
            if !opens(judge, result) && opens(judge, &source) {
                wrong.push(format!("{source}: {} does not open the result", judge[0]));
            }
        }
        if is_verified {
            let before = errors(&source);
            let new = errors(result).into_iter().filter(|error| !before.contains(error));
            wrong.extend(new.map(|error| format!("{source}: {error}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Decodes source and result of every file of a directory with pydicom: inside the upper third all is blank, elsewhere all is
/// as it was, and what describes the pixels is true of them.
const BLANKED: &str = r#"
import os, sys, warnings, pydicom
from pydicom.pixels import pixel_array
warnings.simplefilter("ignore")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
bad, compared = [], 0
for name in sorted(os.listdir(sys.argv[1])):
    if name.endswith(".source"):
        continue
    path = os.path.join(sys.argv[1], name)
    source = open(path + ".source").read()
    after = pydicom.dcmread(path)
    original = pydicom.dcmread(source, force=True)
    syntax = original.file_meta.get("TransferSyntaxUID")
    if syntax is None:
        continue
    if after.file_meta.TransferSyntaxUID.is_compressed:
        bad.append(f"{source}: still compressed")
    elif syntax.is_compressed and "ExtendedOffsetTable" in after:
        bad.append(f"{source}: offsets of fragments that are gone")
    if syntax in pydicom.uid.JPEGTransferSyntaxes[:2] and after.get("LossyImageCompression") != "01":
        bad.append(f"{source}: says nothing of loss")
    try:
        is_ybr = original.PhotometricInterpretation.startswith("YBR")
        undone = is_ybr and syntax in pydicom.uid.JPEGTransferSyntaxes + pydicom.uid.JPEG2000TransferSyntaxes
        before = pixel_array(source, raw=not undone).astype("i8")
    except Exception:
        continue
    now = pixel_array(path, raw=True).astype("i8")
    rows = after.Rows // 3
    row = now.ndim - (3 if after.SamplesPerPixel == 3 else 2)
    inside = [slice(None)] * now.ndim
    outside = list(inside)
    inside[row], outside[row] = slice(0, rows), slice(rows, None)
    most = 6 if syntax in pydicom.uid.JPEGTransferSyntaxes[:2] else 1 if syntax == pydicom.uid.JPEG2000 else 0
    if now[tuple(inside)].any():
        bad.append(f"{source}: not blank")
    elif now.shape != before.shape or abs(now[tuple(outside)] - before[tuple(outside)]).max(initial=0) > most:
        bad.append(f"{source}: other pixels changed")
    compared += 1
if compared < 80:
    bad.append(f"only {compared} compared")
print("\n".join(bad))
"#;

#[test]
fn a_region_is_blank_and_all_else_as_it_was_in_native_and_compressed_pixels() {
    let Some(python) = python() else { return };
    let out = tempfile::tempdir().unwrap();
    let (mut made, mut held) = (Vec::new(), Vec::new());
    for (at, source) in dicom_files(&python).iter().enumerate() {
        let Ok(data_set) = medward_dicom_scan::scan(&mut File::open(source).unwrap(), &Limits::default())
        else {
            continue;
        };
        let Ok(layout) = Layout::of(&data_set) else { continue };
        if data_set.find(None, Tag::PIXEL_DATA).is_none() || layout.rows < 3 {
            continue;
        }
        let policy = format!("[[pixels]]\nregions = [[0, 0, {}, {}]]\n", layout.columns, layout.rows / 3);
        let policy = Policy::from_toml(&policy).unwrap();
        let mut deidentifier = Deidentifier::new(policy, &ProjectKey::new([1; 32]), Detail::Counts);
        let path = out.path().join(at.to_string());
        let mut result = File::create(&path).unwrap();
        match deidentifier.object(&mut File::open(source).unwrap(), &mut result) {
            Ok(_) => {
                std::fs::write(out.path().join(format!("{at}.source")), source.to_str().unwrap()).unwrap();
                made.push(path);
            }
            Err(error) => {
                assert_eq!(result.metadata().unwrap().len(), 0);
                std::fs::remove_file(path).unwrap();
                held.push(format!("{}: {error}", source.file_name().unwrap().display()));
            }
        }
    }
    eprintln!("{} blanked; not:\n{}", made.len(), held.join("\n"));
    let output = Command::new(&python).args(["-c", BLANKED]).arg(out.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "");
    judge(&made);
}
