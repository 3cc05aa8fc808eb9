//! The loaded file: records by kind, found by id, linked to each other.

use crate::decode::Decoder;
use crate::fingerprint::{Collector, Fingerprint};
use crate::kinds::{
    Applicability, Asset, Claim, Control, Destination, Device, Disclosure, Document, Entry, Flow, Function,
    Layer, OwnCatalog, OwnEntry, Party, Person, Policy, Release, Requirement, Risk, Role, Sender, Test,
    Threat, Vulnerability, Waiver, Ward, Witness, Zone,
};
use crate::link::AnyLink;
use crate::{Field, Kind, Link, Map, Text};
use medward_diagnostic::{SourceMap, Span};
use std::collections::HashMap;
use std::ops::Deref;
use std::path::PathBuf;

/// Where a record is: its kind and its position among the records of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordRef {
    /// Its kind.
    pub kind: Kind,
    /// Its position.
    pub index: u32,
}

/// A record: its id, its place and what it says.
#[derive(Debug, Clone)]
pub struct Record<T> {
    /// Its id and where the id stands.
    pub id: Text,
    /// Fingerprints of linked records at the time the links were reviewed, by id.
    pub reviewed: Map<Text>,
    /// A remark without meaning for the check.
    pub note: Option<Text>,
    /// What it says.
    pub body: T,
}

impl<T> Deref for Record<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.body
    }
}

impl<T> Record<T> {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where its id stands.
    pub fn span(&self) -> Span {
        self.id.span
    }
}

/// All records of one kind, in the order of files and ids.
#[derive(Debug, Clone)]
pub struct Records<T>(Vec<Record<T>>);

impl<T> Default for Records<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Records<T> {
    type Target = [Record<T>];

    fn deref(&self) -> &[Record<T>] {
        &self.0
    }
}

impl<'a, T> IntoIterator for &'a Records<T> {
    type Item = &'a Record<T>;
    type IntoIter = std::slice::Iter<'a, Record<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// A record seen without its type.
#[derive(Debug, Clone, Copy)]
pub struct AnyRecord<'a> {
    /// Where it is.
    pub at: RecordRef,
    /// Its id.
    pub id: &'a Text,
    /// What people call it.
    pub title: &'a str,
    /// Fingerprints its links were reviewed against.
    pub reviewed: &'a Map<Text>,
}

/// The record kinds of a file: implemented for every record type.
pub trait Body: Field + Sized + 'static {
    /// The kind.
    const KIND: Kind;
    /// The records of the kind.
    fn records(file: &SecurityFile) -> &Records<Self>;
}

