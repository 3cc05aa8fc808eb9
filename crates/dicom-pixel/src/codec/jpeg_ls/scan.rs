//! One scan: contexts, prediction, runs (Annex A), line by line or sample by sample through the components (Annex B).

use super::bits::Bits;

/// How much a run grows by, as a power of two, at each index (section A.2.1).
const RUN_ORDERS: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// Contexts of the regular mode, by the absolute value of 81, 9 and 1 times the three gradients' classes.
const CONTEXTS: usize = 365;
/// Largest order of a Golomb code that sound statistics come to.
const ORDER_MAX: u32 = 24;

/// Parameters of a scan (section A.2.1).
#[derive(Debug)]
pub(super) struct Coding {
    max: i64,
    near: i64,
    thresholds: [i64; 3],
    reset: i64,
    range: i64,
    /// Bits of a mapped error.
    error_bits: u32,
    limit: i64,
}

/// In which order a scan gives the samples of its components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interleave {
    None,
    Line,
    Sample,
}

/// Where a scan's samples go: columns and rows, components of the image, and those that the scan has.
pub(super) struct Plane<'p> {
    pub(super) size: (usize, usize),
    pub(super) components: usize,
    pub(super) planes: &'p [usize],
}

/// Default thresholds (section C.2.4.1.1.1).
pub(super) fn thresholds(max: i64, near: i64) -> [i64; 3] {
    let clamp = |value: i64, least: i64| if value > max || value < least { least } else { value };
    let [one, two, three] = if max >= 128 {
        let factor = (max.min(4095) + 128) / 256;
        [factor + 2 + 3 * near, factor * 4 + 3 + 5 * near, factor * 17 + 4 + 7 * near]
    } else {
        let factor = 256 / (max + 1);
        [(3 / factor + 3 * near).max(2), (7 / factor + 5 * near).max(3), (21 / factor + 7 * near).max(4)]
    };
    let one = clamp(one, near + 1);
    let two = clamp(two, one);
    [one, two, clamp(three, two)]
}

/// Bits that a number below a limit needs.
fn bits_below(limit: i64) -> u32 {
    i64::BITS - (limit - 1).max(0).leading_zeros()
}

impl Coding {
    pub(super) fn new(max: i64, near: i64, thresholds: [i64; 3], reset: i64) -> Self {
        let range = (max + 2 * near) / (2 * near + 1) + 1;
        let sample_bits = bits_below(max + 1).max(2);
        let limit = 2 * i64::from(sample_bits + sample_bits.max(8));
        Self { max, near, thresholds, reset, range, error_bits: bits_below(range), limit }
    }

    /// The class of a gradient (section A.3.3).
    fn class(&self, gradient: i64) -> i64 {
        let [one, two, three] = self.thresholds;
        let size = gradient.abs();
        let class = if size <= self.near {
            0
        } else if size < one {
            1
        } else if size < two {
            2
        } else if size < three {
            3
        } else {
            4
        };
        class * gradient.signum()
    }

    /// A sample from its prediction and error (section A.4.5).
    fn sample(&self, predicted: i64, error: i64) -> i64 {
        let step = 2 * self.near + 1;
        let mut sample = predicted + error * step;
        if sample < -self.near {
            sample += self.range * step;
        } else if sample > self.max + self.near {
            sample -= self.range * step;
        }
        sample.clamp(0, self.max)
    }
}

/// Samples around the one that is decoded (section A.3.1).
#[derive(Clone, Copy)]
struct Around {
    left: i64,
    above: i64,
    above_left: i64,
    above_right: i64,
}

impl Around {
    /// Its context, with a sign: 0 where nothing changes.
    fn context(&self, coding: &Coding) -> i64 {
        coding.class(self.above_right - self.above) * 81
            + coding.class(self.above - self.above_left) * 9
            + coding.class(self.above_left - self.left)
    }

    /// The median edge detector (section A.4.1).
    fn predicted(&self) -> i64 {
        let (low, high) = (self.left.min(self.above), self.left.max(self.above));
        if self.above_left >= high {
            low
        } else if self.above_left <= low {
            high
        } else {
            self.left + self.above - self.above_left
        }
    }
}

/// Statistics of a context (section A.2.1): sum of errors' sizes, sum of errors, correction, count.
#[derive(Clone, Copy)]
struct Context {
    sizes: i64,
    errors: i64,
    correction: i64,
    count: i64,
}

/// Statistics of the two kinds of ends of runs: sum of sizes, count, count of negative ones.
#[derive(Clone, Copy)]
struct RunEnd {
    sizes: i64,
    count: i64,
    negative: i64,
}

/// The lines of a component: the one above and the current one, each with a sample before its first and one behind its last.
struct Lines {
    above: Vec<u16>,
    current: Vec<u16>,
    run: usize,
}

