//! Forms that authorities take as XML, in the order of their schemas.

use crate::{Filled, FormError};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A complete report as XML; `created` is a local date and time such as `2026-11-25T10:00:00`. A report with anything missing is refused: an authority's portal would
/// refuse it too.
pub fn xml(filled: &Filled<'_>, created: &str) -> Result<String, FormError> {
    if !filled.problems.is_empty() {
        let lines: Vec<_> = filled.problems.iter().map(ToString::to_string).collect();
        return Err(FormError::Incomplete(lines.join("\n")));
    }
    let root = filled.form.root.ok_or_else(|| FormError::NotXml(filled.form.id.clone()))?;
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let failed = |error: std::io::Error| FormError::Write(error.to_string());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None))).map_err(failed)?;
    let mut start = BytesStart::new(root.element);
    start.push_attribute(("version", root.version));
    start.push_attribute(("sCreateTimeStamp", created));
    start.push_attribute(("sFormLanguage", "en"));
    writer.write_event(Event::Start(start)).map_err(failed)?;
    let mut open: Vec<&str> = Vec::new();
    for (field, values) in &filled.values {
        let mut path: Vec<&str> = field.id.split('/').collect();
        let Some(name) = path.pop() else { continue };
        for value in values {
            // Close what the path leaves, open what it enters.
            let kept = open.iter().zip(&path).take_while(|(one, other)| one == other).count();
            for element in open.drain(kept..).rev() {
                writer.write_event(Event::End(BytesEnd::new(element))).map_err(failed)?;
            }
            for element in path.iter().skip(kept) {
                writer.write_event(Event::Start(BytesStart::new(*element))).map_err(failed)?;
                open.push(element);
            }
            writer.write_event(Event::Start(BytesStart::new(name))).map_err(failed)?;
            writer.write_event(Event::Text(BytesText::new(value))).map_err(failed)?;
            writer.write_event(Event::End(BytesEnd::new(name))).map_err(failed)?;
        }
    }
    for element in open.drain(..).rev() {
        writer.write_event(Event::End(BytesEnd::new(element))).map_err(failed)?;
    }
    writer.write_event(Event::End(BytesEnd::new(root.element))).map_err(failed)?;
    let text = String::from_utf8(writer.into_inner()).map_err(|error| FormError::Write(error.to_string()))?;
    Ok(text + "\n")
}
