//! Which browser a request says it comes from, for its owner to know a session by.

use axum::http::{HeaderMap, header};

/// What browsers say of themselves, and what they are called; the first that fits, since most name others too.
const BROWSERS: [(&str, &str); 4] =
    [("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
const SYSTEMS: [(&str, &str); 6] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// Browser and system in words of the lists above: the header itself may hold anything.
pub(crate) fn browser(headers: &HeaderMap) -> String {
    let said = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| said.contains(mark)).map(|(_, name)| *name)
    };
    let browser = named(&BROWSERS).unwrap_or("a browser");
    named(&SYSTEMS).map_or_else(|| browser.to_owned(), |system| format!("{browser} on {system}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_known_by_words_of_ours_alone() {
        for (said, known) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("<script>alert(1)</script>", "a browser"),
        ] {
            let headers = HeaderMap::from_iter([(header::USER_AGENT, said.parse().unwrap())]);
            assert_eq!(browser(&headers), known);
        }
        assert_eq!(browser(&HeaderMap::new()), "a browser");
    }
}
