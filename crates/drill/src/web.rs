//! A client of DICOMweb that can be anybody and send anything: requests are written byte by byte.

use crate::{Client, Ct, DrillError, Running, Site};
use medward_ward::WEB_ROOT;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

/// Longest wait for an answer, or for more of it.
const PATIENCE: Duration = Duration::from_secs(15);
/// What separates parts.
const BOUNDARY: &str = "drill";

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Everything, as it came.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// Whether it is a success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The client.
#[derive(Debug, Clone)]
pub struct Web<'s> {
    /// How it connects, and what it shows there.
    pub client: Client<'s>,
    /// The token it shows.
    pub token: Option<String>,
}

impl<'s> Web<'s> {
    /// The sender about which everything is right, by its certificate.
    pub fn honest(site: &'s Site, ward: &Running) -> Self {
        Self { client: Client::honest(site, ward.web), token: None }
    }

    /// The AI, by its certificate.
    pub fn ai(site: &'s Site, ward: &Running) -> Self {
        Self { client: Client::ai(site, ward.web), token: None }
    }

    /// Somebody with a token and no certificate.
    pub fn bearer(site: &'s Site, ward: &Running, token: &str) -> Self {
        let client = Client { identity: crate::Identity::None, ..Client::honest(site, ward.web) };
        Self { client, token: Some(token.to_owned()) }
    }

    /// Sends a request line with headers, and a body; `None` where the ward does not answer.
    pub async fn send(&self, head: &str, body: &[u8]) -> Result<Option<Reply>, DrillError> {
        let Some(mut stream) = self.client.tls().await? else { return Ok(None) };
        let mut request = format!("{head}\r\nHost: ward\r\nConnection: close\r\n");
        if let Some(token) = &self.token {
            request.extend(["Authorization: Bearer ", token, "\r\n"]);
        }
        request.push_str("\r\n");
        let exchange = async {
            // The ward may have closed already, or refuse before it has read all: what it says counts.
            let _ = stream.write_all(request.as_bytes()).await;
            let _ = stream.write_all(body).await;
            let _ = stream.flush().await;
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes).await;
            bytes
        };
        let bytes = timeout(PATIENCE, exchange).await.unwrap_or_default();
        let status = bytes.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.first_chunk::<3>());
        let status = status.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        Ok(status.map(|status| Reply { status, bytes }))
    }

    /// Gets a resource.
    pub async fn get(&self, path: &str) -> Result<Option<Reply>, DrillError> {
        self.send(&format!("GET {WEB_ROOT}{path} HTTP/1.1"), &[]).await
    }

    /// Stores files.
    pub async fn store(&self, files: &[Vec<u8>]) -> Result<Option<Reply>, DrillError> {
        self.post("/studies", "", &body(files)).await
    }

    /// Posts a body of parts, with more headers, a line each.
    pub async fn post(&self, path: &str, more: &str, body: &[u8]) -> Result<Option<Reply>, DrillError> {
        let length = body.len();
        let head = format!(
            "POST {WEB_ROOT}{path} HTTP/1.1\r\nContent-Length: {length}\r\n{more}\
             Content-Type: multipart/related; type=\"application/dicom\"; boundary={BOUNDARY}"
        );
        self.send(&head, body).await
    }
}

/// A body of files.
pub fn body(files: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for file in files {
        body.extend(format!("--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n").into_bytes());
        body.extend(file);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    body
}

impl Ct {
    /// The image as a file, in explicit VR little endian.
    pub fn file(&self) -> Vec<u8> {
        file(crate::client::CT, &self.instance, &self.data_set())
    }
}

/// A file around a data set in explicit VR little endian (PS3.10 section 7.1).
pub fn file(class: &str, instance: &str, data_set: &[u8]) -> Vec<u8> {
    let mut meta = Vec::new();
    for (tag, value) in
        [(0x0002_0002, class), (0x0002_0003, instance), (0x0002_0010, crate::client::EXPLICIT)]
    {
        crate::answer::text(&mut meta, tag, *b"UI", value);
    }
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    let length = u32::try_from(meta.len()).unwrap_or(u32::MAX);
    crate::object::element(&mut bytes, 0x0002_0000, *b"UL", &length.to_le_bytes());
    bytes.extend(meta);
    bytes.extend(data_set);
    bytes
}
