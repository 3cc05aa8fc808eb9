//! The same by STOW-RS: curl sends, each connection a process of its own, so many images to a request.

use super::{memory, print, processor_seconds};
use medward_drill::{Running, Site, WEB_ROOT, body};
use medward_test_peers::Listening;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Orthanc with its plugin for DICOMweb, without TLS: Debian's 1.10.1 resets every connection of curl's on a port with it, and so has
/// the easier task. `ORTHANC_DICOMWEB` names the plugin where it is not where Debian has it.
pub(crate) fn orthanc(site: &Site, port: u16) -> Command {
    let path = |name: &str| site.directory().join(name).display().to_string();
    let plugin = std::env::var("ORTHANC_DICOMWEB")
        .unwrap_or_else(|_| "/usr/share/orthanc/plugins/libOrthancDicomWeb.so".to_owned());
    let text = format!(
        "{{\"StorageDirectory\": {:?}, \"IndexDirectory\": {:?}, \"DicomServerEnabled\": false, \"HttpPort\": {port},\n\
         \"RemoteAccessAllowed\": false, \"AuthenticationEnabled\": false, \"SyncStorageArea\": true, \"Plugins\": [{plugin:?}],\n\
         \"DicomWeb\": {{\"Enable\": true, \"Root\": \"{WEB_ROOT}/\"}}}}",
        path("orthanc"),
        path("orthanc"),
    );
    std::fs::write(path("orthanc.json"), text).unwrap();
    let mut command = Command::new("Orthanc");
    command.arg(path("orthanc.json")).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// What curl is told to do over one connection: a request for so many files each.
fn requests(site: &Site, name: &str, paths: &[PathBuf], at_once: usize, to: &str) -> PathBuf {
    let mut text = String::new();
    for (number, files) in paths.chunks(at_once).enumerate() {
        let files: Vec<_> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
        let path = site.directory().join(format!("{name}-{number}.body"));
        std::fs::write(&path, body(&files)).unwrap();
        let pki = |name: &str| site.pki(name).display().to_string();
        let next = if number == 0 { "" } else { "next\n" };
        let _ = write!(
            text,
            "{next}url = \"{to}{WEB_ROOT}/studies\"\ndata-binary = \"@{}\"\ncacert = \"{}\"\ncert = \"{}\"\n\
             key = \"{}\"\nnoproxy = \"*\"\nfail-early\nfail\nsilent\noutput = \"/dev/null\"\nheader = \"Expect:\"\n\
             header = \"Accept: application/dicom+json\"\n\
             header = \"Content-Type: multipart/related; type=\\\"application/dicom\\\"; boundary=drill\"\n",
            path.display(),
            pki("ca.pem"),
            pki("ct-1.pem"),
            pki("ct-1.key"),
        );
    }
    let path = site.directory().join(format!("{name}.curl"));
    std::fs::write(&path, text).unwrap();
    path
}

/// Sends all files over so many connections; the seconds until the last was acknowledged.
fn send(plans: &[PathBuf]) -> f64 {
    let begun = Instant::now();
    let start = |plan: &PathBuf| Command::new("curl").arg("-K").arg(plan).spawn().unwrap();
    let senders: Vec<_> = plans.iter().map(start).collect();
    assert!(senders.into_iter().all(|mut sender| sender.wait().unwrap().success()), "a sender failed");
    begun.elapsed().as_secs_f64()
}

/// Measures a receiver that is a process; when that began, and what processor seconds it had then.
fn measure(
    site: &Site,
    paths: &[PathBuf],
    connections: usize,
    at_once: usize,
    to: &str,
    of: &str,
) -> (Instant, f64) {
    let parts = paths.chunks(paths.len().div_ceil(connections)).enumerate();
    let plans: Vec<PathBuf> =
        parts.map(|(number, part)| requests(site, &format!("plan{number}"), part, at_once, to)).collect();
    let (begun, before) = (Instant::now(), processor_seconds(of));
    let taken = send(&plans);
    print("acknowledged", paths.len(), taken, processor_seconds(of) - before);
    println!("peak memory: {} kB", memory(of));
    (begun, before)
}

/// The ward, in this process.
pub(crate) async fn ward(site: &Site, ward: Running, paths: &[PathBuf], connections: usize, at_once: usize) {
    let to = format!("https://127.0.0.1:{}", ward.web.port());
    let (begun, before) =
        tokio::task::block_in_place(|| measure(site, paths, connections, at_once, &to, "self"));
    super::released(&ward, paths.len(), begun, before).await;
    ward.stop().await;
}

/// Orthanc.
pub(crate) fn peer(site: &Site, paths: &[PathBuf], connections: usize, at_once: usize) {
    // What is not installed was said.
    let Some(peer) = Listening::start(|port| orthanc(site, port)) else { return };
    let to = format!("http://127.0.0.1:{}", peer.port);
    measure(site, paths, connections, at_once, &to, &peer.process().to_string());
}
