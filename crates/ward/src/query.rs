//! What is asked about pseudonymised objects, and what of them answers (PS3.4 Annex C, study root; PS3.18 section 10.6): it looks into the vault of results,
//! of which no object carries a name.
//!
//! Objects are looked at as they lie: there is no second copy of what they say. Each is shown to all layers before it is told about.

mod key;

use crate::decision::{Asked, HandedOut, Moment};
use crate::facts;
use crate::layers::Layers;
use crate::outgoing::Outgoing;
use crate::part10;
use crate::reading::Readers;
use key::{Key, matches, trimmed};
use medward_dicom_scan::{DataSet, Encoding, Kind, NewElement, Tag, Vr};
use medward_dicomweb::{self as dicomweb, Level as WebLevel, Names, Search};
use medward_upper_layer::{AeTitle, Uid};
use medward_vault::{ObjectId, StudyId, Vault, VaultError};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::sync::Arc;

/// Study Root Query/Retrieve Information Model, FIND.
pub(crate) const FIND: &str = "1.2.840.10008.5.1.4.1.2.2.1";
/// The same, MOVE.
pub(crate) const MOVE: &str = "1.2.840.10008.5.1.4.1.2.2.2";
/// The same, GET.
pub(crate) const GET: &str = "1.2.840.10008.5.1.4.1.2.2.3";
/// Longest identifier, in bytes.
pub(crate) const IDENTIFIER_BYTES_MAX: usize = 64 << 10;
/// Most answers to one query: more are asked for with a narrower one.
pub(crate) const ANSWERS_MAX: usize = 5_000;

const CHARACTER_SET: Tag = Tag::new(0x0008, 0x0005);
const LEVEL: Tag = Tag::new(0x0008, 0x0052);
const RETRIEVE_TITLE: Tag = Tag::new(0x0008, 0x0054);
const MODALITY: Tag = Tag::new(0x0008, 0x0060);
const MODALITIES_IN_STUDY: Tag = Tag::new(0x0008, 0x0061);
const SERIES_OF_STUDY: Tag = Tag::new(0x0020, 0x1206);
const INSTANCES_OF_STUDY: Tag = Tag::new(0x0020, 0x1208);
const INSTANCES_OF_SERIES: Tag = Tag::new(0x0020, 0x1209);
/// What is told of all objects of a study.
const COUNTS: [Tag; 4] = [MODALITIES_IN_STUDY, SERIES_OF_STUDY, INSTANCES_OF_STUDY, INSTANCES_OF_SERIES];

/// Where in the hierarchy (PS3.4 section C.6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Study,
    Series,
    Image,
}

impl Level {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Study => "STUDY",
            Self::Series => "SERIES",
            Self::Image => "IMAGE",
        }
    }
}

impl From<WebLevel> for Level {
    fn from(level: WebLevel) -> Self {
        match level {
            WebLevel::Study => Self::Study,
            WebLevel::Series => Self::Series,
            WebLevel::Instance => Self::Image,
        }
    }
}

/// What is asked, by an identifier of C-FIND or a search of QIDO-RS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) level: Level,
    keys: Vec<Key>,
    /// Levels above need not be named.
    is_relational: bool,
    /// What is answered is told of all objects, and not of one of them.
    needs_all: bool,
    /// Answers that are passed over.
    offset: usize,
    /// Most answers.
    limit: usize,
}

/// Answers to a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found<T> {
    pub(crate) answers: Vec<T>,
    /// There are more.
    pub(crate) is_cut: bool,
}

/// What matches a query: the objects of a study that the layers let this peer know of, and those that the answer is about.
pub(crate) struct Match<'m> {
    level: Level,
    title: &'m AeTitle,
    study: &'m [Outgoing],
    pub(crate) about: &'m [&'m Outgoing],
    pub(crate) first: &'m Outgoing,
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("the identifier {0}")]
    Identifier(&'static str),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Who asks, and of whom.
pub(crate) struct Catalogue<'c> {
    pub(crate) results: &'c Vault,
    pub(crate) layers: &'c Arc<Layers>,
    pub(crate) asked: &'c Asked,
    pub(crate) title: &'c AeTitle,
}

