//! A ward as a process of its own: this test program, started anew as the ward of a site.

use medward_drill::{PASSPHRASE, Site};
use medward_ward::{Configuration, Gateway};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// Directory whose ward the program runs as, instead of testing.
const RUN_AS_WARD: &str = "MEDWARD_DRILL_RUN_AS_WARD";

/// Not a test of its own: what [`Ward::start`] starts.
#[tokio::test(flavor = "multi_thread")]
async fn runs_as_a_ward_when_asked() {
    let Some(directory) = std::env::var_os(RUN_AS_WARD) else { return };
    let (file, _) = medward_file::load(directory.as_ref(), medward_file::Limits::default());
    let configuration = Configuration::of(&file, None, "2026-01-01".parse().unwrap()).unwrap();
    let gateway = Gateway::open(configuration, PASSPHRASE).await.unwrap();
    eprintln!("listening on {}", gateway.address().unwrap());
    gateway.run(std::future::pending()).await;
}

/// A ward that runs; killed when dropped.
pub struct Ward(Child);

impl Ward {
    /// Starts a ward on the site, as the last words of another command where there is one, and waits until it listens.
    pub fn start(site: &Site, under: &[&str]) -> (Self, SocketAddr) {
        let program = std::env::current_exe().unwrap();
        let mut words = under.iter().map(OsString::from).chain([program.into_os_string()]);
        let child = Command::new(words.next().unwrap())
            .args(words)
            .args(["--exact", "process::runs_as_a_ward_when_asked", "--nocapture"])
            .env(RUN_AS_WARD, site.directory())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut ward = Self(child.unwrap());
        let mut said = String::new();
        let mut lines = BufReader::new(ward.0.stderr.take().unwrap()).lines();
        while let Some(line) = lines.next() {
            let line = line.unwrap();
            if let Some(address) = line.strip_prefix("listening on ") {
                // What it says later is read and dropped, so that it is never kept from saying it.
                std::thread::spawn(move || lines.for_each(drop));
                return (ward, address.parse().unwrap());
            }
            said.push_str(&line);
        }
        panic!("the ward does not start: {said}");
    }

    /// Number of its process, or of what it was started under.
    #[allow(dead_code, reason = "not every test looks into one")]
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// SIGKILL.
    #[allow(dead_code, reason = "not every test that starts one kills one")]
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