impl Lines {
    /// Begins a line (section A.2.1): what lies outside of the image is what lies nearest above.
    fn begin(&mut self) -> Option<()> {
        std::mem::swap(&mut self.above, &mut self.current);
        let last = self.above.len().checked_sub(2)?;
        *self.above.last_mut()? = *self.above.get(last)?;
        *self.current.first_mut()? = *self.above.get(1)?;
        Some(())
    }

    /// Around a column, which counts from 1.
    fn around(&self, column: usize) -> Option<Around> {
        let &[above_left, above, above_right] = self.above.get(column - 1..)?.first_chunk()?;
        Some(Around {
            left: i64::from(*self.current.get(column - 1)?),
            above: i64::from(above),
            above_left: i64::from(above_left),
            above_right: i64::from(above_right),
        })
    }

    fn set(&mut self, column: usize, sample: i64) -> Option<()> {
        *self.current.get_mut(column)? = u16::try_from(sample).ok()?;
        Some(())
    }

    /// Repeats the sample on the left.
    fn repeat(&mut self, column: usize, times: usize) -> Option<()> {
        let sample = *self.current.get(column - 1)?;
        self.current.get_mut(column..column.checked_add(times)?)?.fill(sample);
        Some(())
    }
}

/// What all components of a scan share.
struct Reader<'s, 'c> {
    coding: &'c Coding,
    bits: Bits<'s>,
    contexts: Vec<Context>,
    ends: [RunEnd; 2],
}

/// Decodes a scan into an image with colours by pixel; `None` where the data end early or are none.
pub(super) fn decode(
    coding: &Coding,
    interleave: Interleave,
    plane: &Plane<'_>,
    bits: Bits<'_>,
    image: &mut [u16],
) -> Option<()> {
    let (columns, _) = plane.size;
    let sizes = ((coding.range + 32) / 64).max(2);
    let context = Context { sizes, errors: 0, correction: 0, count: 1 };
    let end = RunEnd { sizes, count: 1, negative: 0 };
    let mut reader = Reader { coding, bits, contexts: vec![context; CONTEXTS], ends: [end; 2] };
    let line = vec![0_u16; columns.checked_add(2)?];
    let lines = || Lines { above: line.clone(), current: line.clone(), run: 0 };
    let mut all: Vec<Lines> = plane.planes.iter().map(|_| lines()).collect();
    for row in image.chunks_exact_mut(columns.checked_mul(plane.components)?) {
        for lines in &mut all {
            lines.begin()?;
        }
        match interleave {
            Interleave::Sample => reader.line_of_all(&mut all, columns)?,
            Interleave::None | Interleave::Line => {
                for lines in &mut all {
                    reader.line(lines, columns)?;
                }
            }
        }
        for (lines, place) in all.iter().zip(plane.planes) {
            let pixels = row.chunks_exact_mut(plane.components);
            for (pixel, sample) in pixels.zip(lines.current.get(1..)?) {
                *pixel.get_mut(*place)? = *sample;
            }
        }
    }
    Some(())
}

impl Reader<'_, '_> {
    /// A line of one component.
    fn line(&mut self, lines: &mut Lines, columns: usize) -> Option<()> {
        let mut column = 1;
        while column <= columns {
            let around = lines.around(column)?;
            let context = around.context(self.coding);
            if context != 0 {
                lines.set(column, self.regular(&around, context)?)?;
                column += 1;
                continue;
            }
            let length = self.run(&mut lines.run, columns + 1 - column)?;
            lines.repeat(column, length)?;
            column += length;
            if column <= columns {
                let around = lines.around(column)?;
                let is_flat = (around.left - around.above).abs() <= self.coding.near;
                let error = self.run_end(usize::from(is_flat), lines.run)?;
                let sample = if is_flat {
                    self.coding.sample(around.left, error)
                } else {
                    self.coding.sample(around.above, error * sign(around.above - around.left))
                };
                lines.set(column, sample)?;
                lines.run = lines.run.saturating_sub(1);
                column += 1;
            }
        }
        Some(())
    }

