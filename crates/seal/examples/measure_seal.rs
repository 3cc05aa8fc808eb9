//! Signs, verifies or seals the files of a directory on one thread, for measuring from outside (`bench/seal`):
//! `measure_seal sign DIRECTORY OUT KEY CERTIFICATE PASSPHRASE`, `measure_seal verify DIRECTORY ROOTS`, `measure_seal seal DIRECTORY`.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic, reason = "a program for measuring")]

use jiff::Timestamp;
use medward_dicom_scan::Scanner;
use medward_seal::{
    Authorities, Certificate, Demand, MacAlgorithm, PrivateKey, SealKey, Sealer, Signer, Verifier, limits,
};
use std::fs::{self, File};
use std::io::{BufWriter, Cursor, Write as _};
use std::path::{Path, PathBuf};

fn files(directory: &str) -> Vec<PathBuf> {
    let mut all: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut scanner = Scanner::new(&limits());
    let count = match arguments.as_slice() {
        ["sign", directory, out, key, certificate, passphrase] => {
            let key = PrivateKey::from_encrypted_pem(&fs::read_to_string(key).unwrap(), passphrase).unwrap();
            let certificate = Certificate::from_pem(&fs::read(certificate).unwrap()).unwrap().remove(0);
            let signer = Signer::new(key, certificate, MacAlgorithm::Sha256, None, None).unwrap();
            let all = files(directory);
            for path in &all {
                let bytes = fs::read(path).unwrap();
                let data_set = scanner.scan_bytes(&bytes).unwrap();
                // As the command does it.
                let out = File::create(Path::new(out).join(path.file_name().unwrap())).unwrap();
                let mut out = BufWriter::new(out);
                signer.bytes(data_set, &bytes, &[], Timestamp::now(), &mut out).unwrap();
                out.flush().unwrap();
            }
            all.len()
        }
        ["verify", directory, roots] => {
            let mut authorities = Authorities::new();
            authorities.add_roots(&fs::read(roots).unwrap()).unwrap();
            let now = u64::try_from(Timestamp::now().as_second()).unwrap();
            let mut verifier = Verifier::new(authorities, Authorities::new(), now);
            let all = files(directory);
            for path in &all {
                let bytes = fs::read(path).unwrap();
                let data_set = scanner.scan_bytes(&bytes).unwrap();
                let report = verifier.data_set(data_set, &mut Cursor::new(&bytes)).unwrap();
                report.judge(&Demand::default()).unwrap();
            }
            all.len()
        }
        ["seal", directory] => {
            let sealer = Sealer::new(&SealKey::generate().unwrap());
            let all = files(directory);
            for path in &all {
                let bytes = fs::read(path).unwrap();
                let data_set = scanner.scan_bytes(&bytes).unwrap();
                sealer.data_set(data_set, &mut Cursor::new(&bytes)).unwrap();
            }
            all.len()
        }
        _ => panic!("sign, verify or seal, with their arguments"),
    };
    println!("{count} files");
}
