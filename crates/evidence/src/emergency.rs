//! Whether somebody looked at an emergency of a ward who may: another person than who opened it.

use crate::{People, Voucher};
use medward_ward_ledger::{Emergency, Vouchers};

/// Why nobody looked at an emergency so that it counts; `None` where somebody did.
pub fn unreviewed(emergency: &Emergency, people: &People<'_>) -> Option<&'static str> {
    let opened = emergency.by.as_ref().map(Vouchers::ids).unwrap_or_default();
    let mut why = "nobody has looked at it";
    for (_, by) in &emergency.reviews {
        let voucher = match by.as_ref().and_then(|by| Some((by, by.people.first()?))) {
            None => people.unsigned(),
            Some((by, first)) => {
                people.vouches(&first.person, &first.role, by.at, |key| by.is_signed(first, key))
            }
        };
        match voucher {
            Voucher::Nobody(reason) => why = reason,
            Voucher::Person(person) if opened.contains(&person) => why = "who looked at it also opened it",
            _ => return None,
        }
    }
    Some(why)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]
    use super::*;
    use medward_file::load_texts;
    use medward_ledger::Signer;
    use medward_ledger::note::KeyKind;
    use medward_ward_ledger::Request;

    fn signer(secret: u8) -> Signer {
        Signer::new("P", KeyKind::Log, &[secret; 32]).unwrap()
    }

    fn vouchers(person: &str, role: &str, secret: u8) -> Vouchers {
        let mut request = Request::new("W-1".to_owned(), 7, 1_000_000_000);
        request.sign(person, role, &signer(secret)).unwrap();
        request.vouchers().unwrap()
    }

    fn emergency(by: Option<Vouchers>, reviews: Vec<Option<Vouchers>>) -> Emergency {
        Emergency {
            number: 1,
            at: jiff::Timestamp::UNIX_EPOCH,
            study_key: "0".repeat(64),
            objects: 1,
            because: "the provider was down".to_owned(),
            by,
            reviews: reviews.into_iter().map(|by| ("justified".to_owned(), by)).collect(),
        }
    }

    #[test]
    fn only_another_person_of_the_file_ends_it() {
        let text = format!(
            "[role.security]\ntitle = \"S\"\n[person.P-1]\nroles = [\"security\"]\nkeys = [\"{}\"]\n[person.P-2]\nroles = [\"security\"]\n\
             keys = [\"{}\"]\n",
            signer(1).verifier(),
            signer(2).verifier()
        );
        let (file, problems) = load_texts([("people.toml", text.as_str())]);
        assert!(problems.is_empty(), "{problems:?}");
        let people = People::of(&file);
        let by = || Some(vouchers("P-1", "security", 1));
        assert_eq!(
            unreviewed(&emergency(by(), vec![by()]), &people),
            Some("who looked at it also opened it")
        );
        assert!(unreviewed(&emergency(by(), vec![None]), &people).is_some());
        assert!(unreviewed(&emergency(by(), vec![Some(vouchers("P-2", "security", 1))]), &people).is_some());
        assert!(unreviewed(&emergency(by(), vec![Some(vouchers("P-2", "privacy", 2))]), &people).is_some());
        assert_eq!(
            unreviewed(&emergency(by(), vec![by(), Some(vouchers("P-2", "security", 2))]), &people),
            None
        );
        let (nobody, _) = load_texts([("device.toml", "")]);
        assert_eq!(unreviewed(&emergency(None, vec![None]), &People::of(&nobody)), None);
        assert!(unreviewed(&emergency(None, vec![]), &People::of(&nobody)).is_some());
    }
}
