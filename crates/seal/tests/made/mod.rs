//! Made-up images and a made-up certificate authority for the tests; nothing of it is of a person.
#![allow(dead_code, reason = "each test uses its part")]

use medward_dicom_scan::{DataSet, Edits, Encoding, Limits, NewElement, Tag, Vr, scan_bytes, write_bytes};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Rows and columns of the images.
pub const SIDE: usize = 64;

pub fn element(tag: u32, vr: Vr, value: impl Into<Vec<u8>>) -> NewElement {
    NewElement::new(Tag(tag), vr, value)
}

/// Elements of a data set in explicit little endian, with file meta information.
pub fn file(mut elements: Vec<NewElement>) -> Vec<u8> {
    elements.sort_by_key(|element| element.tag);
    let bare =
        NewElement::sequence(Tag::ITEM, &[elements], Encoding::ExplicitLittle).unwrap().value[8..].to_vec();
    let data_set = scan_bytes(&bare, &Limits::default()).unwrap();
    let meta = [
        element(0x0002_0001, Vr::OB, [0, 1]),
        element(0x0002_0002, Vr::UI, "1.2.840.10008.5.1.4.1.1.2"),
        element(0x0002_0003, Vr::UI, "1.2.3"),
        element(0x0002_0010, Vr::UI, "1.2.840.10008.1.2.1"),
        element(0x0002_0012, Vr::UI, "1.2.3.4"),
    ];
    let mut out = Vec::new();
    write_bytes(&data_set, &bare, &Edits::new(), Some(&meta), &mut out).unwrap();
    out
}

/// Elements of a CT slice: noise around a bright blob.
pub fn slice(number: u16) -> Vec<NewElement> {
    let referenced = vec![
        element(0x0008_1150, Vr::UI, "1.2.840.10008.5.1.4.1.1.2"),
        element(0x0008_1155, Vr::UI, format!("1.2.826.0.1.3680043.9.77.3.{}", number + 1)),
    ];
    let referenced = NewElement::sequence(Tag(0x0008_1140), &[referenced], Encoding::ExplicitLittle);
    let mut seed = u32::from(number).wrapping_mul(747_796_405).wrapping_add(1);
    let pixels = (0..SIDE * SIDE).flat_map(|at| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (row, column) = (at / SIDE, at % SIDE);
        let is_blob = row.abs_diff(20) < 4 && column.abs_diff(30) < 4;
        let noise = u16::try_from(seed >> 24).unwrap();
        (noise + if is_blob { 1000 } else { 0 }).to_le_bytes()
    });
    vec![
        element(0x0008_0005, Vr::CS, "ISO_IR 192"),
        element(0x0008_0008, Vr::CS, "ORIGINAL\\PRIMARY\\AXIAL"),
        element(0x0008_0016, Vr::UI, "1.2.840.10008.5.1.4.1.1.2"),
        element(0x0008_0018, Vr::UI, format!("1.2.826.0.1.3680043.9.77.3.{number}")),
        element(0x0008_0060, Vr::CS, "CT"),
        element(0x0008_0070, Vr::LO, "ACME Imaging"),
        referenced.unwrap(),
        element(0x0010_0010, Vr::PN, "Fiction^Jane"),
        element(0x0010_0020, Vr::LO, "F-4711"),
        element(0x0010_0040, Vr::CS, "F"),
        element(0x0018_0050, Vr::DS, "1.25"),
        element(0x0020_000D, Vr::UI, "1.2.826.0.1.3680043.9.77.1"),
        element(0x0020_000E, Vr::UI, "1.2.826.0.1.3680043.9.77.2"),
        element(0x0020_0013, Vr::IS, number.to_string()),
        element(0x0020_0032, Vr::DS, format!("-170\\-170\\{number}.25")),
        element(0x0020_0037, Vr::DS, "1\\0\\0\\0\\1\\0"),
        element(0x0020_0060, Vr::CS, "L"),
        element(0x0028_0002, Vr::US, 1_u16.to_le_bytes()),
        element(0x0028_0004, Vr::CS, "MONOCHROME2"),
        element(0x0028_0010, Vr::US, u16::try_from(SIDE).unwrap().to_le_bytes()),
        element(0x0028_0011, Vr::US, u16::try_from(SIDE).unwrap().to_le_bytes()),
        element(0x0028_0030, Vr::DS, "0.7\\0.7"),
        element(0x0028_0100, Vr::US, 16_u16.to_le_bytes()),
        element(0x0028_0101, Vr::US, 16_u16.to_le_bytes()),
        element(0x0028_0102, Vr::US, 15_u16.to_le_bytes()),
        element(0x0028_0103, Vr::US, 0_u16.to_le_bytes()),
        element(0x0028_1052, Vr::DS, "-1024"),
        element(0x0028_1053, Vr::DS, "1"),
        element(0x7FE0_0010, Vr::OW, pixels.collect::<Vec<u8>>()),
    ]
}

