//! No export of another system, and no mapping, makes an import panic or hang; what comes through has a reference.

#![no_main]

use libfuzzer_sys::fuzz_target;
use medward_import::reports::Mapping;

fuzz_target!(|bytes: &[u8]| {
    for format in ["csv", "jira", "github"] {
        let mapping = format!(
            "format = \"{format}\"\nsubject = \"event\"\nsource = \"user\"\nsystem = \"X\"\nreference = \"key\"\nhappened = \"created\"\n\
             details = [\"text\"]\n"
        );
        let mapping = Mapping::read(&mapping).expect("it is a mapping");
        if let Ok(reports) = mapping.reports(bytes) {
            assert!(reports.iter().all(|report| report.reference.len() > 2));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Mapping::read(text).map(|mapping| mapping.reports(bytes));
    }
});
