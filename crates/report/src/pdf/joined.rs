//! Parts of one document as one PDF (ISO 32000-1): one tree of pages, one catalogue, which is that of the front, one outline.
//!
//! All parts were written by the same exporter under the same standard, so that nothing but pages and what they refer to is taken over, and
//! what PDF/A-2b asks of the whole (metadata, identifier, binary mark) is the front's.

use crate::ReportError;
use lopdf::{Dictionary, Document, Object, ObjectId, StringFormat, dictionary};
use std::collections::BTreeMap;

/// A line of the outline.
pub(super) struct Bookmark {
    /// What it says.
    pub(super) title: String,
}

/// Pages so far.
#[derive(Default)]
pub(super) struct Joined {
    objects: BTreeMap<ObjectId, Object>,
    pages: Vec<ObjectId>,
    bookmarks: Vec<(Bookmark, ObjectId)>,
    /// Highest number given to an object.
    highest: u32,
}

impl Joined {
    /// Adds the pages of a part; a bookmark leads to the first.
    pub(super) fn add(&mut self, part: &[u8], bookmark: Option<Bookmark>) -> Result<(), ReportError> {
        let mut document = self.read(part)?;
        let pages: Vec<_> = document.get_pages().into_values().collect();
        if let (Some(bookmark), Some(first)) = (bookmark, pages.first()) {
            self.bookmarks.push((bookmark, *first));
        }
        // What is left once only the pages hold it.
        document.trailer = dictionary! { "Root" => Object::Array(pages.iter().map(|page| Object::Reference(*page)).collect()) };
        for page in &pages {
            document.get_dictionary_mut(*page)?.remove(b"Parent");
        }
        document.prune_objects();
        self.objects.append(&mut document.objects);
        self.pages.extend(pages);
        Ok(())
    }

    /// The whole, behind the pages of the front.
    pub(super) fn finish(mut self, front: &[u8]) -> Result<Vec<u8>, ReportError> {
        let mut document = self.read(front)?;
        let root = document.catalog()?.get(b"Pages")?.as_reference()?;
        let mut pages: Vec<_> = document.get_pages().into_values().collect();
        pages.append(&mut self.pages);
        document.objects.append(&mut self.objects);
        for page in &pages {
            document.get_dictionary_mut(*page)?.set("Parent", root);
        }
        let count = i64::try_from(pages.len()).unwrap_or(i64::MAX);
        let tree = document.get_dictionary_mut(root)?;
        tree.set("Kids", pages.into_iter().map(Object::Reference).collect::<Vec<_>>());
        tree.set("Count", count);
        document.max_id = self.highest;
        let outline = outline(&mut document, &self.bookmarks);
        document.catalog_mut()?.set("Outlines", outline);
        count_pages(&mut document, count)?;
        document.prune_objects();
        let mut bytes = Vec::new();
        document.save_modern(&mut bytes).map_err(lopdf::Error::from)?;
        Ok(bytes)
    }

    /// A part with numbers of objects that no other has.
    fn read(&mut self, part: &[u8]) -> Result<Document, ReportError> {
        let mut document = Document::load_mem(part)?;
        document.renumber_objects_with(self.highest.saturating_add(1));
        self.highest = document.max_id;
        Ok(document)
    }
}

/// A flat outline (ISO 32000-1 12.3.3), each line leading to the top of its page.
fn outline(document: &mut Document, bookmarks: &[(Bookmark, ObjectId)]) -> ObjectId {
    let root = document.new_object_id();
    let ids: Vec<_> = bookmarks.iter().map(|_| document.new_object_id()).collect();
    for (index, ((bookmark, page), id)) in bookmarks.iter().zip(&ids).enumerate() {
        let mut item = dictionary! {
            "Title" => text(&bookmark.title),
            "Parent" => root,
            "Dest" => vec![Object::Reference(*page), "Fit".into()],
        };
        let neighbours = [("Prev", index.checked_sub(1)), ("Next", index.checked_add(1))];
        for (key, neighbour) in neighbours {
            if let Some(id) = neighbour.and_then(|index| ids.get(index)) {
                item.set(key, *id);
            }
        }
        document.set_object(*id, item);
    }
    let mut item =
        dictionary! { "Type" => "Outlines", "Count" => i64::try_from(ids.len()).unwrap_or(i64::MAX) };
    if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
        item.set("First", *first);
        item.set("Last", *last);
    }
    document.set_object(root, item);
    root
}

/// A text string (ISO 32000-1 7.9.2.2) in UTF-16.
fn text(text: &str) -> Object {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    Object::String(units.flat_map(u16::to_be_bytes).collect(), StringFormat::Literal)
}

/// Says in the metadata how many pages there are now.
fn count_pages(document: &mut Document, count: i64) -> Result<(), ReportError> {
    const BEFORE: &str = "<xmpTPg:NPages>";
    let catalog: &Dictionary = document.catalog()?;
    let id = catalog.get(b"Metadata")?.as_reference()?;
    let stream = document.get_object_mut(id)?.as_stream_mut()?;
    let metadata = String::from_utf8_lossy(&stream.content).into_owned();
    let counted = metadata.split_once(BEFORE).map(|(before, after)| {
        let after = after.trim_start_matches(|one: char| one.is_ascii_digit());
        format!("{before}{BEFORE}{count}{after}")
    });
    if let Some(counted) = counted {
        stream.set_content(counted.into_bytes());
    }
    Ok(())
}
