//! "Did you mean".

/// The candidate most like `given`, if one is like enough to be worth offering.
pub fn closest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Long enough for every id; bounds the quadratic comparison against hostile input.
    const LENGTH_MAX: usize = 128;
    if given.is_empty() || given.len() > LENGTH_MAX {
        return None;
    }
    let given_folded = given.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LENGTH_MAX && *candidate != given)
        .map(|candidate| (strsim::jaro_winkler(&given_folded, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.84)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    const IDS: [&str; 4] = ["pacs-gateway", "pacs-archive", "reading-room", "Inference"];

    #[test]
    fn a_slip_of_the_finger_finds_its_id() {
        assert_eq!(closest("pacs-gatway", IDS), Some("pacs-gateway"));
        assert_eq!(closest("raeding-room", IDS), Some("reading-room"));
        assert_eq!(closest("pacs-archvie", IDS), Some("pacs-archive"));
    }

    #[test]
    fn case_does_not_hide_a_match() {
        assert_eq!(closest("inference", IDS), Some("Inference"));
        assert_eq!(closest("PACS-GATEWAY", IDS), Some("pacs-gateway"));
    }

    #[test]
    fn what_is_unlike_everything_gets_no_suggestion() {
        assert_eq!(closest("firewall", IDS), None);
        assert_eq!(closest("", IDS), None);
        assert_eq!(closest("pacs-gateway", []), None);
    }

    #[test]
    fn a_word_is_never_suggested_for_itself() {
        assert_eq!(closest("reading-room", ["reading-room"]), None);
    }

    #[test]
    fn a_huge_id_is_not_compared() {
        let huge = "a".repeat(1 << 20);
        assert_eq!(closest(&huge, [huge.as_str(), "a"]), None);
        assert_eq!(closest("a", [huge.as_str()]), None);
    }
}
