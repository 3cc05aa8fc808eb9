//! R8-004: a witness that has not cosigned the ledger in time.

use crate::rule::rule;
use crate::{Context, Report};
use jiff::SignedDuration;
use medward_evidence::Schedule;

rule! {
    /// A witness of the file has not cosigned a head of the ledger within its interval (7 days where it names none).
    ///
    /// Why: who holds the ledger can roll it back or fork it; only someone elsewhere who has signed its head can show
    /// that (C2SP tlog-witness).
    ///
    /// Mend: ask it for a cosignature: `medward ledger witness`. When it refuses, keep both heads and find out why.
    ///
    /// Example:
    ///
    /// ```toml
    /// [witness.notified-body]
    /// title = "Witness of the notified body"
    /// key = "witness.example+0a1b2c3d+..."
    /// every = "7d"                # cosigned last a month ago
    /// ```
    "R8-004" "witness-silent" Warning
    clauses: ["C2SP tlog-witness"],
    why: "without a witness a rollback stays unseen",
    check: check,
}

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

fn check(context: &Context<'_>, report: &mut Report) {
    let Some(live) = context.live else { return };
    for witness in &context.file.witnesses {
        let every = witness.every.as_ref().and_then(|every| Schedule::parse(every).ok());
        let every = every.map_or(WEEK, Schedule::interval);
        let last = live.cosigned.get(witness.id());
        let message = match last {
            Some(last) if live.at.duration_since(*last) <= every => continue,
            Some(last) => {
                format!(
                    "`witness.{}` cosigned the ledger last on {}",
                    witness.id(),
                    crate::rules::r7::day(*last)
                )
            }
            None => format!("`witness.{}` has never cosigned the ledger", witness.id()),
        };
        report.find(witness.span(), message, "ask it for a cosignature: medward ledger witness");
    }
}
