//! Acts on cases as lines of a fixture.

use super::{moment, voucher_of};
use medward_evidence::{Acted, Voucher};
use medward_ledger::{Act, Reason, RecordId, Source, Subject};

fn id(text: &str) -> RecordId {
    RecordId::try_from(text).unwrap()
}

/// An act, each line of one of the forms
///
/// - `case ID event|complaint|capa SOURCE DAY LINK,LINK`,
/// - `answered ID QUESTION WORD,WORD DAY`,
/// - `moved ID PROCEDURE PARTY STEP DAY ROLE VOUCHER`,
/// - `due ID TASK DAY DUE`.
pub(crate) fn act(words: &[&str], index: u64) -> Option<Acted> {
    let (case, act, day, role, voucher) = match *words {
        ["case", case, subject, source, day, links] => {
            let subject = match subject {
                "event" => Subject::Event,
                "complaint" => Subject::Complaint,
                _ => Subject::Capa,
            };
            let act = Act::Opened {
                subject,
                source: Source::from_word(source).unwrap(),
                title: Reason::try_from("Something happened").unwrap(),
                from: moment(day).as_second(),
                until: None,
                known: moment(day).as_second(),
                links: links.split(',').filter(|link| *link != "-").map(id).collect(),
                details: None,
            };
            (case, act, day, None, Voucher::Probe)
        }
        ["answered", case, question, answers, day] => {
            let act = Act::Answered { question: id(question), answers: answers.split(',').map(id).collect() };
            (case, act, day, Some("safety"), Voucher::Role)
        }
        ["moved", case, procedure, party, step, day, role, voucher] => {
            let act = Act::Moved {
                procedure: id(procedure),
                entity: id(party),
                transition: id(step),
                at: moment(day).as_second(),
                because: Some(Reason::try_from("as the fixture says").unwrap()),
            };
            (case, act, day, Some(role), voucher_of(voucher))
        }
        ["due", case, task, day, due] => {
            let act = Act::Due { task: id(task), at: moment(due).as_second() };
            (case, act, day, Some("safety"), Voucher::Role)
        }
        _ => return None,
    };
    Some(Acted {
        case: case.to_owned(),
        act,
        exercise: false,
        received: moment(day),
        role: role.map(str::to_owned),
        voucher,
        index,
    })
}
