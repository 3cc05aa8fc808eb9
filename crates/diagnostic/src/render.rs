//! Renderings of diagnostics: for people, editors, code scanning and continuous integration.
