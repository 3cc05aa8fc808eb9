//! `sbom-age`: the software bill of materials is young, whole, and without what must not be in it.

use crate::configuration::{ConfigError, Terms, texts};
use crate::files::{few, read_json};
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared};
use jiff::Timestamp;
use medward_file::kinds::{Probe, SbomAgeProbe};
use serde_json::Value;

probe! {
    /// The software bill of materials is young and lists enough components, each with its version, and none that is forbidden.
    SbomAge, "sbom-age", sbom_age: SbomAgeProbe, needs &["target", "sbom_age.age_days_max"]
}

const SECONDS_PER_DAY: i64 = 86_400;

struct Bill {
    path: String,
    age_days_max: i64,
    components_min: i64,
    forbidden: Vec<String>,
}

fn prepare(reader: Terms, terms: &Probe, own: &SbomAgeProbe) -> Result<Bill, ConfigError> {
    let why = "days the bill of materials may be old";
    Ok(Bill {
        path: reader.text(terms.target.as_ref(), "target", "CycloneDX or SPDX JSON file")?,
        age_days_max: reader.needed_number(
            own.age_days_max.as_ref(),
            "sbom_age.age_days_max",
            1..=3650,
            why,
        )?,
        components_min: reader.number(
            own.components_min.as_ref(),
            "sbom_age.components_min",
            1..=10_000_000,
            1,
        )?,
        forbidden: texts(&own.forbidden),
    })
}

/// When it was made, and its components by name and version.
type Read = (Timestamp, Vec<(String, String)>);

fn read(document: &Value, what: &str) -> Result<Read, Fault> {
    // CycloneDX 1.6 `metadata.timestamp` and `components`; SPDX 2.3 `creationInfo.created` and `packages`.
    let (cyclonedx, spdx) = (
        ("/metadata/timestamp", "components", "version", "components"),
        ("/creationInfo/created", "packages", "versionInfo", "packages"),
    );
    let is_cyclonedx = document.get("bomFormat").and_then(Value::as_str) == Some("CycloneDX");
    let is_spdx = document.get("spdxVersion").is_some();
    if !is_cyclonedx && !is_spdx {
        return Err(Fault::unintelligible(what, &"neither CycloneDX nor SPDX 2 in JSON"));
    }
    let (time, list, version, nested) = if is_cyclonedx { cyclonedx } else { spdx };
    let written = document.pointer(time).and_then(Value::as_str);
    let written = written.ok_or_else(|| Fault::unintelligible(what, &format!("no time at {time}")))?;
    let made = written.parse().map_err(|error: jiff::Error| Fault::unintelligible(what, &error))?;
    let mut components = Vec::new();
    let mut waiting: Vec<&Value> =
        document.get(list).and_then(Value::as_array).into_iter().flatten().collect();
    while let Some(component) = waiting.pop() {
        let text =
            |key: &str| component.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        components.push((text("name"), text(version)));
        waiting.extend(component.get(nested).and_then(Value::as_array).into_iter().flatten());
    }
    Ok((made, components))
}

impl Prepared for Bill {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let (made, components) = read(&read_json(context, &self.path)?, &self.path)?;
        findings.raw(&self.path, format!("made {made}, {} components", components.len()));
        if components.is_empty() {
            return Err(Fault::Empty { what: format!("{} lists no component", self.path) });
        }
        let seconds = context.now().as_second() - made.as_second();
        let days = seconds.div_euclid(SECONDS_PER_DAY);
        let expected = format!("it is at most {} days old", self.age_days_max);
        findings.positive(expected, days <= self.age_days_max, format!("{days} days"));
        let count = i64::try_from(components.len()).unwrap_or(i64::MAX);
        findings.positive(
            format!("it lists {} components", self.components_min),
            count >= self.components_min,
            count.to_string(),
        );
        // An hour for clocks that disagree.
        findings.negative("it is not from the future", seconds >= -3600, format!("made {made}"));
        let nameless: Vec<_> = components
            .iter()
            .filter(|(name, version)| name.is_empty() || version.is_empty() || version == "NOASSERTION")
            .map(|(name, _)| name.clone())
            .collect();
        findings.negative("no component is without name or version", nameless.is_empty(), few(&nameless));
        if !self.forbidden.is_empty() {
            let is_forbidden = |name: &str, version: &str| {
                self.forbidden.iter().any(|entry| entry == name || *entry == format!("{name}@{version}"))
            };
            let found = components.iter().filter(|(name, version)| is_forbidden(name, version));
            let found: Vec<_> = found.map(|(name, version)| format!("{name}@{version}")).collect();
            findings.negative("no forbidden component is in it", found.is_empty(), few(&found));
        }
        Ok(())
    }

    fn repeat(&self) -> String {
        format!(
            "jq '.metadata.timestamp // .creationInfo.created, (.components // .packages | length)' {}",
            self.path
        )
    }
}
