//! Part 10 files and bare data sets: preamble, file meta information, encoding, then the walk; never keeps a reader.

use crate::data_set::DataSet;
use crate::dictionary::Dictionary;
use crate::input::{Inflated, Input, Plain};
use crate::refused::Reason;
use crate::walk::{Frame, Part, Walk, note};
use crate::window::Window;
use crate::{Encoding, Limits, Oddity, Problem, Refused, Tag, TransferSyntax, Vr, preamble};
use std::io::{Cursor, Read, Seek, SeekFrom};

/// Bytes before "DICM" (PS3.10 section 7.1).
const PREAMBLE_BYTES: usize = 128;

/// Scans one file after the other with the same buffers.
#[derive(Debug)]
pub struct Scanner {
    limits: Limits,
    dictionary: Dictionary,
    stack: Vec<Frame>,
    data_set: DataSet,
}

/// Scans bytes in memory.
pub fn scan_bytes(bytes: &[u8], limits: &Limits) -> Result<DataSet, Refused> {
    scan(&mut Cursor::new(bytes), limits)
}

/// Scans a source from its beginning; values over the limits are passed over, not read.
pub fn scan<R: Read + Seek>(source: &mut R, limits: &Limits) -> Result<DataSet, Refused> {
    let mut scanner = Scanner::new(limits);
    scanner.scan(source)?;
    Ok(scanner.into_data_set())
}

