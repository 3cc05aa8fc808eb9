//! A time-stamp authority over HTTP (RFC 3161 section 3.4), asked once for each signature.

use super::sign::Arguments;
use crate::outgoing::agent;
use crate::output::Error;
use medward_seal::Authorities;
use medward_seal::stamp_request::{ANSWER_BYTES_MAX, StampAuthority};
use std::fs;
use std::time::Duration;

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// The authority that the arguments name, if they do.
pub(super) fn authority(arguments: &Arguments) -> Result<Option<StampAuthority>, Error> {
    let Some(url) = arguments.timestamp.clone() else { return Ok(None) };
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(Error::Usage(format!(
            "`{url}` is no address of a time-stamp authority: write http://..."
        )));
    }
    let mut roots = Authorities::new();
    for path in &arguments.timestamp_roots {
        let bytes = fs::read(path).map_err(Error::io("read", path))?;
        roots.add_roots(&bytes).map_err(|error| Error::Usage(format!("`{}`: {error}", path.display())))?;
    }
    let client = agent(&url, DEADLINE);
    let ask = move |request: &[u8]| {
        let failed = |error: ureq::Error| format!("{url}: {error}");
        let answer = client.post(&url).content_type("application/timestamp-query").send(request);
        let mut answer = answer.map_err(failed)?;
        if !answer.status().is_success() {
            return Err(format!("{url}: {}", answer.status()));
        }
        answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(failed)
    };
    Ok(Some(StampAuthority::new(ask, roots)))
}