/// An identifier as it came: its bytes in a transfer syntax, under an information model.
pub(crate) struct Identifier {
    pub(crate) bytes: Vec<u8>,
    pub(crate) model: Uid,
    pub(crate) syntax: Uid,
    /// Who is asked.
    pub(crate) title: AeTitle,
}

impl Query {
    /// Reads an identifier that came in a transfer syntax.
    pub(crate) fn read(identifier: &Identifier, readers: &Readers, sender: &str) -> Result<Self, QueryError> {
        let Identifier { bytes, model, syntax, title } = identifier;
        let mut file = part10::head(model, model, syntax, title);
        file.extend_from_slice(bytes);
        let data_set = readers.scan(sender, &mut Cursor::new(file));
        let data_set = data_set.map_err(|_| QueryError::Identifier("cannot be read"))?;
        let mut keys = Vec::new();
        for element in data_set.elements().iter().filter(|element| element.depth == 0) {
            if element.kind == Kind::Value && element.vr.is_text() {
                let wanted = data_set.text(element).unwrap_or_default();
                keys.push(Key { tag: element.tag, vr: element.vr, wanted: trimmed(&wanted).to_owned() });
            }
        }
        let level = keys.iter().find(|key| key.tag == LEVEL).map(|key| key.wanted.clone());
        let level = match level.as_deref() {
            Some("STUDY") => Level::Study,
            Some("SERIES") => Level::Series,
            Some("IMAGE") => Level::Image,
            _ => return Err(QueryError::Identifier("has no level STUDY, SERIES or IMAGE")),
        };
        Ok(Self { level, keys, is_relational: false, needs_all: false, offset: 0, limit: ANSWERS_MAX })
    }

    /// What is named of each level, and nothing else.
    pub(crate) fn of_names(level: WebLevel, names: &Names) -> Self {
        let all = [
            (facts::STUDY, &names.study),
            (facts::SERIES, &names.series),
            (facts::SOP_INSTANCE, &names.instance),
        ];
        let keys = all.into_iter().filter_map(|(tag, name)| {
            let wanted = name.as_ref()?.as_str().to_owned();
            Some(Key { tag, vr: Vr::UI, wanted })
        });
        let keys = keys.collect();
        Self {
            level: level.into(),
            keys,
            is_relational: true,
            needs_all: false,
            offset: 0,
            limit: ANSWERS_MAX,
        }
    }

    /// What a search asks below what is named.
    pub(crate) fn of_search(level: WebLevel, names: &Names, search: &Search) -> Self {
        let mut query = Self::of_names(level, names);
        let keys = search.keys.iter().cloned();
        query.keys.extend(keys.map(|dicomweb::Key { tag, vr, wanted }| Key { tag, vr, wanted }));
        // Counts are returned in any case.
        query.needs_all = true;
        (query.offset, query.limit) = (search.offset, search.limit.unwrap_or(ANSWERS_MAX).min(ANSWERS_MAX));
        query
    }

    /// The same of one study alone.
    fn of(&self, study: &str) -> Self {
        let mut narrow = self.clone();
        narrow.keys.retain(|key| key.tag != facts::STUDY);
        (narrow.offset, narrow.limit) = (0, 1);
        narrow.keys.push(Key { tag: facts::STUDY, vr: Vr::UI, wanted: study.to_owned() });
        narrow
    }

    fn wanted(&self, tag: Tag) -> &str {
        self.keys.iter().find(|key| key.tag == tag).map_or("", |key| key.wanted.as_str())
    }

    fn asks(&self, tag: Tag) -> bool {
        self.keys.iter().any(|key| key.tag == tag)
    }

