//! The output of `git blame --porcelain`.

use std::collections::HashMap;

/// Id that git gives lines which are not committed yet.
const UNCOMMITTED: &[u8] = b"0000000000000000000000000000000000000000";

/// Line numbers, from 1, with the address of who wrote the line.
pub(crate) fn authors(output: &[u8]) -> Vec<(usize, Option<String>)> {
    // The address stands with the first line of a commit only.
    let mut by_commit: HashMap<&[u8], String> = HashMap::new();
    let (mut commit, mut line): (&[u8], usize) = (b"", 0);
    let mut found = Vec::new();
    for row in output.split(|byte| *byte == b'\n') {
        if row.starts_with(b"\t") {
            found.push((commit, line));
        } else if let Some(address) = row.strip_prefix(b"author-mail ") {
            let address = String::from_utf8_lossy(address);
            let address = address.trim_start_matches('<').trim_end_matches('>').to_lowercase();
            by_commit.insert(commit, address);
        } else {
            let mut words = row.split(|byte| *byte == b' ');
            let id = words.next().unwrap_or_default();
            let is_id = id.len() >= 40 && id.iter().all(u8::is_ascii_hexdigit);
            let number = words.nth(1).and_then(|word| std::str::from_utf8(word).ok()?.parse().ok());
            if let Some(number) = number.filter(|_| is_id) {
                (commit, line) = (id, number);
            }
        }
    }
    let author =
        |commit: &[u8]| (!commit.starts_with(UNCOMMITTED)).then(|| by_commit.get(commit).cloned()).flatten();
    found.into_iter().map(|(commit, line)| (line, author(commit))).collect()
}
