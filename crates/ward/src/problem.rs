//! What is wrong with the records of a ward, gathered so that all of it is said at once.

use medward_file::Text;
use medward_upper_layer::Uid;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Problems, a line each.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub(crate) lines: Vec<String>,
}

impl Problems {
    pub(crate) fn say(&mut self, at: &str, what: &str) {
        self.lines.push(format!("{at}: {what}"));
    }

    pub(crate) fn parsed<T: FromStr>(&mut self, at: &str, key: &str, text: &Text, wanted: &str) -> Option<T> {
        let parsed = text.value.parse();
        if parsed.is_err() {
            self.say(at, &format!("`{key}` is `{}`, which is not {wanted}", text.value.escape_debug()));
        }
        parsed.ok()
    }

    pub(crate) fn uids(&mut self, at: &str, key: &str, texts: &[Text]) -> BTreeSet<Uid> {
        texts.iter().filter_map(|text| self.parsed(at, key, text, "a UID")).collect()
    }

    pub(crate) fn number(
        &mut self,
        at: &str,
        key: &str,
        written: Option<i64>,
        absent: u64,
        allowed: RangeInclusive<u64>,
    ) -> u64 {
        let Some(written) = written else { return absent };
        match u64::try_from(written) {
            Ok(number) if allowed.contains(&number) => number,
            _ => {
                self.say(
                    at,
                    &format!("`{key}` is {written}; {} to {} is possible", allowed.start(), allowed.end()),
                );
                absent
            }
        }
    }
}