    /// UIDs of a list; none for any.
    fn uids(&self, tag: Tag) -> Vec<&str> {
        self.wanted(tag).split('\\').map(trimmed).filter(|uid| !uid.is_empty()).collect()
    }

    /// A retrieval names what it wants at its level, and one of everything above (PS3.4 section C.4.2.1.4.1).
    pub(crate) fn is_unique(&self) -> bool {
        let levels = [
            (Level::Study, facts::STUDY),
            (Level::Series, facts::SERIES),
            (Level::Image, facts::SOP_INSTANCE),
        ];
        levels.into_iter().filter(|(level, _)| *level <= self.level).all(|(level, tag)| {
            let count = self.uids(tag).len();
            count == 1 || (count > 1 && level == self.level)
        })
    }
}

impl Match<'_> {
    /// What no object says of itself.
    pub(crate) fn computed(&self, tag: Tag) -> Option<String> {
        Some(match tag {
            LEVEL => self.level.word().to_owned(),
            RETRIEVE_TITLE => self.title.as_str().to_owned(),
            MODALITIES_IN_STUDY => {
                distinct(self.study.iter().map(|object| text(object, MODALITY))).join("\\")
            }
            SERIES_OF_STUDY => distinct(self.study.iter().map(series)).len().to_string(),
            INSTANCES_OF_STUDY => self.study.len().to_string(),
            INSTANCES_OF_SERIES => {
                let of = series(self.first);
                self.study.iter().filter(|object| series(object) == of).count().to_string()
            }
            _ => return None,
        })
    }

    fn value(&self, tag: Tag) -> String {
        self.computed(tag).unwrap_or_else(|| text(self.first, tag))
    }

    fn is_asked_for(&self, query: &Query) -> bool {
        let is_told = |tag: &Tag| [LEVEL, RETRIEVE_TITLE, CHARACTER_SET].contains(tag) || is_count(*tag);
        let mut keys = query.keys.iter().filter(|key| !is_told(&key.tag));
        keys.all(|key| matches(key, &self.value(key.tag)))
    }

    /// As an answer to C-FIND: what was asked for, encoded.
    pub(crate) fn identifier(&self, query: &Query, encoding: Encoding) -> Option<Vec<u8>> {
        let keys = query.keys.iter().filter(|key| key.tag != CHARACTER_SET);
        let mut elements: Vec<_> =
            keys.map(|key| NewElement::new(key.tag, key.vr, self.value(key.tag))).collect();
        if let Some((_, element)) = self.first.data_set.find(None, CHARACTER_SET) {
            elements.push(NewElement::new(CHARACTER_SET, Vr::CS, self.first.data_set.value(element)?));
        }
        elements.sort_by_key(|element| element.tag);
        let mut out = Vec::new();
        elements.iter().try_for_each(|element| element.encode(encoding, &mut out))?;
        Some(out)
    }
}

/// Numbers of what is below.
fn is_count(tag: Tag) -> bool {
    [SERIES_OF_STUDY, INSTANCES_OF_STUDY, INSTANCES_OF_SERIES].contains(&tag)
}

