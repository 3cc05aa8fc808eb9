//! Reads a directory and lists what could not be read: `cargo run -p medward-file --example read DIR`.

use std::path::Path;

fn main() {
    let directory = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let (file, diagnostics) = medward_file::load(Path::new(&directory), medward_file::Limits::default());
    for diagnostic in &diagnostics {
        let place =
            diagnostic.span().map(|span| (file.sources.get(span.source), file.sources.position(span)));
        let place = place.map_or_else(String::new, |(source, position)| {
            let path = source.map_or("", |source| source.path.as_str());
            format!("{path}:{}:{}: ", position.line, position.column)
        });
        println!("{place}{} {} ({})", diagnostic.code, diagnostic.message, diagnostic.mend);
    }
    file.each_link(|from, link, _| {
        if link.target.is_none() {
            println!("dangling: {} -> {}", from.map_or("device", |record| &record.id.value), link.id);
        }
    });
    println!("{} records, {} problems", file.len(), diagnostics.len());
}
