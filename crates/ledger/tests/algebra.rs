//! Proofs made here hold here and nowhere else; notes are signed and read back; no bytes panic.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a key that cannot be made is a failed test"
)]

use medward_ledger::note::{KeyKind, Note, Signer, VerifierKey};
use medward_ledger::proof::{check_consistency, check_inclusion, consistency, inclusion, root};
use medward_ledger::tile::{Tile, entries, hashes, tiles};
use medward_ledger::{Checkpoint, Hash, leaf_hash, node_hash};
use proptest::prelude::*;

/// RFC 6962 section 2.1, word for word.
fn slow_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::empty(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
            node_hash(&slow_root(left), &slow_root(right))
        }
    }
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

proptest! {
    #[test]
    fn proofs_hold_for_their_place_only(size in 1_usize..70, index in 0_usize..70, flip in 0_usize..256, which in 0_usize..8) {
        let all = leaves(size);
        let (index, head) = (index % size, root(&all));
        prop_assert_eq!(head, slow_root(&all));
        let proof = inclusion(&all, index).unwrap();
        let check = |proof: &[Hash], at: usize| check_inclusion(&all[index], at as u64, size as u64, proof, &head);
        prop_assert!(check(&proof, index).is_ok());
        for other in (0..size).filter(|other| *other != index) {
            prop_assert!(check(&proof, other).is_err());
        }
        if !proof.is_empty() {
            let mut changed = proof.clone();
            let at = which % changed.len();
            changed[at].0[flip / 8] ^= 1 << (flip % 8);
            prop_assert!(check(&changed, index).is_err());
            prop_assert!(check(&proof[1..], index).is_err());
        }
    }

    #[test]
    fn every_beginning_is_consistent_and_no_other_tree_is(first in 1_usize..60, more in 0_usize..60) {
        let second = first + more;
        let all = leaves(second);
        let proof = consistency(&all, first).unwrap();
        let (old, new) = (root(&all[..first]), root(&all));
        prop_assert!(check_consistency(first as u64, second as u64, &proof, &old, &new).is_ok());
        let mut forked = all[..first].to_vec();
        forked[first / 2] = leaf_hash(b"another entry");
        prop_assert!(check_consistency(first as u64, second as u64, &proof, &root(&forked), &new).is_err());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,120}", width in 1_u16..257) {
        let _ = Note::parse(&bytes);
        let _ = Note::parse(text.as_bytes());
        let _ = VerifierKey::parse(&text);
        let _ = Checkpoint::parse(&text);
        for level in [None, Some(0)] {
            let tile = Tile { level, index: 0, width };
            let _ = (hashes(tile, &bytes), entries(tile, &bytes));
        }
    }
}

fn signer(name: &str, kind: KeyKind) -> Signer {
    Signer::new(name, kind, &[7; 32]).unwrap()
}

#[test]
fn a_note_is_signed_cosigned_read_back_and_any_flipped_bit_is_found() {
    let (log, witness) =
        (signer("ledger.example/lung-ct", KeyKind::Log), signer("witness.example", KeyKind::Witness));
    let checkpoint = Checkpoint {
        origin: "ledger.example/lung-ct".into(),
        size: 3,
        root: root(&leaves(3)),
        extensions: vec![],
    };
    let mut note = Note::new(checkpoint.to_string()).unwrap();
    note.add(log.sign(note.text(), 0));
    note.add(witness.sign(note.text(), 1_763_900_000));
    let bytes = note.to_string().into_bytes();
    let read = Note::parse(&bytes).unwrap();
    assert_eq!(read, note);
    assert_eq!(Checkpoint::parse(read.text()), Ok(checkpoint));
    assert_eq!(read.verify(log.verifier()), Ok(0));
    assert_eq!(read.verify(witness.verifier()), Ok(1_763_900_000));
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let holds = Note::parse(&changed)
            .is_ok_and(|note| note.verify(log.verifier()).is_ok() && note.verify(witness.verifier()).is_ok());
        assert!(!holds, "bit {bit} was flipped unseen");
    }
}

#[test]
fn keys_are_written_and_read_and_their_id_is_checked() {
    let key = signer("ledger.example", KeyKind::Log).verifier().to_string();
    assert_eq!(VerifierKey::parse(&key).unwrap().to_string(), key);
    let other = key.replacen("ledger.example", "ledger.other", 1);
    assert!(VerifierKey::parse(&other).is_err());
    assert!(VerifierKey::new("two words", KeyKind::Log, [1; 32]).is_err());
    assert!(VerifierKey::new("weak", KeyKind::Log, [0; 32]).is_err());
}

#[test]
fn tiles_of_a_tree_are_those_of_the_specification() {
    let count = |level| tiles(Some(level), 70_000).map(|tile| tile.width).collect::<Vec<_>>();
    assert_eq!((count(0).len(), count(0).last().copied()), (274, Some(112)));
    assert_eq!(count(1), [256, 17]);
    assert_eq!(count(2), [1]);
    assert_eq!(tiles(Some(1), 256).map(|tile| tile.width).collect::<Vec<_>>(), [1]);
    assert_eq!(Tile { level: Some(0), index: 1_234_067, width: 256 }.path(), "tile/0/x001/x234/067");
    assert_eq!(Tile { level: None, index: 0, width: 5 }.path(), "tile/entries/000.p/5");
}
