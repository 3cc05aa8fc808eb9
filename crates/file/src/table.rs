//! The two declarations records are made of: `table!` for tables with fixed keys, `words!` for closed lists of words.
//!
//! One declaration gives the struct, its decoding with "did you mean", its part of the JSON Schema, its links and
//! its fingerprint, so that none of them can fall behind the others.

/// Declares a table with fixed keys. A field marked `(required)` is reported when absent.
macro_rules! table {
    (@required required) => { true };
    (@required) => { false };
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident {
            $($(#[doc = $field_doc:literal])+ $field:ident $(($required:ident))?: $type:ty,)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Default)]
        pub struct $name {
            $($(#[doc = $field_doc])+ pub $field: $type,)+
        }

        impl $name {
            /// The keys this table may have.
            pub const KEYS: &'static [&'static str] = &[$(stringify!($field)),+];

            pub(crate) fn decode_table(
                table: toml::de::DeTable<'_>,
                place: medward_diagnostic::Span,
                decoder: &mut crate::decode::Decoder,
            ) -> Self {
                let mut this = Self::default();
                $(if table!(@required $($required)?) && !table.contains_key(stringify!($field)) {
                    decoder.missing_key(place, stringify!($field), concat!($($field_doc),+));
                })+
                for (key, value) in table {
                    match key.get_ref().as_ref() {
                        $(stringify!($field) => this.$field = crate::Field::decode(value, decoder),)+
                        unknown => {
                            let at = decoder.span(key.span());
                            decoder.unknown_key(at, unknown, Self::KEYS);
                        }
                    }
                }
                this
            }

            /// What the table may hold, for the JSON Schema.
            pub fn table_shape() -> crate::TableShape {
                crate::TableShape {
                    doc: concat!($($doc),+),
                    fields: vec![$(crate::FieldShape {
                        name: stringify!($field),
                        doc: concat!($($field_doc),+),
                        required: table!(@required $($required)?),
                        shape: <$type as crate::Field>::shape(),
                    }),+],
                }
            }
        }

        impl crate::Field for $name {
            fn decode(
                value: toml::Spanned<toml::de::DeValue<'_>>,
                decoder: &mut crate::decode::Decoder,
            ) -> Self {
                let place = decoder.span(value.span());
                match value.into_inner() {
                    toml::de::DeValue::Table(table) => Self::decode_table(table, place, decoder),
                    other => {
                        decoder.wrong_type(place, "a table", &other);
                        Self::default()
                    }
                }
            }

            fn shape() -> crate::Shape {
                crate::Shape::Table(Self::table_shape)
            }

            fn links<'a>(&'a self, visit: &mut dyn FnMut(&'a crate::AnyLink, &'static [crate::Kind])) {
                $(crate::Field::links(&self.$field, visit);)+
            }

            fn links_mut(&mut self, visit: &mut dyn FnMut(&mut crate::AnyLink, &'static [crate::Kind])) {
                $(crate::Field::links_mut(&mut self.$field, visit);)+
            }

            fn collect(&self, collector: &mut crate::fingerprint::Collector) {
                $(collector.part(b'f', stringify!($field).as_bytes());
                crate::Field::collect(&self.$field, collector);)+
            }
        }
    };
}

/// Declares a closed list of words. The first one is the default of an absent value.
macro_rules! words {
    (@first $name:ident $first:ident $($rest:ident)*) => { $name::$first };
    (
        $(#[doc = $doc:literal])+
        pub enum $name:ident {
            $(#[doc = $word_doc:literal] $word:ident = $text:literal,)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $word_doc] $word,)+
        }

        impl $name {
            /// Every word with its meaning.
            pub const WORDS: &'static [(&'static str, &'static str)] = &[$(($text, $word_doc)),+];
            /// Every value in order.
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// The word as written in the file.
            pub fn word(self) -> &'static str {
                match self { $(Self::$word => $text,)+ }
            }
        }

        impl Default for $name {
            // Stands in only where another word was reported as unknown.
            fn default() -> Self {
                words!(@first $name $($word)+)
            }
        }

        impl crate::Field for crate::Spanned<$name> {
            fn decode(
                value: toml::Spanned<toml::de::DeValue<'_>>,
                decoder: &mut crate::decode::Decoder,
            ) -> Self {
                let place = decoder.span(value.span());
                match value.into_inner() {
                    toml::de::DeValue::String(text) => match text.as_ref() {
                        $($text => crate::Spanned::new($name::$word, place),)+
                        unknown => {
                            decoder.unknown_word(place, unknown, $name::WORDS);
                            Self::default()
                        }
                    },
                    other => {
                        decoder.wrong_type(place, "a word in quotes", &other);
                        Self::default()
                    }
                }
            }

            fn shape() -> crate::Shape {
                crate::Shape::Words($name::WORDS)
            }

            fn collect(&self, collector: &mut crate::fingerprint::Collector) {
                collector.part(b'w', self.value.word().as_bytes());
            }
        }
    };
}