macro_rules! records {
    ($($(#[doc = $doc:literal])+ $kind:ident $word:literal $records:ident: $record:ident,)+) => {
        /// A security file: every record of a directory, linked.
        #[derive(Debug, Default)]
        pub struct SecurityFile {
            /// The directory it was read from; empty for texts in memory.
            pub directory: PathBuf,
            /// The texts, for showing places.
            pub sources: SourceMap,
            /// The device, with the place of its table.
            pub device: Option<(Span, Device)>,
            /// The policy, with the place of its table.
            pub policy: Option<(Span, Policy)>,
            $($(#[doc = $doc])+ pub $records: Records<$record>,)+
            index: HashMap<Kind, HashMap<Box<str>, u32>>,
        }

        $(impl Body for $record {
            const KIND: Kind = Kind::$kind;

            fn records(file: &SecurityFile) -> &Records<Self> {
                &file.$records
            }
        })+

        /// A record on its way from a file into the model.
        #[derive(Debug)]
        pub(crate) enum LooseRecord {
            $($kind(Box<Record<$record>>),)+
        }

        impl LooseRecord {
            pub(crate) fn decode(
                kind: Kind,
                id: Text,
                table: toml::de::DeTable<'_>,
                decoder: &mut Decoder,
            ) -> Self {
                let (reviewed, note, table) = shared_keys(table, decoder);
                match kind {
                    $(Kind::$kind => {
                        let body = <$record>::decode_table(table, id.span, decoder);
                        Self::$kind(Box::new(Record { id, reviewed, note, body }))
                    })+
                }
            }
        }

        impl SecurityFile {
            /// Adds a record; on a duplicate id gives back the place of the first one.
            pub(crate) fn insert(&mut self, record: LooseRecord) -> Result<(), (Kind, Text, Span)> {
                match record {
                    $(LooseRecord::$kind(record) => {
                        let ids = self.index.entry(Kind::$kind).or_default();
                        let position = u32::try_from(self.$records.0.len()).unwrap_or(u32::MAX);
                        if let Some(first) = ids.get(&record.id.value) {
                            let first = self.$records.0.get(*first as usize).map_or_else(Span::default, Record::span);
                            return Err((Kind::$kind, record.id, first));
                        }
                        ids.insert(record.id.value.clone(), position);
                        self.$records.0.push(*record);
                    })+
                }
                Ok(())
            }

            /// Points every link at its record.
            pub(crate) fn resolve(&mut self) {
                let index = std::mem::take(&mut self.index);
                $(for record in &mut self.$records.0 {
                    record.body.links_mut(&mut |link, kinds| link.target = lookup(&index, &link.id, kinds));
                })+
                if let Some((_, device)) = &mut self.device {
                    device.links_mut(&mut |link, kinds| link.target = lookup(&index, &link.id, kinds));
                }
                self.index = index;
            }

            /// Visits every record, kind by kind.
            pub fn each_record<'a>(&'a self, mut visit: impl FnMut(AnyRecord<'a>)) {
                $(for (position, record) in (0u32..).zip(&self.$records) {
                    visit(AnyRecord {
                        at: RecordRef { kind: Kind::$kind, index: position },
                        id: &record.id,
                        title: record.body.display_title(),
                        reviewed: &record.reviewed,
                    });
                })+
            }

            /// Visits every link of every record, with the record it stands in and the kinds it may lead to.
            pub fn each_link<'a>(&'a self, mut visit: impl FnMut(Option<AnyRecord<'a>>, &'a AnyLink, &'static [Kind])) {
                if let Some((_, device)) = &self.device {
                    device.links(&mut |link, kinds| visit(None, link, kinds));
                }
                $(for (position, record) in (0u32..).zip(&self.$records) {
                    let from = AnyRecord {
                        at: RecordRef { kind: Kind::$kind, index: position },
                        id: &record.id,
                        title: record.body.display_title(),
                        reviewed: &record.reviewed,
                    };
                    record.body.links(&mut |link, kinds| visit(Some(from), link, kinds));
                })+
            }

            /// Visits the links of one record.
            pub fn links_of<'a>(&'a self, at: RecordRef, visit: &mut dyn FnMut(&'a AnyLink, &'static [Kind])) {
                match at.kind {
                    $(Kind::$kind => if let Some(record) = self.$records.get(at.index as usize) {
                        record.body.links(visit);
                    })+
                }
            }

            /// The record at a position, without its type.
            pub fn record(&self, at: RecordRef) -> Option<AnyRecord<'_>> {
                match at.kind {
                    $(Kind::$kind => self.$records.get(at.index as usize).map(|record| AnyRecord {
                        at,
                        id: &record.id,
                        title: record.body.display_title(),
                        reviewed: &record.reviewed,
                    }),)+
                }
            }

            /// The fingerprint of the record at a position.
            pub fn fingerprint(&self, at: RecordRef) -> Option<Fingerprint> {
                let mut collector = Collector::default();
                collector.part(b'r', at.kind.word().as_bytes());
                match at.kind {
                    $(Kind::$kind => {
                        let record = self.$records.get(at.index as usize)?;
                        collector.part(b'i', record.id().as_bytes());
                        record.body.collect(&mut collector);
                    })+
                }
                Some(collector.finish())
            }
        }
    };
}

for_each_kind!(records);

impl SecurityFile {
    /// The record of a kind with an id.
    pub fn find(&self, kind: Kind, id: &str) -> Option<RecordRef> {
        self.index.get(&kind)?.get(id).map(|index| RecordRef { kind, index: *index })
    }

    /// Records of any kind with this id; `kind.id` names one kind.
    pub fn find_any(&self, id: &str) -> Vec<RecordRef> {
        if let Some((word, rest)) = id.split_once('.')
            && let Some(kind) = Kind::from_word(word)
            && let Some(found) = self.find(kind, rest)
        {
            return vec![found];
        }
        Kind::ALL.iter().filter_map(|kind| self.find(*kind, id)).collect()
    }

    /// The ids of a kind.
    pub fn ids(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.index.get(&kind).into_iter().flat_map(|ids| ids.keys().map(AsRef::as_ref))
    }

    /// The record of a kind by id, with its type.
    pub fn by_id<T: Body>(&self, id: &str) -> Option<&Record<T>> {
        self.typed(self.find(T::KIND, id)?)
    }

    /// The record a typed link leads to; `None` while dangling.
    pub fn follow<T: Body>(&self, link: &Link<T>) -> Option<&Record<T>> {
        self.typed(link.target()?)
    }

    /// The record at a position, when it is of type `T`.
    pub fn typed<T: Body>(&self, at: RecordRef) -> Option<&Record<T>> {
        (at.kind == T::KIND).then(|| T::records(self).get(at.index as usize)).flatten()
    }

    /// The fingerprint over all records that a record links to, other than roles: it changes when any of them does. Who owns or
    /// accepts a record is part of the record; what else a role may do is not.
    pub fn leans_on(&self, at: RecordRef) -> Fingerprint {
        let mut targets = Vec::new();
        self.links_of(at, &mut |link, _| {
            let is_leaned_on = |target: &RecordRef| *target != at && target.kind != Kind::Role;
            targets.extend(link.target.filter(is_leaned_on));
        });
        targets.sort_unstable();
        targets.dedup();
        let mut collector = Collector::default();
        for fingerprint in targets.into_iter().filter_map(|target| self.fingerprint(target)) {
            collector.part(b'l', fingerprint.bytes());
        }
        collector.finish()
    }

    /// For every record the other records that link to it, in order of the file, each once.
    pub fn incoming(&self) -> HashMap<RecordRef, Vec<RecordRef>> {
        let mut map: HashMap<RecordRef, Vec<RecordRef>> = HashMap::new();
        self.each_link(|from, link, _| {
            if let (Some(from), Some(to)) = (from, link.target)
                && from.at != to
            {
                let sources = map.entry(to).or_default();
                // Links of one record come in a row, so only the last one can be the same.
                if sources.last() != Some(&from.at) {
                    sources.push(from.at);
                }
            }
        });
        map
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.index.values().map(HashMap::len).sum()
    }

    /// Whether there is no record at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn lookup(index: &HashMap<Kind, HashMap<Box<str>, u32>>, id: &str, kinds: &[Kind]) -> Option<RecordRef> {
    kinds.iter().find_map(|kind| {
        let index = *index.get(kind)?.get(id)?;
        Some(RecordRef { kind: *kind, index })
    })
}

/// Takes the keys that every record may have out of its table.
fn shared_keys<'t>(
    mut table: toml::de::DeTable<'t>,
    decoder: &mut Decoder,
) -> (Map<Text>, Option<Text>, toml::de::DeTable<'t>) {
    let reviewed = table.remove("reviewed").map(|value| Map::decode(value, decoder)).unwrap_or_default();
    let note = table.remove("note").map(|value| Text::decode(value, decoder));
    (reviewed, note, table)
}
