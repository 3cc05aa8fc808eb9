//! No text makes loading, checking or rendering panic or hang: what `medward check` does with a stranger's file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use medward_diagnostic::render;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (file, mut diagnostics) = medward_file::load_texts([("fuzzed.toml", text)]);
    diagnostics.extend(medward_rules::check(&file, jiff::civil::date(2026, 11, 23)));
    let _ = render::human::render(&diagnostics, &file.sources, render::human::Options::default());
    let _ = render::json::render(&diagnostics, &file.sources);
    let _ = render::github::render(&diagnostics, &file.sources, "");
});
