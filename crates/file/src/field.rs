//! What a field of a record can be: each type decodes itself, describes its shape, gives its links and its
//! fingerprint.

use crate::decode::Decoder;
use crate::fingerprint::Collector;
use crate::{AnyLink, Date, Flag, Link, Map, Number, Shape, Spanned, Target, Text};
use toml::Spanned as TomlSpanned;
use toml::de::DeValue;

/// A type that may stand as a value in a record.
pub trait Field: Default {
    /// Reads the value, reporting what does not fit; what cannot be read becomes the default.
    #[doc(hidden)]
    fn decode(value: TomlSpanned<DeValue<'_>>, decoder: &mut Decoder) -> Self;
    /// What may be written.
    fn shape() -> Shape;
    /// Visits every link inside.
    fn links<'a>(&'a self, _visit: &mut dyn FnMut(&'a AnyLink, &'static [crate::Kind])) {}
    /// Visits every link inside, to resolve it.
    #[doc(hidden)]
    fn links_mut(&mut self, _visit: &mut dyn FnMut(&mut AnyLink, &'static [crate::Kind])) {}
    /// Adds the content to a fingerprint.
    #[doc(hidden)]
    fn collect(&self, collector: &mut Collector);
}

impl Field for Text {
    fn decode(value: TomlSpanned<DeValue<'_>>, decoder: &mut Decoder) -> Self {
        let span = decoder.span(value.span());
        match value.into_inner() {
            DeValue::String(text) => Spanned::new(text.into_owned().into_boxed_str(), span),
            other => {
                decoder.wrong_type(span, "a string", &other);
                Self::default()
            }
        }
    }

    fn shape() -> Shape {
        Shape::Text
    }

    fn collect(&self, collector: &mut Collector) {
        collector.part(b's', self.value.as_bytes());
    }
}

impl Field for Flag {
    fn decode(value: TomlSpanned<DeValue<'_>>, decoder: &mut Decoder) -> Self {
        let span = decoder.span(value.span());
        match value.into_inner() {
            DeValue::Boolean(flag) => Spanned::new(flag, span),
            other => {
                decoder.wrong_type(span, "true or false", &other);
                Self::default()
            }
        }
    }

    fn shape() -> Shape {
        Shape::Flag
    }

    fn collect(&self, collector: &mut Collector) {
        collector.part(b'b', &[u8::from(self.value)]);
    }
}

impl Field for Number {
    fn decode(value: TomlSpanned<DeValue<'_>>, decoder: &mut Decoder) -> Self {
        let span = decoder.span(value.span());
        let inner = value.into_inner();
        if let DeValue::Integer(number) = &inner
            && let Ok(number) = i64::from_str_radix(number.as_str(), number.radix())
        {
            return Spanned::new(number, span);
        }
        decoder.wrong_type(span, "a whole number", &inner);
        Self::default()
    }

    fn shape() -> Shape {
        Shape::Number
    }

    fn collect(&self, collector: &mut Collector) {
        collector.part(b'n', &self.value.to_be_bytes());
    }
}

impl Field for Date {
    fn decode(value: TomlSpanned<DeValue<'_>>, decoder: &mut Decoder) -> Self {
        let span = decoder.span(value.span());
        let inner = value.into_inner();
        if let DeValue::Datetime(datetime) = &inner
            && datetime.time.is_none()
            && let Some(date) = datetime.date
            && let (Ok(year), Ok(month), Ok(day)) =
                (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day))
            && let Ok(date) = jiff::civil::Date::new(year, month, day)
        {
            return Spanned::new(date, span);
        }
        decoder.wrong_type(span, "a date such as 2026-11-23, without quotes", &inner);
        Self::default()
    }

    fn shape() -> Shape {
        Shape::Date
    }

    fn collect(&self, collector: &mut Collector) {
        collector.part(b'd', self.value.to_string().as_bytes());
    }
}

impl<T: Target> Field for Link<T> {
    fn decode(value: TomlSpanned<DeValue<'_>>, decoder: &mut Decoder) -> Self {
        let span = decoder.span(value.span());
        match value.into_inner() {
            DeValue::String(id) => Self::new(id.into_owned(), span),
            other => {
                decoder.wrong_type(span, "the id of a record, as a string", &other);
                Self::default()
            }
        }
    }

