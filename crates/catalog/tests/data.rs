//! The data are whole: counts of the sources, unique ids, crosswalks that lead somewhere, doubts still marked.

use medward_catalog::{Catalog, LimitUnit, Modality, all, are_related, catalog, clocks, crosswalks, related};
use std::collections::HashSet;

fn get(id: &str) -> &'static Catalog {
    catalog(id).and_then(Result::ok).unwrap_or_else(|| unreachable!("{id} is built in"))
}

#[test]
fn every_catalogue_reads_and_has_all_its_entries() {
    let counts: Vec<_> = all().unwrap().iter().map(|one| (one.id.as_str(), one.entries.len())).collect();
    assert!(counts.contains(&("mdcg-2019-16", 453)), "{counts:?}");
    assert!(counts.contains(&("mdr-annex-i", 46)));
    assert!(counts.contains(&("iso-27001", 93)));
    assert!(counts.contains(&("iec-80001-2-2", 20)));
    assert!(counts.iter().all(|(_, count)| *count > 15));
}

#[test]
fn verbs_of_the_guidance_are_those_of_the_source() {
    let guidance = get("mdcg-2019-16");
    let count = |modality| guidance.entries.iter().filter(|entry| entry.modality == modality).count();
    let verbs =
        [Modality::Shall, Modality::Must, Modality::Should, Modality::May, Modality::Other].map(count);
    assert_eq!(verbs, [28, 14, 103, 119, 189]);
}

#[test]
fn annex_a_has_its_four_themes() {
    let themes = ["A.5.", "A.6.", "A.7.", "A.8."].map(|theme| {
        get("iso-27001").entries.iter().filter(|entry| entry.section.starts_with(theme)).count()
    });
    assert_eq!(themes, [37, 8, 14, 34]);
}

#[test]
fn ids_are_unique_and_crosswalks_lead_to_entries_both_ways() {
    let all = all().unwrap();
    let mut ids = HashSet::new();
    for entry in all.iter().flat_map(|catalog| &catalog.entries) {
        assert!(ids.insert(entry.id.as_str()), "{} twice", entry.id);
    }
    for crosswalk in crosswalks().unwrap() {
        for id in [&crosswalk.between.0, &crosswalk.between.1] {
            assert!(ids.contains(id.as_str()), "a crosswalk leads to {id}");
        }
    }
    let joined = |one: &str, other: &str| related(one).unwrap().iter().any(|(entry, _)| entry.id == other);
    for (one, other) in
        [("MDCG-1.1-1", "MDR-AI-17.2"), ("MDCG-3.3-CAP-08", "CAP-EMRG"), ("IEC81001-5-1-5.7.4", "MDCG-3.7-6")]
    {
        assert!(joined(one, other) && joined(other, one), "{one} {other}");
        assert!(are_related(one, other).unwrap() && are_related(other, one).unwrap());
    }
}

#[test]
fn what_was_not_seen_in_the_source_stays_marked() {
    assert!(get("iso-27001").entries.iter().all(|entry| !entry.source_seen));
    let unseen = get("mdcg-2019-16").entries.iter().filter(|entry| !entry.source_seen).count();
    assert!(unseen > 0, "the drawing of Annex IV was not seen");
}

#[test]
fn legal_clocks_have_their_limits_and_proposals_stay_apart() {
    let clocks = clocks().unwrap();
    let limit = |id: &str| {
        let clock = clocks.clocks.iter().find(|clock| clock.id == id).unwrap();
        (clock.limit.unwrap(), clock.limit_unit.unwrap())
    };
    assert_eq!(limit("MDR-87-3"), (15, LimitUnit::Days));
    assert_eq!(limit("MDR-87-4"), (2, LimitUnit::Days));
    assert_eq!(limit("MDR-87-5"), (10, LimitUnit::Days));
    assert_eq!(limit("GDPR-33-1"), (72, LimitUnit::Hours));
    assert_eq!(limit("NIS2-23-4-d"), (1, LimitUnit::Months));
    assert!(clocks.clocks.iter().all(|clock| clock.limit.is_some() == clock.limit_unit.is_some()));
    assert!(
        clocks
            .clocks
            .iter()
            .filter(|clock| clock.regime == "AI Act" && clock.limit.is_some())
            .all(|clock| clock.valid_from.is_some())
    );
    assert_eq!(clocks.proposals.len(), 2);
    assert!(clocks.clocks.iter().all(|clock| !clock.id.starts_with("PROP")));
}

#[test]
fn questions_of_notified_bodies_keep_their_marks_and_lead_to_entries() {
    let list = medward_catalog::questions().unwrap();
    assert_eq!(list.questions.len(), 130);
    let seen = |id: &str| &*list.sources.iter().find(|source| source.id == id).unwrap().seen;
    assert_eq!((seen("ignb-td"), seen("ignb-audit"), seen("teamnb-ai")), ("full", "extract", "ids only"));
    let known = medward_catalog::entries().unwrap();
    for question in &list.questions {
        assert!(!question.related.is_empty() || !question.refs.is_empty(), "{}", question.id);
        let dangling = question.related.iter().find(|id| !known.contains_key(id.as_str()));
        assert_eq!(dangling, None, "{}", question.id);
    }
    let covers = |prefix: &str| {
        let refs = list.questions.iter().flat_map(|question| &question.refs);
        refs.filter(|one| one.starts_with(prefix)).collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!((covers("ignb-td "), covers("johner ")), (14, 145));
}
