//! Parts of long lists, and what else an address may ask.

use super::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Items of an answer, unless fewer or more are asked for; and the most.
const LIMIT: u64 = 100;
const LIMIT_MAX: u64 = 500;
const FROM_MAX: u64 = 1_000_000_000_000;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// Items to pass over.
    #[param(minimum = 0, maximum = 1_000_000_000_000_i64, default = 0, required = false)]
    pub(crate) from: u64,
    /// Most items to give.
    #[param(minimum = 1, maximum = 500, default = 100, required = false)]
    pub(crate) limit: u64,
}

/// The values of a parameter of an address.
pub(crate) fn asked(parts: &Parts, name: &str) -> Vec<String> {
    let query = parts.uri.query().unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(given, _)| given == name).map(|(_, value)| value.into_owned()).collect()
}

fn number(
    parts: &Parts,
    name: &str,
    else_: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, Problem> {
    let wrong = || Problem::form(format!("`{name}` is a number from {} to {}.", range.start(), range.end()));
    match asked(parts, name).as_slice() {
        [] => Ok(else_),
        [one] => one.parse().ok().filter(|number| range.contains(number)).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

impl<S: Sync> FromRequestParts<S> for Part {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let from = number(parts, "from", 0, 0..=FROM_MAX)?;
        Ok(Self { from, limit: number(parts, "limit", LIMIT, 1..=LIMIT_MAX)? })
    }
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// How many there are in all.
    pub(crate) total: u64,
    /// What to ask `from` next; null at the end.
    pub(crate) next: Option<u64>,
}

impl<T> Page<T> {
    /// The part of a list that is asked for, each item as it is shown.
    pub(crate) fn of<I: ExactSizeIterator>(items: I, part: Part, shown: impl FnMut(I::Item) -> T) -> Self {
        let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let items: Vec<T> = items.skip(count(part.from)).take(count(part.limit)).map(shown).collect();
        Self { items, total, next: next(part, total) }
    }
}

/// Where the next part begins.
pub(crate) fn next(part: Part, total: u64) -> Option<u64> {
    Some(part.from.saturating_add(part.limit)).filter(|next| *next < total)
}
