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
