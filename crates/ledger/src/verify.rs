//! Verification: does a log hold what its key signed, and does it continue what was seen of it before.

use crate::checkpoint::Checkpoint;
use crate::head;
use crate::log::SEGMENT;
use crate::merkle::{Frontier, Hash, leaf_hash};
use crate::note::VerifierKey;
use crate::proof::check_inclusion;
use crate::published::Comparison;
use crate::segment::{Reader, Step};
use crate::tree::Tree;
use std::io;
use std::path::Path;

/// A log that holds what its key signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The signed head.
    pub head: Checkpoint,
    /// Entries behind the head, durable and not signed yet.
    pub behind_head: u64,
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// There is no head, or it is no checkpoint, or not signed by the key.
    #[error("the head of the log cannot be used: {0}")]
    Head(String),
    /// An entry the head counts is damaged, or missing.
    #[error("entry {entry} is damaged or missing; the head counts {size}")]
    Damaged {
        /// Position of the first one that cannot be read.
        entry: u64,
        /// Entries the head counts.
        size: u64,
    },
    /// All entries can be read, but they are not those that were signed.
    #[error(
        "{}entries before {size} were changed or reordered: they lead to another root than the one signed",
        entry.map(|entry| format!("entry {entry} is not the one that was signed; ")).unwrap_or_default()
    )]
    Changed {
        /// Entries the head counts.
        size: u64,
        /// Position of the first one changed, where the published tiles still prove what stood there.
        entry: Option<u64>,
    },
    /// The head counts fewer entries than one seen before.
    #[error("the log was rolled back: it counts {size} entries, a checkpoint seen before counts {seen}")]
    Rollback {
        /// Entries the head counts.
        size: u64,
        /// Entries counted before.
        seen: u64,
    },
    /// The log has other entries than when it was seen before.
    #[error(
        "the log was forked: its first {seen} entries are others than when a checkpoint over them was seen"
    )]
    Fork {
        /// Entries counted before.
        seen: u64,
    },
    /// What is published for public tools is not what the entries lead to.
    #[error(
        "{count} tiles are missing or differ from the entries, the first is `{first}`; appending once makes missing ones anew"
    )]
    Tiles {
        /// How many.
        count: usize,
        /// Path of the first one.
        first: String,
    },
    /// The system failed.
    #[error("the log cannot be read: {0}")]
    Unreadable(String),
}

/// Verifies the log in a directory against its key and against checkpoints seen before, which the caller kept apart from the
/// log. Reads the log once, in constant memory; reports everything found.
pub fn verify(directory: &Path, key: &VerifierKey, seen: &[Checkpoint]) -> Result<Verified, Vec<Finding>> {
    let head::Found { checkpoint: head, is_older } = head(directory, key).map_err(|finding| vec![finding])?;
    let mut wanted: Vec<(u64, Hash, bool)> = seen.iter().map(|one| (one.size, one.root, false)).collect();
    wanted.push((head.size, head.root, true));
    wanted.sort_by_key(|(size, ..)| *size);
    let mut findings = Vec::new();
    // Where a power cut took the newer head, entries behind the older one count as well.
    for (size, ..) in wanted.iter().filter(|(size, ..)| *size > head.size && !is_older) {
        findings.push(Finding::Rollback { size: head.size, seen: *size });
    }
    let mut rest = wanted.into_iter().peekable();
    let mut frontier = Frontier::default();
    let mut published = Comparison::of(directory);
    let unreadable = |error: io::Error| vec![Finding::Unreadable(error.to_string())];
    let mut reader = match Reader::open(&directory.join(SEGMENT)) {
        Ok(reader) => Some(reader),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(unreadable(error)),
    };
    loop {
        while let Some((size, root, is_head)) = rest.next_if(|(size, ..)| *size == frontier.size()) {
            if root != frontier.root() {
                let changed = || Finding::Changed { size, entry: first_changed(directory, &head) };
                findings.push(if is_head { changed() } else { Finding::Fork { seen: size } });
            }
        }
        match reader.as_mut().map(Reader::step).transpose().map_err(unreadable)? {
            Some(Step::Entry(entry)) => {
                let leaf = leaf_hash(&entry);
                if frontier.size() < head.size {
                    published.push(&entry, leaf);
                }
                frontier.push(leaf);
            }
            Some(Step::End | Step::Damaged) | None => break,
        }
    }
    for (seen, ..) in rest.filter(|(.., is_head)| is_older && !is_head) {
        findings.push(Finding::Rollback { size: frontier.size(), seen });
    }
    if frontier.size() < head.size {
        findings.push(Finding::Damaged { entry: frontier.size(), size: head.size });
    }
    // Where the entries themselves are in doubt, tiles say nothing more.
    if findings.is_empty() {
        let (differing, count) = published.finish();
        findings.extend(differing.first().map(|first| Finding::Tiles { count, first: first.path() }));
    }
    if findings.is_empty() {
        Ok(Verified { behind_head: frontier.size().saturating_sub(head.size), head })
    } else {
        Err(findings)
    }
}

/// The first entry that is another than the signed one, by tiles that are proven to be those signed.
fn first_changed(directory: &Path, head: &Checkpoint) -> Option<u64> {
    let mut reader = Reader::open(&directory.join(SEGMENT)).ok()?;
    let mut tree = Tree::new(directory, head.size);
    for index in 0..head.size {
        let Step::Entry(entry) = reader.step().ok()? else { return None };
        let signed = tree.leaf(index).ok()?;
        if signed != leaf_hash(&entry) {
            let proof = tree.inclusion(index).ok()?;
            return check_inclusion(&signed, index, head.size, &proof, &head.root).is_ok().then_some(index);
        }
    }
    None
}

fn head(directory: &Path, key: &VerifierKey) -> Result<head::Found, Finding> {
    let found = head::read(directory, key).map_err(|error| Finding::Head(error.to_string()))?;
    found.ok_or_else(|| Finding::Head("there is none".to_owned()))
}
