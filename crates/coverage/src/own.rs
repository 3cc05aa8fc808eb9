//! Catalogues of the maker's own, in the same types as the built-in ones.

use medward_catalog::{Addressee, Catalog, Entry, Modality};
use medward_file::kinds::{self, OwnEntry};
use medward_file::{Record, SecurityFile};

/// The catalogues a file brings along.
pub(crate) fn catalogs(file: &SecurityFile) -> Vec<Catalog> {
    let text = |text: Option<&medward_file::Text>| text.map_or_else(String::new, |text| text.to_string());
    file.catalogs
        .iter()
        .map(|own| Catalog {
            id: own.id().to_owned(),
            title: own.title.to_string(),
            source: text(own.source.as_ref()),
            edition: text(own.edition.as_ref()),
            retrieved: own.retrieved.as_ref().map_or_else(String::new, |day| day.value.to_string()),
            note: "catalogue of the maker's own".to_owned(),
            entries: file
                .catalog_entries
                .iter()
                .filter(|entry| entry.catalog.id() == own.id())
                .map(entry)
                .collect(),
        })
        .collect()
}

fn entry(own: &Record<OwnEntry>) -> Entry {
    let addressees = match own.addressees.as_slice() {
        [] => vec![Addressee::Manufacturer],
        named => named.iter().map(|one| addressee(one.value)).collect(),
    };
    Entry {
        id: own.id().to_owned(),
        title: own.title.to_string(),
        text: own.text.as_ref().map_or_else(String::new, |text| text.to_string()),
        section: own.id().to_owned(),
        modality: own.modality.as_ref().map_or(Modality::Shall, |modality| self::modality(modality.value)),
        modality_text: None,
        addressees,
        phases: Vec::new(),
        source_seen: true,
        revision_seen: None,
        mandatory_in_fact: None,
        related: own.related.iter().map(|id| id.to_string()).collect(),
        ivdr: None,
        note: None,
    }
}

/// The addressee of an own entry in the words of the catalogues.
pub(crate) fn addressee(own: kinds::Addressee) -> Addressee {
    match own {
        kinds::Addressee::Manufacturer => Addressee::Manufacturer,
        kinds::Addressee::Integrator => Addressee::Integrator,
        kinds::Addressee::Operator => Addressee::Operator,
        kinds::Addressee::User => Addressee::User,
        kinds::Addressee::Controller => Addressee::Controller,
        kinds::Addressee::Processor => Addressee::Processor,
    }
}

fn modality(own: kinds::Modality) -> Modality {
    match own {
        kinds::Modality::Shall => Modality::Shall,
        kinds::Modality::Must => Modality::Must,
        kinds::Modality::Should => Modality::Should,
        kinds::Modality::May => Modality::May,
        kinds::Modality::Other => Modality::Other,
    }
}