    fn shape() -> Shape {
        Shape::Link(T::KINDS)
    }

    fn links<'a>(&'a self, visit: &mut dyn FnMut(&'a AnyLink, &'static [crate::Kind])) {
        // A link of the wrong type was reported when read and has no id to resolve.
        if !self.any.id.is_empty() {
            visit(&self.any, T::KINDS);
        }
    }

    fn links_mut(&mut self, visit: &mut dyn FnMut(&mut AnyLink, &'static [crate::Kind])) {
        visit(&mut self.any, T::KINDS);
    }

    fn collect(&self, collector: &mut Collector) {
        collector.part(b'l', self.id().as_bytes());
    }
}

impl<T: Field> Field for Option<T> {
    fn decode(value: TomlSpanned<DeValue<'_>>, decoder: &mut Decoder) -> Self {
        Some(T::decode(value, decoder))
    }

    fn shape() -> Shape {
        T::shape()
    }

    fn links<'a>(&'a self, visit: &mut dyn FnMut(&'a AnyLink, &'static [crate::Kind])) {
        if let Some(value) = self {
            value.links(visit);
        }
    }

    fn links_mut(&mut self, visit: &mut dyn FnMut(&mut AnyLink, &'static [crate::Kind])) {
        if let Some(value) = self {
            value.links_mut(visit);
        }
    }

    fn collect(&self, collector: &mut Collector) {
        match self {
            Some(value) => value.collect(collector),
            None => collector.part(b'-', b""),
        }
    }
}

impl<T: Field> Field for Vec<T> {
    fn decode(value: TomlSpanned<DeValue<'_>>, decoder: &mut Decoder) -> Self {
        let span = decoder.span(value.span());
        match value.into_inner() {
            DeValue::Array(items) => items.into_iter().map(|item| T::decode(item, decoder)).collect(),
            other => {
                decoder.wrong_type(span, "a list in brackets", &other);
                Self::default()
            }
        }
    }

    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn links<'a>(&'a self, visit: &mut dyn FnMut(&'a AnyLink, &'static [crate::Kind])) {
        for item in self {
            item.links(visit);
        }
    }

    fn links_mut(&mut self, visit: &mut dyn FnMut(&mut AnyLink, &'static [crate::Kind])) {
        for item in self {
            item.links_mut(visit);
        }
    }

    fn collect(&self, collector: &mut Collector) {
        collector.part(b'[', &(self.len() as u64).to_be_bytes());
        for item in self {
            item.collect(collector);
        }
    }
}

impl<T: Field> Field for Map<T> {
    fn decode(value: TomlSpanned<DeValue<'_>>, decoder: &mut Decoder) -> Self {
        let span = decoder.span(value.span());
        match value.into_inner() {
            DeValue::Table(table) => Self(
                table
                    .into_iter()
                    .map(|(key, value)| {
                        let place = decoder.span(key.span());
                        let key = Spanned::new(key.into_inner().into_owned().into_boxed_str(), place);
                        (key, T::decode(value, decoder))
                    })
                    .collect(),
            ),
            other => {
                decoder.wrong_type(span, "a table", &other);
                Self::default()
            }
        }
    }

    fn shape() -> Shape {
        Shape::Map(Box::new(T::shape()))
    }

    fn links<'a>(&'a self, visit: &mut dyn FnMut(&'a AnyLink, &'static [crate::Kind])) {
        for (_, value) in &self.0 {
            value.links(visit);
        }
    }

    fn links_mut(&mut self, visit: &mut dyn FnMut(&mut AnyLink, &'static [crate::Kind])) {
        for (_, value) in &mut self.0 {
            value.links_mut(visit);
        }
    }

    fn collect(&self, collector: &mut Collector) {
        collector.part(b'{', &(self.0.len() as u64).to_be_bytes());
        for (key, value) in &self.0 {
            collector.part(b'k', key.value.as_bytes());
            value.collect(collector);
        }
    }
}
