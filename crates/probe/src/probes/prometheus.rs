//! `prometheus`: a query whose samples keep a bound, and one that must return none.

use crate::configuration::{ConfigError, Terms, optional};
use crate::files::few;
use crate::registry::probe;
use crate::web::Web;
use crate::{Context, Fault, Findings, Prepared, Verdict};
use medward_file::Text;
use medward_file::kinds::{Probe, PrometheusProbe};
use serde_json::Value;
use std::collections::BTreeSet;

probe! {
    /// Every sample of a Prometheus query keeps its bound, and a query of what must not be returns nothing.
    Prometheus, "prometheus", prometheus: PrometheusProbe,
    needs &["target", "prometheus.query", "prometheus.least|prometheus.most", "prometheus.none"]
}

struct Queries {
    web: Web,
    base: String,
    credential: Option<String>,
    query: String,
    least: f64,
    most: f64,
    none: String,
}

fn prepare(reader: Terms, terms: &Probe, own: &PrometheusProbe) -> Result<Queries, ConfigError> {
    let base = reader.need(terms.target.as_ref(), "target", "URL of the Prometheus server")?;
    let base = reader.url(base, "target")?;
    if own.least.is_none() && own.most.is_none() {
        return Err(reader.missing("prometheus.least", "this or `most`: the bound the samples must keep"));
    }
    let bound = |written: Option<&Text>, key, absent: f64| match written {
        None => Ok(absent),
        Some(text) => text
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .ok_or_else(|| reader.unusable(key, &text.value, text.span, "is no decimal number")),
    };
    let query =
        reader.text(own.query.as_ref(), "prometheus.query", "query whose samples must keep the bound")?;
    let none = reader.text(own.none.as_ref(), "prometheus.none", "query that must return nothing")?;
    // A query of a series that does not exist returns nothing for ever.
    if metrics(&query).is_disjoint(&metrics(&none)) {
        let span = own.none.as_ref().map_or_else(Default::default, |text| text.span);
        let why = "shares no metric with `query`, so nothing shows that what it asks for exists";
        return Err(reader.unusable("prometheus.none", &none, span, why));
    }
    Ok(Queries {
        credential: reader.credential(&base, own.credential.as_ref(), "prometheus.credential")?,
        web: Web { trust: optional(own.trust.as_ref()) },
        base: base.trim_end_matches('/').to_owned(),
        query,
        least: bound(own.least.as_ref(), "prometheus.least", f64::NEG_INFINITY)?,
        most: bound(own.most.as_ref(), "prometheus.most", f64::INFINITY)?,
        none,
    })
}

/// The metric names in a query: words outside braces, brackets and quotes that are no function and no keyword.
fn metrics(query: &str) -> BTreeSet<&str> {
    const KEYWORDS: [&str; 15] = [
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "and",
        "or",
        "unless",
        "bool",
        "offset",
        "inf",
        "nan",
        "start",
        "end",
    ];
    let mut found = BTreeSet::new();
    let (mut depth, mut quote, mut begin) = (0_i32, None, None);
    for (at, letter) in query.char_indices().chain([(query.len(), ' ')]) {
        if let Some(open) = quote {
            if letter == open {
                quote = None;
            }
            continue;
        }
        let in_word = letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
        if depth == 0 && in_word && begin.is_none() {
            begin = Some(at);
        } else if !in_word && let Some(from) = begin.take() {
            let word = query.get(from..at).unwrap_or_default();
            let is_call = query.get(at..).unwrap_or_default().trim_start().starts_with('(');
            let is_number = word.starts_with(|first: char| first.is_ascii_digit());
            if !is_call && !is_number && !KEYWORDS.contains(&word.to_ascii_lowercase().as_str()) {
                found.insert(word);
            }
        }
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            '"' | '\'' | '`' => quote = Some(letter),
            _ => {}
        }
    }
    found
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect::<Vec<_>>().concat()
}

impl Queries {
    /// Each sample with its labels.
    fn ask(
        &self,
        context: &Context,
        query: &str,
        findings: &mut Findings,
    ) -> Result<Vec<(String, f64)>, Fault> {
        let url = format!("{}/api/v1/query?query={}", self.base, escaped(query));
        let credential = self.credential.as_deref().map(|name| context.secret(name)).transpose()?;
        let answer = self.web.get(context, &url, credential)?;
        findings.raw(query, &answer.body);
        let bad = |why: &str| Fault::unintelligible(format!("the answer to {query}"), &why);
        let document: Value = serde_json::from_slice(&answer.body)
            .map_err(|error| bad(&format!("status {}, {error}", answer.status)))?;
        if document.pointer("/status").and_then(Value::as_str) != Some("success") {
            let error = document.pointer("/error").and_then(Value::as_str).unwrap_or("no success");
            return Err(bad(error));
        }
        let result = document.pointer("/data/result").and_then(Value::as_array);
        let result = result.ok_or_else(|| bad("no result"))?;
        let number = |value: Option<&Value>| value.and_then(Value::as_str)?.parse::<f64>().ok();
        if document.pointer("/data/resultType").and_then(Value::as_str) == Some("scalar") {
            let value = number(result.get(1)).ok_or_else(|| bad("a scalar without number"))?;
            return Ok(vec![("scalar".to_owned(), value)]);
        }
        let sample = |sample: &Value| {
            let labels = sample.get("metric").map(ToString::to_string).unwrap_or_default();
            let value = number(sample.pointer("/value/1")).ok_or_else(|| bad("a sample without number"))?;
            Ok((labels, value))
        };
        result.iter().map(sample).collect()
    }
}

impl Prepared for Queries {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let samples = self.ask(context, &self.query, findings)?;
        if samples.is_empty() {
            return Err(Fault::Empty { what: format!("{} returns no sample", self.query) });
        }
        let shown = |(labels, value): &(String, f64)| format!("{labels} {value}");
        let outside: Vec<_> = samples
            .iter()
            .filter(|(_, value)| *value < self.least || *value > self.most)
            .map(shown)
            .collect();
        let unclear = samples.iter().any(|(_, value)| value.is_nan());
        let verdict = match (outside.is_empty(), unclear) {
            (false, _) => Verdict::Broken,
            (true, true) => Verdict::Unknown,
            (true, false) => Verdict::Held,
        };
        let expected = format!("{} is from {} to {}", self.query, self.least, self.most);
        let seen = format!("{} samples, outside: {}", samples.len(), few(&outside));
        findings.positive(expected, verdict, seen);
        let found: Vec<_> = self.ask(context, &self.none, findings)?.iter().map(shown).collect();
        findings.negative(format!("{} returns nothing", self.none), found.is_empty(), few(&found));
        Ok(())
    }

    fn repeat(&self) -> String {
        let line =
            |query: &str| format!("curl -G {}/api/v1/query --data-urlencode 'query={query}'", self.base);
        format!("{}\n{}  # must be empty", line(&self.query), line(&self.none))
    }
}

#[cfg(test)]
mod tests {
    use super::metrics;

    #[test]
    fn metrics_of_a_query_are_found() {
        let found = |query| metrics(query).into_iter().collect::<Vec<_>>();
        assert_eq!(found("up"), ["up"]);
        assert_eq!(found("rate(http_total{job=\"ward\"}[5m]) > 0.5"), ["http_total"]);
        assert_eq!(found("a:b / on(x) c unless d offset 5m"), ["a:b", "c", "d", "x"]);
        assert_eq!(found("vector(1)"), Vec::<&str>::new());
    }
}
