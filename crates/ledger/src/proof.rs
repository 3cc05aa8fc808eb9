//! Inclusion and consistency proofs: made from leaf hashes, and checked against roots that a checkpoint vouches for.
//!
//! Checking follows RFC 9162 sections 2.1.3.2 and 2.1.4.2, generalised to subtrees as in the Merkle tree certificates draft: a
//! whole tree is the subtree that starts at 0.

use crate::merkle::{Frontier, Hash, node_hash};

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

/// The largest power of two below a size of at least 2.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// The proof that the leaf at `index` is in the tree of `leaves`; `None` past the end.
pub fn inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut part, mut index, mut proof) = (leaves, index, Vec::new());
    while part.len() > 1 {
        let (left, right) = part.split_at_checked(split(part.len()))?;
        if index < left.len() {
            proof.push(root(right));
            part = left;
        } else {
            proof.push(root(left));
            index = index.checked_sub(left.len())?;
            part = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// The proof that the tree of the first `size` leaves is a beginning of the tree of all; `None` for sizes of no tree.
pub fn consistency(leaves: &[Hash], size: usize) -> Option<Vec<Hash>> {
    if size == 0 || size > leaves.len() {
        return None;
    }
    let (mut part, mut size, mut is_whole, mut proof) = (leaves, size, true, Vec::new());
    while size < part.len() {
        let (left, right) = part.split_at_checked(split(part.len()))?;
        if size <= left.len() {
            proof.push(root(right));
            part = left;
        } else {
            proof.push(root(left));
            size = size.checked_sub(left.len())?;
            part = right;
            is_whole = false;
        }
    }
    if !is_whole {
        proof.push(root(part));
    }
    proof.reverse();
    Some(proof)
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