/// A CT slice as a file.
pub fn ct(number: u16) -> Vec<u8> {
    file(slice(number))
}

pub fn scan(bytes: &[u8]) -> DataSet {
    scan_bytes(bytes, &Limits::default()).unwrap()
}

/// The file with edits.
pub fn edited(bytes: &[u8], edit: impl FnOnce(&DataSet, &mut Edits)) -> Vec<u8> {
    let data_set = scan(bytes);
    let mut edits = Edits::new();
    edit(&data_set, &mut edits);
    let mut out = Vec::new();
    let meta = medward_dicom_scan::meta_of(&data_set);
    write_bytes(&data_set, bytes, &edits, Some(&meta), &mut out).unwrap();
    out
}

/// The file with another value of an element at the top.
pub fn with(bytes: &[u8], tag: u32, value: &str) -> Vec<u8> {
    edited(bytes, |data_set, edits| edits.replace(data_set.find(None, Tag(tag)).unwrap().0, value))
}

/// Changes one byte of the pixels.
pub fn with_pixel(bytes: &[u8], at: usize) -> Vec<u8> {
    let data_set = scan(bytes);
    let (_, pixels) = data_set.find(None, Tag::PIXEL_DATA).unwrap();
    let mut bytes = bytes.to_vec();
    bytes[usize::try_from(pixels.value).unwrap() + at] ^= 1;
    bytes
}

/// Whether every tool is there; says so loudly where one is not.
pub fn has(tools: &[&str]) -> bool {
    tools.iter().all(|tool| {
        let is_there =
            Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().unwrap().status.success();
        if !is_there {
            eprintln!("SKIPPED: {tool} is not installed");
        }
        is_there
    })
}

pub fn run(tool: &str, arguments: &[&str], directory: &Path) -> Output {
    Command::new(tool).args(arguments).current_dir(directory).output().unwrap()
}

/// Runs a tool that must succeed.
pub fn must(tool: &str, arguments: &[&str], directory: &Path) -> String {
    let output = run(tool, arguments, directory);
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{tool} {arguments:?}: {said}");
    said
}

/// A certificate authority in a directory, made with openssl: root, intermediate, signers and time stamps.
pub struct Authority {
    place: tempfile::TempDir,
}

const CONFIGURATION: &str = "
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[signer]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, nonRepudiation
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
[stamp]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[ca]
default_ca = here
[here]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = root.pem
private_key = root.clear
default_md = sha256
default_days = 30
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
[tsa]
default_tsa = stamps
[stamps]
serial = tsaserial
crypto_device = builtin
signer_cert = stamp.pem
signer_key = stamp.clear
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
";

/// The passphrase of every sealed key.
pub const PASSPHRASE: &str = "twelve green herons";

