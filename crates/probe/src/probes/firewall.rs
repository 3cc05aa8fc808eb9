//! `firewall`: the loaded nftables ruleset is the one demanded, rule for rule.

use crate::configuration::{ConfigError, Terms, optional};
use crate::files::{age_seconds, few, read_json};
use crate::process::Program;
use crate::registry::probe;
use crate::{Context, Fault, Findings, Prepared};
use medward_file::kinds::{FirewallProbe, Probe};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

probe! {
    /// The nftables ruleset that is loaded has every rule the demanded one has, in its order, and none beyond.
    Firewall, "firewall", firewall: FirewallProbe, needs &["firewall.demanded"]
}

const SECONDS_PER_HOUR: i64 = 3600;

struct Ruleset {
    demanded: String,
    loaded: Option<String>,
    loaded_hours_max: i64,
}

fn prepare(reader: Terms, _: &Probe, own: &FirewallProbe) -> Result<Ruleset, ConfigError> {
    let why = "JSON file of the ruleset that must be loaded, as `nft -j list ruleset` prints it";
    Ok(Ruleset {
        demanded: reader.text(own.demanded.as_ref(), "firewall.demanded", why)?,
        loaded: optional(own.loaded.as_ref()),
        loaded_hours_max: reader.number(
            own.loaded_hours_max.as_ref(),
            "firewall.loaded_hours_max",
            1..=8760,
            24,
        )?,
    })
}

/// Family and name of a table.
type Table = (String, String);
/// What stands in a table under a heading, such as the rules of one chain in their order.
type Content = BTreeMap<(Table, String), Vec<Value>>;

/// What changes by itself while the rules stay the same.
fn settled(value: &Value) -> Value {
    const PASSING: [&str; 5] = ["handle", "packets", "bytes", "used", "expires"];
    match value {
        Value::Object(object) => {
            let kept = object.iter().filter(|(key, _)| !PASSING.contains(&key.as_str()));
            // A bare counter prints as `null`, one that has counted as an object.
            let kept = kept.map(|(key, value)| match key.as_str() {
                "counter" if value.is_object() && settled(value) == Value::Object(Map::new()) => {
                    (key.clone(), Value::Null)
                }
                _ => (key.clone(), settled(value)),
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(settled).collect()),
        other => other.clone(),
    }
}

fn content(document: &Value, what: &str) -> Result<Content, Fault> {
    let bad = |why: &str| Fault::unintelligible(what, &why);
    let items =
        document.get("nftables").and_then(Value::as_array).ok_or_else(|| bad("no list `nftables`"))?;
    let mut content = Content::new();
    for item in items {
        let (kind, object) =
            item.as_object().and_then(|object| object.iter().next()).ok_or_else(|| bad("no object"))?;
        if kind == "metainfo" {
            continue;
        }
        let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let table = (text("family"), if kind == "table" { text("name") } else { text("table") });
        let mut object = settled(object);
        let heading = match kind.as_str() {
            "rule" => format!("rule in chain {}", text("chain")),
            "element" => format!("element of {}", text("name")),
            _ => format!("{kind} {}", text("name")),
        };
        if let Some(elements) = object.get_mut("elem") {
            // What a set learns from traffic is not demanded; what is written down has no order.
            let flags = text_list(item, kind);
            if flags.contains("dynamic") || flags.contains("timeout") {
                *elements = Value::Null;
            } else if let Some(list) = elements.as_array_mut() {
                list.sort_by_key(Value::to_string);
            }
        }
        content.entry((table, heading)).or_default().push(object);
    }
    Ok(content)
}

fn text_list(item: &Value, kind: &str) -> BTreeSet<String> {
    let flags = item.pointer(&format!("/{kind}/flags"));
    match flags {
        Some(Value::String(flag)) => BTreeSet::from([flag.clone()]),
        Some(Value::Array(flags)) => flags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    }
}

fn shown(table: &Table, heading: &str, value: &Value) -> String {
    let (family, name) = table;
    let brief = value.get("expr").unwrap_or(value);
    format!("{heading} of table {family} {name}: {brief}")
}

/// What is in `left` more often than in `right`.
fn beyond(left: &Content, right: &Content) -> Vec<String> {
    let mut found = Vec::new();
    for ((table, heading), values) in left {
        let mut others = right.get(&(table.clone(), heading.clone())).cloned().unwrap_or_default();
        for value in values {
            match others.iter().position(|other| other == value) {
                Some(place) => drop(others.swap_remove(place)),
                None => found.push(shown(table, heading, value)),
            }
        }
    }
    found
}

impl Ruleset {
    fn loaded(&self, context: &Context) -> Result<Value, Fault> {
        let Some(path) = &self.loaded else {
            let argv = ["nft", "-j", "list", "ruleset"].map(str::to_owned).to_vec();
            let ended = Program { argv, is_ours: true, ..Program::default() }.run(context)?;
            if ended.exit != Some(0) {
                let why = String::from_utf8_lossy(&ended.errors).trim().to_owned();
                return Err(Fault::unreadable("the loaded ruleset", &format!("{}; {why}", ended.shown())));
            }
            return serde_json::from_slice(&ended.output)
                .map_err(|error| Fault::unintelligible("the loaded ruleset", &error));
        };
        let hours = age_seconds(context, path)?.div_euclid(SECONDS_PER_HOUR);
        if !(0..=self.loaded_hours_max).contains(&hours) {
            return Err(Fault::unreadable(
                path.as_str(),
                &format!("exported {hours} hours ago, says nothing of now"),
            ));
        }
        read_json(context, path)
    }
}

impl Prepared for Ruleset {
    fn run(&self, context: &Context, findings: &mut Findings) -> Result<(), Fault> {
        let demanded = content(&read_json(context, &self.demanded)?, &self.demanded)?;
        let rules = demanded.keys().filter(|(_, heading)| heading.starts_with("rule")).count();
        if rules == 0 {
            return Err(Fault::Empty { what: format!("{} demands no rule", self.demanded) });
        }
        let document = self.loaded(context)?;
        findings.raw("loaded ruleset", document.to_string());
        let mut loaded = content(&document, "the loaded ruleset")?;
        let tables: BTreeSet<_> = demanded.keys().map(|(table, _)| table.clone()).collect();
        loaded.retain(|(table, _), _| tables.contains(table));
        let missing = beyond(&demanded, &loaded);
        findings.positive(
            "everything demanded is loaded",
            missing.is_empty(),
            format!("missing: {}", few(&missing)),
        );
        let extra = beyond(&loaded, &demanded);
        findings.negative(
            "nothing else is loaded in these tables",
            extra.is_empty(),
            format!("beyond: {}", few(&extra)),
        );
        if missing.is_empty() && extra.is_empty() {
            // The same rules in another order let other packets through.
            let moved = demanded
                .iter()
                .filter(|(key, values)| loaded.get(*key) != Some(values))
                .map(|((_, heading), _)| heading.clone());
            let moved: Vec<_> = moved.collect();
            findings.positive(
                "the rules stand in the demanded order",
                moved.is_empty(),
                format!("moved: {}", few(&moved)),
            );
        }
        Ok(())
    }

    fn repeat(&self) -> String {
        let loaded =
            self.loaded.as_ref().map_or("nft -j list ruleset".to_owned(), |path| format!("cat {path}"));
        format!("{loaded} | diff - {}  # apart from handles and counters", self.demanded)
    }
}