    /// A line of all components, pixel by pixel: runs are of whole pixels.
    fn line_of_all(&mut self, all: &mut [Lines], columns: usize) -> Option<()> {
        let mut column = 1;
        while column <= columns {
            let mut is_flat = true;
            for lines in all.iter() {
                is_flat &= lines.around(column)?.context(self.coding) == 0;
            }
            if !is_flat {
                for lines in all.iter_mut() {
                    let around = lines.around(column)?;
                    let sample = self.regular(&around, around.context(self.coding))?;
                    lines.set(column, sample)?;
                }
                column += 1;
                continue;
            }
            let mut run = all.first()?.run;
            let length = self.run(&mut run, columns + 1 - column)?;
            for lines in all.iter_mut() {
                lines.repeat(column, length)?;
            }
            column += length;
            if column <= columns {
                for lines in all.iter_mut() {
                    let around = lines.around(column)?;
                    let error = self.run_end(0, run)?;
                    let error = error * sign(around.above - around.left);
                    lines.set(column, self.coding.sample(around.above, error))?;
                }
                run = run.saturating_sub(1);
                column += 1;
            }
            all.first_mut()?.run = run;
        }
        Some(())
    }

    /// A sample of the regular mode (sections A.4 to A.6).
    fn regular(&mut self, around: &Around, signed: i64) -> Option<i64> {
        let Coding { max, near, reset, limit, .. } = *self.coding;
        let sign = sign(signed);
        let index = usize::try_from(signed.abs()).ok()?;
        let context = *self.contexts.get(index)?;
        let predicted = (around.predicted() + sign * context.correction).clamp(0, max);
        let order = order(context.count, context.sizes)?;
        let mapped = self.golomb(order, limit)?;
        let is_turned = near == 0 && order == 0 && 2 * context.errors <= -context.count;
        let error = match (mapped % 2 == 0, is_turned) {
            (true, false) => mapped / 2,
            (false, false) => -(mapped + 1) / 2,
            (true, true) => -(mapped / 2) - 1,
            (false, true) => (mapped - 1) / 2,
        };
        let sample = self.coding.sample(predicted, sign * error);
        self.contexts.get_mut(index)?.update(error, near, reset);
        Some(sample)
    }

    /// The length of a run, to the end of the line at most (section A.7.1).
    fn run(&mut self, index: &mut usize, left: usize) -> Option<usize> {
        let mut length = 0_usize;
        while self.bits.number(1)? == 1 {
            let step = 1_usize << RUN_ORDERS.get(*index)?;
            let rest = left - length;
            if step <= rest {
                *index = (*index + 1).min(RUN_ORDERS.len() - 1);
            }
            length += step.min(rest);
            if length == left {
                return Some(length);
            }
        }
        length += usize::try_from(self.bits.number(*RUN_ORDERS.get(*index)?)?).ok()?;
        (length < left).then_some(length)
    }

    /// The error of the sample that ends a run (section A.7.2).
    fn run_end(&mut self, kind: usize, index: usize) -> Option<i64> {
        let Coding { reset, limit, .. } = *self.coding;
        let flat = i64::try_from(kind).ok()?;
        let end = *self.ends.get(kind)?;
        let order = order(end.count, end.sizes + flat * (end.count / 2))?;
        let mapped = self.golomb(order, limit - i64::from(*RUN_ORDERS.get(index)?) - 1)?;
        let both = mapped + flat;
        let size = (both + 1) / 2;
        let is_often_negative = order != 0 || 2 * end.negative >= end.count;
        let error = if is_often_negative == (both % 2 == 1) { -size } else { size };
        let end = self.ends.get_mut(kind)?;
        end.negative += i64::from(error < 0);
        end.sizes += (mapped + 1 - flat) / 2;
        if end.count == reset {
            end.sizes /= 2;
            end.count /= 2;
            end.negative /= 2;
        }
        end.count += 1;
        Some(error)
    }

    /// A Golomb code of limited length (section A.5.3).
    fn golomb(&mut self, order: u32, limit: i64) -> Option<i64> {
        let most = limit - i64::from(self.coding.error_bits) - 1;
        let high = self.bits.zeros(most)?;
        if high < most {
            Some((high << order) + self.bits.number(order)?)
        } else {
            Some(self.bits.number(self.coding.error_bits)? + 1)
        }
    }
}

impl Context {
    fn update(&mut self, error: i64, near: i64, reset: i64) {
        self.errors += error * (2 * near + 1);
        self.sizes += error.abs();
        if self.count == reset {
            self.sizes >>= 1;
            self.errors >>= 1;
            self.count >>= 1;
        }
        self.count += 1;
        if self.errors <= -self.count {
            self.correction = (self.correction - 1).max(-128);
            self.errors = (self.errors + self.count).max(1 - self.count);
        } else if self.errors > 0 {
            self.correction = (self.correction + 1).min(127);
            self.errors = (self.errors - self.count).min(0);
        }
    }
}

/// The order of the Golomb code for a context (section A.5.1).
fn order(count: i64, sizes: i64) -> Option<u32> {
    (0..=ORDER_MAX).find(|order| count << order >= sizes)
}

/// -1 for what is negative, 1 for all else.
const fn sign(number: i64) -> i64 {
    if number < 0 { -1 } else { 1 }
}
