//! Reading the results of XCCDF scans (NIST SP 800-126, XCCDF 1.2 section 6.6), alone or inside an ARF collection; for
//! probe `openscap`. It never resolves an entity, a reference or an address, and never judges a result.

use crate::{Context, Fault};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Elements within elements; results have some twenty, the prose of benchmarks some more.
const DEPTH_MAX: usize = 128;
/// Bytes of a text that is read.
const TEXT_BYTES_MAX: usize = 4096;
/// Rule results of one file; the largest public benchmarks have some two thousand rules.
const RULE_RESULTS_MAX: usize = 200_000;
/// Scans of one file.
const SCANS_MAX: usize = 10_000;
/// How far the clock of the most eastern time zone is ahead of UTC.
const MOST_EASTERN: SignedDuration = SignedDuration::from_hours(14);

/// One scan of one host: a `TestResult`.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Names of the host.
    pub targets: Vec<String>,
    /// Id of the profile; absent when the scan used none.
    pub profile: Option<String>,
    /// When it ended. A time without zone is taken as the earliest moment it can mean.
    pub ended: Timestamp,
    /// What each rule gave; a rule may stand there more than once.
    pub rules: Vec<RuleResult>,
}

/// What one rule gave.
#[derive(Debug, Clone, Default)]
pub struct RuleResult {
    /// Id of the rule.
    pub rule: String,
    /// `pass`, `fail` and so on; `overridden` where somebody has put their own word over the scanner's.
    pub result: String,
}

/// Where in the document the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    TestResult,
    RuleResult,
    Target,
    Result,
    Other,
}

struct Scans<'a> {
    path: &'a str,
    done: Vec<Scan>,
    open: Option<Scan>,
    rule: RuleResult,
    is_overridden: bool,
    text: String,
    places: Vec<Place>,
    count: usize,
}

/// Every scan in a document.
pub fn scans(context: &Context, path: &str, document: &str) -> Result<Vec<Scan>, Fault> {
    let bad = |why: &dyn ToString| Fault::unintelligible(path, &why.to_string());
    let mut reader = Reader::from_str(document);
    let mut scans = Scans {
        path,
        done: Vec::new(),
        open: None,
        rule: RuleResult::default(),
        is_overridden: false,
        text: String::new(),
        places: Vec::new(),
        count: 0,
    };
    loop {
        scans.count += 1;
        if scans.count.is_multiple_of(1024) {
            context.deadline.left()?;
        }
        match reader.read_event().map_err(|error| bad(&error))? {
            Event::Start(start) => scans.start(&start)?,
            Event::Empty(start) => {
                scans.start(&start)?;
                scans.end()?;
            }
            Event::End(_) => scans.end()?,
            Event::Text(text) => scans.append(&text.xml10_content())?,
            Event::CData(text) => scans.append(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let known = match &*reference.xml10_content() {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "apos" => Some('\''),
                    "quot" => Some('"'),
                    _ => reference.resolve_char_ref().map_err(|error| bad(&error))?,
                };
                let letter = known.ok_or_else(|| bad(&"an entity of its own; results have none"))?;
                scans.append(letter.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err(bad(&"a document type declaration; results have none")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    // The reader does not mind elements that never end.
    if !scans.places.is_empty() {
        return Err(bad(&"it is cut off"));
    }
    Ok(scans.done)
}

impl Scans<'_> {
    fn bad(&self, why: &dyn ToString) -> Fault {
        Fault::unintelligible(self.path, &why.to_string())
    }

    fn attribute(&self, start: &BytesStart<'_>, name: &str) -> Result<Option<String>, Fault> {
        // Unchecked: looking for doubles in an element of a million attributes takes for ever.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.bad(&error))?;
            if attribute.key.as_ref() == name {
                let value =
                    quick_xml::escape::unescape(&attribute.value).map_err(|error| self.bad(&error))?;
                return Ok(Some(value.trim().to_owned()));
            }
        }
        Ok(None)
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        if self.places.len() >= DEPTH_MAX {
            return Err(self.bad(&format!("more than {DEPTH_MAX} elements within each other")));
        }
        let parent = self.places.last().copied();
        let place = match (start.local_name().as_ref(), parent) {
            ("TestResult", _) => {
                if self.open.is_some() {
                    return Err(self.bad(&"a TestResult within a TestResult"));
                }
                let ended = self.attribute(start, "end-time")?;
                let ended = ended.as_deref().and_then(moment);
                let ended = ended.ok_or_else(|| self.bad(&"a TestResult without a readable `end-time`"))?;
                self.open = Some(Scan { targets: Vec::new(), profile: None, ended, rules: Vec::new() });
                Place::TestResult
            }
            ("profile", Some(Place::TestResult)) => {
                let profile = self.attribute(start, "idref")?;
                if let Some(open) = &mut self.open {
                    open.profile = profile;
                }
                Place::Other
            }
            ("target", Some(Place::TestResult)) => Place::Target,
            ("rule-result", Some(Place::TestResult)) => {
                let rule = self.attribute(start, "idref")?;
                let rule = rule.ok_or_else(|| self.bad(&"a rule-result without `idref`"))?;
                self.rule = RuleResult { rule, result: String::new() };
                self.is_overridden = false;
                Place::RuleResult
            }
            ("result", Some(Place::RuleResult)) => Place::Result,
            ("override", Some(Place::RuleResult)) => {
                self.is_overridden = true;
                Place::Other
            }
            _ => Place::Other,
        };
        self.text.clear();
        self.places.push(place);
        Ok(())
    }

    fn append(&mut self, text: &str) -> Result<(), Fault> {
        if matches!(self.places.last(), Some(Place::Target | Place::Result)) {
            if self.text.len() + text.len() > TEXT_BYTES_MAX {
                return Err(self.bad(&format!("a text of more than {TEXT_BYTES_MAX} bytes")));
            }
            self.text.push_str(text);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        let text = self.text.trim();
        match (self.places.pop(), &mut self.open) {
            (Some(Place::Target), Some(open)) => open.targets.push(text.to_owned()),
            (Some(Place::Result), _) => text.clone_into(&mut self.rule.result),
            (Some(Place::RuleResult), Some(open)) => {
                if self.is_overridden {
                    "overridden".clone_into(&mut self.rule.result);
                }
                open.rules.push(std::mem::take(&mut self.rule));
                if open.rules.len() > RULE_RESULTS_MAX {
                    return Err(self.bad(&format!("more than {RULE_RESULTS_MAX} rule results")));
                }
            }
            (Some(Place::TestResult), open) => {
                self.done.extend(open.take());
                if self.done.len() > SCANS_MAX {
                    return Err(self.bad(&format!("more than {SCANS_MAX} scans")));
                }
            }
            _ => {}
        }
        self.text.clear();
        Ok(())
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()?.checked_sub(MOST_EASTERN).ok()
    })
}
