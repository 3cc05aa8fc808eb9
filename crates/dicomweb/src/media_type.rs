//! Media types with their parameters (RFC 9110 section 8.3), and lists of acceptable ones (section 12.5.1).

/// Longest header value that is read, in bytes.
const BYTES_MAX: usize = 4 << 10;

/// A media type: in lower case, values of parameters as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    essence: String,
    parameters: Vec<(String, String)>,
}

/// Splits at a separator outside of quoted strings.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |one: char| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        match one {
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => return one == separator && !is_quoted,
        }
        false
    })
}

/// Characters of a token (RFC 9110 section 5.6.2), and the slash between type and subtype.
fn is_token(text: &str) -> bool {
    let is_mark = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}

fn unquoted(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('"') else { return is_token(text).then(|| text.to_owned()) };
    let inner = inner.strip_suffix('"')?;
    let (mut value, mut is_escaped) = (String::with_capacity(inner.len()), false);
    for one in inner.chars() {
        if one.is_control() || (one == '"' && !is_escaped) {
            return None;
        }
        is_escaped = one == '\\' && !is_escaped;
        if !is_escaped {
            value.push(one);
        }
    }
    (!is_escaped).then_some(value)
}

impl MediaType {
    /// Reads one; `None` where it is none, or has a parameter twice, which two readers would read differently.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > BYTES_MAX {
            return None;
        }
        let mut parts = split(text, ';').map(str::trim);
        let essence = parts.next()?.to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let mut parameters: Vec<(String, String)> = Vec::new();
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            let (name, value) = (name.trim().to_ascii_lowercase(), unquoted(value.trim())?);
            if !is_token(&name) || parameters.iter().any(|(known, _)| *known == name) {
                return None;
            }
            parameters.push((name, value));
        }
        Some(Self { essence, parameters })
    }

    /// Type and subtype.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// Value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a type is in the range that this one is, such as `*/*` or `image/*`.
    fn covers(&self, essence: &str) -> bool {
        match self.essence.strip_suffix("/*") {
            Some("*") => true,
            Some(kind) => essence.split_once('/').is_some_and(|(other, _)| other == kind),
            None => self.essence == essence,
        }
    }
}

/// The ranges of an `Accept` that hold a type and are wanted at all; one that says anything without any range where the header is absent.
/// Ranges that cannot be read count as not there.
pub fn accepts(accept: Option<&str>, essence: &str) -> Vec<MediaType> {
    let accept = accept.map(str::trim).filter(|accept| !accept.is_empty()).unwrap_or("*/*");
    let is_wanted = |range: &MediaType| {
        // q=0 says "not this" (RFC 9110 section 12.4.2).
        let quality = range.parameter("q").map(str::parse::<f32>);
        !matches!(quality, Some(Ok(quality)) if quality <= 0.0)
    };
    let ranges = split(accept, ',').filter_map(|range| MediaType::parse(range.trim()));
    ranges.filter(|range| range.covers(essence) && is_wanted(range)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_with_quotes_and_what_could_be_read_in_two_ways_is_refused() {
        let related = MediaType::parse("Multipart/Related; type=\"application/dicom\"; boundary=\"a;\\\"b\"");
        let related = related.unwrap();
        assert_eq!(related.essence(), "multipart/related");
        assert_eq!(related.parameter("type"), Some("application/dicom"));
        assert_eq!(related.parameter("boundary"), Some("a;\"b"));
        for slip in [
            "",
            "text",
            "text/",
            "a/b; boundary=1; boundary=2",
            "a/b; x=\"open",
            "a/b; x=a\"b\"",
            "a/b; x",
            "a /b",
            "a/b; x=\"\u{7}\"",
        ] {
            assert_eq!(MediaType::parse(slip), None, "{slip}");
        }
    }

    #[test]
    fn acceptable_is_what_a_range_holds() {
        let json = "application/dicom+json";
        assert_eq!(accepts(None, json).len(), 1);
        assert_eq!(accepts(Some("text/html, application/*;q=0.5"), json).len(), 1);
        assert!(accepts(Some("application/dicom+json;q=0, image/*"), json).is_empty());
        let any = accepts(
            Some("multipart/related; type=\"application/dicom\"; transfer-syntax=*"),
            "multipart/related",
        );
        assert_eq!(any[0].parameter("transfer-syntax"), Some("*"));
    }
}