impl Scanner {
    /// A scanner with these limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            dictionary: Dictionary::new(),
            stack: Vec::new(),
            data_set: DataSet::default(),
        }
    }

    /// The last data set, for good.
    pub fn into_data_set(self) -> DataSet {
        self.data_set
    }

    /// Scans bytes in memory.
    pub fn scan_bytes(&mut self, bytes: &[u8]) -> Result<&DataSet, Refused> {
        self.scan(&mut Cursor::new(bytes))
    }

    /// Scans a source from its beginning.
    pub fn scan<R: Read + Seek>(&mut self, source: &mut R) -> Result<&DataSet, Refused> {
        self.data_set.clear();
        let scanned = self.scan_parts(source);
        if let Err(refused) = scanned {
            self.data_set.clear();
            return Err(refused);
        }
        self.data_set.seal();
        Ok(&self.data_set)
    }

    /// The last data set; empty after a refusal.
    pub fn data_set(&self) -> &DataSet {
        &self.data_set
    }

    /// Scans a data set without file meta information whose encoding is known.
    pub(crate) fn scan_input(&mut self, input: impl Input, encoding: Encoding) -> Result<&DataSet, Refused> {
        self.data_set.clear();
        let mut held = std::mem::take(&mut self.data_set.held);
        let mut runs = std::mem::take(&mut self.data_set.runs);
        let mut window = Window::new(input, &mut held, &mut runs, 0, self.limits.header_bytes);
        self.data_set.transfer_syntax = Some(TransferSyntax { encoding, is_deflated: false });
        let walked = self.walk(Part::DataSet, &mut window, encoding);
        self.data_set.end = window.position();
        window.close();
        self.data_set.held = held;
        self.data_set.runs = runs;
        if let Err(refused) = walked {
            self.data_set.clear();
            return Err(refused);
        }
        self.data_set.seal();
        Ok(&self.data_set)
    }

    fn scan_parts<R: Read + Seek>(&mut self, source: &mut R) -> Result<(), Refused> {
        let at = |offset| move |reason| Refused { offset, tag: None, reason };
        let mut held = std::mem::take(&mut self.data_set.held);
        let mut runs = std::mem::take(&mut self.data_set.runs);
        let plain = Plain::new(source).map_err(|error| at(0)(Reason::Read(error)))?;
        let mut window = Window::new(plain, &mut held, &mut runs, 0, self.limits.header_bytes);
        let has_meta = self.preamble(&mut window).map_err(at(0))?;
        if has_meta {
            self.walk(Part::Meta, &mut window, Encoding::ExplicitLittle)?;
        }
        let start = window.position();
        self.data_set.start = start;
        self.check_meta(has_meta, start);
        let declared = self.declared();
        if declared.is_some_and(|syntax| syntax.is_deflated) {
            let reader = window.close().reader;
            reader.seek(SeekFrom::Start(start)).map_err(|error| at(start)(Reason::Read(error)))?;
            let inflated = Inflated::new(reader, &self.limits);
            let mut window = Window::new(inflated, &mut held, &mut runs, start, self.limits.header_bytes);
            let first = first_bytes(&mut window).map_err(at(start))?;
            let encoding = self.settle(declared, first, window.left(), start).map_err(at(start))?;
            self.walk(Part::DataSet, &mut window, encoding)?;
            self.data_set.end = window.position();
            let rest = window.skip(u64::MAX).map_err(at(start))?;
            let after = window.close().bytes_after().map_err(|error| at(start)(Reason::Read(error)))?;
            self.after(rest.saturating_add(after.saturating_sub(1)));
        } else {
            let first = first_bytes(&mut window).map_err(at(start))?;
            let encoding = self.settle(declared, first, window.left(), start).map_err(at(start))?;
            self.walk(Part::DataSet, &mut window, encoding)?;
            self.data_set.end = window.position();
            window.close();
        }
        self.data_set.held = held;
        self.data_set.runs = runs;
        Ok(())
    }

    /// Reads "DICM" and what is before it; whether file meta information follows.
    fn preamble<I: Input>(&mut self, window: &mut Window<'_, I>) -> Result<bool, Reason> {
        let bytes = window.peek(PREAMBLE_BYTES + 4)?;
        if bytes.get(PREAMBLE_BYTES..) == Some(b"DICM") {
            let preamble = bytes.get(..PREAMBLE_BYTES).unwrap_or_default();
            let disguise = preamble::disguise(preamble);
            self.data_set.has_preamble = true;
            window.advance(PREAMBLE_BYTES + 4);
            if let Some(disguise) = disguise {
                self.note(0, Oddity::Disguised(disguise));
            }
            return Ok(true);
        }
        // Group 0002 without a preamble, as some writers leave it.
        let is_meta = bytes.starts_with(&[0x02, 0x00])
            && bytes
                .get(4..6)
                .and_then(<[u8]>::first_chunk)
                .is_some_and(|&vr| Vr::from_letters(vr).is_some());
        Ok(is_meta)
    }

    fn note(&mut self, offset: u64, oddity: Oddity) {
        let problem = Problem { offset, tag: None, oddity };
        note(&mut self.data_set.problems, &mut self.data_set.problems_left_out, problem);
    }

    fn after(&mut self, bytes: u64) {
        if bytes > 0 && !self.data_set.problems.iter().any(|problem| problem.oddity == Oddity::TrailingBytes)
        {
            self.note(self.data_set.end, Oddity::TrailingBytes);
        }
    }

    fn walk<I: Input>(
        &mut self,
        part: Part,
        window: &mut Window<'_, I>,
        encoding: Encoding,
    ) -> Result<(), Refused> {
        let data_set = &mut self.data_set;
        let elements = if part == Part::Meta { &mut data_set.meta } else { &mut data_set.elements };
        let mut walk = Walk {
            limits: self.limits,
            part,
            dictionary: &mut self.dictionary,
            stack: &mut self.stack,
            elements,
            problems: &mut data_set.problems,
            problems_left_out: &mut data_set.problems_left_out,
            fragments: 0,
        };
        let walked = walk.run(window, encoding);
        if part == Part::Meta {
            // The bytes of the meta group are needed while the window still owns the buffer.
            let uid = data_set.meta.iter().find(|element| element.tag == Tag::TRANSFER_SYNTAX);
            data_set.syntax_uid = uid.and_then(|element| {
                let from = element.held as usize;
                let to = from.saturating_add(usize::try_from(element.value_bytes()).ok()?);
                Some(window.held.get(from..to)?.trim_ascii_end().to_vec())
            });
            let length = data_set.meta.first().filter(|element| element.tag == Tag::new(0x0002, 0));
            data_set.group_length = length.and_then(|element| {
                window
                    .held
                    .get(element.held as usize..)?
                    .first_chunk()
                    .map(|&bytes| u32::from_le_bytes(bytes))
            });
        }
        walked
    }

    /// Holds (0002,0000) against the group.
    fn check_meta(&mut self, has_meta: bool, end: u64) {
        if !has_meta {
            return self.note(0, Oddity::MissingMeta);
        }
        let first = self.data_set.meta.first().map_or(end, |element| element.end);
        match self.data_set.group_length {
            None => self.note(first, Oddity::GroupLengthAbsent),
            Some(length) if u64::from(length) != end.saturating_sub(first) => {
                self.note(first, Oddity::GroupLengthWrong);
            }
            Some(_) => {}
        }
    }

    fn declared(&self) -> Option<TransferSyntax> {
        let uid = self.data_set.syntax_uid.as_deref()?;
        let end = uid.iter().rposition(|&byte| byte != 0 && byte != b' ').map_or(0, |last| last + 1);
        uid.get(..end).filter(|uid| !uid.is_empty()).map(TransferSyntax::from_uid)
    }

    /// The encoding the data set really has, by its first header.
    ///
    /// A wrong claim is overruled only where the claim cannot be true: then the file could not be read at all.
    fn settle(
        &mut self,
        declared: Option<TransferSyntax>,
        first: Option<[u8; 8]>,
        left: Option<u64>,
        start: u64,
    ) -> Result<Encoding, Reason> {
        let plain = |encoding| TransferSyntax { encoding, is_deflated: false };
        let left = left.unwrap_or(u64::MAX).saturating_sub(8);
        let Some([g0, g1, .., v0, v1, l0, l1]) = first else {
            // Nothing, or less than a header: the walk says so. A file of nothing else is no DICOM.
            if declared.is_none() && !self.data_set.has_preamble && self.data_set.meta.is_empty() {
                return Err(Reason::NotDicom);
            }
            let syntax = declared.unwrap_or(plain(Encoding::ExplicitLittle));
            self.data_set.transfer_syntax = Some(syntax);
            return Ok(syntax.encoding);
        };
        let has_vr = Vr::from_letters([v0, v1]).is_some();
        let implicit_fits =
            u64::from(u32::from_le_bytes([v0, v1, l0, l1])) <= left || [v0, v1, l0, l1] == [0xFF; 4];
        let found = match declared {
            Some(syntax) => match syntax.encoding {
                Encoding::ImplicitLittle if has_vr && !implicit_fits => Encoding::ExplicitLittle,
                Encoding::ExplicitLittle if !has_vr && implicit_fits && !v0.is_ascii_uppercase() => {
                    Encoding::ImplicitLittle
                }
                encoding => encoding,
            },
            // Group numbers of data sets are small: the high byte is 0 where the low one is first.
            None if has_vr && g0 == 0 && g1 != 0 => Encoding::ExplicitBig,
            None if has_vr => Encoding::ExplicitLittle,
            None if implicit_fits && (g0, g1) != (0, 0) && g1 < 0x80 => Encoding::ImplicitLittle,
            None => return Err(Reason::NotDicom),
        };
        if declared.is_some_and(|syntax| syntax.encoding != found) {
            self.note(start, Oddity::OtherEncoding);
        }
        if declared.is_none() && !self.data_set.meta.is_empty() {
            self.note(start, Oddity::MissingTransferSyntax);
        }
        let is_deflated = declared.is_some_and(|syntax| syntax.is_deflated);
        self.data_set.transfer_syntax = Some(TransferSyntax { encoding: found, is_deflated });
        Ok(found)
    }
}

fn first_bytes<I: Input>(window: &mut Window<'_, I>) -> Result<Option<[u8; 8]>, Reason> {
    Ok(window.peek(8)?.first_chunk().copied())
}
