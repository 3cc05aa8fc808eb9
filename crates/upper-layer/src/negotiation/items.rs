//! Items: a type, a reserved byte, a two-byte length, a value. All negotiation is made of them.

use super::Malformed;

/// The items in some bytes; ends after the first one that is not whole.
pub(super) struct Items<'b>(pub(super) &'b [u8]);

impl<'b> Iterator for Items<'b> {
    type Item = Result<(u8, &'b [u8]), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let whole = match self.0 {
            [kind, _, l0, l1, rest @ ..] => {
                rest.split_at_checked(usize::from(u16::from_be_bytes([*l0, *l1]))).map(|split| (*kind, split))
            }
            _ => None,
        };
        let Some((kind, (value, rest))) = whole else {
            self.0 = &[];
            return Some(Err(Malformed("an item is longer than what is around it")));
        };
        self.0 = rest;
        Some(Ok((kind, value)))
    }
}

/// Appends an item. Values here are short; one that its length cannot say would be cut, which no caller makes.
pub(super) fn item(out: &mut Vec<u8>, kind: u8, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend([kind, 0]);
    out.extend(length.to_be_bytes());
    out.extend(value.iter().take(usize::from(length)));
}
