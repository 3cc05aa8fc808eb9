//! An SVG on the way: shapes and texts, every text escaped.

use crate::model::Figure;
use crate::readable::{escaped, visible};
use std::fmt::Write as _;

/// Dark lines and texts.
pub(super) const INK: &str = "#1c2024";
/// Texts that step back; dark enough for 4.5:1 on white.
pub(super) const FAINT: &str = "#5b6370";

/// A drawing; lengths in SVG user units, y downwards.
#[derive(Debug)]
pub(super) struct Drawing {
    width: f64,
    height: f64,
    body: String,
}

/// Where a text is held.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) fill: &'static str,
    pub(super) anchor: Anchor,
}

impl Type {
    pub(super) fn new(size: f64) -> Self {
        Self { size, bold: false, fill: INK, anchor: Anchor::Start }
    }

    pub(super) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) fn filled(self, fill: &'static str) -> Self {
        Self { fill, ..self }
    }

    pub(super) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }
}

impl Drawing {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    /// A rectangle; `look` are SVG attributes of this crate.
    pub(super) fn rectangle(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), look: &str) {
        let _ = write!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {look}/>"
        );
    }

    pub(super) fn circle(&mut self, (x, y): (f64, f64), radius: f64, look: &str) {
        let _ = write!(self.body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" {look}/>");
    }

    pub(super) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), look: &str) {
        let _ =
            write!(self.body, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {look}/>");
    }

    /// An arrow to the right.
    pub(super) fn arrow(&mut self, from: (f64, f64), to: (f64, f64), look: &str) {
        self.line(from, (to.0 - 5.0, to.1), look);
        let (x, y) = to;
        let _ = write!(self.body, "<path d=\"M{x:.1} {y:.1} l-7 -3.5 v7 z\" fill=\"{INK}\"/>");
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), look: Type, text: &str) {
        let anchor = match look.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if look.bold { " font-weight=\"bold\"" } else { "" };
        let _ = write!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{}\" fill=\"{}\" text-anchor=\"{anchor}\"{weight}>{}</text>",
            look.size,
            look.fill,
            escaped(&visible(&text.replace('\n', " "))),
        );
    }

    /// Lines of a text one below the other, as many as `lines_max`.
    pub(super) fn lines(&mut self, (x, y): (f64, f64), look: Type, lines: &[String]) {
        let mut at = y;
        for line in lines {
            self.text((x, at), look, line);
            at += look.size * 1.15;
        }
    }

    pub(super) fn finish(self, title: String, source: &str, description: String) -> Figure {
        let Self { width, height, body } = self;
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"Libertinus Serif, Georgia, serif\">{body}</svg>"
        );
        Figure { title, source: source.to_owned(), description, svg, width, height }
    }
}

/// A small count as a length factor.
pub(super) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}

/// A text in lines of at most so many characters; what does not fit ends in `…`.
pub(super) fn wrapped(text: &str, characters_max: usize, lines_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let fits = |line: &String| {
            line.chars().count().saturating_add(word.chars().count()).saturating_add(1) <= characters_max
        };
        let is_full = lines.len() >= lines_max;
        match lines.last_mut() {
            Some(line) if fits(line) => {
                line.push(' ');
                line.push_str(word);
            }
            Some(line) if is_full => {
                *line = crate::readable::shortened(&format!("{line} …"), characters_max);
                break;
            }
            _ => lines.push(crate::readable::shortened(word, characters_max)),
        }
    }
    lines
}