impl Authority {
    pub fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let here = place.path();
        std::fs::write(here.join("openssl.cnf"), CONFIGURATION).unwrap();
        for (name, text) in
            [("index.txt", ""), ("serial", "1000\n"), ("crlnumber", "1000\n"), ("tsaserial", "01\n")]
        {
            std::fs::write(here.join(name), text).unwrap();
        }
        let authority = Self { place };
        authority.key("root", "rsa");
        authority.openssl(&[
            "req",
            "-x509",
            "-new",
            "-config",
            "openssl.cnf",
            "-key",
            "root.clear",
            "-days",
            "60",
            "-subj",
            "/CN=Fictional Root",
            "-extensions",
            "root",
            "-out",
            "root.pem",
        ]);
        authority
    }

    pub fn path(&self) -> &Path {
        self.place.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).unwrap()
    }

    pub fn openssl(&self, arguments: &[&str]) -> String {
        must("openssl", arguments, self.path())
    }

    /// Makes NAME.clear and, sealed, NAME.key.
    pub fn key(&self, name: &str, kind: &str) {
        let clear = format!("{name}.clear");
        let sealed = format!("{name}.key");
        let option = match kind {
            "p256" => ["EC", "ec_paramgen_curve:P-256"],
            "p384" => ["EC", "ec_paramgen_curve:P-384"],
            "rsa1024" => ["RSA", "rsa_keygen_bits:1024"],
            _ => ["RSA", "rsa_keygen_bits:2048"],
        };
        self.openssl(&["genpkey", "-algorithm", option[0], "-pkeyopt", option[1], "-out", &clear]);
        let passphrase = format!("pass:{PASSPHRASE}");
        self.openssl(&[
            "pkcs8",
            "-topk8",
            "-v2",
            "aes-256-cbc",
            "-in",
            &clear,
            "-out",
            &sealed,
            "-passout",
            &passphrase,
        ]);
    }

    /// Makes a key and NAME.pem, signed by the root.
    pub fn issue(&self, name: &str, kind: &str, extensions: &str, more: &[&str]) {
        self.key(name, kind);
        let (clear, request, pem) = (format!("{name}.clear"), format!("{name}.csr"), format!("{name}.pem"));
        let subject = format!("/CN=Fictional {name}");
        self.openssl(&[
            "req",
            "-new",
            "-config",
            "openssl.cnf",
            "-key",
            &clear,
            "-subj",
            &subject,
            "-out",
            &request,
        ]);
        let mut arguments = vec![
            "ca",
            "-batch",
            "-notext",
            "-config",
            "openssl.cnf",
            "-extensions",
            extensions,
            "-in",
            &request,
            "-out",
            &pem,
        ];
        // Before now: dcmsign takes no signature of the second in which its certificate was made.
        let validity = ["-startdate", "20250101000000Z", "-enddate", "20491231235959Z"];
        arguments.extend(if more.is_empty() { &validity } else { more });
        self.openssl(&arguments);
    }

    pub fn signer(&self, name: &str, mac: medward_seal::MacAlgorithm) -> medward_seal::Signer {
        let key = String::from_utf8(self.read(&format!("{name}.key"))).unwrap();
        let key = medward_seal::PrivateKey::from_encrypted_pem(&key, PASSPHRASE).unwrap();
        let certificate =
            medward_seal::Certificate::from_pem(&self.read(&format!("{name}.pem"))).unwrap().remove(0);
        medward_seal::Signer::new(key, certificate, mac, None, None).unwrap()
    }

    /// Roots with this authority's.
    pub fn trusted(&self) -> medward_seal::Authorities {
        let mut authorities = medward_seal::Authorities::new();
        authorities.add_roots(&self.read("root.pem")).unwrap();
        authorities
    }

    pub fn verifier(&self) -> medward_seal::Verifier {
        medward_seal::Verifier::new(self.trusted(), self.trusted(), now())
    }
}

pub fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// Signs at the top, now.
pub fn signed(signer: &medward_seal::Signer, bytes: &[u8]) -> Vec<u8> {
    signed_in(signer, bytes, &[])
}

pub fn signed_in(signer: &medward_seal::Signer, bytes: &[u8], path: &[(Tag, usize)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut source = std::io::Cursor::new(bytes);
    signer.object(&mut source, path, jiff::Timestamp::now(), &mut out).unwrap();
    out
}

pub fn verified(verifier: &mut medward_seal::Verifier, bytes: &[u8]) -> medward_seal::ObjectReport {
    verifier.object(&mut std::io::Cursor::new(bytes)).unwrap()
}
