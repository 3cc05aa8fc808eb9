//! The receivers that the ward is measured beside, over mutual TLS of the same site.

use medward_drill::{Site, WARD};
use std::process::{Command, Stdio};

/// How a receiver is started on a port.
pub fn command(receiver: &str, site: &Site) -> impl Fn(u16) -> Command {
    let is_orthanc = receiver == "orthanc";
    move |port| if is_orthanc { orthanc(site, port) } else { storescp(site, port) }
}

fn storescp(site: &Site, port: u16) -> Command {
    let mut command = Command::new("storescp");
    command
        .arg("+tls")
        .arg(site.pki("ward.key"))
        .arg(site.pki("ward.pem"))
        .arg("+cf")
        .arg(site.pki("ca.pem"));
    command.args(["--fork", "+xa", "-pdu", "131072", "-aet", WARD, "-od"]).arg(site.directory());
    command.arg(port.to_string()).stdout(Stdio::null());
    command
}

fn orthanc(site: &Site, port: u16) -> Command {
    let path = |name: &str| site.directory().join(name).display().to_string();
    let pki = |name: &str| site.pki(name).display().to_string();
    let text = format!(
        "{{\"StorageDirectory\": {:?}, \"IndexDirectory\": {:?}, \"DicomPort\": {port}, \"DicomAet\": {WARD:?},\n\
         \"DicomAlwaysAllowStore\": true, \"DicomTlsEnabled\": true, \"DicomTlsCertificate\": {:?},\n\
         \"DicomTlsPrivateKey\": {:?}, \"DicomTlsTrustedCertificates\": {:?}, \"HttpServerEnabled\": false,\n\
         \"SyncStorageArea\": true, \"Plugins\": []}}",
        path("orthanc"),
        path("orthanc"),
        pki("ward.pem"),
        pki("ward.key"),
        pki("ca.pem"),
    );
    std::fs::write(site.directory().join("orthanc.json"), text).unwrap();
    let mut command = Command::new("Orthanc");
    command.arg(site.directory().join("orthanc.json")).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