impl Catalogue<'_> {
    /// Headers of the objects of a study that the layers let this peer know of.
    fn objects(&self, study: &StudyId, only_first: bool) -> Result<Vec<Outgoing>, QueryError> {
        let receipts = match self.results.objects(study) {
            Ok(receipts) => receipts,
            Err(VaultError::NoStudy(_) | VaultError::Erased(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut objects = Vec::new();
        for receipt in receipts {
            // One that cannot be read is told to the ledger by what sends and by the scrub.
            let Ok(object) = Outgoing::open(self.results, &receipt.object) else { continue };
            if self.may_know(&object.data_set) {
                objects.push(object);
            }
            if only_first && !objects.is_empty() {
                break;
            }
        }
        Ok(objects)
    }

    fn may_know(&self, object: &DataSet) -> bool {
        let handed = HandedOut { asked: self.asked, destination: None, object };
        self.layers.decide(&Moment::HandOut(&handed)).is_ok()
    }

    fn studies(&self, query: &Query) -> Result<Vec<StudyId>, QueryError> {
        let asked = query.uids(facts::STUDY);
        if !asked.is_empty() {
            return Ok(asked.into_iter().filter_map(|uid| uid.parse().ok()).collect());
        }
        if query.level != Level::Study && !query.is_relational {
            return Err(QueryError::Identifier("names no study, which this level needs"));
        }
        let studies = self.results.studies()?.into_iter().filter(|study| study.erased.is_none());
        Ok(studies.map(|study| study.study).collect())
    }

    /// Answers to a query, as they are made of what matches.
    pub(crate) fn find<T>(
        &self,
        query: &Query,
        make: impl Fn(&Match<'_>) -> Option<T>,
    ) -> Result<Found<T>, QueryError> {
        if query.level == Level::Image && query.uids(facts::SERIES).is_empty() && !query.is_relational {
            return Err(QueryError::Identifier("names no series, which this level needs"));
        }
        let needs_all =
            query.needs_all || query.level > Level::Study || COUNTS.iter().any(|tag| query.asks(*tag));
        let (mut answers, mut passed) = (Vec::new(), 0_usize);
        for study in self.studies(query)? {
            let objects = self.objects(&study, !needs_all)?;
            let mut groups: BTreeMap<String, Vec<&Outgoing>> = BTreeMap::new();
            for object in &objects {
                let group = match query.level {
                    Level::Study => String::new(),
                    Level::Series => series(object),
                    Level::Image => object.instance.as_str().to_owned(),
                };
                groups.entry(group).or_default().push(object);
            }
            for about in groups.values() {
                let Some(first) = about.first() else { continue };
                let found = Match { level: query.level, title: self.title, study: &objects, about, first };
                if !found.is_asked_for(query) {
                    continue;
                }
                if passed < query.offset {
                    passed = passed.saturating_add(1);
                } else if answers.len() < query.limit {
                    answers.extend(make(&found));
                } else {
                    return Ok(Found { answers, is_cut: true });
                }
            }
        }
        Ok(Found { answers, is_cut: false })
    }

    /// Whether a query names one of these studies, or has it among its answers.
    pub(crate) fn touches(&self, query: &Query, studies: &BTreeSet<String>) -> Result<bool, QueryError> {
        let asked = query.uids(facts::STUDY);
        if !asked.is_empty() {
            return Ok(asked.into_iter().any(|uid| studies.contains(uid)));
        }
        for study in studies {
            if !self.find(&query.of(study), |_| Some(()))?.answers.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Objects that a retrieval wants.
    pub(crate) fn wanted(&self, query: &Query) -> Result<Vec<ObjectId>, QueryError> {
        if !query.is_unique() {
            return Err(QueryError::Identifier("must name what it wants, and one of each level above"));
        }
        let mut wanted = Vec::new();
        for study in self.studies(query)? {
            let (of_series, instances) = (query.uids(facts::SERIES), query.uids(facts::SOP_INSTANCE));
            let objects = self.objects(&study, false)?.into_iter().filter(|object| {
                (query.level < Level::Series || of_series.contains(&series(object).as_str()))
                    && (query.level < Level::Image || instances.contains(&object.instance.as_str()))
            });
            wanted.extend(objects.map(|object| object.id));
        }
        Ok(wanted)
    }
}

fn text(object: &Outgoing, tag: Tag) -> String {
    facts::text(&object.data_set, tag).map(|text| trimmed(&text).to_owned()).unwrap_or_default()
}

fn series(object: &Outgoing) -> String {
    text(object, facts::SERIES)
}

fn distinct(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut values: Vec<_> = values.filter(|value| !value.is_empty()).collect();
    values.sort();
    values.dedup();
    values
}
