//! Bits of coded data: the byte behind an FF has seven of them (section A.1).

/// Reads from the high end.
pub(super) struct Bits<'s> {
    rest: &'s [u8],
    held: u64,
    count: u32,
    is_behind_ff: bool,
}

impl<'s> Bits<'s> {
    pub(super) fn new(coded: &'s [u8]) -> Self {
        Self { rest: coded, held: 0, count: 0, is_behind_ff: false }
    }

    fn fill(&mut self) {
        while self.count <= 56
            && let Some((&byte, rest)) = self.rest.split_first()
        {
            let bits = if self.is_behind_ff { 7 } else { 8 };
            self.held |= u64::from(byte) << (64 - self.count - bits);
            self.count += bits;
            self.is_behind_ff = byte == 0xFF;
            self.rest = rest;
        }
    }

    fn take(&mut self, count: u32) {
        self.held = self.held.checked_shl(count).unwrap_or(0);
        self.count -= count;
    }

    /// A number of up to 32 bits; `None` where the data have ended.
    pub(super) fn number(&mut self, bits: u32) -> Option<i64> {
        if bits == 0 {
            return Some(0);
        }
        if self.count < bits {
            self.fill();
        }
        if self.count < bits || bits > 32 {
            return None;
        }
        let number = self.held >> (64 - bits);
        self.take(bits);
        i64::try_from(number).ok()
    }

    /// Zeros before the next one, which is read too; `None` where there are more than a limit.
    pub(super) fn zeros(&mut self, limit: i64) -> Option<i64> {
        let mut zeros = 0_i64;
        loop {
            self.fill();
            let found = self.held.leading_zeros().min(self.count);
            zeros += i64::from(found);
            if zeros > limit || self.count == 0 {
                return None;
            }
            if found < self.count {
                self.take(found + 1);
                return Some(zeros);
            }
            self.take(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_behind_ff_has_seven_bits() {
        // 11111111 0(1010101) 00000001
        let mut bits = Bits::new(&[0xFF, 0x55, 0x01]);
        assert_eq!(bits.number(4), Some(0xF));
        assert_eq!(bits.number(11), Some(0b1111_1010101));
        assert_eq!(bits.zeros(7), Some(7));
        assert_eq!((bits.number(1), bits.zeros(9)), (None, None));
        assert_eq!(Bits::new(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 1]).zeros(79), Some(79));
        assert_eq!(Bits::new(&[0, 1]).zeros(14), None);
    }
}
