//! Inclusion and consistency proofs: made from leaf hashes, and checked against roots that a checkpoint vouches for.
//!
//! Checking follows RFC 9162 sections 2.1.3.2 and 2.1.4.2, generalised to subtrees as in the Merkle tree certificates draft: a
//! whole tree is the subtree that starts at 0.

use crate::merkle::{Frontier, Hash, node_hash};
use std::ops::Range;

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Sizes or positions that no tree can have.
    #[error("the proof speaks of positions that the tree does not have")]
    Range,
    /// Too few or too many hashes.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// It leads to another root than the one given.
    #[error("the proof leads to another tree head; the entry or the tree was changed")]
    Mismatch,
}

/// Root of some leaves.
pub fn root(leaves: &[Hash]) -> Hash {
    Frontier::of(leaves).root()
}

/// The largest power of two below the length of a range of at least 2, from its beginning.
fn split(range: &Range<u64>) -> u64 {
    let length = range.end.saturating_sub(range.start);
    range.start.saturating_add(length.next_power_of_two() / 2)
}

/// The ranges of entries whose roots prove that the entry at `index` is in a tree, from its sibling up (RFC 6962 section
/// 2.1.1); `None` past the end.
pub(crate) fn inclusion_ranges(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size {
        return None;
    }
    let (mut part, mut ranges) = (0..size, Vec::new());
    while part.end.saturating_sub(part.start) > 1 {
        let middle = split(&part);
        let (left, right) = (part.start..middle, middle..part.end);
        let (own, sibling) = if index < middle { (left, right) } else { (right, left) };
        ranges.push(sibling);
        part = own;
    }
    ranges.reverse();
    Some(ranges)
}

/// The ranges of entries whose roots prove that a tree continues that of its first `old` entries (RFC 6962 section 2.1.2); `None`
/// for sizes of no tree.
pub(crate) fn consistency_ranges(old: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if old == 0 || old > size {
        return None;
    }
    let (mut part, mut ranges) = (0..size, Vec::new());
    while old < part.end {
        let middle = split(&part);
        let (left, right) = (part.start..middle, middle..part.end);
        let (own, sibling) = if old <= middle { (left, right) } else { (right, left) };
        ranges.push(sibling);
        part = own;
    }
    if part.start > 0 {
        ranges.push(part);
    }
    ranges.reverse();
    Some(ranges)
}

/// The roots over ranges of leaves that are at hand.
fn roots(leaves: &[Hash], ranges: Vec<Range<u64>>) -> Option<Vec<Hash>> {
    let of = |range: Range<u64>| {
        let (from, to) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
        leaves.get(from..to).map(root)
    };
    ranges.into_iter().map(of).collect()
}

/// The proof that the leaf at `index` is in the tree of `leaves`; `None` past the end.
pub fn inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    roots(leaves, inclusion_ranges(index as u64, leaves.len() as u64)?)
}

/// The proof that the tree of the first `size` leaves is a beginning of the tree of all; `None` for sizes of no tree.
pub fn consistency(leaves: &[Hash], size: usize) -> Option<Vec<Hash>> {
    roots(leaves, consistency_ranges(size as u64, leaves.len() as u64)?)
}

/// Whether `start..end` is a full subtree of some tree, or the ragged right edge of one.
fn is_subtree(start: u64, end: u64) -> bool {
    let Some(length) = end.checked_sub(start).filter(|length| *length > 0) else { return false };
    length.checked_next_power_of_two().is_some_and(|width| start.is_multiple_of(width))
}

/// Checks that the entry with a leaf hash stands at `index` of the tree with this size and root.
pub fn check_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    check_subtree_inclusion(leaf, index, (0, size), proof, root)
}

/// Checks that the entry with a leaf hash stands at `index` in the subtree `start..end` with this root.
pub fn check_subtree_inclusion(
    leaf: &Hash,
    index: u64,
    (start, end): (u64, u64),
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if !is_subtree(start, end) || index < start || index >= end {
        return Err(ProofError::Range);
    }
    let (mut node, mut last) = (index.wrapping_sub(start), end.wrapping_sub(start).wrapping_sub(1));
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Mismatch),
        _ => Err(ProofError::Length),
    }
}

/// Checks that the tree of `first` entries with `first_root` is the beginning of that of `second` entries with `second_root`.
pub fn check_consistency(
    first: u64,
    second: u64,
    proof: &[Hash],
    first_root: &Hash,
    second_root: &Hash,
) -> Result<(), ProofError> {
    match (first, second) {
        (first, second) if first > second => Err(ProofError::Range),
        (first, second) if first == second => match (proof.is_empty(), first_root == second_root) {
            (false, _) => Err(ProofError::Length),
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::Mismatch),
        },
        // Every tree begins with the empty one; there is nothing to prove and nothing to learn.
        (0, _) if !proof.is_empty() => Err(ProofError::Length),
        (0, _) if *first_root != Hash::empty() => Err(ProofError::Mismatch),
        (0, _) => Ok(()),
        _ => check_subtree_consistency((0, first), second, proof, first_root, second_root),
    }
}

/// Checks that the subtree `start..end` with `node` as root lies in the tree of `size` entries with `root`.
pub fn check_subtree_consistency(
    (start, end): (u64, u64),
    size: u64,
    proof: &[Hash],
    node: &Hash,
    root: &Hash,
) -> Result<(), ProofError> {
    if start == end && end <= size {
        // The empty subtree lies in every tree; there is nothing to prove and nothing to learn.
        return match (proof.is_empty(), *node == Hash::empty()) {
            (false, _) => Err(ProofError::Length),
            (true, false) => Err(ProofError::Mismatch),
            (true, true) => Ok(()),
        };
    }
    if !is_subtree(start, end) || end > size {
        return Err(ProofError::Range);
    }
    let (mut first, mut last, mut tree) = (start, end.wrapping_sub(1), size.wrapping_sub(1));
    let is_edge = last == tree;
    while first != last && (is_edge || last & 1 == 1) {
        (first, last, tree) = (first >> 1, last >> 1, tree >> 1);
    }
    let mut rest = proof.iter();
    let seed = if first == last { *node } else { *rest.next().ok_or(ProofError::Length)? };
    let (mut subtree_hash, mut tree_hash) = (seed, seed);
    for sibling in rest {
        if tree == 0 {
            return Err(ProofError::Length);
        }
        if last & 1 == 1 || last == tree {
            if first < last {
                subtree_hash = node_hash(sibling, &subtree_hash);
            }
            tree_hash = node_hash(sibling, &tree_hash);
            while last & 1 == 0 && last != 0 {
                (first, last, tree) = (first >> 1, last >> 1, tree >> 1);
            }
        } else {
            tree_hash = node_hash(&tree_hash, sibling);
        }
        (first, last, tree) = (first >> 1, last >> 1, tree >> 1);
    }
    match (tree, subtree_hash == *node && tree_hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Mismatch),
        _ => Err(ProofError::Length),
    }
}
